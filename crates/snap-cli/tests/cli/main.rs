//! The built `snap` binary, as scripts call it.
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

mod errors;
mod inputs;
mod run;
mod sandbox;
mod streams;
mod vectors;
