//! Pairs of the same work done two ways: A B B A in one process, the median of the ratios.

use std::{
    fmt,
    hint::black_box,
    time::{Duration, Instant},
};

use aws_lc_rs::{
    rand::SystemRandom,
    rsa::KeyPair,
    signature::{KeyPair as _, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256},
};
use snap_sign::PrivateKey;

use crate::report::Thousandths;

/// Ratios in thousandths: the median, and the band that holds 80 % of the rounds.
pub(crate) struct Band {
    pub(crate) median: u64,
    low: u64,
    high: u64,
}

impl fmt::Display for Band {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "(10-90 %: {} to {})",
            Thousandths(self.low),
            Thousandths(self.high)
        )
    }
}

pub(crate) fn sign() -> Band {
    let (ours, theirs, random) = (our_key(), their_key(), SystemRandom::new());
    let mut signature = vec![0; theirs.public_modulus_len()];
    paired(
        8,
        || {
            assert!(black_box(ours.sign(black_box(MESSAGE))).is_ok());
        },
        || {
            let signed = theirs.sign(
                &RSA_PKCS1_SHA256,
                &random,
                black_box(MESSAGE),
                &mut signature,
            );
            assert!(black_box(signed).is_ok());
        },
    )
}

#[expect(clippy::expect_used, reason = "the key of this benchmark is good")]
pub(crate) fn verify() -> Band {
    let (ours, theirs) = (our_key(), their_key());
    let text = ours.sign(MESSAGE).expect("the key signs");
    let mut signature = vec![0; theirs.public_modulus_len()];
    let signed = theirs.sign(
        &RSA_PKCS1_SHA256,
        &SystemRandom::new(),
        MESSAGE,
        &mut signature,
    );
    signed.expect("the key signs");
    let public = ParsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, theirs.public_key().as_ref())
        .expect("the public half is read");
    paired(
        100,
        || {
            assert!(
                ours.public_key()
                    .verify(black_box(MESSAGE), black_box(text.as_str()))
                    .is_ok()
            )
        },
        || {
            assert!(
                public
                    .verify_sig(black_box(MESSAGE), black_box(&signature))
                    .is_ok()
            )
        },
    )
}

pub(crate) fn paired(calls: u32, mut ours: impl FnMut(), mut theirs: impl FnMut()) -> Band {
    let mut ratios: Vec<u64> = (0..ROUNDS)
        .map(|_| {
            let first = time(calls, &mut ours);
            let reference = time(calls, &mut theirs) + time(calls, &mut theirs);
            let own = first + time(calls, &mut ours);
            u64::try_from(own.as_nanos() * 1000 / reference.as_nanos().max(1)).unwrap_or(u64::MAX)
        })
        .collect();
    ratios.sort_unstable();
    let at = |percent: usize| ratios[(ratios.len() - 1) * percent / 100];
    Band {
        median: at(50),
        low: at(10),
        high: at(90),
    }
}

#[expect(clippy::disallowed_methods, reason = "time is what is measured")]
fn time(calls: u32, call: &mut impl FnMut()) -> Duration {
    let start = Instant::now();
    for _ in 0..calls {
        call();
    }
    start.elapsed()
}

#[expect(clippy::expect_used, reason = "the key of this benchmark is good")]
fn our_key() -> PrivateKey {
    PrivateKey::from_der(KEY).expect("the key is read")
}

#[expect(clippy::expect_used, reason = "the key of this benchmark is good")]
fn their_key() -> KeyPair {
    KeyPair::from_pkcs8(KEY).expect("the key is read")
}

const ROUNDS: usize = 101;
const MESSAGE: &[u8] = b"BRN-0240-1657686175289|2026-11-20T17:30:00+07:00";
const KEY: &[u8] = include_bytes!("../../testdata/keys/merchant.pkcs8.der");
