// The first definition of a link counts: here the chapters are modules, in the README they are files.
//! [customers]: manual::customers
//! [money]: manual::money
//! [notifications]: manual::notifications
//! [faults]: manual::faults
//! [time]: manual::time
//! [admin]: manual::admin
//! [checks]: manual::checks
//! [libraries]: manual::libraries
//!
#![doc = include_str!("../README.md")]

mod action;
mod admin;
mod admin_client;
mod answer;
mod arrived;
mod bank;
mod bindings;
mod body;
mod builder;
mod cards;
mod channels;
mod check;
mod client;
mod clock;
mod compose;
mod customers;
mod diagnosis;
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
mod magic;
pub mod manual;
mod merchant;
mod minify;
mod notify;
mod operations;
mod otp;
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
mod shared;
mod signature;
mod spec;
mod state_folder;
mod timeline;
mod times;
mod timestamp;
mod token_book;
mod transaction;
mod web;

pub use admin_client::{AdminClient, AdminError, RefusedRequest};
pub use builder::SandboxBuilder;
pub use clock::Clock;
pub use diagnosis::{
    Diagnosis, Mistake, ReadError, SignedRequest, SignedTokenRequest, SignedTransaction, Step,
};
pub use digest::DigestModel;
pub use exchange::{RawReply, RawRequest};
pub use fault::{Act, At, CertificateFlaw, Fault, FaultError, Faults, WaitingFault};
pub use ledger::{
    Account, Amount, AmountError, Balance, Cause, Claim, Decision, Ledger, MoneyKind, Movement,
    OperationState,
};
pub use merchant::Merchant;
pub use notify::{
    MerchantMistake, Notification, NotificationAttempt, NotificationState, NotifyError, Variation,
    Vary,
};
pub use quirks::{AccountInfosShape, BalanceSpelling, JsonForm, ListShape, MemberSpelling, Quirks};
pub use record::RecordedRequest;
pub use registry::behaviours;
pub use sandbox::{PageError, Sandbox};
pub use serve::{Language, ServeOptions, USUAL_ADMIN, UnknownLanguage, serve};
