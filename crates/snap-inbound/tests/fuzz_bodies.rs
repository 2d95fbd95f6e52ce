//! The bodies of the fuzz targets under proptest, for machines without a fuzzer.
#![allow(
    clippy::expect_used,
    unreachable_pub,
    missing_docs,
    reason = "the library of `fuzz/`"
)]

#[path = "../../../fuzz/src/lib.rs"]
mod bodies;

use proptest::prelude::*;

/// Bytes of any kind, and pieces of what is expected.
fn data() -> impl Strategy<Value = Vec<u8>> {
    let pieces = prop::sample::select(vec![
        "2026-11-20T17:30:00+07:00",
        "2026-11-20t10:30:00.5z",
        "Bearer ",
        "BRN-0211-0000000000000",
        "{\"a\":",
        "\"",
        "\\",
        " ",
        "}",
        "[",
        "00",
        "\0",
    ]);
    let piece = pieces.prop_map(|text| text.as_bytes().to_vec());
    let noise = prop::collection::vec(any::<u8>(), 0..20);
    prop::collection::vec(prop_oneof![piece, noise], 0..12).prop_map(|parts| parts.concat())
}

proptest! {
    #[test]
    fn verify_symmetric(data in data()) {
        bodies::verify_symmetric(&data);
    }

    #[test]
    fn verify_asymmetric(data in data()) {
        bodies::verify_asymmetric(&data);
    }

    #[test]
    fn parse_timestamp(data in data()) {
        bodies::parse_timestamp(&data);
    }

    #[test]
    fn minify(data in data()) {
        bodies::minify(&data);
    }

    #[test]
    fn notification(data in data()) {
        bodies::notification(&data);
    }
}
