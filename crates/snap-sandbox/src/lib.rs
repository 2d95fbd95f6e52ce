#![doc = include_str!("../README.md")]

mod answer;
mod arrived;
mod builder;
mod check;
mod clock;
mod digest;
mod external_ids;
mod fields;
mod json;
mod judge;
mod keys;
mod merchant;
mod minify;
mod operations;
mod quirks;
mod record;
mod registry;
mod sandbox;
mod secrets;
mod seed;
mod serve;
mod server;
mod signature;
mod timestamp;
mod token_book;
mod transaction;

pub use builder::SandboxBuilder;
pub use clock::Clock;
pub use digest::DigestModel;
pub use merchant::Merchant;
pub use quirks::{AccountInfosShape, BalanceSpelling, JsonForm, Quirks};
pub use record::RecordedRequest;
pub use registry::behaviours;
pub use sandbox::Sandbox;
pub use serve::{ServeOptions, serve};
