//! One notification in the queue, and what each outcome makes of it.

use std::{
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use chrono::{DateTime, Utc};

use super::{
    heard::Heard,
    kirimdoku::Form,
    message::Message,
    report::{MerchantMistake, Notification, NotificationAttempt, NotificationState, is_success},
    variation::Vary,
};
use crate::clock::later;

/// A notification, and how far it has come.
#[derive(Clone, Debug)]
pub(super) struct Notice {
    pub(super) form: Form,
    pub(super) reference: Arc<str>,
    pub(super) status: &'static str,
    pub(super) device: Option<Arc<str>>,
    pub(super) body: Arc<str>,
    pub(super) external_id: String,
    varies: Vec<Vary>,
    pub(super) state: NotificationState,
    pub(super) attempts: Vec<NotificationAttempt>,
    /// When the first attempt began.
    pub(super) first_sent: Option<DateTime<Utc>>,
    /// When the next attempt is due, by the schedule or by hand.
    pub(super) due: Option<DateTime<Utc>>,
    /// When the schedule asks for the next attempt.
    scheduled: Option<DateTime<Utc>>,
    /// How many steps of [`RETRIES`] are used up.
    retries: usize,
    /// Somebody has asked for the attempt that is due.
    pub(super) by_hand: bool,
    /// It is to come once more after its first 2xx.
    copy_owed: bool,
    pub(super) progress: Progress,
}

/// How far the attempt that is due has come.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Progress {
    /// A token was issued for it, which is used whatever its life.
    pub(super) has_token: bool,
    /// The merchant has refused a token.
    pub(super) was_refused: bool,
}

/// What an outcome came to.
pub(super) enum Came {
    /// Another token is needed first.
    TokenRefused,
    /// The attempt is over; after the last one of the schedule it is given up.
    Over { given_up: bool },
}

impl Notice {
    pub(super) fn new(
        message: Message,
        external_id: String,
        varies: Vec<Vary>,
        now: DateTime<Utc>,
    ) -> Self {
        let state = if varies.contains(&Vary::Drop) {
            NotificationState::Dropped
        } else if varies.contains(&Vary::Reorder) {
            NotificationState::Held
        } else {
            NotificationState::Waiting
        };
        let delays = varies.iter().filter_map(|vary| match vary {
            Vary::Delay(by) => Some(*by),
            _ => None,
        });
        let due = later(now, delays.max().unwrap_or_default());
        let due = Some(due).filter(|_| state == NotificationState::Waiting);
        Self {
            form: message.form,
            reference: message.reference,
            status: message.status,
            device: message.device,
            body: message.body.into(),
            external_id,
            copy_owed: varies.contains(&Vary::Duplicate),
            varies,
            state,
            attempts: Vec::new(),
            first_sent: None,
            due,
            scheduled: due,
            retries: 0,
            by_hand: false,
            progress: Progress::default(),
        }
    }

    /// The number of the attempt that is due.
    pub(super) fn attempt(&self) -> usize {
        self.attempts.len() + 1
    }

    /// Whether the attempt that is due is wrong in that way.
    pub(super) fn is_wrong(&self, vary: Vary) -> bool {
        self.attempts.is_empty() && self.varies.contains(&vary)
    }

    /// Whether the attempt that is due comes with a made-up token.
    pub(super) fn has_made_up_token(&self) -> bool {
        self.is_wrong(Vary::UnknownToken) && !self.progress.was_refused
    }

    /// `X-EXTERNAL-ID` of the attempt that is due.
    pub(super) fn external_id(&self) -> String {
        if self.varies.contains(&Vary::OtherExternalId) && !self.attempts.is_empty() {
            format!("{}{}", self.external_id, self.attempt())
        } else {
            self.external_id.clone()
        }
    }

    /// Lets what was held back go.
    pub(super) fn release(&mut self, now: DateTime<Utc>) {
        if self.state == NotificationState::Held {
            self.state = NotificationState::Waiting;
            self.scheduled = Some(now);
            self.due = Some(now);
        }
    }

    /// Makes an attempt due now, whatever came before. The schedule stays as it is; that of one that was
    /// held back begins.
    pub(super) fn resend(&mut self, now: DateTime<Utc>) {
        if self.state == NotificationState::Held {
            return self.release(now);
        }
        if self.state != NotificationState::Delivered {
            self.state = NotificationState::Waiting;
        }
        self.by_hand = true;
        self.due = Some(now);
    }

    /// Takes in what came of the attempt that is due, which began at `sent`.
    pub(super) fn hear(&mut self, heard: &Heard, sent: DateTime<Utc>, now: DateTime<Utc>) -> Came {
        if self.is_token_refused(heard) {
            self.progress = Progress {
                has_token: false,
                was_refused: true,
            };
            return Came::TokenRefused;
        }
        let attempt = self.record(heard, sent);
        let given_up = self.go_on(self.is_delivered(heard), sent, now);
        self.attempts.push(attempt);
        self.progress = Progress::default();
        Came::Over { given_up }
    }

    /// A merchant that answers 401 may have forgotten the token: once for each attempt, another one is
    /// asked for. What is wrong on purpose is refused for that.
    fn is_token_refused(&self, heard: &Heard) -> bool {
        let is_wrong = self.is_wrong(Vary::WrongSignature) || self.is_wrong(Vary::StaleTimestamp);
        matches!(heard, Heard::Answer { status: 401, .. })
            && self.form == Form::Snap
            && !self.progress.was_refused
            && !is_wrong
    }

    /// Any 2xx, but a refund notice of Kirim DOKU has to be answered correctly.
    fn is_delivered(&self, heard: &Heard) -> bool {
        match heard {
            Heard::Answer {
                status,
                acknowledged,
            } => is_success(*status) && (*acknowledged || self.form != Form::Refund),
            _ => false,
        }
    }

    fn record(&self, heard: &Heard, sent: DateTime<Utc>) -> NotificationAttempt {
        let (http_status, failure) = match heard {
            Heard::Answer { status, .. } => (Some(*status), None),
            Heard::Nothing { reason, .. } => (None, Some(reason.clone())),
            Heard::Token { .. } => (None, None),
        };
        NotificationAttempt {
            sent: whole_seconds(sent),
            http_status,
            failure,
            mistakes: self.mistakes(heard),
        }
    }

    fn mistakes(&self, heard: &Heard) -> Vec<MerchantMistake> {
        let (is_success, is_acknowledged, too_slow) = match heard {
            Heard::Answer {
                status,
                acknowledged,
            } => (is_success(*status), *acknowledged, false),
            Heard::Nothing { too_slow, .. } => (false, false, *too_slow),
            Heard::Token { .. } => (false, false, false),
        };
        let was_delivered = self.state == NotificationState::Delivered;
        let is_snap = self.form == Form::Snap;
        let answered = matches!(heard, Heard::Answer { .. });
        let found = [
            (too_slow, MerchantMistake::TooSlow),
            (
                is_success && !is_acknowledged && self.form != Form::Unpaid,
                MerchantMistake::NotAcknowledged,
            ),
            (
                answered && !is_success && was_delivered,
                MerchantMistake::DuplicateRefused,
            ),
            (
                is_success && self.is_wrong(Vary::WrongSignature),
                MerchantMistake::WrongSignatureAccepted,
            ),
            (
                is_snap && is_success && self.is_wrong(Vary::StaleTimestamp),
                MerchantMistake::StaleTimestampAccepted,
            ),
            (
                is_snap && is_success && self.has_made_up_token(),
                MerchantMistake::UnknownTokenAccepted,
            ),
        ];
        let found = found.into_iter().filter(|(is_so, _)| *is_so);
        found.map(|(_, mistake)| mistake).collect()
    }

    /// Decides about the next attempt; true if none is left.
    fn go_on(&mut self, delivered: bool, sent: DateTime<Utc>, now: DateTime<Utc>) -> bool {
        let first = *self.first_sent.get_or_insert(sent);
        let by_hand = std::mem::take(&mut self.by_hand);
        if delivered {
            self.state = NotificationState::Delivered;
            self.scheduled = None;
            self.due = std::mem::take(&mut self.copy_owed).then_some(now);
            return false;
        }
        // What was delivered once has no schedule any more.
        if self.state != NotificationState::Delivered && !by_hand {
            let step = retries(self.form).get(self.retries);
            self.scheduled = step.map(|after| later(first, *after));
            self.retries += 1;
        }
        self.due = self.scheduled;
        let given_up = self.state == NotificationState::Waiting && self.due.is_none();
        if given_up {
            self.state = NotificationState::GivenUp;
        }
        given_up
    }

    pub(super) fn report(&self, id: u64) -> Notification {
        Notification {
            id,
            reference: Arc::clone(&self.reference),
            status: self.status,
            external_id: self.external_id.clone(),
            body: Arc::clone(&self.body),
            state: self.state,
            attempts: self.attempts.clone(),
            due: self.due.map(whole_seconds),
        }
    }
}

/// As a report has it.
fn whole_seconds(time: DateTime<Utc>) -> SystemTime {
    let seconds = u64::try_from(time.timestamp()).unwrap_or_default();
    UNIX_EPOCH + Duration::from_secs(seconds)
}

/// Kirim DOKU makes three attempts at most; when is not documented, so the same times are assumed.
fn retries(form: Form) -> &'static [Duration] {
    match form {
        Form::Snap => &RETRIES,
        Form::Unpaid | Form::Refund => &RETRIES[..2],
    }
}

/// After the original attempt:
/// <https://developers.doku.com/get-started-with-doku-api/notification/retry-notification>. The page's
/// other column, from the previous attempt, contradicts its last total; the totals count.
const RETRIES: [Duration; 3] = [
    Duration::from_secs(30 * 60),
    Duration::from_secs(6 * 3600),
    Duration::from_secs(12 * 3600),
];
