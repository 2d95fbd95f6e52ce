//! Messages of DOKU that are not SNAP: notices of Kirim DOKU, and `HMACSHA256=` notifications.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod support;

use std::{sync::Arc, time::Duration};

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use hmac::{Hmac, KeyInit, Mac};
use http::Request;
use sha2::{Digest, Sha256};
use snap_inbound::{
    AesNoticeCheck, ClientId, ClientSecret, Clock, Delivery, EncryptionKey, Environment,
    KirimNotice, KirimReceiver, KirimStatus, MemoryStore, NonSnapNotification, NonSnapReceiver,
    NoticeCheck, NoticeHeaders, Reject, Secrets,
};
use support::{ManualClock, NOW};

/// The check value of `kirimdoku.md` section 6: public legacy credentials.
const AGENT: &str = "A47438";
const REQUEST: &str = "4201243b-c0a3-495f-8464-bad5f4a2e9d4";
const SIGNATURE: &str = "50GHcJL3auKN0AzMvr4Xi57t0xJja4TVTeuJ/ygf+zXnlxMMxoQwWUs6y7fekvLl";
const NOTICE: &str =
    r#"{"transactionId":"DK0018353","transactionStatus":"50","activityCode":"200","message":"ok"}"#;

fn kirim() -> KirimReceiver {
    let check = AesNoticeCheck::new(AGENT, EncryptionKey::new("pl6jn16fvkb64fit").unwrap());
    let store = Arc::new(MemoryStore::new());
    KirimReceiver::new(Environment::sandbox(), "/kirim", check, store)
        .unwrap()
        .with_clock(ManualClock::at(NOW))
}

async fn noticed(
    receiver: &KirimReceiver,
    headers: &[(&str, &str)],
    body: &str,
) -> Result<KirimNotice, Reject> {
    let mut request = Request::post("/kirim").header("content-type", "application/json");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(Bytes::from(body.to_owned())).unwrap();
    receiver.receive(request).await
}

const GENUINE: [(&str, &str); 3] = [
    ("requestId", REQUEST),
    ("agentKey", AGENT),
    ("signature", SIGNATURE),
];

/// Contradiction 10 of Kirim DOKU: the older API signs with AES, a page shows a signature of HMAC size. AES
/// is assumed, and another check can take its place.
#[tokio::test]
async fn kd_10_the_signature_is_aes_unless_another_check_is_given() {
    let hmac_sized = "A".repeat(86) + "==";
    let headers = [GENUINE[0], GENUINE[1], ("signature", hmac_sized.as_str())];
    assert!(noticed(&kirim(), &headers, NOTICE).await.is_err());

    let store = Arc::new(MemoryStore::new());
    let other = KirimReceiver::new(Environment::sandbox(), "/kirim", HmacSized, store).unwrap();
    assert!(noticed(&other, &headers, NOTICE).await.is_ok());
    assert!(noticed(&other, &GENUINE, NOTICE).await.is_err());
}

/// In the place of what DOKU may turn out to do.
#[derive(Debug)]
struct HmacSized;

impl NoticeCheck for HmacSized {
    fn is_genuine(&self, headers: &NoticeHeaders<'_>) -> bool {
        headers.signature.len() == 88
    }
}

/// Contradiction 11 of Kirim DOKU: `status` of the answer is a truth value, in the older API a text.
#[tokio::test]
async fn kd_11_a_notice_is_acknowledged_with_00_and_its_repetition_with_01() {
    let receiver = kirim();
    let first = noticed(&receiver, &GENUINE, NOTICE).await.unwrap();
    assert_eq!(first.delivery(), Delivery::New);
    assert_eq!(first.parse().unwrap().status, Some(KirimStatus::Success));
    let first = first.acknowledge().await.unwrap();

    let second = noticed(&receiver, &GENUINE, NOTICE).await.unwrap();
    assert!(matches!(second.delivery(), Delivery::DuplicateSame { .. }));
    let second = second.acknowledge().await.unwrap();

    assert_eq!(
        first.body(),
        &r#"{"status":true,"transactionId":"DK0018353","responseCode":"00","responseMessage":"Successfully processed"}"#
    );
    assert_eq!(
        second.body(),
        &r#"{"status":true,"transactionId":"DK0018353","responseCode":"01","responseMessage":"Successfully processed"}"#
    );
}

/// The body is not signed, so whoever has seen a notice can send another body with its headers.
#[tokio::test]
async fn another_body_under_the_headers_of_a_notice_is_a_conflict() {
    let receiver = kirim();
    let first = noticed(&receiver, &GENUINE, NOTICE).await.unwrap();
    first.acknowledge().await.unwrap();

    let forged = NOTICE.replace("50", "35");
    let forged = noticed(&receiver, &GENUINE, &forged).await.unwrap();

    assert_eq!(forged.delivery(), Delivery::ConflictDifferentBody);
}

#[tokio::test]
async fn notices_with_other_headers_are_refused_without_a_body() {
    let receiver = kirim();
    for (headers, status) in [
        (vec![("requestId", "other"), GENUINE[1], GENUINE[2]], 401),
        (vec![GENUINE[0], ("agentKey", "A47439"), GENUINE[2]], 401),
        (vec![GENUINE[0], GENUINE[1], ("signature", "AAAA")], 401),
        (vec![GENUINE[0], GENUINE[1]], 400),
        (vec![GENUINE[0], GENUINE[0], GENUINE[1], GENUINE[2]], 400),
    ] {
        let reject = noticed(&receiver, &headers, NOTICE).await.unwrap_err();
        assert_eq!(reject.status(), status, "{headers:?}");
        assert!(reject.response().body().is_empty());
    }
}

#[tokio::test]
async fn a_notice_that_cannot_be_read_is_kept_and_acknowledged() {
    let notice = noticed(&kirim(), &GENUINE, "[]").await.unwrap();

    assert!(notice.parse().is_err());
    assert_eq!(notice.raw(), "[]");
    assert_eq!(notice.acknowledge().await.unwrap().status(), 200);
}

const CLIENT: &str = "MCH-0001-10791114622547";
const SECRET: &str = "SK-example-secret-0001";
const TIMESTAMP: &str = "2020-08-11T08:45:42Z";
/// The computed vectors of `products.md` section 2.3, with their digest.
const POST_BODY: &str = r#"{"order":{"invoice_number":"INV-20210124-0001","amount":150000}}"#;
const POST_SIGNATURE: &str = "HMACSHA256=NUhB8/eyPcvLIv1z1wW+v0fqSuUOH0h/LQI5MpBIi+0=";

/// 2020-08-11T08:45:42Z.
const THEN: u64 = 1_597_135_542;

fn non_snap(clock: &ManualClock) -> NonSnapReceiver {
    NonSnapReceiver::new(
        Environment::sandbox(),
        ClientId::new(CLIENT).unwrap(),
        Secrets::current(ClientSecret::new(SECRET)),
        "/checkout/v1/payment",
        Arc::new(MemoryStore::new()),
    )
    .unwrap()
    .with_clock(clock.clone())
}

async fn notified(
    receiver: &NonSnapReceiver,
    request_id: &str,
    body: &str,
    signature: &str,
) -> Result<NonSnapNotification, Reject> {
    let request = Request::post("/checkout/v1/payment")
        .header("content-type", "application/json")
        .header("client-id", CLIENT)
        .header("request-id", request_id)
        .header("request-timestamp", TIMESTAMP)
        .header("signature", signature)
        .body(Bytes::from(body.to_owned()))
        .unwrap();
    receiver.verify(request).await
}

const ID: &str = "d895fb53-479c-4f77-a76a-ab81b40d77cb";

fn signed(secret: &str, request_id: &str, body: &str) -> String {
    let digest = STANDARD.encode(Sha256::digest(body));
    let message = format!(
        "Client-Id:{CLIENT}\nRequest-Id:{request_id}\nRequest-Timestamp:{TIMESTAMP}\nRequest-Target:/checkout/v1/payment\nDigest:{digest}"
    );
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(message.as_bytes());
    format!(
        "HMACSHA256={}",
        STANDARD.encode(mac.finalize().into_bytes())
    )
}

#[tokio::test]
async fn the_computed_vector_of_the_reference_is_verified() {
    let clock = ManualClock::at(THEN);
    assert_eq!(signed(SECRET, ID, POST_BODY), POST_SIGNATURE);

    let first = notified(&non_snap(&clock), ID, POST_BODY, POST_SIGNATURE).await;

    let first = first.unwrap();
    assert_eq!(first.delivery(), Delivery::New);
    assert_eq!(first.request_id(), ID);
    let answer = first.acknowledge().await.unwrap();
    assert_eq!(answer.status(), 200);
}

#[tokio::test]
async fn a_repeated_request_id_is_a_duplicate_or_a_conflict() {
    let clock = ManualClock::at(THEN);
    let receiver = non_snap(&clock);
    let first = notified(&receiver, ID, POST_BODY, POST_SIGNATURE).await;
    first.unwrap().acknowledge().await.unwrap();

    let second = notified(&receiver, ID, POST_BODY, POST_SIGNATURE).await;
    let delivery = second.unwrap().delivery();
    assert!(matches!(delivery, Delivery::DuplicateSame { .. }));
    let other = notified(&receiver, ID, "{}", &signed(SECRET, ID, "{}")).await;
    assert_eq!(other.unwrap().delivery(), Delivery::ConflictDifferentBody);
}

#[tokio::test]
async fn what_is_not_exactly_signed_is_refused() {
    let clock = ManualClock::at(THEN);
    let receiver = non_snap(&clock);
    let hex: String = STANDARD
        .decode(&POST_SIGNATURE[11..])
        .unwrap()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    for signature in [
        POST_SIGNATURE.replace("HMACSHA256=", "HMACHSHA256="),
        POST_SIGNATURE.replace("HMACSHA256=", ""),
        POST_SIGNATURE.replace("HMACSHA256=", "hmacsha256="),
        POST_SIGNATURE.to_lowercase(),
        POST_SIGNATURE.trim_end_matches('=').to_owned(),
        format!("HMACSHA256={hex}"),
        signed("another-secret-of-length", ID, POST_BODY),
        signed(SECRET, "another", POST_BODY),
        "HMACSHA256=".to_owned(),
    ] {
        let reject = notified(&receiver, ID, POST_BODY, &signature).await;
        assert_eq!(reject.unwrap_err().status(), 401, "{signature}");
    }
    // Nothing is minified: the exact bytes are signed.
    let spaced = POST_BODY.replace(':', ": ");
    let reject = notified(&receiver, ID, &spaced, POST_SIGNATURE).await;
    assert_eq!(reject.unwrap_err().status(), 401);
    clock.advance(Duration::from_secs(13 * 3600 + 1));
    let reject = notified(&receiver, ID, POST_BODY, POST_SIGNATURE).await;
    assert_eq!(reject.unwrap_err().status(), 401);
    assert!(clock.now() > std::time::SystemTime::UNIX_EPOCH);
}

#[test]
fn a_receiver_for_production_wants_a_durable_store_and_a_real_secret() {
    let new = |environment, secret: &str, path: &str| {
        NonSnapReceiver::new(
            environment,
            ClientId::new(CLIENT).unwrap(),
            Secrets::current(ClientSecret::new(secret)),
            path,
            Arc::new(MemoryStore::new()),
        )
        .map(|_| ())
        .map_err(|error| error.to_string())
    };

    let in_memory = new(Environment::production(), SECRET, "/x").unwrap_err();
    assert!(in_memory.contains("durable"), "{in_memory}");
    let short = new(Environment::sandbox(), "short", "/x").unwrap_err();
    assert!(short.contains("16 characters"), "{short}");
    let path = new(Environment::sandbox(), SECRET, "https://x/y").unwrap_err();
    assert!(path.contains("a path"), "{path}");
}
