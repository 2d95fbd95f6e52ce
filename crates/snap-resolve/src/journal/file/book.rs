use std::{
    collections::HashMap,
    fs::{self, File},
    path::Path,
    time::SystemTime,
};

use snap_core::{OperationId, RecordError};

use super::{
    Entry, JournalError, Record,
    log::{Draft, Found, Log},
    place,
};
use crate::journal::record::alert;

/// What is in the file, and where. Open operations are held in memory; of a closed one only where
/// its lines are, since a journal of years holds many.
#[derive(Debug)]
pub(super) struct Book {
    log: Log,
    places: HashMap<OperationId, Place>,
    /// How often an operation was opened: what `open` sorts by.
    opened: u64,
    /// How many entries the file holds.
    entries: usize,
    /// Keeps others out while it is open.
    _lock: File,
}

#[derive(Debug, Default)]
struct Place {
    order: u64,
    /// Where the lines begin that speak of it.
    lines: Vec<u64>,
    open: Option<Box<Record>>,
}

/// What an entry changes.
#[derive(Debug)]
struct Change {
    before: Option<Record>,
    after: Record,
}

impl Book {
    pub(super) fn open(path: &Path) -> Result<Self, JournalError> {
        let path = place::real_path(path)?;
        let lock = place::lock(&path)?;
        // Left behind by a process that was killed while it compacted. If it cannot be removed, the
        // next compaction says so.
        let _ = fs::remove_file(place::draft(&path));
        let mut book = Self {
            log: Log::open(path)?,
            places: HashMap::new(),
            opened: 0,
            entries: 0,
            _lock: lock,
        };
        let mut lines = book.log.lines()?;
        while let Some(found) = lines.next()? {
            book.read_in(found)?;
        }
        book.log.settle(&lines)?;
        Ok(book)
    }

    /// Takes the entries down in one write, each as if it were alone.
    pub(super) fn commit(&mut self, entries: &[Entry]) -> Vec<Result<(), RecordError>> {
        let mut changes = Vec::new();
        let results: Vec<_> = entries
            .iter()
            .map(|entry| self.consider(entry, &mut changes))
            .collect();
        if changes.is_empty() {
            return results;
        }
        let changing: Vec<_> = changes.iter().map(|(entry, _)| *entry).collect();
        match self.log.append(&changing) {
            Ok(at) => {
                for (_, change) in changes {
                    alert(change.before.as_ref(), &change.after);
                    self.keep(at, change.after);
                }
                results
            }
            Err(error) => {
                // Also those that change nothing: they may rest on one that was not written.
                let error = RecordError::from(error);
                entries.iter().map(|_| Err(error.clone())).collect()
            }
        }
    }

    pub(super) fn record(&mut self, id: &OperationId) -> Result<Option<Record>, JournalError> {
        let Some(place) = self.places.get(id) else {
            return Ok(None);
        };
        match &place.open {
            Some(record) => Ok(Some((**record).clone())),
            None => read_closed(&mut self.log, place, id),
        }
    }

    pub(super) fn open_records(&self) -> Vec<Record> {
        let mut open: Vec<_> = self
            .places
            .values()
            .filter_map(|place| Some((place.order, place.open.as_deref()?)))
            .collect();
        open.sort_by_key(|(order, _)| *order);
        open.into_iter().map(|(_, record)| record.clone()).collect()
    }

    pub(super) fn is_worth_compacting(&self) -> bool {
        self.entries > MANY && self.places.len() * 2 < self.entries
    }

    /// Writes one line for each operation, without those that are closed and older than a moment.
    /// Says how many these are.
    pub(super) fn compact(&mut self, before: Option<SystemTime>) -> Result<u64, JournalError> {
        let failed = |path: &Path, error| JournalError::io("rewriting the journal", path, error);
        let mut order: Vec<_> = self
            .places
            .iter()
            .map(|(id, place)| (place.order, id.clone()))
            .collect();
        order.sort_by_key(|(order, _)| *order);
        let mut draft =
            Draft::new(&self.log.path).map_err(|error| failed(&self.log.path, error))?;
        let mut lines = Vec::with_capacity(order.len());
        let mut dropped = Vec::new();
        for (_, id) in order {
            let Some(record) = self.record(&id)? else {
                continue;
            };
            if record.is_closed() && before.is_some_and(|moment| record.changed_at() < moment) {
                dropped.push(id);
                continue;
            }
            let at = draft
                .add(&Entry::Record(Box::new(record)))
                .map_err(|error| failed(&self.log.path, error))?;
            lines.push((id, at));
        }
        self.log.replace(draft)?;
        self.entries = lines.len();
        for id in &dropped {
            self.places.remove(id);
        }
        for (id, at) in lines {
            self.places.entry(id).or_default().lines = vec![at];
        }
        Ok(dropped.len() as u64)
    }

    /// Whether an entry is taken; if it changes something, it joins `changes`.
    fn consider<'a>(
        &mut self,
        entry: &'a Entry,
        changes: &mut Vec<(&'a Entry, Change)>,
    ) -> Result<(), RecordError> {
        let mut earlier = changes.iter().rev();
        let staged = earlier.find(|(earlier, _)| earlier.id() == entry.id());
        let before = match staged {
            Some((_, change)) => Some(change.after.clone()),
            None => self.record(entry.id())?,
        };
        if let Some(after) = Record::fold(before.as_ref(), entry)? {
            changes.push((entry, Change { before, after }));
        }
        Ok(())
    }

    fn read_in(&mut self, found: Found) -> Result<(), JournalError> {
        let mut changes = Vec::new();
        for entry in &found.entries {
            self.consider(entry, &mut changes).map_err(|error| {
                JournalError::corrupt(&self.log.path, found.number, &error.to_string())
            })?;
        }
        // Only now: what is read back of an operation is all that a line says about it.
        for (_, change) in changes {
            self.keep(found.at, change.after);
        }
        Ok(())
    }

    fn keep(&mut self, at: u64, record: Record) {
        self.entries += 1;
        let is_open = !record.is_closed();
        let place = self.places.entry(record.id().clone()).or_default();
        let is_new = place.lines.is_empty();
        if is_new || (is_open && place.open.is_none()) {
            self.opened += 1;
            place.order = self.opened;
        }
        if place.lines.last() != Some(&at) {
            place.lines.push(at);
        }
        place.open = is_open.then(|| Box::new(record));
    }
}

fn read_closed(
    log: &mut Log,
    place: &Place,
    id: &OperationId,
) -> Result<Option<Record>, JournalError> {
    let mut record = None;
    for at in &place.lines {
        for entry in log.read(*at)? {
            if entry.id() != id {
                continue;
            }
            // It was taken when it was written.
            if let Ok(Some(after)) = Record::fold(record.as_ref(), &entry) {
                record = Some(after);
            }
        }
    }
    Ok(record)
}

const MANY: usize = 10_000;
