//! A merchant as DOKU finds one: a token endpoint and a place for notifications, which verifies what
//! arrives with `ring`, as the documents say.

use std::{
    collections::{HashMap, VecDeque},
    convert::Infallible,
    sync::{Arc, Mutex, MutexGuard},
    time::UNIX_EPOCH,
};

use aes::{
    Aes128, Block,
    cipher::{BlockCipherDecrypt as _, KeyInit as _},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use chrono::DateTime;
use http_body_util::{BodyExt as _, Full};
use hyper::{
    Request, Response,
    body::{Bytes, Incoming},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use ring::{digest, hmac, signature};
use serde_json::{Value, json};
use snap_sandbox::{Clock, Merchant, Sandbox};
use tokio::net::TcpListener;

const NOTIFY_PATH: &str = "/pay/doku/notify";
const TOKEN_PATH: &str = "/pay/doku/token";
const UNPAID_PATH: &str = "/pay/kirim/unpaid";
const REFUND_PATH: &str = "/pay/kirim/refund";

/// A merchant on loopback; it ends with the runtime of the test.
pub(crate) struct MerchantServer {
    base_url: String,
    books: Arc<Mutex<Books>>,
}

struct Books {
    merchant: Merchant,
    doku_key: Vec<u8>,
    clock: Clock,
    /// How old a timestamp may be, in seconds.
    window: i64,
    /// Tokens that are honoured.
    issued: Vec<String>,
    token_requests: Vec<&'static str>,
    notified: Vec<Notified>,
    /// What the next notifications are answered with, whatever is thought of them.
    replies: VecDeque<Say>,
    token_replies: VecDeque<Say>,
}

/// A notification that arrived.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Notified {
    /// `ok`, or what was wrong with it first.
    pub(crate) verdict: &'static str,
    pub(crate) headers: HashMap<String, String>,
    pub(crate) raw: String,
}

/// An answer that is not the merchant's own.
#[derive(Clone, Debug)]
pub(crate) enum Say {
    Http(u16, String),
    /// None, ever.
    Nothing,
}

impl Notified {
    pub(crate) fn body(&self) -> Value {
        serde_json::from_str(&self.raw).expect("JSON")
    }

    pub(crate) fn status(&self) -> String {
        let status = &self.body()["latestTransactionStatus"];
        status.as_str().expect("a status").to_owned()
    }

    #[track_caller]
    pub(crate) fn header(&self, name: &str) -> &str {
        &self.headers[name]
    }
}

impl MerchantServer {
    /// Starts, knows the sandbox's credentials, and is known to it.
    pub(crate) async fn of(sandbox: &Sandbox) -> Self {
        let server = Self::start(sandbox).await;
        let [notification, token] = server.addresses();
        sandbox.notify(&notification, &token).expect("plain HTTP");
        server
    }

    pub(crate) async fn start(sandbox: &Sandbox) -> Self {
        let books = Arc::new(Mutex::new(Books {
            merchant: sandbox.merchant().clone(),
            doku_key: public_key(sandbox.doku_public_key_pem()),
            clock: sandbox.clock().clone(),
            window: 13 * 3600,
            issued: Vec::new(),
            token_requests: Vec::new(),
            notified: Vec::new(),
            replies: VecDeque::new(),
            token_replies: VecDeque::new(),
        }));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("listens");
        let base_url = format!("http://{}", listener.local_addr().expect("address"));
        tokio::spawn(serve(listener, Arc::clone(&books)));
        Self { base_url, books }
    }

    /// Of notifications, and of the token endpoint.
    pub(crate) fn addresses(&self) -> [String; 2] {
        [NOTIFY_PATH, TOKEN_PATH].map(|path| format!("{}{path}", self.base_url))
    }

    /// Of notices of Kirim DOKU: of those that were unpaid, and of those that came back.
    pub(crate) fn kirimdoku_addresses(&self) -> [String; 2] {
        [UNPAID_PATH, REFUND_PATH].map(|path| format!("{}{path}", self.base_url))
    }

    /// Everything that arrived.
    pub(crate) fn notified(&self) -> Vec<Notified> {
        self.books().notified.clone()
    }

    pub(crate) fn verdicts(&self) -> Vec<&'static str> {
        let notified = self.notified();
        notified.iter().map(|notified| notified.verdict).collect()
    }

    pub(crate) fn statuses(&self) -> Vec<String> {
        self.notified().iter().map(Notified::status).collect()
    }

    /// What was thought of each token request.
    pub(crate) fn token_requests(&self) -> Vec<&'static str> {
        self.books().token_requests.clone()
    }

    pub(crate) fn issued(&self) -> Vec<String> {
        self.books().issued.clone()
    }

    /// Answers the next notification so.
    pub(crate) fn reply(&self, say: Say) {
        self.books().replies.push_back(say);
    }

    /// Answers the next notifications with errors.
    pub(crate) fn fail(&self, times: usize) {
        for _ in 0..times {
            self.reply(Say::Http(503, "{}".to_owned()));
        }
    }

    /// Answers the next token request so.
    pub(crate) fn reply_to_token(&self, say: Say) {
        self.books().token_replies.push_back(say);
    }

    /// Takes timestamps up to that many seconds old.
    pub(crate) fn set_window(&self, seconds: i64) {
        self.books().window = seconds;
    }

    /// Honours none of the tokens it issued.
    pub(crate) fn forget_tokens(&self) {
        self.books().issued.clear();
    }

    fn books(&self) -> MutexGuard<'_, Books> {
        self.books.lock().expect("a lock")
    }
}

async fn serve(listener: TcpListener, books: Arc<Mutex<Books>>) {
    loop {
        let (stream, _) = listener.accept().await.expect("accepts");
        let books = Arc::clone(&books);
        let handler = service_fn(move |request| handle(request, Arc::clone(&books)));
        let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), handler);
        tokio::spawn(connection);
    }
}

async fn handle(
    request: Request<Incoming>,
    books: Arc<Mutex<Books>>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.expect("a whole body").to_bytes();
    let headers = head.headers.iter();
    let headers = headers.map(|(name, value)| {
        let value = value.to_str().expect("text").to_owned();
        (name.as_str().to_owned(), value)
    });
    let headers: HashMap<String, String> = headers.collect();
    let raw = String::from_utf8(body.to_vec()).expect("UTF-8");
    let say = {
        let mut books = books.lock().expect("a lock");
        match (head.method.as_str(), head.uri.path()) {
            ("POST", TOKEN_PATH) => books.issue(&headers, &raw),
            ("POST", NOTIFY_PATH) => books.take(headers, raw),
            ("POST", UNPAID_PATH | REFUND_PATH) => books.take_notice(headers, raw),
            _ => Say::Http(404, "{}".to_owned()),
        }
    };
    match say {
        Say::Http(status, body) => {
            let mut response = Response::new(Full::new(Bytes::from(body)));
            *response.status_mut() = status.try_into().expect("a status");
            Ok(response)
        }
        Say::Nothing => std::future::pending().await,
    }
}

impl Books {
    fn issue(&mut self, headers: &HashMap<String, String>, raw: &str) -> Say {
        let verdict = self.judge_token_request(headers, raw);
        self.token_requests.push(verdict);
        if let Some(say) = self.token_replies.pop_front() {
            return say;
        }
        if verdict != "ok" {
            let refusal = json!({
                "responseCode": "4017300",
                "responseMessage": "Unauthorized. Invalid Signature",
            });
            return Say::Http(401, refusal.to_string());
        }
        let token = format!("token-of-the-merchant-{}", self.token_requests.len());
        self.issued.push(token.clone());
        let granted = json!({
            "responseCode": "2007300",
            "responseMessage": "Successful",
            "accessToken": token,
            "tokenType": "Bearer",
            "expiresIn": 900,
            "additionalInfo": "",
        });
        Say::Http(200, granted.to_string())
    }

    fn judge_token_request(&self, headers: &HashMap<String, String>, raw: &str) -> &'static str {
        let header = |name: &str| headers.get(name).map_or("", String::as_str);
        let text = format!("{}|{}", header("x-client-key"), header("x-timestamp"));
        let signature = STANDARD.decode(header("x-signature")).unwrap_or_default();
        let key = signature::UnparsedPublicKey::new(
            &signature::RSA_PKCS1_2048_8192_SHA256,
            &self.doku_key,
        );
        let checks = [
            ("client", header("x-client-key") == self.merchant.client_id),
            ("content type", header("content-type") == "application/json"),
            ("timestamp", self.is_timely(header("x-timestamp"), 300)),
            ("signature", key.verify(text.as_bytes(), &signature).is_ok()),
            ("body", raw == r#"{"grantType":"client_credentials"}"#),
        ];
        first_wrong(&checks)
    }

    fn take(&mut self, headers: HashMap<String, String>, raw: String) -> Say {
        let verdict = self.judge_notification(&headers, &raw);
        self.notified.push(Notified {
            verdict,
            headers,
            raw,
        });
        if let Some(say) = self.replies.pop_front() {
            return say;
        }
        let (status, code, message) = match verdict {
            "ok" => (200, "2005600", "Request has been processed successfully"),
            "token" => (401, "4015601", "Invalid Token (B2B)"),
            "signature" => (401, "4015600", "Unauthorized. Invalid Signature"),
            _ => (400, "4005600", "Bad Request"),
        };
        let body = json!({"responseCode": code, "responseMessage": message});
        Say::Http(status, body.to_string())
    }

    fn judge_notification(&self, headers: &HashMap<String, String>, raw: &str) -> &'static str {
        let header = |name: &str| headers.get(name).map_or("", String::as_str);
        let token = header("authorization")
            .strip_prefix("Bearer ")
            .unwrap_or_default();
        let hash = digest::digest(&digest::SHA256, raw.as_bytes());
        let hex = hash.as_ref().iter().map(|byte| format!("{byte:02x}"));
        let text = [
            "POST",
            NOTIFY_PATH,
            token,
            &hex.collect::<String>(),
            header("x-timestamp"),
        ];
        let key = hmac::Key::new(hmac::HMAC_SHA512, self.merchant.client_secret.as_bytes());
        let signature = STANDARD.decode(header("x-signature")).unwrap_or_default();
        let is_signed = hmac::verify(&key, text.join(":").as_bytes(), &signature).is_ok();
        let external_id = header("x-external-id");
        let is_external_id = (1..=36).contains(&external_id.len())
            && external_id.bytes().all(|byte| byte.is_ascii_digit());
        let checks = [
            ("content type", header("content-type") == "application/json"),
            ("token", self.issued.iter().any(|issued| issued == token)),
            ("client", header("x-partner-id") == self.merchant.client_id),
            ("signature", is_signed),
            (
                "timestamp",
                self.is_timely(header("x-timestamp"), self.window),
            ),
            ("external id", is_external_id),
            ("device", !header("x-device-id").is_empty()),
        ];
        first_wrong(&checks)
    }

    fn take_notice(&mut self, headers: HashMap<String, String>, raw: String) -> Say {
        let body: Value = serde_json::from_str(&raw).expect("JSON");
        let verdict = self.judge_notice(&headers);
        self.notified.push(Notified {
            verdict,
            headers,
            raw,
        });
        if let Some(say) = self.replies.pop_front() {
            return say;
        }
        let (status, code) = match verdict {
            "ok" => (true, "00"),
            _ => (false, "02"),
        };
        let answer = json!({
            "status": status,
            "transactionId": body["transactionId"],
            "responseCode": code,
            "responseMessage": "Successfully processed",
        });
        Say::Http(if status { 200 } else { 401 }, answer.to_string())
    }

    /// What the signature hides has to be agent key and request id.
    fn judge_notice(&self, headers: &HashMap<String, String>) -> &'static str {
        let header = |name: &str| headers.get(name).map_or("", String::as_str);
        let key = self.merchant.encryption_key.as_bytes();
        let cipher = Aes128::new_from_slice(key).expect("16 bytes");
        let mut text = STANDARD.decode(header("signature")).unwrap_or_default();
        for bytes in text.chunks_exact_mut(16) {
            let mut block = Block::default();
            block.copy_from_slice(bytes);
            cipher.decrypt_block(&mut block);
            bytes.copy_from_slice(&block);
        }
        let padding = usize::from(text.last().copied().unwrap_or_default());
        text.truncate(text.len().saturating_sub(padding));
        let expected = format!("{}{}", header("agentkey"), header("requestid"));
        let checks = [
            ("content type", header("content-type") == "application/json"),
            ("agent key", header("agentkey") == self.merchant.agent_key),
            ("signature", text == expected.as_bytes()),
        ];
        first_wrong(&checks)
    }

    /// Jakarta's offset, no fraction, at most so many seconds old, and not of the future.
    fn is_timely(&self, text: &str, window: i64) -> bool {
        let now = self.clock.now().duration_since(UNIX_EPOCH);
        let now = now.expect("after 1970").as_secs().cast_signed();
        let then = DateTime::parse_from_rfc3339(text);
        let age = then.map(|then| now - then.timestamp());
        text.len() == 25
            && text.ends_with("+07:00")
            && age.is_ok_and(|age| (0..=window).contains(&age))
    }
}

fn first_wrong(checks: &[(&'static str, bool)]) -> &'static str {
    let wrong = checks.iter().find(|(_, is_right)| !is_right);
    wrong.map_or("ok", |(name, _)| name)
}

/// The `RSAPublicKey` inside a SubjectPublicKeyInfo PEM of a 2048-bit key (RFC 5280): what follows the
/// 24 bytes that name algorithm and lengths.
fn public_key(pem: &str) -> Vec<u8> {
    let lines = pem.lines().filter(|line| !line.starts_with('-'));
    let info = STANDARD.decode(lines.collect::<String>()).expect("PEM");
    info[24..].to_vec()
}
