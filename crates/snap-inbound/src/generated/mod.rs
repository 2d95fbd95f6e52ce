//! Written by `cargo xtask generate`.
