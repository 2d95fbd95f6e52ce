//! Where the file is, what lies beside it, and who may use it.

use std::{
    ffi::OsString,
    fs::{self, File, OpenOptions},
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use fs4::{FileExt, TryLockError};

use super::JournalError;

/// The path without links: the lock and the file that a compaction writes lie beside the real file.
pub(super) fn real_path(path: &Path) -> Result<PathBuf, JournalError> {
    let real = match fs::canonicalize(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => future_path(path),
        known => known,
    };
    real.map_err(|error| JournalError::io("opening", path, error))
}

fn future_path(path: &Path) -> io::Result<PathBuf> {
    let name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?;
    let directory = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    Ok(fs::canonicalize(directory)?.join(name))
}

/// Takes the journal for this process, as long as the file that comes back is open.
///
/// The journal itself cannot be locked: a compaction replaces it, and whoever waited would hold the
/// lock of a file that no longer has a name.
///
/// Waits a moment: a journal that was dropped, or a process that a thread has just forked, may still
/// hold it on its way out.
pub(super) fn lock(path: &Path) -> Result<File, JournalError> {
    let lock = beside(path, ".lock");
    let failed = |error| JournalError::io("locking", &lock, error);
    let file = options().open(&lock).map_err(failed)?;
    for _ in 0..TRIES {
        match FileExt::try_lock(&file) {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) => std::thread::sleep(BETWEEN_TRIES),
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
    }
    Err(JournalError::locked(path))
}

const TRIES: u32 = 20;
const BETWEEN_TRIES: Duration = Duration::from_millis(10);

/// What a compaction writes to.
pub(super) fn draft(path: &Path) -> PathBuf {
    beside(path, ".compact")
}

/// Makes the names in the directory of a file durable.
pub(super) fn sync_directory(path: &Path) -> io::Result<()> {
    match path.parent() {
        // Elsewhere a directory cannot be opened, and names are durable with their files.
        Some(directory) if cfg!(unix) => File::open(directory)?.sync_all(),
        _ => Ok(()),
    }
}

/// To read and write, made if it is not there, for its owner only.
pub(super) fn options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(ending);
    name.into()
}
