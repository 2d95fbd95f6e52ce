//! Notifications as a test, a person and the timeline see them.

use std::{fmt, sync::Arc, time::SystemTime};

/// A notification, and what became of it; see
/// [`Sandbox::notifications`](crate::Sandbox::notifications).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Notification {
    /// Counted from 1; what [`Sandbox::resend`](crate::Sandbox::resend) takes.
    pub id: u64,
    /// The merchant's partner reference number.
    pub reference: Arc<str>,
    /// `latestTransactionStatus` that it tells, such as `00`.
    pub status: &'static str,
    /// `X-EXTERNAL-ID` of its first attempt; `requestId` of a notice of Kirim DOKU.
    pub external_id: String,
    /// The bytes of every attempt.
    pub body: Arc<str>,
    /// Where it stands.
    pub state: NotificationState,
    /// What was tried, in order.
    pub attempts: Vec<NotificationAttempt>,
    /// When the next attempt is due, by the schedule; whole seconds.
    pub due: Option<SystemTime>,
}

/// Where a notification stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum NotificationState {
    /// It is due, or will be.
    Waiting,
    /// It is held back until another has gone out; see [`Vary::Reorder`](crate::Vary::Reorder).
    Held,
    /// It is never sent; see [`Vary::Drop`](crate::Vary::Drop).
    Dropped,
    /// The merchant has answered with a 2xx.
    Delivered,
    /// The last attempt of the schedule failed.
    GivenUp,
}

/// One attempt to deliver a notification, its token request included.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NotificationAttempt {
    /// When it began, by the schedule; whole seconds.
    pub sent: SystemTime,
    /// HTTP status of the merchant's answer to the notification.
    pub http_status: Option<u16>,
    /// Why there is no such answer, in words.
    pub failure: Option<String>,
    /// What was wrong with the answer although it counts.
    pub mistakes: Vec<MerchantMistake>,
}

/// What a merchant does wrong with a notification. `Display` says it in words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum MerchantMistake {
    /// It did not acknowledge in time.
    TooSlow,
    /// It answered with a 2xx, and not with the documented acknowledgement: response code `2005600`, or
    /// `status` true and `00` or `01` for a refund notice of Kirim DOKU.
    NotAcknowledged,
    /// It refused a notification that it had acknowledged before.
    DuplicateRefused,
    /// It acknowledged a notification whose signature was wrong.
    WrongSignatureAccepted,
    /// It acknowledged a notification whose timestamp was a day old.
    StaleTimestampAccepted,
    /// It acknowledged a notification with a token that it never issued.
    UnknownTokenAccepted,
}

impl NotificationAttempt {
    /// The merchant answered with a 2xx.
    #[must_use]
    pub fn is_delivered(&self) -> bool {
        self.http_status.is_some_and(is_success)
    }
}

/// Any 2xx ends the schedule:
/// <https://developers.doku.com/get-started-with-doku-api/notification/retry-notification>.
pub(super) fn is_success(http_status: u16) -> bool {
    (200..300).contains(&http_status)
}

impl fmt::Display for MerchantMistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TooSlow => "the merchant did not acknowledge in time",
            Self::NotAcknowledged => "the body of the 2xx is not the documented acknowledgement",
            Self::DuplicateRefused => "the merchant refused what it had acknowledged before",
            Self::WrongSignatureAccepted => "the merchant acknowledged a wrong signature",
            Self::StaleTimestampAccepted => "the merchant acknowledged a timestamp a day old",
            Self::UnknownTokenAccepted => "the merchant acknowledged a token it never issued",
        })
    }
}

/// A step of a notification, for the timeline. `Display` says it in words, without secrets.
#[derive(Clone, Debug)]
pub(crate) struct NotificationEvent {
    pub(crate) id: u64,
    /// Two-digit transaction status that it tells.
    pub(crate) status: &'static str,
    /// Counted from 1; 0 before the first.
    pub(crate) attempt: usize,
    pub(crate) step: Step,
}

#[derive(Clone, Debug)]
pub(crate) enum Step {
    Queued,
    Held,
    Dropped,
    /// The merchant issued a token.
    TokenIssued,
    /// The merchant refused the token; another is asked for.
    TokenRefused,
    Attempted(NotificationAttempt),
    /// No attempt is left.
    GivenUp,
    /// Somebody asked for another attempt.
    Resent,
}

impl NotificationEvent {
    /// Whether it went well; None if that cannot be said of it.
    pub(crate) fn is_good(&self) -> Option<bool> {
        match &self.step {
            Step::Attempted(attempt) => Some(attempt.is_delivered() && attempt.mistakes.is_empty()),
            Step::TokenRefused | Step::GivenUp => Some(false),
            _ => None,
        }
    }

    /// What happened, without saying to which notification.
    pub(crate) fn words(&self) -> String {
        let words = match &self.step {
            Step::Attempted(attempt) => return format!("attempt {}: {attempt}", self.attempt),
            Step::Queued => "queued",
            Step::Held => "held back until another has gone out",
            Step::Dropped => "dropped on request",
            Step::TokenIssued => "the merchant issued a token",
            Step::TokenRefused => "the merchant refused the token, another is asked for",
            Step::GivenUp => "given up",
            Step::Resent => "sent again by hand",
        };
        words.to_owned()
    }
}

impl fmt::Display for NotificationEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = self.words();
        write!(
            f,
            "notification {} (status {}): {words}",
            self.id, self.status
        )
    }
}

impl fmt::Display for NotificationAttempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.http_status, &self.failure) {
            (Some(status), _) => write!(f, "HTTP {status}")?,
            (None, failure) => f.write_str(failure.as_deref().unwrap_or("no answer"))?,
        }
        self.mistakes
            .iter()
            .try_for_each(|mistake| write!(f, "; {mistake}"))
    }
}
