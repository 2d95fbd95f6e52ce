//! `snap explain --last`: asks a running sandbox.

use clap::Args;
use snap_sandbox::RefusedRequest;

use super::Explained;
use crate::{Answer, Failure, admin::Admin};

#[derive(Args)]
#[group(id = "which", multiple = false)]
pub(crate) struct Which {
    /// The last request that a running sandbox has refused.
    #[arg(long)]
    last: bool,
    /// The refused request with this number, as in X-Sandbox-Request.
    #[arg(long, value_name = "N")]
    number: Option<u64>,
    /// The last refused request with this reference of the merchant.
    #[arg(long)]
    reference: Option<String>,
}

#[derive(Args)]
pub(crate) struct Refused {
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    admin: Admin,
}

impl Refused {
    /// Is a running sandbox meant?
    pub(super) fn is_asked(&self) -> bool {
        let Which {
            last,
            number,
            reference,
        } = &self.which;
        *last || number.is_some() || reference.is_some() || self.admin.is_given()
    }

    /// The question is why, so any explanation is a yes.
    pub(super) fn run(&self) -> Result<Answer, Failure> {
        let which = match &self.which {
            Which {
                number: Some(number),
                ..
            } => RefusedRequest::Number(*number),
            Which {
                reference: Some(reference),
                ..
            } => RefusedRequest::Reference(reference),
            Which { last: true, .. } => RefusedRequest::Last,
            Which { .. } => {
                return Err(Failure::new(
                    "say what to explain: `symmetric`, `asymmetric`, `transaction-asymmetric` or `request`, \
                     or of a running sandbox --last, --number N or --reference R",
                ));
            }
        };
        let diagnosis = self.admin.call(async |admin| admin.explain(which).await)?;
        let explained = Explained {
            diagnosis: Some(diagnosis),
            ..Explained::default()
        };
        explained.answer()
    }
}
