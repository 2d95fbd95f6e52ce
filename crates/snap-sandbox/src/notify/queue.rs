//! The notifications of a sandbox, in its state.

use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    sync::Arc,
};

use chrono::{DateTime, TimeDelta, Utc};

use super::{
    Targets,
    errand::{ASK, Call, Errand, Snap},
    kirimdoku::{Form, KirimTargets},
    notice::Notice,
    report::{Notification, NotificationEvent, NotificationState, Step},
    variation::{Variation, Vary},
};
use crate::{client::Address, clock::jakarta, times::Times};

/// Every notification, and what the next ones need.
pub(crate) struct Notifications {
    /// How many that are done are kept.
    keep: usize,
    next: u64,
    pub(super) targets: Option<Targets>,
    pub(super) kirimdoku: Option<KirimTargets>,
    /// Transfers of Kirim DOKU that have not come to their end: only these are told of.
    pub(super) unpaid: HashSet<Arc<str>>,
    /// The merchant's token, and until when it is used.
    pub(super) token: Option<(String, DateTime<Utc>)>,
    variations: Vec<Variation>,
    pub(super) notices: BTreeMap<u64, Notice>,
    /// Those that wait for another to go out.
    pub(super) held: Vec<u64>,
    /// When which is due, the earliest first.
    due: BTreeSet<(DateTime<Utc>, u64)>,
}

impl Notifications {
    pub(crate) fn new(keep: usize) -> Self {
        Self {
            keep,
            next: 1,
            targets: None,
            kirimdoku: None,
            unpaid: HashSet::new(),
            token: None,
            variations: Vec::new(),
            notices: BTreeMap::new(),
            held: Vec::new(),
            due: BTreeSet::new(),
        }
    }

    /// As it was in the beginning, for the same merchant. Ids go on: what is heard of an old notification
    /// must not be taken for a new one's.
    pub(crate) fn emptied(self) -> Self {
        Self {
            next: self.next,
            targets: self.targets,
            kirimdoku: self.kirimdoku,
            ..Self::new(self.keep)
        }
    }

    /// Says where the merchant is. Nothing is queued before that.
    pub(crate) fn send_to(&mut self, targets: Targets) {
        self.targets = Some(targets);
        self.token = None;
    }

    /// Says where the merchant takes notices of Kirim DOKU.
    pub(crate) fn send_kirimdoku_to(&mut self, targets: KirimTargets) {
        self.kirimdoku = Some(targets);
    }

    /// Lets the next notification that fits be different.
    pub(crate) fn vary(&mut self, variation: Variation) {
        self.variations.push(variation);
    }

    pub(crate) fn reports(&self) -> Vec<Notification> {
        let notices = self.notices.iter();
        notices.map(|(id, notice)| notice.report(*id)).collect()
    }

    /// The latest ones, at most so many; the latest first.
    pub(crate) fn latest(&self, count: usize) -> Vec<Notification> {
        let latest = self.notices.iter().rev().take(count);
        latest.map(|(id, notice)| notice.report(*id)).collect()
    }

    /// Those about a reference, the latest first.
    pub(crate) fn about(&self, reference: &str) -> Vec<Notification> {
        let notices = self.notices.iter().rev();
        let about = notices.filter(|(_, notice)| &*notice.reference == reference);
        about.map(|(id, notice)| notice.report(*id)).collect()
    }

    /// When something is due the next time.
    pub(crate) fn next_due(&self) -> Option<DateTime<Utc>> {
        self.due.first().map(|(due, _)| *due)
    }

    /// Is something due that has not come to an end?
    pub(crate) fn is_due(&self, now: DateTime<Utc>) -> bool {
        self.next_due().is_some_and(|due| due <= now)
    }

    /// What is to be carried out now: the earliest that is due, or the token that it needs.
    pub(super) fn errand(
        &self,
        now: DateTime<Utc>,
        times: &Times,
        renewed: bool,
    ) -> Option<Errand> {
        let (_, id) = self.due.first().filter(|(due, _)| *due <= now)?;
        let notice = self.notices.get(id)?;
        let (address, body, call) = match notice.form {
            Form::Snap => self.snap(notice, now, times, renewed)?,
            form => self.kirimdoku(notice, form)?,
        };
        Some(Errand {
            notification: *id,
            attempt: notice.attempt(),
            sent: whole_micros(now),
            address,
            body,
            call,
        })
    }

    fn snap(
        &self,
        notice: &Notice,
        now: DateTime<Utc>,
        times: &Times,
        renewed: bool,
    ) -> Option<(Address, Arc<str>, Call)> {
        let targets = self.targets.as_ref()?;
        let Some(token) = self.token_for(notice, now) else {
            let timestamp = jakarta(times.door(now));
            let call = Call::Token { timestamp };
            return Some((targets.token.clone(), Arc::from(ASK), call));
        };
        let snap = Snap {
            token,
            timestamp: timestamp(notice, now, times, renewed),
            external_id: notice.external_id(),
            device: notice.device.clone(),
            is_signed_wrongly: notice.is_wrong(Vary::WrongSignature),
        };
        let address = targets.notification.clone();
        Some((address, Arc::clone(&notice.body), Call::Snap(snap)))
    }

    fn kirimdoku(&self, notice: &Notice, form: Form) -> Option<(Address, Arc<str>, Call)> {
        let targets = self.kirimdoku.as_ref()?;
        let address = match form {
            Form::Refund => &targets.refund,
            _ => &targets.unpaid,
        };
        let call = Call::Kirimdoku {
            request_id: notice.external_id(),
            is_signed_wrongly: notice.is_wrong(Vary::WrongSignature),
        };
        Some((address.clone(), Arc::clone(&notice.body), call))
    }

    /// None if one has to be asked for first.
    fn token_for(&self, notice: &Notice, now: DateTime<Utc>) -> Option<String> {
        if notice.has_made_up_token() {
            return Some(format!("never-issued-{}", notice.external_id));
        }
        let (token, until) = self.token.as_ref()?;
        let is_honoured = notice.progress.has_token || now < *until;
        is_honoured.then(|| token.clone())
    }

    /// What a notification about that reference does differently.
    pub(super) fn take_variations(&mut self, reference: &str) -> Vec<Vary> {
        let variations = self.variations.iter_mut();
        let taken = variations.filter_map(|variation| variation.take(reference));
        let taken = taken.collect();
        self.variations.retain(|variation| !variation.is_used_up());
        taken
    }

    pub(super) fn add(&mut self, notice: Notice) -> u64 {
        let id = self.next;
        self.next += 1;
        self.due.extend(notice.due.map(|due| (due, id)));
        if notice.state == NotificationState::Held {
            self.held.push(id);
        }
        self.notices.insert(id, notice);
        id
    }

    /// Changes a notice, and keeps the index of what is due.
    pub(super) fn change<T>(
        &mut self,
        id: u64,
        change: impl FnOnce(&mut Notice) -> T,
    ) -> Option<T> {
        let notice = self.notices.get_mut(&id)?;
        let before = notice.due;
        let changed = change(notice);
        let after = notice.due;
        if let Some(before) = before {
            self.due.remove(&(before, id));
        }
        self.due.extend(after.map(|due| (due, id)));
        Some(changed)
    }

    pub(super) fn event(&self, id: u64, step: Step) -> Option<NotificationEvent> {
        let notice = self.notices.get(&id)?;
        Some(NotificationEvent {
            id,
            status: notice.status,
            attempt: notice.attempts.len(),
            step,
        })
    }

    /// Forgets the oldest that are done, beyond those that are kept.
    pub(super) fn forget(&mut self) {
        while self.notices.len() > self.keep {
            let is_done =
                |notice: &Notice| notice.due.is_none() && notice.state != NotificationState::Held;
            let done = self.notices.iter().find(|(_, notice)| is_done(notice));
            let Some(id) = done.map(|(id, _)| *id) else {
                return;
            };
            self.notices.remove(&id);
        }
    }
}

/// A retry keeps the timestamp of the first attempt unless timestamps are `renewed`; one by hand has its
/// own. Told by the door, it is as old as in production also for a merchant on real time: after a skip, a
/// kept one is back-dated by the time skipped.
fn timestamp(notice: &Notice, now: DateTime<Utc>, times: &Times, renewed: bool) -> String {
    let first = notice.first_sent.filter(|_| !renewed && !notice.by_hand);
    let door = times.door(first.unwrap_or(now));
    let stale = notice
        .is_wrong(Vary::StaleTimestamp)
        .then(|| door.checked_sub_signed(STALE));
    jakarta(stale.flatten().unwrap_or(door))
}

/// What an input keeps of a time.
fn whole_micros(time: DateTime<Utc>) -> DateTime<Utc> {
    DateTime::from_timestamp_micros(time.timestamp_micros()).unwrap_or(time)
}

/// Older than the last retry of any schedule.
const STALE: TimeDelta = TimeDelta::hours(24);
