//! Orders whose notification never came.

use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};
use snap_core::Error;

use crate::Outcomes;

/// An order of the merchant that waits for a notification, and when to ask DOKU instead.
///
/// DOKU notifies up to 12 hours after the first attempt and then never again (documented). So an order that
/// is still open is asked about half an hour, 6.5, 12.5 and 25 hours after it was placed: each time when a
/// notification should have come. What was missed while no process ran is asked about once.
///
/// Plain data: keep it with the order. It is about an order and not about a call, so it also finds orders
/// that the customer paid on a page, long after the call that opened the page was answered.
///
/// ```
/// use std::time::{Duration, SystemTime};
/// use snap_resolve::OpenOrder;
///
/// let placed = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
/// let mut order = OpenOrder::new("ord-1", placed);
/// assert_eq!(order.due(), Some(placed + Duration::from_secs(30 * 60)));
///
/// // Nobody ran for ten hours: it is asked once, and next at 12.5 hours.
/// order.asked(placed + Duration::from_secs(10 * 3600));
/// assert_eq!(order.due(), Some(placed + Duration::from_secs(12 * 3600 + 30 * 60)));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenOrder {
    reference: String,
    placed_at: SystemTime,
    /// The last answer.
    asked_at: Option<SystemTime>,
    /// The last question without an answer, since then.
    failed_at: Option<SystemTime>,
}

impl OpenOrder {
    /// An order that was placed then, under this partner reference number.
    #[must_use]
    pub fn new(reference: impl Into<String>, placed_at: SystemTime) -> Self {
        Self {
            reference: reference.into(),
            placed_at,
            asked_at: None,
            failed_at: None,
        }
    }

    /// The partner reference number.
    #[must_use]
    pub fn reference(&self) -> &str {
        &self.reference
    }

    /// When DOKU is asked next. Nothing after the last time: then a person has to look, because DOKU has
    /// said nothing final for a day.
    #[must_use]
    pub fn due(&self) -> Option<SystemTime> {
        let is_ahead = |moment: &SystemTime| self.asked_at.is_none_or(|asked| asked < *moment);
        let due = SWEEPS
            .into_iter()
            .map(|after| self.placed_at + after)
            .find(is_ahead)?;
        let again = self.failed_at.map(|failed| failed + AGAIN_AFTER_FAILURE);
        Some(again.map_or(due, |again| again.max(due)))
    }

    /// Notes that DOKU has answered at this moment, whatever it said.
    pub fn asked(&mut self, now: SystemTime) {
        self.asked_at = Some(now);
        self.failed_at = None;
    }
}

impl Outcomes {
    /// Asks about an order if it is due, within the limit of inquiries per second that all clones share.
    /// Nothing when it is not due.
    ///
    /// `ask` is the status inquiry of the product, such as `direct_debit.check_status(&request)`; what it
    /// answers goes the way of any answer. Count the orders that are learnt here and not by a
    /// notification: a rising number means that notifications do not arrive.
    ///
    /// # Errors
    ///
    /// As the inquiry. It is due again five minutes later.
    pub async fn sweep<T, F>(
        &self,
        order: &mut OpenOrder,
        ask: impl FnOnce() -> F,
    ) -> Option<Result<T, Error>>
    where
        F: Future<Output = Result<T, Error>>,
    {
        if order.due().is_none_or(|due| self.now() < due) {
            return None;
        }
        self.turn().await;
        let answer = ask().await;
        match &answer {
            Ok(_) => order.asked(self.now()),
            Err(error) => {
                order.failed_at = Some(self.now());
                tracing::warn!(reference = order.reference, "the sweep failed: {error}");
            }
        }
        Some(answer)
    }
}

/// After the first attempt of a notification and each of its three retries (30 min, 6 h, 12 h), and a day
/// after.
const SWEEPS: [Duration; 4] = [
    Duration::from_secs(30 * 60),
    Duration::from_secs(6 * 3600 + 30 * 60),
    Duration::from_secs(12 * 3600 + 30 * 60),
    Duration::from_secs(25 * 3600),
];
const AGAIN_AFTER_FAILURE: Duration = Duration::from_secs(5 * 60);

#[cfg(test)]
mod tests {
    use super::*;

    const PLACED: SystemTime = SystemTime::UNIX_EPOCH;

    fn after(minutes: u64) -> SystemTime {
        PLACED + Duration::from_secs(minutes * 60)
    }

    #[test]
    fn an_order_is_asked_about_four_times_and_then_left_to_a_person() {
        let mut order = OpenOrder::new("R-1", PLACED);
        for minutes in [30, 390, 750, 1500] {
            assert_eq!(order.due(), Some(after(minutes)));
            order.asked(after(minutes));
        }

        assert_eq!(order.due(), None);
    }

    #[test]
    fn what_was_missed_is_asked_about_once() {
        let mut order = OpenOrder::new("R-1", PLACED);
        order.asked(after(800));

        assert_eq!(order.due(), Some(after(1500)));
        order.asked(after(5000));
        assert_eq!(order.due(), None);
    }

    #[test]
    fn a_question_without_an_answer_is_asked_again_five_minutes_later() {
        let mut order = OpenOrder::new("R-1", PLACED);
        order.failed_at = Some(after(31));
        assert_eq!(order.due(), Some(after(36)));

        order.asked(after(36));
        assert_eq!(order.due(), Some(after(390)));
    }

    #[test]
    fn it_goes_on_after_a_restart() {
        let mut order = OpenOrder::new("R-1", PLACED);
        order.asked(after(30));

        let kept = serde_json::to_string(&order).unwrap();

        assert_eq!(serde_json::from_str::<OpenOrder>(&kept).unwrap(), order);
    }
}
