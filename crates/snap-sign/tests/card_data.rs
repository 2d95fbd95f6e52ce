//! The vectors of card data, which an official library and another implementation made.
#![cfg(feature = "card-data")]
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::Deserialize;
use snap_sign::{ClientSecret, danger_encrypt_card_data_with_iv};

#[derive(Deserialize)]
struct Row {
    name: String,
    kind: String,
    body: String,
    secret: String,
    iv_base64: String,
    expected_ciphertext: String,
}

#[track_caller]
fn check(json: &str) {
    let row: Row = serde_json::from_str(json).unwrap();
    let iv = STANDARD.decode(&row.iv_base64).unwrap().try_into().unwrap();
    let secret = ClientSecret::new(row.secret);

    let card_data = danger_encrypt_card_data_with_iv(&secret, row.body.as_bytes(), iv);

    assert_eq!(row.kind, "card_aes128_cbc", "{}", row.name);
    assert_eq!(card_data.unwrap(), row.expected_ciphertext, "{}", row.name);
}

#[test]
fn the_output_of_an_official_library_is_repeated() {
    check(include_str!(
        "../testdata/card-data/card_encrypt_node_output.json"
    ));
}

#[test]
fn a_short_secret_is_padded() {
    check(include_str!(
        "../testdata/card-data/card_encrypt_fixed_iv_short.json"
    ));
}

#[test]
fn a_whole_block_gets_a_block_of_padding() {
    check(include_str!(
        "../testdata/card-data/card_encrypt_fixed_iv_16.json"
    ));
}
