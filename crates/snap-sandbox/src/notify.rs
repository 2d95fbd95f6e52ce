//! Notifications: what the merchant is told when an operation reaches a state.
//!
//! What is to be sent, when, and what became of it is part of the state, and changes like all of it by
//! inputs only. The worker carries out one errand at a time and hands back what it heard.

mod errand;
mod flow;
mod heard;
mod kirimdoku;
mod message;
mod notice;
mod queue;
mod report;
mod variation;
pub(crate) mod worker;

use std::{error::Error, fmt};

pub(crate) use self::{
    heard::Hearing, kirimdoku::KirimTargets, queue::Notifications, report::NotificationEvent,
};
pub use self::{
    report::{MerchantMistake, Notification, NotificationAttempt, NotificationState},
    variation::{Variation, Vary},
};
use crate::client::Address;

/// Where the merchant takes notifications, and where it issues tokens for them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Targets {
    pub(crate) notification: Address,
    pub(crate) token: Address,
}

impl Targets {
    pub(crate) fn read(notification_url: &str, token_url: &str) -> Result<Self, NotifyError> {
        Ok(Self {
            notification: read_address(notification_url)?,
            token: read_address(token_url)?,
        })
    }
}

fn read_address(url: &str) -> Result<Address, NotifyError> {
    Address::read(url).ok_or_else(|| NotifyError(Some(url.to_owned())))
}

/// An address of the merchant that notifications cannot be sent to, or that cannot be kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotifyError(Option<String>);

impl NotifyError {
    /// The state folder cannot be written.
    pub(crate) const NOT_KEPT: Self = Self(None);
}

impl fmt::Display for NotifyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Some(url) => write!(
                f,
                "{url:?} is not the address of a merchant: the local sandbox sends notifications to plain \
                 http://host:port/path only, without TLS and without a password"
            ),
            None => f.write_str("the state folder cannot be written"),
        }
    }
}

impl Error for NotifyError {}

#[cfg(test)]
mod tests;
