#![doc = include_str!("../README.md")]

mod action;
mod answer;
mod arrived;
mod body;
mod builder;
mod check;
mod clock;
mod compose;
mod customers;
mod digest;
mod exchange;
mod external_ids;
mod fault;
mod fields;
mod issued;
mod json;
mod judge;
mod keys;
mod ledger;
mod merchant;
mod minify;
mod operations;
mod pages;
mod quirks;
mod record;
mod registry;
mod response;
mod sandbox;
mod secrets;
mod seed;
mod serve;
mod server;
mod signature;
mod spec;
mod timeline;
mod times;
mod timestamp;
mod token_book;
mod transaction;

pub use builder::SandboxBuilder;
pub use clock::Clock;
pub use digest::DigestModel;
pub use exchange::{RawReply, RawRequest};
pub use fault::{Act, At, CertificateFlaw, Fault, FaultError, Faults, WaitingFault};
pub use ledger::{
    Account, Amount, Cause, Claim, Decision, Ledger, MoneyKind, Movement, OperationState,
};
pub use merchant::Merchant;
pub use quirks::{AccountInfosShape, BalanceSpelling, JsonForm, ListShape, MemberSpelling, Quirks};
pub use record::RecordedRequest;
pub use registry::behaviours;
pub use sandbox::Sandbox;
pub use serve::{ServeOptions, serve};
