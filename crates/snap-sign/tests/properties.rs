//! What holds for every input, not only for the ones somebody thought of.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::sync::LazyLock;

use proptest::{prelude::*, sample::Index};
use serde_json::{Map, Value};
use snap_sign::{
    AccessToken, BodyDigest, ClientSecret, HmacKey, Passphrase, PrivateKey, PublicKey,
    StringToSign, Timestamp, TimestampForm, is_compact, minify,
};

/// The five fields of a request, as text.
#[derive(Clone, Debug)]
struct Fields {
    method: String,
    path: String,
    token: String,
    body: Vec<u8>,
    timestamp: String,
}

impl Fields {
    fn sign(&self, secret: &str) -> String {
        let (token, digest) = (
            AccessToken::new(&*self.token),
            BodyDigest::of_compact(&self.body),
        );
        HmacKey::new(&ClientSecret::new(secret))
            .sign(&self.request(&token, &digest))
            .to_string()
    }

    /// A body that cannot be minified is a refusal as well.
    fn verifies(&self, secret: &str, signature: &str) -> bool {
        let Ok(digest) = BodyDigest::of_json(&self.body) else {
            return false;
        };
        let token = AccessToken::new(&*self.token);
        let key = HmacKey::new(&ClientSecret::new(secret));
        key.verify(&self.request(&token, &digest), signature)
            .is_ok()
    }

    fn request<'a>(&'a self, token: &'a AccessToken, digest: &'a BodyDigest) -> StringToSign<'a> {
        StringToSign {
            method: &self.method,
            path: &self.path,
            access_token: token,
            body_digest: digest,
            timestamp: &self.timestamp,
        }
    }
}

proptest! {
    #[test]
    fn minifying_twice_is_minifying_once(text in json_like()) {
        let once = minify(text.as_bytes());
        prop_assume!(once.is_ok());
        let once = once.unwrap();

        prop_assert_eq!(is_compact(&once), Ok(true));
        prop_assert_eq!(minify(&once), Ok(once));
    }

    #[test]
    fn minifying_agrees_with_a_byte_by_byte_reference(text in json_like()) {
        prop_assert_eq!(minify(text.as_bytes()).ok(), minify_byte_by_byte(text.as_bytes()));
    }

    #[test]
    fn minifying_never_panics_and_never_grows(bytes in any::<Vec<u8>>()) {
        if let Ok(minified) = minify(&bytes) {
            prop_assert!(minified.len() <= bytes.len());
            prop_assert_eq!(is_compact(&bytes), Ok(minified == bytes));
        } else {
            prop_assert!(is_compact(&bytes).is_err());
            prop_assert!(BodyDigest::of_json(&bytes).is_err());
        }
    }

    #[test]
    fn pretty_printing_and_minifying_gives_the_original(value in json()) {
        let compact = serde_json::to_vec(&value).unwrap();
        let pretty = serde_json::to_vec_pretty(&value).unwrap();

        prop_assert_eq!(minify(&pretty).unwrap(), compact.clone());
        prop_assert_eq!(is_compact(&compact), Ok(true));
        prop_assert_eq!(is_compact(&pretty), Ok(pretty == compact));
    }

    #[test]
    fn the_streamed_digest_is_the_digest_of_the_minified_text(text in json_like()) {
        let minified = minify(text.as_bytes());
        prop_assume!(minified.is_ok());

        let streamed = BodyDigest::of_json(text.as_bytes()).unwrap();
        prop_assert_eq!(streamed, BodyDigest::of_compact(&minified.unwrap()));
    }

    #[test]
    fn what_is_signed_verifies(fields in fields(), secret in ".*") {
        let signature = fields.sign(&secret);

        prop_assert!(fields.verifies(&secret, &signature));
    }

    #[test]
    fn a_changed_byte_in_a_field_does_not_verify(
        fields in fields(), which in 0..5_u8, at in any::<Index>(), mask in 1..128_u8,
    ) {
        let signature = fields.sign("SK-example-secret");

        let mut changed = fields;
        match which {
            0 => flip(&mut changed.method, at, mask),
            1 => flip(&mut changed.path, at, mask),
            2 => flip(&mut changed.token, at, mask),
            3 => flip(&mut changed.timestamp, at, mask),
            _ => flip_bytes(&mut changed.body, at, mask),
        }
        prop_assert!(!changed.verifies("SK-example-secret", &signature));
    }

    #[test]
    fn a_changed_byte_in_the_secret_or_the_signature_does_not_verify(
        fields in fields(), secret in "[ -~]{1,200}", at in any::<Index>(), mask in 1..128_u8,
    ) {
        let signature = fields.sign(&secret);

        let mut other_secret = secret.clone();
        flip(&mut other_secret, at, mask);
        prop_assert!(!fields.verifies(&other_secret, &signature));
        let mut other_signature = signature;
        flip(&mut other_signature, at, mask);
        prop_assert!(!fields.verifies(&secret, &other_signature));
    }

    #[test]
    fn a_prefix_signs_as_the_whole_request_does(fields in fields(), secret in ".*") {
        let key = HmacKey::new(&ClientSecret::new(&*secret));
        let (token, digest) =
            (AccessToken::new(&*fields.token), BodyDigest::of_compact(&fields.body));

        let prefix = key.prefix(&fields.method, &fields.path, &token);
        let signature = prefix.sign(&digest, &fields.timestamp);
        prop_assert_eq!(signature.as_str(), fields.sign(&secret));
    }

    #[test]
    fn any_text_is_read_as_a_signature_without_panic(fields in fields(), text in ".*") {
        prop_assert!(!fields.verifies("SK-example-secret", &text));
        prop_assert!(MERCHANT.public_key().verify(b"message", &text).is_err());
    }

    #[test]
    fn reading_any_text_as_a_timestamp_never_panics(text in ".*") {
        let _ = Timestamp::parse(&text);
    }

    #[test]
    fn a_text_close_to_a_timestamp_is_kept_or_refused(
        text in "[0-9]{4}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-6][0-9]:[0-6][0-9](\\.[0-9]{0,10})?(Z|[+-][0-9]{2}:[0-9]{2})?",
    ) {
        if let Ok(timestamp) = Timestamp::parse(&text) {
            prop_assert_eq!(timestamp.as_str(), text);
        }
    }

    #[test]
    fn a_written_timestamp_is_read_back(seconds in -62_135_596_800_i64..=253_402_214_400) {
        for form in [TimestampForm::Jakarta, TimestampForm::Utc] {
            let written = Timestamp::from_unix(seconds, form).unwrap();
            let read = Timestamp::parse(written.as_str()).unwrap();

            prop_assert_eq!(read.unix_seconds(), seconds);
            prop_assert!(written.as_str().len() <= 25);
            prop_assert_eq!(read, written);
        }
    }

    #[test]
    fn any_number_of_seconds_is_written_or_refused(seconds in any::<i64>()) {
        let _ = Timestamp::from_unix(seconds, TimestampForm::Jakarta);
    }

    #[test]
    fn reading_any_bytes_as_a_key_never_panics(bytes in any::<Vec<u8>>()) {
        read_as_every_kind_of_key(&bytes);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn an_rsa_signature_verifies_and_one_with_a_changed_byte_does_not(
        message in any::<Vec<u8>>(), at in any::<Index>(), mask in 1..128_u8,
    ) {
        let signature = MERCHANT.sign(&message).unwrap().to_string();
        prop_assert_eq!(MERCHANT.public_key().verify(&message, &signature), Ok(()));

        let mut other_message = message.clone();
        other_message.push(0);
        flip_bytes(&mut other_message, at, mask);
        prop_assert!(MERCHANT.public_key().verify(&other_message, &signature).is_err());
        let mut other_signature = signature;
        flip(&mut other_signature, at, mask);
        prop_assert!(MERCHANT.public_key().verify(&message, &other_signature).is_err());
    }

    #[test]
    fn reading_a_mutilated_key_file_never_panics(
        file in 0..KEY_FILES.len(), cut in any::<Index>(), at in any::<Index>(), byte in any::<u8>(),
    ) {
        let whole = KEY_FILES[file];
        read_as_every_kind_of_key(&whole[..cut.index(whole.len())]);
        let mut changed = whole.to_vec();
        changed[at.index(whole.len())] = byte;
        read_as_every_kind_of_key(&changed);
        changed.remove(cut.index(whole.len()));
        read_as_every_kind_of_key(&changed);
    }
}

/// The plain way: one byte at a time. Nothing where the text ends inside a string.
fn minify_byte_by_byte(json: &[u8]) -> Option<Vec<u8>> {
    let (mut minified, mut in_string, mut escaped) = (Vec::new(), false, false);
    for &byte in json {
        if !in_string && b" \t\r\n".contains(&byte) {
            continue;
        }
        minified.push(byte);
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            _ => {}
        }
    }
    (!in_string).then_some(minified)
}

/// The feature `encrypted-keys` decides how far the reading with a passphrase gets.
fn read_as_every_kind_of_key(bytes: &[u8]) {
    let passphrase = Passphrase::new("kata-sandi");
    let _ = PublicKey::from_pem(bytes);
    let _ = PublicKey::from_der(bytes);
    let _ = PrivateKey::from_pem(bytes);
    let _ = PrivateKey::from_der(bytes);
    let _ = PrivateKey::from_encrypted_pem(bytes, &passphrase);
    let _ = PrivateKey::from_encrypted_der(bytes, &passphrase);
}

/// Changes one ASCII character into another one; an empty text gets one.
fn flip(text: &mut String, at: Index, mask: u8) {
    let mut bytes = std::mem::take(text).into_bytes();
    flip_bytes(&mut bytes, at, mask);
    *text = String::from_utf8(bytes).unwrap();
}

fn flip_bytes(bytes: &mut Vec<u8>, at: Index, mask: u8) {
    match bytes.len() {
        0 => bytes.push(mask),
        length => bytes[at.index(length)] ^= mask,
    }
}

fn fields() -> impl Strategy<Value = Fields> {
    let body = json().prop_map(|value| serde_json::to_vec(&value).unwrap());
    (
        "[A-Z]{3,7}",
        "/[!-~]{0,80}",
        "[!-~]{0,900}",
        body,
        "[0-9T:.Z+-]{0,35}",
    )
        .prop_map(|(method, path, token, body, timestamp)| Fields {
            method,
            path,
            token,
            body,
            timestamp,
        })
}

fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        ".*".prop_map(Value::from),
        "[\"\\\\ \t\r\n{}:,a]{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 48, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec(("[\"\\\\ a-z]{0,6}", inner), 0..6)
                .prop_map(|members| Value::Object(Map::from_iter(members))),
        ]
    })
}

/// Texts made of what the minifier looks at, most of which are no JSON.
fn json_like() -> impl Strategy<Value = String> {
    "[\"\"\\\\ \t\r\n{}:,0a\u{a0}é]{0,60}"
}

static MERCHANT: LazyLock<PrivateKey> =
    LazyLock::new(|| PrivateKey::from_pem(KEY_FILES[0]).unwrap());

const KEY_FILES: [&[u8]; 9] = [
    include_bytes!("../testdata/keys/merchant.pkcs8.pem"),
    include_bytes!("../testdata/keys/merchant.pkcs1.pem"),
    include_bytes!("../testdata/keys/merchant.pkcs8.der"),
    include_bytes!("../testdata/keys/merchant.pkcs1.der"),
    include_bytes!("../testdata/keys/merchant.public.pem"),
    include_bytes!("../testdata/keys/merchant.public.der"),
    include_bytes!("../testdata/keys/merchant.pbe-sha1-3des.pem"),
    include_bytes!("../testdata/keys/certificate.pem"),
    include_bytes!("../testdata/keys/openssh.pem"),
];
