//! The attacks on a merchant's receiving side, A1 to A64, and what becomes of each.
//!
//! What is signed here is signed by the tests themselves (`mail.rs`), not by the crates under test.
#![allow(clippy::unwrap_used, unreachable_pub, reason = "helpers of tests")]

mod bodies;
mod headers;
mod mail;
mod outside;
mod paths;
mod properties;
mod replays;
mod signatures;
mod times;
mod tokens;

#[path = "../support/mod.rs"]
mod support;

/// Every attack has a test whose name begins with its number, here or where it is listed.
#[test]
fn every_attack_has_a_test() {
    let here = [
        include_str!("bodies.rs"),
        include_str!("headers.rs"),
        include_str!("outside.rs"),
        include_str!("paths.rs"),
        include_str!("properties.rs"),
        include_str!("replays.rs"),
        include_str!("signatures.rs"),
        include_str!("times.rs"),
        include_str!("tokens.rs"),
    ]
    .concat();
    let order = include_str!("../../src/order.rs");
    let wycheproof = include_str!("../../../snap-sign/tests/wycheproof.rs");
    let hmac_key = include_str!("../../../snap-sign/src/hmac_key.rs");
    let refused_keys = include_str!("../../../snap-sign/tests/keys/refused.rs");
    let elsewhere = [
        (21, wycheproof, "fn aws_lc_keys_judge_every_case_right"),
        (22, hmac_key, "fn wycheproof_hmac_sha512_holds"),
        (23, refused_keys, "fn a_small_or_even_exponent_is_refused"),
        // Wycheproof's files hold forged padding, other digests and wrong lengths.
        (24, wycheproof, "Rsa2048Sha256, 259"),
        (25, refused_keys, "fn a_certificate_is_named"),
        (26, wycheproof, "Rsa4096Sha256, 258"),
        (58, order, "fn a58_every_pair_of_statuses_is_decided"),
        (
            59,
            order,
            "fn a59_another_amount_or_currency_is_never_credited",
        ),
    ];

    for number in 1..=64 {
        let is_here = here.contains(&format!("fn a{number}_"));
        let is_elsewhere = elsewhere
            .iter()
            .any(|(other, file, name)| *other == number && file.contains(name));
        assert!(is_here || is_elsewhere, "A{number} has no test");
    }
}
