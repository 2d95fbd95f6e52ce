//! The sandbox over real HTTP, called by a client that signs with `ring`.

#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking, in its helpers as well"
)]

mod admin;
mod admin_client;
mod admin_pages;
mod answers;
mod balances;
mod bank_pages;
mod bindings;
mod canary;
mod cards;
mod channels;
mod claims;
mod command;
mod customers;
mod diagnosis;
mod exchange;
mod faults;
mod faults_acts;
mod faults_any;
mod faults_grid;
mod faults_match;
#[cfg(feature = "tls")]
mod faults_tls;
mod history;
mod hostile;
mod inquiries;
mod libraries;
mod magic;
mod merchant;
mod money;
mod notices;
mod notifications;
mod notifying;
mod odd_money;
mod operations;
mod orders;
mod otp;
mod player;
mod products;
mod refusals;
mod replay;

mod reversals;
mod sessions;
mod signatures;
mod specs;
mod state;
mod support;
mod token;
mod variations;
