//! What `cargo xtask generate` writes for this crate.

#[expect(
    clippy::type_complexity,
    reason = "a table of three columns, read in one place"
)]
pub(crate) mod outcomes;
