//! The built `snap` binary, as scripts call it.
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

mod completions;
mod errors;
mod explain;
mod inputs;
mod remote;
mod run;
mod sandbox;
mod streams;
mod vectors;
