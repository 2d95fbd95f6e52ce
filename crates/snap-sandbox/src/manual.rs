//! The manual, a chapter in each module. There is no code here.

#[cfg(doc)]
use crate::{
    Act, AdminClient, At, Clock, DigestModel, Fault, Faults, Ledger, MerchantMistake, Sandbox,
    SandboxBuilder, SignedTokenRequest, SignedTransaction, Vary,
};

#[doc = include_str!("../docs/customers.md")]
pub mod customers {}

#[doc = include_str!("../docs/money.md")]
pub mod money {}

/// [admin]: self::admin
///
#[doc = include_str!("../docs/notifications.md")]
pub mod notifications {}

#[doc = include_str!("../docs/faults.md")]
pub mod faults {}

#[doc = include_str!("../docs/time.md")]
pub mod time {}

#[doc = include_str!("../docs/admin.md")]
pub mod admin {}

#[doc = include_str!("../docs/checks.md")]
pub mod checks {}

#[doc = include_str!("../docs/libraries.md")]
pub mod libraries {}
