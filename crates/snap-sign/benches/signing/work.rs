//! What is measured: one function each, kept out of line so that callgrind can tell them apart.

use std::hint::black_box;

use sha2::block_api::{compress256, compress512};
use snap_sign::{
    AccessToken, BodyDigest, ClientSecret, HmacKey, HmacPrefix, StringToSign, SymmetricSignature,
    minify,
};

/// A balance inquiry: compact body of 300 bytes, access token of 700.
pub(crate) struct Work {
    blocks: Blocks,
    key: HmacKey,
    prefix: HmacPrefix,
    access_token: AccessToken,
    body: Vec<u8>,
    pretty_body: Vec<u8>,
    signature: SymmetricSignature,
}

#[derive(Clone, Copy)]
pub(crate) enum Measured {
    Floor,
    PrefixFloor,
    Compact,
    AnyJson,
    Prefix,
    Verify,
    VerifyPretty,
}

impl Measured {
    pub(crate) const ALL: [Self; 7] = [
        Self::Floor,
        Self::PrefixFloor,
        Self::Compact,
        Self::AnyJson,
        Self::Prefix,
        Self::Verify,
        Self::VerifyPretty,
    ];

    /// Name of the function, unique in the whole program.
    pub(crate) fn function(self) -> &'static str {
        match self {
            Self::Floor => "measured_floor",
            Self::PrefixFloor => "measured_short_floor",
            Self::Compact => "measured_compact",
            Self::AnyJson => "measured_any_json",
            Self::Prefix => "measured_prefix",
            Self::Verify => "measured_verify_compact",
            Self::VerifyPretty => "measured_verify_pretty",
        }
    }

    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Floor => "bare compressions",
            Self::PrefixFloor => "bare compressions after the prefix",
            Self::Compact => "sign compact body",
            Self::AnyJson => "sign body of any form",
            Self::Prefix => "sign with prefix",
            Self::Verify => "verify compact body",
            Self::VerifyPretty => "verify pretty body",
        }
    }
}

impl Work {
    pub(crate) fn new() -> Self {
        let body = minify(PRETTY_BODY.as_bytes()).unwrap_or_default();
        assert_eq!((body.len(), TOKEN_LENGTH), (300, 700));
        let access_token = AccessToken::new("t".repeat(TOKEN_LENGTH));
        let key = HmacKey::new(&ClientSecret::new("SK-benchSecret0123456789abcdef"));
        let prefix = key.prefix("POST", PATH, &access_token);
        let signature = prefix.sign(&BodyDigest::of_compact(&body), TIMESTAMP);
        let pretty_body = PRETTY_BODY.as_bytes().to_vec();
        let blocks = Blocks::new();
        let work = Self {
            blocks,
            key,
            prefix,
            access_token,
            body,
            pretty_body,
            signature,
        };
        work.check_block_counts();
        work
    }

    /// Padding: one byte and the length, which takes 8 bytes in SHA-256 and 16 in SHA-512.
    fn check_block_counts(&self) {
        let digest = BodyDigest::of_compact(&self.body);
        let message = self.request(&digest).join().expose().len();
        let prefix = "POST::".len() + PATH.len() + ":".len() + TOKEN_LENGTH;
        let body_blocks = (self.body.len() + 9).div_ceil(64);
        let inner_blocks = (message + 17).div_ceil(128);

        assert_eq!((body_blocks, inner_blocks), (5, 7));
        assert_eq!(inner_blocks - prefix / 128, 2);
    }

    pub(crate) fn run(&self, measured: Measured) {
        match measured {
            Measured::Floor => {
                black_box(measured_floor(black_box(&self.blocks)));
            }
            Measured::PrefixFloor => {
                black_box(measured_short_floor(black_box(&self.blocks)));
            }
            Measured::Compact => {
                black_box(measured_compact(black_box(self)));
            }
            Measured::AnyJson => {
                black_box(measured_any_json(black_box(self)));
            }
            Measured::Prefix => {
                black_box(measured_prefix(black_box(self)));
            }
            Measured::Verify => {
                assert!(measured_verify_compact(black_box(self)));
            }
            Measured::VerifyPretty => {
                assert!(measured_verify_pretty(black_box(self)));
            }
        }
    }

    fn request<'a>(&'a self, body_digest: &'a BodyDigest) -> StringToSign<'a> {
        StringToSign {
            method: "POST",
            path: PATH,
            access_token: &self.access_token,
            body_digest,
            timestamp: TIMESTAMP,
        }
    }
}

/// The blocks a signature compresses, and the states it compresses them into.
struct Blocks {
    body: [[u8; 64]; 5],
    inner: [[u8; 128]; 7],
    outer: [[u8; 128]; 1],
    state256: [u32; 8],
    state512: [u64; 8],
}

impl Blocks {
    /// What is in the blocks does not change what they cost.
    fn new() -> Self {
        Self {
            body: [[b'x'; 64]; 5],
            inner: [[b'x'; 128]; 7],
            outer: [[b'x'; 128]; 1],
            state256: [1; 8],
            state512: [1; 8],
        }
    }

    #[inline(always)]
    fn compress(&self, inner_blocks: usize) -> ([u32; 8], [u64; 8], [u64; 8]) {
        let (mut body, mut inner, mut outer) = (self.state256, self.state512, self.state512);
        compress256(&mut body, &self.body);
        compress512(&mut inner, &self.inner[..inner_blocks]);
        compress512(&mut outer, &self.outer);
        (body, inner, outer)
    }
}

#[inline(never)]
fn measured_floor(blocks: &Blocks) -> ([u32; 8], [u64; 8], [u64; 8]) {
    blocks.compress(7)
}

#[inline(never)]
fn measured_short_floor(blocks: &Blocks) -> ([u32; 8], [u64; 8], [u64; 8]) {
    blocks.compress(2)
}

#[inline(never)]
fn measured_compact(work: &Work) -> SymmetricSignature {
    work.key
        .sign(&work.request(&BodyDigest::of_compact(&work.body)))
}

#[inline(never)]
fn measured_any_json(work: &Work) -> Option<SymmetricSignature> {
    let digest = BodyDigest::of_json(&work.body).ok()?;
    Some(work.key.sign(&work.request(&digest)))
}

#[inline(never)]
fn measured_prefix(work: &Work) -> SymmetricSignature {
    work.prefix
        .sign(&BodyDigest::of_compact(&work.body), TIMESTAMP)
}

#[inline(never)]
fn measured_verify_compact(work: &Work) -> bool {
    verify(work, &work.body)
}

#[inline(never)]
fn measured_verify_pretty(work: &Work) -> bool {
    verify(work, &work.pretty_body)
}

#[inline(always)]
fn verify(work: &Work, body: &[u8]) -> bool {
    let Ok(digest) = BodyDigest::of_json(body) else {
        return false;
    };
    work.key
        .verify(&work.request(&digest), work.signature.as_str())
        .is_ok()
}

const TOKEN_LENGTH: usize = 700;
const PATH: &str = "/snap/v1.1/balance-inquiry";
const TIMESTAMP: &str = "2026-11-20T17:30:00+07:00";
const PRETTY_BODY: &str = r#"{
  "partnerReferenceNo": "INV-2026-0001",
  "amount": {
    "value": "13000.00",
    "currency": "IDR"
  },
  "beneficiaryAccountNo": "8377388292",
  "beneficiaryBankCode": "014",
  "sourceAccountNo": "A41879",
  "transactionDate": "2026-11-20T17:30:00+07:00",
  "additionalInfo": {
    "senderName": "Budi Santoso",
    "beneficiaryName": "Siti Rahma"
  }
}"#;
