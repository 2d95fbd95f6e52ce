//! A message that can be changed before it is sent, signed with code of its own.

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use hmac::{Hmac, KeyInit, Mac};
use http::{HeaderName, HeaderValue, Method, Request, Version};
use sha2::{Digest, Sha256, Sha512};
use snap_inbound::{
    AccessToken, ClientId, ClientSecret, Environment, MemoryStore, PublicKey, Receiver,
    ReceiverBuilder, Reject, Route, Secrets, Service, Verified,
};
use std::{sync::Arc, time::Duration};

use crate::support::{Anything, ManualClock, NOW};

pub const CLIENT: &str = "BRN-0211-0000000000000";
pub const SECRET: &str = "SK-canarySecret0123456789abcdef";
pub const PATH: &str = "/doku/notify";
pub const TOKEN_PATH: &str = "/doku/token";
pub const NOW_TEXT: &str = "2026-11-20T17:30:00+07:00";
pub const BODY: &str = r#"{"originalPartnerReferenceNo":"INV-1","latestTransactionStatus":"00","amount":{"value":"13000.00","currency":"IDR"}}"#;

/// A merchant whose clock stands still, and the tokens it has issued.
pub struct Merchant {
    pub receiver: Receiver,
    pub clock: ManualClock,
    pub store: Arc<MemoryStore>,
    pub token: AccessToken,
}

impl Merchant {
    pub async fn new() -> Self {
        Self::with(|builder| builder).await
    }

    pub async fn with(change: impl FnOnce(ReceiverBuilder) -> ReceiverBuilder) -> Self {
        let clock = ManualClock::at(NOW);
        let store = Arc::new(MemoryStore::new());
        let builder = Receiver::builder(Environment::sandbox())
            .client(id(CLIENT), Secrets::current(ClientSecret::new(SECRET)))
            .client(
                id("BRN-9999-0000000000000"),
                Secrets::current(ClientSecret::new("SK-anotherSecret0123456789")),
            )
            .doku_public_keys([doku_public_key()])
            .token_route(TOKEN_PATH)
            .route(Route::new(Service::DEBIT_NOTIFY, PATH))
            .route(Route::new(Service::VA_PAYMENT, "/doku/va"))
            .issued_tokens(store.clone())
            .replays(store.clone())
            .clock(clock.clone());
        let receiver = change(builder).build().unwrap();
        let mut merchant = Self {
            receiver,
            clock,
            store,
            token: AccessToken::new(""),
        };
        merchant.token = merchant.issue(CLIENT).await;
        merchant
    }

    /// A token that this merchant issues to a client.
    pub async fn issue(&self, client: &str) -> AccessToken {
        let request = token_request(client, NOW_TEXT).request().unwrap();
        let answer = self.receiver.issue_token(&request, None).await.unwrap();
        snap_inbound::testing::token_of(&answer).unwrap()
    }

    pub fn mail(&self) -> Mail {
        Mail::signed(&self.token)
    }

    pub async fn verify(&self, mail: &Mail) -> Result<Verified<Anything>, Reject> {
        self.receiver.verify(mail.request().unwrap()).await
    }

    /// The code of the refusal, or `accepted`. What HTTP itself cannot carry is refused before it arrives.
    pub async fn verdict(&self, mail: &Mail) -> String {
        let Some(request) = mail.request() else {
            return "cannot be sent".to_owned();
        };
        match self.receiver.verify::<Anything>(request).await {
            Ok(_) => "accepted".to_owned(),
            Err(reject) => code_of(&reject),
        }
    }

    #[track_caller]
    pub fn refused_as(&self, verdict: &str, expected: &str, attack: &str) {
        assert_eq!(verdict, expected, "{attack}");
        assert_eq!(self.receiver.counts().new, 0, "{attack}");
    }

    /// Changes a valid message and says what becomes of it.
    pub async fn after(&self, change: impl FnOnce(&mut Mail)) -> String {
        let mut mail = self.mail();
        change(&mut mail);
        self.verdict(&mail).await
    }
}

pub fn code_of(reject: &Reject) -> String {
    let response = reject.response();
    let body: serde_json::Value = serde_json::from_slice(response.body()).unwrap();
    let code = body["responseCode"].as_str().unwrap();
    assert!(code.starts_with(response.status().as_str()), "{code}");
    code.to_owned()
}

pub fn id(text: &str) -> ClientId {
    ClientId::new(text).unwrap()
}

/// A message that can be changed, with headers in order and as bytes.
#[derive(Clone, Debug)]
pub struct Mail {
    pub method: Method,
    pub target: String,
    pub version: Version,
    pub headers: Vec<(String, Vec<u8>)>,
    pub body: Vec<u8>,
    pub token: String,
    pub signed_path: String,
}

impl Mail {
    pub fn signed(token: &AccessToken) -> Self {
        let mut mail = Self {
            method: Method::POST,
            target: PATH.to_owned(),
            version: Version::HTTP_11,
            headers: Vec::new(),
            body: BODY.as_bytes().to_vec(),
            token: token.expose().to_owned(),
            signed_path: PATH.to_owned(),
        };
        mail.set("Content-Type", "application/json");
        mail.set("Authorization", format!("Bearer {}", token.expose()));
        mail.set("X-PARTNER-ID", CLIENT);
        mail.set("X-EXTERNAL-ID", "4711");
        mail.set("X-TIMESTAMP", NOW_TEXT);
        mail.sign();
        mail
    }

    pub fn set(&mut self, name: &str, value: impl AsRef<[u8]>) {
        self.remove(name);
        self.add(name, value);
    }

    pub fn add(&mut self, name: &str, value: impl AsRef<[u8]>) {
        let value = value.as_ref().to_vec();
        self.headers.push((name.to_owned(), value));
    }

    pub fn remove(&mut self, name: &str) {
        self.headers.retain(|(other, _)| other != name);
    }

    pub fn get(&self, name: &str) -> String {
        let header = self.headers.iter().find(|(other, _)| other == name);
        String::from_utf8(header.unwrap().1.clone()).unwrap()
    }

    pub fn signature(&self) -> String {
        self.get("X-SIGNATURE")
    }

    /// Signs what the message is now.
    pub fn sign(&mut self) {
        let digest = hex(&Sha256::digest(&self.body));
        self.sign_digest(&digest);
    }

    pub fn sign_digest(&mut self, digest: &str) {
        let message = self.string_to_sign(digest);
        self.set("X-SIGNATURE", hmac_sha512(SECRET, &message));
    }

    pub fn string_to_sign(&self, digest: &str) -> String {
        let timestamp = self.get("X-TIMESTAMP");
        format!(
            "POST:{}:{}:{digest}:{timestamp}",
            self.signed_path, self.token
        )
    }

    pub fn digest(&self) -> String {
        hex(&Sha256::digest(&self.body))
    }

    /// Nothing when HTTP cannot carry it.
    pub fn request(&self) -> Option<Request<Bytes>> {
        let mut request = Request::builder()
            .method(self.method.clone())
            .uri(&self.target)
            .version(self.version)
            .body(Bytes::from(self.body.clone()))
            .ok()?;
        for (name, value) in &self.headers {
            let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
            let value = HeaderValue::from_bytes(value).ok()?;
            request.headers_mut().append(name, value);
        }
        Some(request)
    }
}

/// A request for a token, signed with DOKU's test key by aws-lc-rs.
pub fn token_request(client: &str, timestamp: &str) -> Mail {
    let mut mail = Mail {
        method: Method::POST,
        target: TOKEN_PATH.to_owned(),
        version: Version::HTTP_11,
        headers: Vec::new(),
        body: br#"{"grantType":"client_credentials"}"#.to_vec(),
        token: String::new(),
        signed_path: String::new(),
    };
    mail.set("Content-Type", "application/json");
    mail.set("X-CLIENT-KEY", client);
    mail.set("X-TIMESTAMP", timestamp);
    mail.set(
        "X-SIGNATURE",
        rsa(format!("{client}|{timestamp}").as_bytes()),
    );
    mail
}

pub fn hmac_sha512(key: &str, message: &str) -> String {
    let mut mac = Hmac::<Sha512>::new_from_slice(key.as_bytes()).unwrap();
    mac.update(message.as_bytes());
    STANDARD.encode(mac.finalize().into_bytes())
}

/// RSASSA-PKCS1-v1_5 with SHA-256.
pub fn rsa(message: &[u8]) -> String {
    use aws_lc_rs::{rand::SystemRandom, signature};

    let pem = include_str!("../../../snap-sign/testdata/vectors/keys/doku.private.pem");
    let base64: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    let key = signature::RsaKeyPair::from_pkcs8(&STANDARD.decode(base64).unwrap()).unwrap();
    let mut made = vec![0; key.public_modulus_len()];
    key.sign(
        &signature::RSA_PKCS1_SHA256,
        &SystemRandom::new(),
        message,
        &mut made,
    )
    .unwrap();
    STANDARD.encode(made)
}

pub fn doku_public_key() -> PublicKey {
    let pem = include_bytes!("../../../snap-sign/testdata/vectors/keys/doku.public.pem");
    PublicKey::from_pem(pem).unwrap()
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub const MINUTE: Duration = Duration::from_secs(60);
