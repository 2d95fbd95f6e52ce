//! What the merchant is told.

use std::time::Duration;

use super::Sandbox;
use crate::{
    Notification, NotifyError, Variation,
    action::{Action, ActionError},
    keys,
};

impl Sandbox {
    /// Says where the merchant takes notifications, and where it issues tokens for them: plain
    /// `http://` addresses. Before that, nothing is queued.
    ///
    /// From then on the merchant is told when a direct debit, an e-wallet payment or a purchase of DOKU
    /// Wallet succeeds, fails, is cancelled or fully refunded.
    ///
    /// # Errors
    ///
    /// An address is not plain HTTP, or the state folder cannot be written.
    pub fn notify(&self, notification_url: &str, token_url: &str) -> Result<(), NotifyError> {
        let action = Action::NotifyTo {
            notification_url: notification_url.to_owned(),
            token_url: token_url.to_owned(),
        };
        self.send_to(action)
    }

    /// Says where the merchant takes Kirim DOKU's own notices: plain `http://` addresses, one for transfers
    /// that were unpaid at first and are paid or have failed, one for those that came back.
    ///
    /// They are signed with [`Merchant::encryption_key`](crate::Merchant::encryption_key), and have no
    /// token. That the form of Kirim DOKU's older API is still used is assumed.
    ///
    /// # Errors
    ///
    /// An address is not plain HTTP, or the state folder cannot be written.
    pub fn notify_kirimdoku(&self, unpaid_url: &str, refund_url: &str) -> Result<(), NotifyError> {
        self.send_to(Action::NotifyKirimdokuTo {
            unpaid_url: unpaid_url.to_owned(),
            refund_url: refund_url.to_owned(),
        })
    }

    fn send_to(&self, action: Action) -> Result<(), NotifyError> {
        match self.judge.act(action) {
            Ok(_) => Ok(()),
            Err(ActionError::Notify(error)) => Err(error),
            Err(_) => Err(NotifyError::NOT_KEPT),
        }
    }

    /// The public key (SubjectPublicKeyInfo PEM) that a merchant verifies token requests with; DOKU's is
    /// in its dashboard. Its private half is published with this crate.
    #[must_use]
    pub fn doku_public_key_pem(&self) -> &'static str {
        keys::DOKU.public_pem
    }

    /// Lets the next notification that fits be different.
    pub fn vary_notifications(&self, variation: Variation) {
        let _ = self.judge.act(Action::Vary(variation));
    }

    /// Every notification, in the order of what they tell. Of those that are done, as many are kept as of
    /// requests.
    #[must_use]
    pub fn notifications(&self) -> Vec<Notification> {
        self.judge.look(|state, _| state.notifications.reports())
    }

    /// Sends a notification again, as by hand in DOKU's dashboard, with a timestamp of now; the schedule
    /// stays as it is. False if there is none of that id.
    pub fn resend(&self, id: u64) -> bool {
        self.judge.act(Action::Resend(id)).is_ok()
    }

    /// Waits until no notification is due and none is under way. What is due later does not count; nor
    /// does what is held back.
    pub async fn notifications_idle(&self) {
        self.judge.notifications_idle().await;
    }

    /// Advances the clock from one due notification to the next, until none is left: with a merchant that
    /// never answers, by 12 hours.
    pub async fn run_until_idle(&self) {
        loop {
            self.notifications_idle().await;
            let next = self.judge.look(|state, now| {
                let due = state.notifications.next_due();
                due.map(|due| (due - now).to_std().unwrap_or(Duration::ZERO))
            });
            match next {
                Some(wait) => self.advance(wait),
                None => return,
            }
        }
    }
}
