//! What the tests and the tour share: a client for the local sandbox, and a server that breaks.
//!
//! Some mistakes do not compile. A required member cannot be forgotten:
//!
//! ```compile_fail
//! let request = doku_kirimdoku::BalanceInquiryRequest::builder().build();
//! ```
//!
//! With the member it does compile:
//!
//! ```
//! let request = doku_kirimdoku::BalanceInquiryRequest::builder().account_no("A41879").build();
//! ```
//!
//! A call is sent once:
//!
//! ```compile_fail
//! # use doku_kirimdoku::{BalanceInquiryRequest, Kirimdoku};
//! # async fn twice(kirim: Kirimdoku, request: BalanceInquiryRequest) {
//! let call = kirim.balance_inquiry(&request);
//! let _ = call.send().await;
//! let _ = call.send().await;
//! # }
//! ```
//!
//! Sent once, it compiles:
//!
//! ```
//! # use doku_kirimdoku::{BalanceInquiryRequest, Kirimdoku};
//! # async fn once(kirim: Kirimdoku, request: BalanceInquiryRequest) {
//! let call = kirim.balance_inquiry(&request);
//! let _ = call.send().await;
//! # }
//! ```
//!
//! A secret cannot be printed by accident:
//!
//! ```compile_fail
//! println!("{}", snap_sign::ClientSecret::new("SK-1"));
//! ```

mod broken_server;
mod captured;
mod in_memory;
pub mod requests;
mod shifted_clock;
pub mod shop;
pub mod soak;

use snap_core::{Client, ClientId, ClientSecret, Config, Environment, PrivateKey};
use snap_sandbox::{Merchant, Sandbox};

pub use broken_server::BrokenServer;
pub use captured::Captured;
pub use in_memory::{InMemory, VirtualClock};
pub use shifted_clock::ShiftedClock;

/// What goes wrong while a client is set up.
pub type SetUpError = Box<dyn std::error::Error + Send + Sync>;

/// A configuration with the credentials the sandbox handed out.
///
/// # Errors
///
/// When the sandbox handed out something unusable.
pub fn config_for(sandbox: &Sandbox) -> Result<Config, SetUpError> {
    config_as(sandbox, sandbox.merchant())
}

/// A configuration for the sandbox with other credentials, such as wrong ones.
///
/// # Errors
///
/// When the credentials are not even of the right form.
pub fn config_as(sandbox: &Sandbox, merchant: &Merchant) -> Result<Config, SetUpError> {
    let key = PrivateKey::from_pem(merchant.private_key_pem.as_bytes())?;
    let secret = ClientSecret::new(&merchant.client_secret);
    let client_id = ClientId::new(&merchant.client_id)?;
    let environment = Environment::custom(sandbox.base_url())?;
    Ok(Config::new(environment, client_id, secret, key).with_channel_id("H2H"))
}

/// A client of the sandbox.
///
/// # Errors
///
/// As [`config_for`].
pub fn client_for(sandbox: &Sandbox) -> Result<Client, SetUpError> {
    Ok(Client::new(config_for(sandbox)?)?)
}

/// The examples of the guide to several processes.
#[cfg(doctest)]
#[doc = include_str!("../../docs/scaling.md")]
#[expect(dead_code, reason = "exists for its documentation")]
struct Scaling;

/// The examples of the top-level README.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
#[expect(dead_code, reason = "exists for its documentation")]
struct Readme;
