//! Where intents and outcomes are kept, so that no crash loses an operation that may have moved
//! money.

mod error;
mod file;
mod memory;
#[cfg(feature = "postgres")]
mod postgres;
mod record;

use std::sync::Arc;

use snap_core::{OperationId, RecordFuture, Recorder};

#[cfg(feature = "postgres")]
pub use self::postgres::PgJournal;
pub use self::{
    error::JournalError,
    file::FileJournal,
    memory::MemoryJournal,
    record::{Conflict, Entry, Record},
};

/// A [`Recorder`] that can be read back.
///
/// [`Record::fold`] says what an intent or an event does to an operation: every journal goes by it.
pub trait Journal: Recorder {
    /// Every operation without a final state, the one that has been open longest first.
    ///
    /// After a start these are the operations to resolve: [`Record::pending`] says how.
    fn open<'a>(&'a self) -> RecordFuture<'a, Vec<Record>>;

    /// One operation, open or closed.
    fn find<'a>(&'a self, id: &'a OperationId) -> RecordFuture<'a, Option<Record>>;
}

impl<J: Journal + ?Sized> Journal for Arc<J> {
    fn open<'a>(&'a self) -> RecordFuture<'a, Vec<Record>> {
        (**self).open()
    }

    fn find<'a>(&'a self, id: &'a OperationId) -> RecordFuture<'a, Option<Record>> {
        (**self).find(id)
    }
}
