//! How notifications change: by what happens to money, by hand, and by what the merchant answers.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, Utc};

use super::{
    heard::{Heard, Hearing},
    kirimdoku::{self, Form},
    message::{Message, debit, opposite},
    notice::{Came, Notice},
    report::{NotificationState, Step},
    variation::Vary,
};
use crate::{
    action::ActionError,
    clock::later,
    judge::State,
    ledger::OperationState,
    magic::Scenario,
    timeline::{Change, What},
};

impl State {
    /// Queues what the merchant is told of a change; nothing while nobody has said where the merchant is.
    pub(crate) fn announce(&mut self, change: &Change) {
        let told = match self.told_of_debit(change) {
            Some(told) => Some(told),
            None => self.told_of_transfer(change),
        };
        let Some(told) = told else {
            return;
        };
        let mut varies = self.notifications.take_variations(&change.reference);
        varies.extend(told.scenario.and_then(Scenario::vary));
        if varies.contains(&Vary::Contradiction) {
            self.queue(told.opposite, Vec::new(), change.at);
        }
        self.queue(told.message, varies, change.at);
    }

    fn told_of_debit(&self, change: &Change) -> Option<Told> {
        self.notifications.targets.as_ref()?;
        let entry = debit(change, &self.book)?;
        let about = |state| Message::about(entry, state, change.amount);
        Some(Told {
            message: about(change.state),
            opposite: about(opposite(change.state)),
            scenario: entry.order.scenario,
        })
    }

    /// Of a transfer, the merchant is told when it was unpaid at first, or came back.
    fn told_of_transfer(&mut self, change: &Change) -> Option<Told> {
        let entry = kirimdoku::transfer(change, &self.book)?;
        let unpaid = &mut self.notifications.unpaid;
        let is_told = match change.state {
            OperationState::Pending => {
                unpaid.insert(Arc::clone(&change.reference));
                false
            }
            OperationState::Refunded => true,
            _ => unpaid.remove(&change.reference),
        };
        self.notifications.kirimdoku.as_ref().filter(|_| is_told)?;
        let door = self.times.door(change.at);
        let about = |state| kirimdoku::about(entry, state, door);
        Some(Told {
            message: about(change.state),
            opposite: about(opposite(change.state)),
            scenario: None,
        })
    }

    fn queue(&mut self, message: Message, varies: Vec<Vary>, now: DateTime<Utc>) {
        let external_id = match message.form {
            Form::Snap => self.stream.digits(EXTERNAL_ID_DIGITS),
            _ => kirimdoku::request_id(&self.stream.hex(32)),
        };
        let notice = Notice::new(message, external_id, varies, now);
        let step = match notice.state {
            NotificationState::Held => Step::Held,
            NotificationState::Dropped => Step::Dropped,
            _ => Step::Queued,
        };
        let id = self.notifications.add(notice);
        self.tell(id, step, now);
        self.notifications.forget();
    }

    /// Sends a notification again, whatever became of it.
    pub(crate) fn resend(&mut self, id: u64, now: DateTime<Utc>) -> Result<(), ActionError> {
        let resent = self.notifications.change(id, |notice| notice.resend(now));
        resent.ok_or(ActionError::UnknownNotification)?;
        self.tell(id, Step::Resent, now);
        Ok(())
    }

    /// Takes in what came of an errand.
    pub(crate) fn hear(&mut self, hearing: Hearing, now: DateTime<Utc>) -> Result<(), ActionError> {
        let id = hearing.notification;
        let notice = self.notifications.notices.get(&id);
        let is_due = |notice: &&Notice| notice.due.is_some() && notice.attempt() == hearing.attempt;
        notice
            .filter(is_due)
            .ok_or(ActionError::UnknownNotification)?;
        // No attempt began in the future, whatever an input says.
        let sent = hearing.sent.min(now).max(DateTime::UNIX_EPOCH);
        match hearing.heard {
            Heard::Token { token, seconds } => {
                self.secrets.remember("token of the merchant", &token);
                let until = later(sent, Duration::from_secs(seconds));
                self.notifications.token = Some((token, until));
                let has_token = |notice: &mut Notice| notice.progress.has_token = true;
                self.notifications.change(id, has_token);
                self.tell(id, Step::TokenIssued, now);
            }
            heard => self.answered(id, &heard, sent, now),
        }
        Ok(())
    }

    fn answered(&mut self, id: u64, heard: &Heard, sent: DateTime<Utc>, now: DateTime<Utc>) {
        let hear = |notice: &mut Notice| notice.hear(heard, sent, now);
        match self.notifications.change(id, hear) {
            Some(Came::TokenRefused) => {
                self.notifications.token = None;
                self.tell(id, Step::TokenRefused, now);
            }
            Some(Came::Over { given_up }) => self.attempted(id, given_up, now),
            None => {}
        }
    }

    /// An attempt is over: what was held back for it goes out.
    fn attempted(&mut self, id: u64, given_up: bool, now: DateTime<Utc>) {
        let notice = self.notifications.notices.get(&id);
        let attempt = notice.and_then(|notice| notice.attempts.last()).cloned();
        if let Some(attempt) = attempt {
            self.tell(id, Step::Attempted(attempt), now);
        }
        if given_up {
            self.tell(id, Step::GivenUp, now);
        }
        for id in std::mem::take(&mut self.notifications.held) {
            self.notifications.change(id, |notice| notice.release(now));
        }
        self.notifications.forget();
    }

    fn tell(&mut self, id: u64, step: Step, now: DateTime<Utc>) {
        let notice = self.notifications.notices.get(&id);
        let reference = notice.map(|notice| Arc::clone(&notice.reference));
        if let Some(event) = self.notifications.event(id, step) {
            self.timeline.add(now, reference, What::Notification(event));
        }
    }
}

/// What the merchant is told, and what would contradict it.
struct Told {
    message: Message,
    opposite: Message,
    scenario: Option<Scenario>,
}

/// With the number of an attempt behind it, it is still below the 32 digits that DOKU's references have.
const EXTERNAL_ID_DIGITS: usize = 18;
