//! What is measured. Each function is found by its name, so none may be inlined.

use std::{
    hint::black_box,
    pin::pin,
    sync::Arc,
    task::{Context, Poll, Waker},
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use hmac::{Hmac, KeyInit, Mac};
use http::Request;
use sha2::{Digest, Sha256, Sha512};
use snap_inbound::{
    AccessToken, ClientId, Clock, DebitNotification, Receiver, Route, Service,
    testing::{TestDoku, token_of},
};
use tokio::runtime::Runtime;

#[derive(Clone, Copy)]
pub(crate) enum Measured {
    Floor,
    CheckSignature,
    CheckSpaced,
    Verify,
    Refuse,
}

impl Measured {
    pub(crate) const ALL: [Self; 5] = [
        Self::Floor,
        Self::CheckSignature,
        Self::CheckSpaced,
        Self::Verify,
        Self::Refuse,
    ];

    pub(crate) fn function(self) -> &'static str {
        match self {
            Self::Floor => "measured_floor",
            Self::CheckSignature => "measured_check_signature",
            Self::CheckSpaced => "measured_check_spaced",
            Self::Verify => "measured_verify",
            Self::Refuse => "measured_refuse",
        }
    }

    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Floor => "bare hash and HMAC",
            Self::CheckSignature => "form and signature, 4 KiB",
            Self::CheckSpaced => "form and signature, with spaces",
            Self::Verify => "all of verify, stores in memory",
            Self::Refuse => "a forged signature",
        }
    }
}

/// Stands still.
#[derive(Debug)]
struct Still;

impl Clock for Still {
    fn now(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_170_600)
    }

    fn monotonic(&self) -> Duration {
        Duration::ZERO
    }
}

pub(crate) struct Work {
    runtime: Runtime,
    receiver: Receiver,
    owner: ClientId,
    compact: Request<Bytes>,
    spaced: Request<Bytes>,
    forged: Request<Bytes>,
    key: Hmac<Sha512>,
    message: Vec<u8>,
    signature: Vec<u8>,
}

#[expect(clippy::unwrap_used, reason = "made from constants")]
impl Work {
    pub(crate) fn new() -> Self {
        let doku = TestDoku::new(CLIENT, SECRET).unwrap();
        let receiver = doku.receiver().unwrap().clock(Arc::new(Still));
        let receiver = receiver
            .token_route("/token")
            .route(Route::new(Service::DEBIT_NOTIFY, PATH))
            // Every delivery is the first one again.
            .claim_lease(Duration::ZERO)
            .build()
            .unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .unwrap();
        let request = doku.token_request("/token", Still.now()).unwrap();
        let answer = runtime.block_on(receiver.issue_token(&request, None));
        let token = token_of(&answer.unwrap()).unwrap();
        let compact = body();
        let sent = |body: String, id: &str| {
            let request = doku.message(PATH, &token, body, id, Still.now());
            request.unwrap()
        };
        let mut forged = sent(compact.clone(), "3");
        *forged.body_mut() = Bytes::from(compact.replace('7', "8"));
        let mut key = Hmac::<Sha512>::new_from_slice(SECRET.as_bytes()).unwrap();
        let message = message(&token, &compact);
        key.update(b"");
        let mut signing = key.clone();
        signing.update(&message);
        Self {
            runtime,
            receiver,
            owner: ClientId::new(CLIENT).unwrap(),
            spaced: sent(compact.replace(',', ",\n  "), "2"),
            compact: sent(compact, "1"),
            forged,
            key,
            message,
            signature: signing.finalize().into_bytes().to_vec(),
        }
    }

    pub(crate) fn run(&self, measured: Measured) {
        let _context = self.runtime.enter();
        match measured {
            Measured::Floor => self.measured_floor(),
            Measured::CheckSignature => self.measured_check_signature(),
            Measured::CheckSpaced => self.measured_check_spaced(),
            Measured::Verify => self.measured_verify(self.compact.clone()),
            Measured::Refuse => self.measured_refuse(),
        }
    }

    /// SHA-256 of the body, HMAC-SHA512 of the string-to-sign with a key made ready, comparison.
    #[inline(never)]
    fn measured_floor(&self) {
        black_box(Sha256::digest(black_box(self.compact.body())));
        let mut mac = self.key.clone();
        mac.update(black_box(&self.message));
        mac.verify_slice(black_box(&self.signature)).unwrap();
    }

    #[inline(never)]
    fn measured_check_signature(&self) {
        let request = black_box(&self.compact);
        self.receiver
            .check_signature::<DebitNotification>(request, &self.owner)
            .unwrap();
    }

    #[inline(never)]
    fn measured_check_spaced(&self) {
        let request = black_box(&self.spaced);
        self.receiver
            .check_signature::<DebitNotification>(request, &self.owner)
            .unwrap();
    }

    #[inline(never)]
    fn measured_verify(&self, request: Request<Bytes>) {
        let verified = pin!(self.receiver.verify::<DebitNotification>(request));
        // The stores answer at once, so one look is enough.
        match verified.poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(verified) => drop(black_box(verified.unwrap())),
            Poll::Pending => unreachable!("a store in memory does not wait"),
        }
    }

    #[inline(never)]
    fn measured_refuse(&self) {
        let request = black_box(&self.forged);
        let refused = self
            .receiver
            .check_signature::<DebitNotification>(request, &self.owner);
        assert!(refused.is_err());
    }
}

fn message(token: &AccessToken, body: &str) -> Vec<u8> {
    let digest = Sha256::digest(body);
    let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    format!(
        "POST:{PATH}:{}:{hex}:2026-11-20T17:30:00+07:00",
        token.expose()
    )
    .into_bytes()
}

/// A debit notification with so many line items that it has 4 KiB.
fn body() -> String {
    let mut body = r#"{"originalPartnerReferenceNo":"INV-1","originalReferenceNo":"R-1","latestTransactionStatus":"00","transactionStatusDesc":"Success","amount":{"value":"13000.00","currency":"IDR"},"additionalInfo":{"channelId":"DIRECT_DEBIT_ALLO","acquirerId":"ALLO","custIdMerchant":"C-1","lineItems":["#.to_owned();
    while body.len() < 4096 - 60 {
        body += r#"{"name":"Kopi susu gula aren","price":"17000.00","quantity":"1"},"#;
    }
    body + r#"{"name":"Kopi","price":"7000.00","quantity":"2"}]}}"#
}

const CLIENT: &str = "BRN-0240-1657686175289";
const SECRET: &str = "SK-0123456789abcdef01234567";
const PATH: &str = "/v1.0/debit/notify";
