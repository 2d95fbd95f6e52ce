//! A client of the sandbox that signs with `ring`, and can be told to sign wrongly.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use cbc::cipher::{BlockModeEncrypt, KeyIvInit, block_padding::Pkcs7};
use chrono::{DateTime, FixedOffset, Utc};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use ring::{digest, hmac, rand::SystemRandom, signature};
use serde_json::{Value, json};
use snap_sandbox::{Clock, Merchant, Sandbox, SandboxBuilder};

pub(crate) const TOKEN_PATH: &str = "/authorization/v1/access-token/b2b";
pub(crate) const CUSTOMER_TOKEN_PATH: &str = "/authorization/v1/access-token/b2b2c";
pub(crate) const BALANCE_PATH: &str = "/snap/v1.1/balance-inquiry";

/// A sandbox whose time stands still on 2026-11-20 at 17:30 in Jakarta, and to which all channels are
/// alike: their rules have tests of their own.
pub(crate) fn frozen() -> SandboxBuilder {
    let clock = Clock::fixed(moment("2026-11-20T10:30:00Z"));
    Sandbox::builder().clock(clock).channel_rules(false)
}

pub(crate) fn moment(text: &str) -> SystemTime {
    let time: DateTime<Utc> = text.parse().expect("time");
    UNIX_EPOCH + Duration::from_secs(time.timestamp().unsigned_abs())
}

/// What a request says before it is signed.
pub(crate) struct Draft {
    pub(crate) method: &'static str,
    pub(crate) path: String,
    pub(crate) token: String,
    pub(crate) timestamp: String,
    pub(crate) external_id: String,
    pub(crate) body: String,
}

/// A request that can still be tampered with.
#[derive(Clone)]
pub(crate) struct Call {
    pub(crate) method: reqwest::Method,
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

/// An answer, read.
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) verdict: String,
    pub(crate) number: u64,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

impl Reply {
    /// The response code as text, whatever its JSON type.
    pub(crate) fn code(&self) -> String {
        match &self.body["responseCode"] {
            Value::String(code) => code.clone(),
            other => other.to_string(),
        }
    }

    #[track_caller]
    pub(crate) fn text(&self, name: &str) -> String {
        self.body[name].as_str().expect(name).to_owned()
    }

    #[track_caller]
    pub(crate) fn assert(&self, verdict: &str, code: &str) {
        assert_eq!(
            (self.verdict.as_str(), self.code().as_str()),
            (verdict, code),
            "{}",
            self.body
        );
        assert_eq!(self.status.to_string(), code[..3], "HTTP status");
    }
}

impl Call {
    pub(crate) fn set(&mut self, name: &'static str, value: &str) {
        let value = HeaderValue::from_str(value).expect("header value");
        self.headers.insert(HeaderName::from_static(name), value);
    }

    pub(crate) fn append(&mut self, name: &'static str, value: &str) {
        let value = HeaderValue::from_str(value).expect("header value");
        self.headers.append(HeaderName::from_static(name), value);
    }

    pub(crate) fn value(&self, name: &str) -> String {
        self.headers[name].to_str().expect("text").to_owned()
    }
}

/// The sandbox's time as `X-TIMESTAMP`, `seconds` later.
pub(crate) fn timestamp(sandbox: &Sandbox, seconds: i64) -> String {
    let now = sandbox
        .clock()
        .now()
        .duration_since(UNIX_EPOCH)
        .expect("after 1970")
        .as_secs();
    let now = DateTime::from_timestamp(now.cast_signed(), 0).expect("time");
    let wib = FixedOffset::east_opt(7 * 3600).expect("offset");
    let then = now.with_timezone(&wib) + chrono::TimeDelta::seconds(seconds);
    then.format("%Y-%m-%dT%H:%M:%S%:z").to_string()
}

pub(crate) fn rsa(merchant: &Merchant, text: &str) -> String {
    let pem = merchant.private_key_pem.lines();
    let base64: String = pem.filter(|line| !line.starts_with('-')).collect();
    let der = STANDARD.decode(base64).expect("PEM");
    let key = signature::RsaKeyPair::from_pkcs8(&der).expect("PKCS#8");
    let mut signed = vec![0; key.public().modulus_len()];
    key.sign(
        &signature::RSA_PKCS1_SHA256,
        &SystemRandom::new(),
        text.as_bytes(),
        &mut signed,
    )
    .expect("signs");
    STANDARD.encode(signed)
}

/// The token request as it should be, made at `timestamp`.
pub(crate) fn token_call(merchant: &Merchant, timestamp: &str) -> Call {
    let body = json!({"grantType": "client_credentials"});
    grant_call(merchant, timestamp, TOKEN_PATH, &body)
}

/// The request for a customer token by an auth code.
pub(crate) fn code_call(sandbox: &Sandbox, code: &str) -> Call {
    let body = json!({"grantType": "authorization_code", "authCode": code});
    customer_call(sandbox, &body)
}

/// The request for a customer token by a refresh token.
pub(crate) fn refresh_call(sandbox: &Sandbox, token: &str) -> Call {
    let body = json!({"grantType": "refresh_token", "refreshToken": token});
    customer_call(sandbox, &body)
}

pub(crate) fn customer_call(sandbox: &Sandbox, body: &Value) -> Call {
    let timestamp = timestamp(sandbox, 0);
    grant_call(sandbox.merchant(), &timestamp, CUSTOMER_TOKEN_PATH, body)
}

fn grant_call(merchant: &Merchant, timestamp: &str, path: &str, body: &Value) -> Call {
    let mut call = Call {
        method: reqwest::Method::POST,
        path: path.to_owned(),
        headers: HeaderMap::new(),
        body: body.to_string().into_bytes(),
    };
    call.set("content-type", "application/json");
    call.set("x-client-key", &merchant.client_id);
    call.set("x-timestamp", timestamp);
    let text = format!("{}|{timestamp}", merchant.client_id);
    call.set("x-signature", &rsa(merchant, &text));
    call
}

/// Card data as DOKU's pages and libraries have it encrypted, with an IV that is not random.
pub(crate) fn card_data(client_secret: &str, card: &str) -> String {
    let key: String = client_secret
        .chars()
        .chain("-".repeat(16).chars())
        .take(16)
        .collect();
    let iv = *b"0123456789abcdef";
    let cipher = cbc::Encryptor::<aes::Aes128>::new_from_slices(key.as_bytes(), &iv)
        .expect("lengths")
        .encrypt_padded_vec::<Pkcs7>(card.as_bytes());
    format!("{}|{}", STANDARD.encode(cipher), STANDARD.encode(iv))
}

/// A token from the sandbox.
pub(crate) async fn token(sandbox: &Sandbox) -> String {
    let call = token_call(sandbox.merchant(), &timestamp(sandbox, 0));
    let reply = send(sandbox, call).await;
    reply.assert("ok", "2007300");
    reply.text("accessToken")
}

/// Access and refresh token of a customer who has just consented.
pub(crate) async fn customer_tokens(sandbox: &Sandbox, customer: &str) -> (String, String) {
    let code = sandbox.auth_code(customer);
    let reply = send(sandbox, code_call(sandbox, &code)).await;
    reply.assert("ok", "2007400");
    (reply.text("accessToken"), reply.text("refreshToken"))
}

/// The balance inquiry as it should be, before it is signed.
pub(crate) fn draft(sandbox: &Sandbox, token: &str, external_id: &str) -> Draft {
    let agent_key = &sandbox.merchant().agent_key;
    Draft {
        method: "POST",
        path: BALANCE_PATH.to_owned(),
        token: token.to_owned(),
        timestamp: timestamp(sandbox, 0),
        external_id: external_id.to_owned(),
        body: format!("{{\"partnerReferenceNo\":\"ref-1\",\"accountNo\":\"{agent_key}\"}}"),
    }
}

impl Draft {
    /// Signs over the digest of `signed_body`, which may differ from the body sent.
    pub(crate) fn sign_over(self, merchant: &Merchant, signed_body: &str) -> Call {
        let digest = digest::digest(&digest::SHA256, signed_body.as_bytes());
        let digest: String = digest
            .as_ref()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        let text = [
            self.method,
            &self.path,
            &self.token,
            &digest,
            &self.timestamp,
        ]
        .join(":");
        let key = hmac::Key::new(hmac::HMAC_SHA512, merchant.client_secret.as_bytes());
        let signature = STANDARD.encode(hmac::sign(&key, text.as_bytes()));
        let mut call = Call {
            method: self.method.parse().expect("method"),
            path: self.path,
            headers: HeaderMap::new(),
            body: self.body.into_bytes(),
        };
        call.set("content-type", "application/json");
        call.set("authorization", &format!("Bearer {}", self.token));
        call.set("x-partner-id", &merchant.client_id);
        call.set("x-external-id", &self.external_id);
        call.set("x-timestamp", &self.timestamp);
        call.set("x-signature", &signature);
        call.set("channel-id", "H2H");
        call
    }

    pub(crate) fn sign(self, merchant: &Merchant) -> Call {
        let body = self.body.clone();
        self.sign_over(merchant, &body)
    }
}

pub(crate) async fn send(sandbox: &Sandbox, call: Call) -> Reply {
    send_to(sandbox.base_url(), call).await
}

pub(crate) async fn send_to(base_url: &str, call: Call) -> Reply {
    send_by(&client(), base_url, call).await
}

/// A client that keeps its connections, for many requests in one test.
pub(crate) fn client() -> reqwest::Client {
    let builder = reqwest::Client::builder().no_proxy();
    builder.build().expect("client")
}

pub(crate) async fn send_by(client: &reqwest::Client, base_url: &str, call: Call) -> Reply {
    let request = client.request(call.method, format!("{base_url}{}", call.path));
    let answer = request
        .headers(call.headers)
        .body(call.body)
        .send()
        .await
        .expect("an answer");
    let headers = answer.headers().clone();
    let text = |name: &str| headers[name].to_str().expect("text").to_owned();
    Reply {
        status: answer.status().as_u16(),
        verdict: text("x-sandbox-verdict"),
        number: text("x-sandbox-request").parse().expect("number"),
        body: serde_json::from_slice(&answer.bytes().await.expect("body")).expect("JSON"),
        headers,
    }
}

/// Expected verdict and code, a change before the signature, and one after it.
pub(crate) type Case = (
    &'static str,
    &'static str,
    fn(&Sandbox, &mut Draft),
    fn(&mut Call),
);

/// Sends one inquiry per case: changed before it is signed, after it, or both.
pub(crate) async fn check_all(cases: &[Case]) {
    let sandbox = frozen().start().await.expect("starts");
    let token = token(&sandbox).await;
    for (index, (verdict, code, before, after)) in cases.iter().enumerate() {
        let mut draft = draft(&sandbox, &token, &format!("{index}"));
        before(&sandbox, &mut draft);
        let mut call = draft.sign(sandbox.merchant());
        after(&mut call);

        send(&sandbox, call).await.assert(verdict, code);
    }
}

pub(crate) fn as_it_is(_: &Sandbox, _: &mut Draft) {}

pub(crate) fn untouched(_: &mut Call) {}
