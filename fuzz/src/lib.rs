//! What the fuzz targets do with their bytes. The same functions run under proptest in the workspace
//! (`crates/snap-inbound/tests/fuzz_bodies.rs`), where there is no fuzzer.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Request};
use snap_inbound::{
    ClientId, Clock, DebitNotification, Message, Receiver, Route, Service, VaInquiry,
    VaPaymentNotification,
    testing::{TestDoku, token_of},
};

/// A notification with a valid signature, of which the bytes replace what they like. Nothing but that
/// notification is accepted.
pub fn verify_symmetric(data: &[u8]) {
    MERCHANT.with(|merchant| {
        let request = changed(&merchant.notification, data);
        let verified = merchant.wait(
            merchant
                .receiver
                .verify::<DebitNotification>(request.clone()),
        );
        if let Ok(verified) = verified {
            assert!(
                is_same(&request, &merchant.notification, &NOTIFICATION),
                "accepted: {verified:?}"
            );
            let _ = verified.parse();
        }
        let _ = merchant
            .receiver
            .check_signature::<DebitNotification>(&request, &merchant.owner);
    });
}

/// As [`verify_symmetric`], for a token request and for a notification signed with RSA.
pub fn verify_asymmetric(data: &[u8]) {
    MERCHANT.with(|merchant| {
        let request = changed(&merchant.token_request, data);
        if merchant
            .wait(merchant.receiver.issue_token(&request, None))
            .is_ok()
        {
            // The body of a token request is not signed.
            let whole = request
                .clone()
                .map(|_| merchant.token_request.body().clone());
            assert!(
                is_same(&whole, &merchant.token_request, &TOKEN_REQUEST),
                "a token was issued"
            );
        }
        let request = changed(&merchant.signed_with_rsa, data);
        let verified = merchant
            .receiver
            .verify::<DebitNotification>(request.clone());
        if merchant.wait(verified).is_ok() {
            assert!(
                is_same(&request, &merchant.signed_with_rsa, &NOTIFICATION),
                "accepted"
            );
        }
    });
}

/// A timestamp is read or refused, and what is read can be written again.
pub fn parse_timestamp(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    if let Ok(read) = snap_sign::Timestamp::parse(text) {
        assert_eq!(read.as_str(), text);
        let again =
            snap_sign::Timestamp::from_unix(read.unix_seconds(), snap_sign::TimestampForm::Utc);
        if let Ok(again) = again {
            assert_eq!(again.unix_seconds(), read.unix_seconds());
        }
    }
}

/// Minifying takes whitespace away and nothing else, and does so once and for all.
pub fn minify(data: &[u8]) {
    let digest = snap_sign::BodyDigest::of_json(data);
    let Ok(minified) = snap_sign::minify(data) else {
        assert!(digest.is_err());
        assert!(snap_sign::is_compact(data).is_err());
        return;
    };
    assert_eq!(snap_sign::minify(&minified).as_deref(), Ok(&minified[..]));
    assert_eq!(snap_sign::is_compact(data), Ok(minified == data));
    assert_eq!(digest, Ok(snap_sign::BodyDigest::of_bytes(&minified)));
    let mut kept = minified.iter();
    let mut next = kept.next();
    for byte in data {
        if next == Some(byte) {
            next = kept.next();
        } else {
            assert!(matches!(byte, b' ' | b'\t' | b'\r' | b'\n'));
        }
    }
    assert_eq!(next, None);
    // What is JSON says the same afterwards. What is not can become JSON, `1 2` for example, which is why a
    // receiver does not minify such a body.
    if let Ok(json) = serde_json::from_slice::<serde_json::Value>(data) {
        assert_eq!(serde_json::from_slice(&minified).ok(), Some(json));
    }
}

/// A verified body is read or refused, and the refusal repeats nothing of it.
pub fn notification(data: &[u8]) {
    MERCHANT.with(|merchant| {
        merchant.reads::<DebitNotification>("/debit", data);
        merchant.reads::<VaPaymentNotification>("/va", data);
        merchant.reads::<VaInquiry>("/inquiry", data);
    });
}

struct Merchant {
    runtime: tokio::runtime::Runtime,
    doku: TestDoku,
    receiver: Receiver,
    owner: ClientId,
    token_request: Request<Bytes>,
    notification: Request<Bytes>,
    signed_with_rsa: Request<Bytes>,
}

thread_local! {
    static MERCHANT: Merchant = Merchant::new();
}

impl Merchant {
    fn new() -> Self {
        let doku = TestDoku::new(CLIENT, "SK-0123456789abcdef").expect("a client id");
        let receiver = doku.receiver().expect("a client id").clock(Still);
        let receiver = receiver
            .token_route("/token")
            .route(Route::new(Service::DEBIT_NOTIFY, "/notify"))
            .route(Route::new(Service::DEBIT_NOTIFY, "/old").signed_with_rsa())
            .route(Route::new(Service::DEBIT_NOTIFY, "/debit").signed_with_rsa())
            .route(Route::new(Service::VA_PAYMENT, "/va").signed_with_rsa())
            .route(Route::new(Service::VA_INQUIRY, "/inquiry").signed_with_rsa())
            .claim_lease(Duration::ZERO)
            .build()
            .expect("a receiver");
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .expect("a runtime");
        let now = Still.now();
        let token_request = doku.token_request("/token", now).expect("a path");
        let answer = runtime.block_on(receiver.issue_token(&token_request, None));
        let token = token_of(&answer.expect("a token")).expect("a token");
        let notification = doku.message("/notify", &token, BODY, "1", now);
        let signed_with_rsa = doku.message_signed_with_rsa("/old", BODY, "1", now);
        Self {
            notification: notification.expect("a path"),
            signed_with_rsa: signed_with_rsa.expect("a path"),
            owner: ClientId::new(CLIENT).expect("a client id"),
            runtime,
            doku,
            receiver,
            token_request,
        }
    }

    fn wait<T>(&self, future: impl Future<Output = T>) -> T {
        self.runtime.block_on(future)
    }

    fn reads<T: Message>(&self, path: &str, data: &[u8]) {
        let request = self
            .doku
            .message_signed_with_rsa(path, data.to_vec(), "1", Still.now());
        let authentic = self.receiver.authenticate::<T>(request.expect("a path"));
        let Ok(authentic) = self.wait(authentic) else {
            assert!(data.len() > 64 * 1024, "a valid message was refused");
            return;
        };
        let verified = authentic
            .claimed(snap_inbound::Claimed::New)
            .expect("a claim");
        assert_eq!(verified.raw(), data);
        if let Err(error) = verified.parse() {
            let text = error.to_string();
            // No words of the body: those that can be told from the error's own.
            for word in data.split(|byte| !byte.is_ascii_alphanumeric()) {
                if word.len() > 24 {
                    let word = String::from_utf8_lossy(word);
                    assert!(!text.contains(&*word), "{text}");
                }
            }
        }
    }
}

/// Replaces parts of a request. The first byte says which; the rest, cut at zero bytes, is what with.
fn changed(valid: &Request<Bytes>, data: &[u8]) -> Request<Bytes> {
    let mut request = valid.clone();
    let Some((which, rest)) = data.split_first() else {
        return request;
    };
    let mut parts = rest.split(|byte| *byte == 0);
    for (bit, name) in HEADERS.iter().enumerate() {
        if which & (1 << bit) == 0 {
            continue;
        }
        if let Some(value) = parts
            .next()
            .and_then(|part| HeaderValue::from_bytes(part).ok())
        {
            let name = HeaderName::from_static(name);
            // Some are replaced and some are there twice.
            if which & 0x80 == 0 {
                request.headers_mut().insert(name, value);
            } else {
                request.headers_mut().append(name, value);
            }
        }
    }
    if which & 0x40 != 0 {
        let body: Vec<&[u8]> = parts.collect();
        *request.body_mut() = Bytes::from(body.join(&0));
    }
    request
}

/// Whether two requests say the same in all that is signed.
fn is_same(one: &Request<Bytes>, other: &Request<Bytes>, signed: &[&str]) -> bool {
    let same_headers = signed.iter().all(|name| {
        let all = |request: &Request<Bytes>| {
            let values = request.headers().get_all(*name).iter();
            values.cloned().collect::<Vec<_>>()
        };
        all(one) == all(other)
    });
    let minified = |request: &Request<Bytes>| snap_sign::minify(request.body()).ok();
    let is_json = serde_json::from_slice::<serde_json::Value>(one.body()).is_ok();
    let same_body = one.body() == other.body() || (is_json && minified(one) == minified(other));
    same_headers && same_body && one.uri() == other.uri()
}

/// Its time of day stands still.
#[derive(Debug)]
struct Still;

impl Clock for Still {
    fn now(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_170_600)
    }

    /// A minute later each time, so that no request is one too many.
    fn monotonic(&self) -> Duration {
        static MINUTES: AtomicU64 = AtomicU64::new(0);
        Duration::from_secs(60 * MINUTES.fetch_add(1, Ordering::Relaxed))
    }
}

const NOTIFICATION: [&str; 3] = ["x-timestamp", "x-signature", "x-partner-id"];
const TOKEN_REQUEST: [&str; 3] = ["x-timestamp", "x-signature", "x-client-key"];
const CLIENT: &str = "BRN-0211-0000000000000";
const BODY: &str = r#"{"originalPartnerReferenceNo":"INV-1","latestTransactionStatus":"00"}"#;
const HEADERS: [&str; 6] = [
    "x-timestamp",
    "x-signature",
    "x-partner-id",
    "x-external-id",
    "authorization",
    "x-client-key",
];
