use std::{
    fs::{self, File},
    io::{self, BufRead, BufReader, BufWriter, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

use super::{Entry, JournalError, line, place};

/// The file, to whose end lines are written.
#[derive(Debug)]
pub(super) struct Log {
    pub(super) path: PathBuf,
    file: File,
    /// Up to here every line is good and on disk.
    len: u64,
    /// The file may hold half a line behind `len`, and it could not be cut off.
    is_broken: bool,
}

impl Log {
    /// Opens the file or makes it. What it holds is to be read ([`Log::lines`]) and then settled
    /// ([`Log::settle`]) before anything is written.
    pub(super) fn open(path: PathBuf) -> Result<Self, JournalError> {
        let failed = |error| JournalError::io("opening", &path, error);
        let file = place::options().open(&path).map_err(failed)?;
        let mut log = Self {
            path,
            file,
            len: HEADER.len() as u64,
            is_broken: false,
        };
        log.begin()?;
        Ok(log)
    }

    /// Every line from the second on.
    pub(super) fn lines(&self) -> Result<Lines, JournalError> {
        let failed = |error| JournalError::io("reading the journal", &self.path, error);
        let mut file = File::open(&self.path).map_err(failed)?;
        file.seek(SeekFrom::Start(HEADER.len() as u64))
            .map_err(failed)?;
        Ok(Lines {
            path: self.path.clone(),
            from: BufReader::new(file),
            line: Vec::new(),
            number: 1,
            next: HEADER.len() as u64,
            misfit: None,
        })
    }

    /// Cuts off a last line that does not fit, and makes the rest durable.
    pub(super) fn settle(&mut self, lines: &Lines) -> Result<(), JournalError> {
        let failed = |error| JournalError::io("opening", &self.path, error);
        self.len = lines.next;
        if let Some(why) = lines.misfit {
            tracing::warn!(
                journal = %self.path.display(),
                line = lines.number,
                "the last write was cut off ({why}), before its call returned: removed"
            );
            self.file.set_len(self.len).map_err(failed)?;
        }
        // What a process wrote before it was killed may not be on disk yet, nor the name.
        self.file.sync_all().map_err(failed)?;
        place::sync_directory(&self.path).map_err(failed)
    }

    /// Writes the entries as one line that is there as a whole or not at all, and says where. It is
    /// on disk when this returns.
    pub(super) fn append(&mut self, entries: &[&Entry]) -> Result<u64, JournalError> {
        if self.is_broken {
            return Err(JournalError::stopped(BROKEN));
        }
        let failed = |error| JournalError::io("writing to the journal", &self.path, error);
        let line = line::frame(entries).map_err(failed)?;
        let at = self.len;
        if let Err(error) = write(&mut self.file, at, &line) {
            let error = failed(error);
            self.cut_back();
            return Err(error);
        }
        self.len += line.len() as u64;
        Ok(at)
    }

    /// The entries of the line that begins here.
    pub(super) fn read(&mut self, at: u64) -> Result<Vec<Entry>, JournalError> {
        let mut line = Vec::new();
        let mut read = || {
            self.file.seek(SeekFrom::Start(at))?;
            let mut from = BufReader::new(&mut self.file);
            from.read_until(b'\n', &mut line)?;
            let json = line::unframe(&line).map_err(io::Error::other)?;
            Ok(line::entries(json)?)
        };
        read().map_err(|error| JournalError::io("reading the journal", &self.path, error))
    }

    /// Puts a new file in the place of this one, whole and on disk before it gets the name.
    pub(super) fn replace(&mut self, draft: Draft) -> Result<(), JournalError> {
        if self.is_broken {
            return Err(JournalError::stopped(BROKEN));
        }
        let failed = |error| JournalError::io("rewriting the journal", &self.path, error);
        let (path, len) = (draft.path.clone(), draft.len);
        let put = draft.finish().and_then(|file| {
            fs::rename(&path, &self.path)?;
            Ok(file)
        });
        match put {
            Ok(file) => self.file = file,
            Err(error) => {
                // What is left of it is removed when the journal is opened, too.
                let _ = fs::remove_file(&path);
                return Err(failed(error));
            }
        }
        self.len = len;
        place::sync_directory(&self.path).map_err(|error| {
            // A loss of power could bring the old file back, without what is written from here on.
            self.is_broken = true;
            JournalError::io("rewriting the journal", &self.path, error)
        })
    }

    /// Writes the first line of a new file, or checks it.
    fn begin(&mut self) -> Result<(), JournalError> {
        let failed = |error| JournalError::io("opening", &self.path, error);
        let mut first = Vec::new();
        let mut from = (&self.file).take(FIRST_LINE_AT_MOST);
        BufReader::new(&mut from)
            .read_until(b'\n', &mut first)
            .map_err(failed)?;
        if first == HEADER {
            Ok(())
        } else if HEADER.starts_with(&first) {
            // New, or its process was killed while it was made.
            self.file.set_len(0).map_err(failed)?;
            write(&mut self.file, 0, HEADER).map_err(failed)
        } else if first.starts_with(NAME) {
            Err(JournalError::newer(&self.path, 1))
        } else {
            Err(JournalError::not_a_journal(&self.path))
        }
    }

    /// After a failed write, so that half a line never comes before a good one.
    fn cut_back(&mut self) {
        let cut = self
            .file
            .set_len(self.len)
            .and_then(|()| self.file.sync_all());
        if let Err(error) = cut {
            self.is_broken = true;
            tracing::error!(
                journal = %self.path.display(),
                "a failed write could not be taken back ({error}): the journal takes nothing more \
                 until it is opened anew"
            );
        }
    }
}

/// Reads the file line by line.
#[derive(Debug)]
pub(super) struct Lines {
    path: PathBuf,
    from: BufReader<File>,
    line: Vec<u8>,
    /// Of the line that was read last.
    number: u64,
    /// Where the next good line begins.
    next: u64,
    /// What is wrong with the line that was read last; it may only be the last of all.
    misfit: Option<&'static str>,
}

/// What a line holds, and where it begins.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) at: u64,
    pub(super) number: u64,
    pub(super) entries: Vec<Entry>,
}

impl Lines {
    pub(super) fn next(&mut self) -> Result<Option<Found>, JournalError> {
        self.line.clear();
        let read = self.from.read_until(b'\n', &mut self.line);
        match read.map_err(|error| JournalError::io("reading the journal", &self.path, error))? {
            0 => return Ok(None),
            _ => {
                if let Some(why) = self.misfit {
                    return Err(JournalError::corrupt(&self.path, self.number, why));
                }
            }
        }
        self.number += 1;
        let at = self.next;
        match line::unframe(&self.line) {
            Ok(json) => {
                let newer = |_| JournalError::newer(&self.path, self.number);
                let entries = line::entries(json).map_err(newer)?;
                self.next += self.line.len() as u64;
                Ok(Some(Found {
                    at,
                    number: self.number,
                    entries,
                }))
            }
            Err(why) => {
                self.misfit = Some(why);
                self.next()
            }
        }
    }
}

/// A file that is to replace the journal.
#[derive(Debug)]
pub(super) struct Draft {
    path: PathBuf,
    file: BufWriter<File>,
    len: u64,
}

impl Draft {
    pub(super) fn new(path: &Path) -> io::Result<Self> {
        let path = place::draft(path);
        let file = place::options().truncate(true).open(&path)?;
        let mut file = BufWriter::new(file);
        file.write_all(HEADER)?;
        Ok(Self {
            path,
            file,
            len: HEADER.len() as u64,
        })
    }

    /// Adds a line, and says where it begins.
    pub(super) fn add(&mut self, entry: &Entry) -> io::Result<u64> {
        let line = line::frame(&[entry])?;
        self.file.write_all(&line)?;
        let at = self.len;
        self.len += line.len() as u64;
        Ok(at)
    }

    fn finish(self) -> io::Result<File> {
        let file = self
            .file
            .into_inner()
            .map_err(io::IntoInnerError::into_error)?;
        file.sync_all()?;
        Ok(file)
    }
}

fn write(file: &mut File, at: u64, bytes: &[u8]) -> io::Result<()> {
    file.seek(SeekFrom::Start(at))?;
    file.write_all(bytes)?;
    file.sync_data()
}

const HEADER: &[u8] = b"snap-journal 1\n";
const NAME: &[u8] = b"snap-journal ";
const FIRST_LINE_AT_MOST: u64 = 64;
const BROKEN: &str = "an earlier write to the journal failed and could not be taken back: open the \
                      journal anew";

#[cfg(test)]
mod tests {
    use super::*;

    fn entry() -> Entry {
        let json = r#"{"event":{"id":"BRN-1 /pay A","event":{"state":{"state":{"unknown":"timeout"},
            "at":{"secs_since_epoch":1,"nanos_since_epoch":0},"reference_no":null}}}}"#;
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn after_a_write_that_cannot_be_taken_back_nothing_more_is_taken() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("journal");
        let mut log = Log::open(path.clone()).unwrap();
        log.append(&[&entry()]).unwrap();
        let good = fs::read(&path).unwrap();
        // Neither writing nor cutting back works on this one.
        let working = std::mem::replace(&mut log.file, File::open(&path).unwrap());

        log.append(&[&entry()]).unwrap_err();
        log.file = working;
        let error = log.append(&[&entry()]).unwrap_err();

        assert!(
            error.to_string().contains("open the journal anew"),
            "{error}"
        );
        assert_eq!(fs::read(&path).unwrap(), good);
    }

    #[test]
    fn half_a_line_of_a_failed_write_is_gone_before_the_next() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("journal");
        let mut log = Log::open(path.clone()).unwrap();
        log.append(&[&entry()]).unwrap();
        let good = fs::read(&path).unwrap();
        log.file.write_all(b"0123abcd {\"half").unwrap();

        log.cut_back();

        assert_eq!(fs::read(&path).unwrap(), good);
        let at = log.append(&[&entry()]).unwrap();
        assert_eq!(log.read(at).unwrap(), [entry()]);
    }
}
