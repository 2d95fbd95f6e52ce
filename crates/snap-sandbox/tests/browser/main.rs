//! The pages in a real browser: headless Chromium, driven over WebDriver.
//!
//! Run with `cargo test -p snap-sandbox --test browser`; it needs `chromedriver` and Chromium, as the
//! Debian packages `chromium-driver` and `chromium` have them. With `SANDBOX_SCREENSHOTS=DIR` it also
//! leaves pictures of the pages there.

#![expect(
    clippy::expect_used,
    reason = "a test fails by panicking, in its helpers as well"
)]

mod bank;
mod bindings;
mod checks;
mod desk;
mod driver;
mod looks;
#[allow(
    dead_code,
    reason = "shared with the tests over HTTP, which use all of it"
)]
#[path = "../http/merchant.rs"]
mod merchant;
#[allow(
    dead_code,
    reason = "shared with the tests over HTTP, which use all of it"
)]
#[path = "../http/orders.rs"]
mod orders;
mod shop;
#[allow(
    dead_code,
    reason = "shared with the tests over HTTP, which use all of it"
)]
#[path = "../http/specs.rs"]
mod specs;
#[allow(
    dead_code,
    reason = "shared with the tests over HTTP, which use all of it"
)]
#[path = "../http/support.rs"]
mod support;
