//! What the timeline says about an action.

use std::sync::Arc;

use super::{Action, How, Whose};
use crate::{clock::span, judge::State, ledger::Decision, pages::Choice, timeline::What};

/// Words without secrets, and the reference that they are about.
pub(super) struct Note {
    pub(super) reference: Option<Arc<str>>,
    says: String,
}

impl Note {
    /// Written before the action is carried out: what it is about may be gone afterwards.
    /// None for what nobody wants to read of.
    pub(super) fn of(action: &Action, state: &State) -> Option<Self> {
        let reference = match action {
            Action::Decide { reference, .. } => Some(Arc::from(reference.as_str())),
            Action::Choose { page, .. } => state
                .pages
                .get(page)
                .and_then(|page| page.reference.clone()),
            _ => None,
        };
        let says = says(action)?;
        Some(Self { reference, says })
    }

    pub(super) fn into_what(self) -> What {
        What::Note(self.says)
    }
}

fn says(action: &Action) -> Option<String> {
    Some(match action {
        Action::Skip(by) => format!("The schedule was moved forward by {}.", span(*by)),
        Action::DoorOffset(seconds) => format!("The door's clock was set {seconds} s off."),
        Action::Decide { decision, .. } => match decision {
            Decision::Succeed => "It was decided by hand: succeed.".to_owned(),
            Decision::Fail => "It was decided by hand: fail.".to_owned(),
            Decision::Cancel => "It was decided by hand: cancel.".to_owned(),
        },
        Action::Choose { choice, .. } => match choice {
            Choice::Approve => "The customer approved at the page.".to_owned(),
            Choice::Reject => "The customer rejected at the page.".to_owned(),
            Choice::Abandon => "The customer left the page without a choice.".to_owned(),
        },
        Action::IssueCode { customer } => format!("An auth code was issued for {customer}."),
        Action::Unlink { customer } => format!("{customer} was unlinked."),
        Action::EndTokens { whose, how } => {
            let whose = match whose {
                Whose::Merchant => "B2B tokens",
                Whose::Customers => "customer tokens",
            };
            let how = match how {
                How::Expired => "expired",
                How::Invalidated => "invalidated",
                How::Forgotten => "forgotten",
            };
            format!("All {whose} were {how}.")
        }
        Action::Inject(fault) => format!("A fault waits: {}.", fault.label()),
        Action::InjectAny(_) => "Faults of many kinds wait.".to_owned(),
        Action::RemoveFault(id) => format!("Fault {id} was removed."),
        Action::ClearFaults => "The faults that waited were cleared.".to_owned(),
        Action::NotifyTo {
            notification_url, ..
        } => format!("Notifications go to {notification_url}."),
        Action::NotifyKirimdokuTo {
            unpaid_url,
            refund_url,
        } => format!("Notices of Kirim DOKU go to {unpaid_url} and {refund_url}."),
        Action::Vary(variation) => format!("A notification will be different: {variation}."),
        // The notification's own events say it.
        Action::Resend(_) | Action::Hear(_) => return None,
        Action::Reset => "Everything was forgotten but the keys.".to_owned(),
    })
}
