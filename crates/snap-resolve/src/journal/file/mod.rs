mod book;
mod line;
mod log;
mod place;

use std::{
    fmt,
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::SystemTime,
};

use snap_core::{Event, Intent, MoneyState, OperationId, RecordError, RecordFuture, Recorder};
use tokio::{sync::oneshot, task::spawn_blocking};

use self::book::Book;
use super::{
    Journal, JournalError,
    record::{Entry, Record},
};

/// Keeps operations in a file that is only added to. Clones share it.
///
/// What was taken down survives a kill of the process at any moment, and a loss of power as far as
/// the disk keeps what it said it had written: every intent and event is on disk (`fsync`) before
/// its call returns. Callers who write at the same time share one `fsync`.
///
/// The file belongs to one process at a time: a lock on a second file, whose name has `.lock` at the
/// end, sees to that. Network file systems often lack such locks; a journal that several processes
/// use belongs in a database. The file is made with the permission to read and write for its owner
/// only: it holds amounts, references and customer keys, but no secret.
///
/// The first line is `snap-journal 1`. Each further line is one commit: a CRC-32 in eight hex digits,
/// a space, and JSON: one [`Entry`], or an array of those that shared the commit. A last line that is
/// incomplete or does not fit its CRC is a write that was cut off, whose call never returned: opening
/// the journal removes it. Anything else that does not fit is damage, and refused.
///
/// The methods of the journal need a Tokio runtime, and write in its threads for blocking work.
#[derive(Clone)]
pub struct FileJournal {
    shared: Arc<Shared>,
}

struct Shared {
    queue: Mutex<Queue>,
    book: Mutex<Book>,
}

/// What waits for the next commit.
#[derive(Default)]
struct Queue {
    waiting: Vec<Waiting>,
    /// A task empties the queue.
    is_served: bool,
}

struct Waiting {
    entry: Entry,
    done: oneshot::Sender<Result<(), RecordError>>,
}

impl FileJournal {
    /// Opens the journal, or makes one where there is no file. Blocks while it reads the whole file;
    /// call it before the program starts to serve.
    ///
    /// A file of more than 10,000 entries is compacted if its operations would fit in less than half
    /// of them.
    ///
    /// # Errors
    ///
    /// When the file cannot be read or written, is still open elsewhere after 200 ms
    /// ([`is_locked`](JournalError::is_locked)), is damaged ([`is_corrupt`](JournalError::is_corrupt)),
    /// or was written by a newer version.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, JournalError> {
        let mut book = Book::open(path.as_ref())?;
        if book.is_worth_compacting() {
            book.compact(None)?;
        }
        Ok(Self {
            shared: Arc::new(Shared {
                queue: Mutex::default(),
                book: Mutex::new(book),
            }),
        })
    }

    /// Writes the file anew with one line for each operation, open or closed. Nothing is lost;
    /// calls wait meanwhile. A crash leaves the old file or the new one.
    ///
    /// # Errors
    ///
    /// When the new file cannot be written; the old one is then used on.
    pub async fn compact(&self) -> Result<(), JournalError> {
        self.with_book(|book| book.compact(None)).await.map(drop)
    }

    /// Like [`compact`](Self::compact), and **drops** the operations that are closed and did not
    /// change since a moment. Says how many.
    ///
    /// The journal forgets them: it no longer refuses to send one of them again. The standard asks
    /// for logs of ten years, so copy the file first if it is the only one.
    ///
    /// # Errors
    ///
    /// As [`compact`](Self::compact).
    pub async fn compact_before(&self, moment: SystemTime) -> Result<u64, JournalError> {
        self.with_book(move |book| book.compact(Some(moment))).await
    }

    async fn take(&self, entry: Entry) -> Result<(), RecordError> {
        let (done, result) = oneshot::channel();
        if self.shared.line_up(Waiting { entry, done }) {
            let server = Server::new(&self.shared);
            spawn_blocking(move || server.serve());
        }
        let stopped = |_| Err(JournalError::stopped(STOPPED).into());
        result.await.unwrap_or_else(stopped)
    }

    async fn with_book<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Book) -> Result<T, JournalError> + Send + 'static,
    ) -> Result<T, JournalError> {
        let shared = Arc::clone(&self.shared);
        let done = spawn_blocking(move || {
            let mut book = shared.book.lock().map_err(|_| fell_over())?;
            work(&mut book)
        });
        let stopped = |_| Err(JournalError::stopped(STOPPED));
        done.await.unwrap_or_else(stopped)
    }
}

impl fmt::Debug for FileJournal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FileJournal").finish_non_exhaustive()
    }
}

impl Recorder for FileJournal {
    fn earlier<'a>(&'a self, intent: &'a Intent) -> RecordFuture<'a, Option<MoneyState>> {
        Box::pin(async move {
            let record = self.find(&intent.id).await?;
            Ok(record.and_then(|record| record.earlier()))
        })
    }

    fn intent<'a>(&'a self, intent: &'a Intent) -> RecordFuture<'a, ()> {
        Box::pin(async move { self.take(Entry::intent(intent)).await })
    }

    fn event<'a>(&'a self, id: &'a OperationId, event: &'a Event) -> RecordFuture<'a, ()> {
        Box::pin(async move { self.take(Entry::event(id, event)).await })
    }
}

impl Journal for FileJournal {
    fn open<'a>(&'a self) -> RecordFuture<'a, Vec<Record>> {
        Box::pin(async move { Ok(self.with_book(|book| Ok(book.open_records())).await?) })
    }

    fn find<'a>(&'a self, id: &'a OperationId) -> RecordFuture<'a, Option<Record>> {
        let id = id.clone();
        Box::pin(async move { Ok(self.with_book(move |book| book.record(&id)).await?) })
    }
}

impl Shared {
    /// Whether the caller has to see to it that the queue is served.
    fn line_up(&self, waiting: Waiting) -> bool {
        let mut queue = self.queue();
        queue.waiting.push(waiting);
        !std::mem::replace(&mut queue.is_served, true)
    }

    /// The next commit; nothing when there is none, and then the queue is no longer served.
    fn next_commit(&self) -> Option<Vec<Waiting>> {
        let mut queue = self.queue();
        queue.is_served = !queue.waiting.is_empty();
        let count = queue.waiting.len().min(AT_ONCE);
        queue
            .is_served
            .then(|| queue.waiting.drain(..count).collect())
    }

    fn commit(&self, waiting: Vec<Waiting>) {
        let (entries, callers): (Vec<_>, Vec<_>) = waiting
            .into_iter()
            .map(|waiting| (waiting.entry, waiting.done))
            .unzip();
        let results = match self.book.lock() {
            Ok(mut book) => book.commit(&entries),
            Err(_) => entries.iter().map(|_| Err(fell_over().into())).collect(),
        };
        for (caller, result) in callers.into_iter().zip(results) {
            // Who dropped the call does not want to know.
            let _ = caller.send(result);
        }
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        // Nothing that holds the lock can leave the queue half changed.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Writes what waits until nothing does. One at a time, so that whatever arrives while it writes
/// goes into the next commit together.
struct Server {
    shared: Arc<Shared>,
    is_done: bool,
}

impl Server {
    fn new(shared: &Arc<Shared>) -> Self {
        Self {
            shared: Arc::clone(shared),
            is_done: false,
        }
    }

    fn serve(mut self) {
        while let Some(waiting) = self.shared.next_commit() {
            self.shared.commit(waiting);
        }
        self.is_done = true;
    }
}

/// A runtime that shuts down drops the work it has not begun: those who wait are told, and the next
/// caller starts anew.
impl Drop for Server {
    fn drop(&mut self) {
        if !self.is_done {
            let mut queue = self.shared.queue();
            queue.is_served = false;
            queue.waiting.clear();
        }
    }
}

fn fell_over() -> JournalError {
    JournalError::stopped("the journal fell over in an earlier write: open it anew")
}

const AT_ONCE: usize = 256;
const STOPPED: &str = "the runtime ended before the journal was written";
