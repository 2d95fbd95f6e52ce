use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use snap_core::{Event, Intent, MoneyState, OperationId, RecordError, RecordFuture, Recorder};

use super::{
    Journal,
    record::{Entry, Record, alert},
};

/// Keeps operations in this process and loses them with it: for tests. Clones share what they hold.
#[derive(Clone, Debug, Default)]
pub struct MemoryJournal {
    kept: Arc<Mutex<Kept>>,
}

#[derive(Debug, Default)]
struct Kept {
    records: HashMap<OperationId, (u64, Record)>,
    /// How often an operation was opened: what `open` sorts by.
    opened: u64,
}

impl MemoryJournal {
    /// An empty journal.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        // Nothing that holds the lock can leave a record half written.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn take(&mut self, entry: &Entry) -> Result<(), RecordError> {
        let before = self.records.get(entry.id());
        let record = before.map(|(_, record)| record);
        let Some(after) = Record::fold(record, entry)? else {
            return Ok(());
        };
        alert(record, &after);
        let place = match before {
            Some((place, record)) if !record.is_closed() || after.is_closed() => *place,
            _ => {
                self.opened += 1;
                self.opened
            }
        };
        self.records.insert(entry.id().clone(), (place, after));
        Ok(())
    }

    fn open(&self) -> Vec<Record> {
        let mut open: Vec<_> = self.records.values().collect();
        open.retain(|(_, record)| !record.is_closed());
        open.sort_by_key(|(place, _)| *place);
        open.into_iter().map(|(_, record)| record.clone()).collect()
    }
}

impl Recorder for MemoryJournal {
    fn earlier<'a>(&'a self, intent: &'a Intent) -> RecordFuture<'a, Option<MoneyState>> {
        Box::pin(async move {
            let record = self.find(&intent.id).await?;
            Ok(record.and_then(|record| record.earlier()))
        })
    }

    fn intent<'a>(&'a self, intent: &'a Intent) -> RecordFuture<'a, ()> {
        Box::pin(async move { self.kept().take(&Entry::intent(intent)) })
    }

    fn event<'a>(&'a self, id: &'a OperationId, event: &'a Event) -> RecordFuture<'a, ()> {
        Box::pin(async move { self.kept().take(&Entry::event(id, event)) })
    }
}

impl Journal for MemoryJournal {
    fn open<'a>(&'a self) -> RecordFuture<'a, Vec<Record>> {
        Box::pin(async move { Ok(self.kept().open()) })
    }

    fn find<'a>(&'a self, id: &'a OperationId) -> RecordFuture<'a, Option<Record>> {
        Box::pin(async move {
            let kept = self.kept();
            Ok(kept.records.get(id).map(|(_, record)| record.clone()))
        })
    }
}
