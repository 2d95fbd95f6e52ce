//! `snap trigger` and `snap resend`: what a bank, a customer or DOKU would do.

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use crate::{Answer, Failure, admin::Admin};

#[derive(Args)]
pub(crate) struct Trigger {
    #[command(subcommand)]
    event: Event,
    #[command(flatten)]
    admin: Admin,
}

#[derive(Subcommand)]
enum Event {
    /// A pending payment or payout succeeds.
    PaymentSucceeded(Reference),
    /// A pending payment or payout fails.
    PaymentFailed(Reference),
    /// A pending payment is cancelled.
    PaymentCancelled(Reference),
    /// A customer consents to a binding: gives an auth code.
    Consent(Customer),
    /// A customer unlinks the merchant in an app.
    Unlink(Customer),
    /// The merchant's tokens expire.
    TokensExpired,
    /// The merchant's tokens are no longer honoured, as when another program fetches one.
    TokensInvalidated,
    /// The merchant's tokens are forgotten.
    TokensForgotten,
    /// The customers' tokens expire.
    CustomerTokensExpired,
    /// The customers' tokens are no longer honoured.
    CustomerTokensInvalidated,
}

#[derive(Args)]
struct Reference {
    /// The merchant's reference.
    reference: String,
}

#[derive(Args)]
struct Customer {
    /// Label of the customer.
    customer: String,
}

/// Sends a notification again.
#[derive(Args)]
pub(crate) struct Resend {
    /// Its number, as `snap listen` prints it.
    id: u64,
    #[command(flatten)]
    admin: Admin,
}

impl Trigger {
    pub(crate) fn run(&self) -> Result<Answer, Failure> {
        let made = self.admin.act(&self.event.action())?;
        let text = match made.as_object() {
            Some(members) if !members.is_empty() => made.to_string(),
            _ => "done".to_owned(),
        };
        Answer::new(&made, text, true)
    }
}

impl Resend {
    pub(crate) fn run(&self) -> Result<Answer, Failure> {
        let made = self
            .admin
            .act(&json!({"action": "resend", "id": self.id}))?;
        Answer::new(
            &made,
            format!("notification {} is sent again", self.id),
            true,
        )
    }
}

impl Event {
    fn action(&self) -> Value {
        let decide = |Reference { reference }: &Reference, decision: &str| json!({"action": "decide", "reference": reference, "decision": decision});
        let end =
            |whose: &str, how: &str| json!({"action": "end-tokens", "whose": whose, "how": how});
        match self {
            Self::PaymentSucceeded(reference) => decide(reference, "succeed"),
            Self::PaymentFailed(reference) => decide(reference, "fail"),
            Self::PaymentCancelled(reference) => decide(reference, "cancel"),
            Self::Consent(Customer { customer }) => {
                json!({"action": "issue-code", "customer": customer})
            }
            Self::Unlink(Customer { customer }) => {
                json!({"action": "unlink", "customer": customer})
            }
            Self::TokensExpired => end("merchant", "expired"),
            Self::TokensInvalidated => end("merchant", "invalidated"),
            Self::TokensForgotten => end("merchant", "forgotten"),
            Self::CustomerTokensExpired => end("customers", "expired"),
            Self::CustomerTokensInvalidated => end("customers", "invalidated"),
        }
    }
}
