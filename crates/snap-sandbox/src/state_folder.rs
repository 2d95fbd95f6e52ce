//! A folder that keeps a sandbox's state: the seed, the options, and everything that came in.
//!
//! The same seed, options and inputs at the same times make the same state, so nothing else is kept.
//! Opening a folder plays the inputs again, in the order they were taken in. Each is written before
//! it is answered, and handed to the system; that survives the end of the process, not of the
//! computer.

mod lines;

use std::{
    fs::{self, File, OpenOptions},
    io::{self, BufRead as _, BufReader, Read as _, Seek as _, SeekFrom, Write as _},
    path::Path,
};

use chrono::{DateTime, Utc};
use fs4::{FileExt, TryLockError};

use self::lines::{Line, header, seed_of};
use crate::{
    json::Json,
    judge::{Judge, Rules, apply::Input},
};

/// The open file of a state folder. Nobody else can open it meanwhile.
#[derive(Debug)]
pub(crate) struct StateFile {
    file: File,
    /// Where the inputs begin.
    start: u64,
    /// Where they end.
    end: u64,
    /// Whether a line may have been written in part.
    torn: bool,
}

impl StateFile {
    /// Opens a folder, or makes one; gives the seed of the sandbox that it belongs to.
    ///
    /// A folder that was made with another seed or other options is refused: its inputs would come to
    /// something else.
    pub(crate) fn open(
        folder: &Path,
        seed: Option<u64>,
        random: impl FnOnce() -> io::Result<u64>,
        rules: &Rules,
    ) -> io::Result<(Self, u64)> {
        let opened = fs::create_dir_all(folder).and_then(|()| options().open(folder.join(FILE)));
        let mut file = opened.map_err(|error| {
            let says = format!(
                "the state folder {} cannot be used: {error}",
                folder.display()
            );
            io::Error::new(error.kind(), says)
        })?;
        match FileExt::try_lock(&file) {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(io::Error::other(IN_USE)),
            Err(TryLockError::Error(error)) => return Err(error),
        }
        let mut first = Vec::new();
        BufReader::new(&mut file).read_until(b'\n', &mut first)?;
        let seed = match seed_of(&first) {
            // A header that was cut off belongs to a folder that was never used.
            None if !first.ends_with(b"\n") => {
                let seed = seed.map_or_else(random, Ok)?;
                first = header(seed, rules).into_bytes();
                file.set_len(0)?;
                file.seek(SeekFrom::Start(0))?;
                file.write_all(&first)?;
                seed
            }
            Some(made_with) => {
                let is_same = seed.is_none_or(|seed| seed == made_with)
                    && first == header(made_with, rules).as_bytes();
                if !is_same {
                    return Err(io::Error::other(OTHER_OPTIONS));
                }
                made_with
            }
            None => return Err(io::Error::other(NOT_A_STATE)),
        };
        let start = first.len() as u64;
        let file = Self {
            file,
            start,
            end: start,
            torn: false,
        };
        Ok((file, seed))
    }

    /// Plays all inputs again. A last line that was cut off was never answered, and is dropped.
    pub(crate) fn replay(&mut self, judge: &Judge) -> io::Result<()> {
        self.file.seek(SeekFrom::Start(self.start))?;
        let mut text = Vec::new();
        self.file.read_to_end(&mut text)?;
        let whole = text.iter().rposition(|byte| *byte == b'\n');
        let whole = whole.map_or(0, |last| last + 1);
        for line in text[..whole].split(|byte| *byte == b'\n') {
            if !line.is_empty() {
                replay_line(judge, line)?;
            }
        }
        self.end = self.start + whole as u64;
        self.cut()
    }

    /// Keeps an input. What a full disk took of one that was refused does not stay in front of the next.
    pub(crate) fn write(&mut self, clock: DateTime<Utc>, input: &Input<'_>) -> io::Result<()> {
        if self.torn {
            self.cut()?;
        }
        let line = Line::of(clock, input);
        self.torn = true;
        self.file.write_all(line.as_bytes())?;
        self.torn = false;
        self.end += line.len() as u64;
        Ok(())
    }

    /// Cuts off what stands behind the last whole line.
    fn cut(&mut self) -> io::Result<()> {
        self.file.set_len(self.end)?;
        self.file.seek(SeekFrom::Start(self.end))?;
        self.torn = false;
        Ok(())
    }
}

/// For the eyes of its owner: it holds tokens.
fn options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

fn replay_line(judge: &Judge, line: &[u8]) -> io::Result<()> {
    let read = Json::read(line).and_then(|json| Line::read(&json));
    let line = read.ok_or_else(|| io::Error::other(NOT_A_STATE))?;
    judge.replay(line.clock, line.input());
    Ok(())
}

const FILE: &str = "inputs.jsonl";
const IN_USE: &str = "the state folder is in use by another sandbox; stop that one, or take another \
                      folder";
const OTHER_OPTIONS: &str = "the state folder was made by another version, with another seed or with \
                             other options; use the same ones, or take another folder";
const NOT_A_STATE: &str = "the state folder holds a file inputs.jsonl that no sandbox has written; \
                           move it away, or take another folder";

#[cfg(test)]
mod tests;
