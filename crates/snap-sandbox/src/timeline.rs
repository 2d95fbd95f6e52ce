//! What happened, in order, for people and for the admin API.

use std::{collections::VecDeque, sync::Arc};

use chrono::{DateTime, Utc};

use crate::{
    arrived::Arrived,
    ledger::{Amount, OperationState},
    notify::NotificationEvent,
    record::RecordedRequest,
};

/// The last things that happened.
#[derive(Debug)]
pub(crate) struct Timeline {
    /// How many are kept.
    keep: usize,
    next: u64,
    events: VecDeque<Event>,
}

/// One thing that happened.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    /// Counted from 1.
    pub(crate) number: u64,
    /// By the schedule.
    pub(crate) at: DateTime<Utc>,
    /// The merchant's reference that it is about.
    pub(crate) reference: Option<Arc<str>>,
    pub(crate) what: What,
}

#[derive(Clone, Debug)]
pub(crate) enum What {
    Request(Box<SeenRequest>),
    /// An operation changed its state.
    Change(Change),
    /// The merchant was told of something, or was to be.
    Notification(NotificationEvent),
    /// Something that a person or a test did, in words without secrets.
    Note(String),
}

/// A request as the page shows it.
#[derive(Clone, Debug)]
pub(crate) struct SeenRequest {
    /// Shared with the record of requests.
    pub(crate) recorded: Arc<RecordedRequest>,
    /// The whole request, where it was refused: to say what was wrong with it. It holds secrets, and
    /// never leaves the admin port.
    pub(crate) refused: Option<Arrived>,
}

/// An operation in the ledger has reached a state.
#[derive(Clone, Debug)]
pub(crate) struct Change {
    pub(crate) at: DateTime<Utc>,
    /// Product and operation.
    pub(crate) operation: &'static str,
    pub(crate) reference: Arc<str>,
    pub(crate) state: OperationState,
    pub(crate) amount: Amount,
}

impl Timeline {
    /// Keeps the last so many events.
    pub(crate) fn new(keep: usize) -> Self {
        Self {
            keep,
            next: 1,
            events: VecDeque::new(),
        }
    }

    pub(crate) fn add(&mut self, at: DateTime<Utc>, reference: Option<Arc<str>>, what: What) {
        let number = self.next;
        self.next += 1;
        if self.keep == 0 {
            return;
        }
        if self.events.len() >= self.keep {
            self.events.pop_front();
        }
        self.events.push_back(Event {
            number,
            at,
            reference,
            what,
        });
    }

    pub(crate) fn events(&self) -> impl DoubleEndedIterator<Item = &Event> {
        self.events.iter()
    }

    /// The events that came after that number.
    pub(crate) fn after(&self, number: u64) -> impl Iterator<Item = &Event> {
        let from = self.events.partition_point(|event| event.number <= number);
        self.events.range(from..)
    }

    /// The number of the last event, kept or not; 0 if there was none.
    pub(crate) fn last(&self) -> u64 {
        self.next - 1
    }

    /// Forgets all events. Numbers go on, so that whoever reads on from one misses nothing.
    pub(crate) fn clear(&mut self) {
        self.events.clear();
    }

    /// The events of one reference.
    pub(crate) fn of<'a>(&'a self, reference: &'a str) -> impl Iterator<Item = &'a Event> {
        let events = self.events.iter();
        events.filter(move |event| event.reference.as_deref() == Some(reference))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_events_go_first_and_numbers_go_on() {
        let mut timeline = Timeline::new(2);
        for word in ["a", "b", "c"] {
            let reference = Some(Arc::from(word));
            timeline.add(DateTime::UNIX_EPOCH, reference, What::Note(word.to_owned()));
        }

        let numbers: Vec<u64> = timeline.events().map(|event| event.number).collect();

        assert_eq!(numbers, [2, 3]);
        assert_eq!(timeline.of("c").count(), 1);
        assert_eq!(timeline.of("a").count(), 0);
    }
}
