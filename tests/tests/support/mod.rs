//! What the tests named after anomalies share: readers, a scripted DOKU in place of the transport
//! that remembers what arrived, and a clock that stands still.

#![allow(
    dead_code,
    unreachable_pub,
    reason = "each test file uses a part of it"
)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::exhaustive_structs,
    reason = "for tests"
)]

use std::{
    marker::PhantomData,
    path::PathBuf,
    sync::{Arc, Mutex},
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use http::{HeaderMap, Request, Response as HttpResponse};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};
use snap_core::{
    AsymmetricSigner, AuthCode, B2b, Client, ClientId, ClientSecret, Clock, Config, CustomerToken,
    Environment, Error, Operation, OperationInfo, Response,
    transport::{HttpTransport, Sending, Transport, TransportFuture},
};
use snap_sandbox::Sandbox;
use snap_sign::{AsymmetricSignature, SignFuture, Timestamp};
use snap_suite::{client_for, config_for};

pub const CLIENT_ID: &str = "BRN-0240-1657686175289";
pub const SECRET: &str = "SK-example-secret-0001";
pub const TOKEN_PATH: &str = "/authorization/v1/access-token/b2b";
pub const CUSTOMER_TOKEN_PATH: &str = "/authorization/v1/access-token/b2b2c";

/// The token that a scripted DOKU issues.
pub const TOKEN: &str = "example.b2b.token";

/// The token of the customer for whom the tests call.
pub const CUSTOMER_TOKEN: &str = "example.b2b2c.token";

#[track_caller]
pub fn read<T: DeserializeOwned>(json: &str) -> T {
    serde_json::from_str(json).unwrap_or_else(|error| panic!("{error}: {json}"))
}

#[track_caller]
pub fn written(value: &impl Serialize) -> Value {
    serde_json::to_value(value).unwrap()
}

/// Puts each form in the place of `@` and compares what the member then holds.
#[track_caller]
pub fn check<T: DeserializeOwned>(
    body: &str,
    member: fn(&T) -> Option<&str>,
    forms: &[(&str, Option<&str>)],
) {
    assert!(body.contains('@') && !forms.is_empty(), "{body}");
    for (form, expected) in forms {
        let json = body.replace('@', form);
        assert_eq!(member(&read::<T>(&json)), *expected, "{json}");
    }
}

/// As [`check`]: the same digits as a number and as text.
#[track_caller]
pub fn check_number_and_text<T: DeserializeOwned>(
    body: &str,
    member: fn(&T) -> Option<&str>,
    digits: &str,
) {
    let text = format!("\"{digits}\"");
    let forms = [(digits, Some(digits)), (text.as_str(), Some(digits))];
    check(body, member, &forms);
}

/// Whether a request without the member at this pointer is no request of its type any more.
#[track_caller]
pub fn is_required<T: DeserializeOwned + Serialize>(request: &T, pointer: &str) -> bool {
    let mut body = written(request);
    let _complete: T = read(&body.to_string());
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    let parent = body.pointer_mut(parent).unwrap().as_object_mut().unwrap();
    parent.remove(name).unwrap_or_else(|| panic!("{pointer}"));
    serde_json::from_str::<T>(&body.to_string()).is_err()
}

/// A file of the repository.
pub fn file(path: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/..")).join(path)
}

/// What is generated for a product from its pages, by file: specification, contract, code and
/// README.
pub fn outputs(product: &str, package: &str) -> Vec<(PathBuf, String)> {
    let mut paths = vec![
        file(&format!("specs/{product}/effective.json")),
        file(&format!("specs/{product}/contract.txt")),
        file(&format!("crates/{package}/README.md")),
    ];
    let code = std::fs::read_dir(file(&format!("crates/{package}/src/generated"))).unwrap();
    paths.extend(code.map(|entry| entry.unwrap().path()));
    let text = |path: PathBuf| {
        let text = std::fs::read_to_string(&path).unwrap();
        (path, text)
    };
    paths.into_iter().map(text).collect()
}

/// The specification of a product, as generated.
pub fn specification(product: &str) -> Value {
    let path = file(&format!("specs/{product}/effective.json"));
    read(&std::fs::read_to_string(path).unwrap())
}

/// Stands in place of the transport: remembers every request and answers it, or passes it on to a
/// local sandbox. It checks nothing.
#[derive(Debug)]
pub struct Doku {
    sandbox: Option<HttpTransport>,
    repeats: bool,
    token_answer: Mutex<String>,
    customer_token_answer: Mutex<String>,
    answer: Mutex<(u16, String)>,
    requests: Mutex<Vec<Recorded>>,
}

#[derive(Clone, Debug)]
pub struct Recorded {
    pub path: String,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Recorded {
    #[track_caller]
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).expect(name).to_str().unwrap()
    }

    pub fn has(&self, name: &str) -> bool {
        self.headers.contains_key(name)
    }

    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

impl Doku {
    /// Answers every call with this body, and HTTP 200.
    pub fn saying(body: impl ToString) -> Arc<Self> {
        Self::saying_with(200, body)
    }

    pub fn saying_with(status: u16, body: impl ToString) -> Arc<Self> {
        Arc::new(Self::new(None, status, body.to_string()))
    }

    /// Answers every call with a success of no particular service, and repeats the references of the
    /// request, which show that the answer is meant.
    pub fn content() -> Arc<Self> {
        let mut doku = Self::new(None, 200, String::new());
        doku.repeats = true;
        Arc::new(doku)
    }

    /// Passes everything on to the sandbox.
    pub fn in_front_of(sandbox: &Sandbox) -> Arc<Self> {
        let transport = HttpTransport::new(&config_for(sandbox).unwrap()).unwrap();
        Arc::new(Self::new(Some(transport), 500, String::new()))
    }

    fn new(sandbox: Option<HttpTransport>, status: u16, body: String) -> Self {
        Self {
            sandbox,
            repeats: false,
            token_answer: Mutex::new(token_answer(TOKEN)),
            customer_token_answer: Mutex::new(customer_token_answer().to_string()),
            answer: Mutex::new((status, body)),
            requests: Mutex::default(),
        }
    }

    /// From now on calls are answered so.
    pub fn say(&self, body: impl ToString) {
        self.answer.lock().unwrap().1 = body.to_string();
    }

    /// From now on token requests are answered so.
    pub fn say_to_token_requests(&self, body: impl ToString) {
        *self.token_answer.lock().unwrap() = body.to_string();
    }

    /// From now on requests for a customer's tokens are answered so.
    pub fn say_to_customer_token_requests(&self, body: impl ToString) {
        *self.customer_token_answer.lock().unwrap() = body.to_string();
    }

    pub fn requests(&self) -> Vec<Recorded> {
        self.requests.lock().unwrap().clone()
    }

    pub fn token_requests(&self) -> Vec<Recorded> {
        self.requests_at(TOKEN_PATH)
    }

    pub fn customer_token_requests(&self) -> Vec<Recorded> {
        self.requests_at(CUSTOMER_TOKEN_PATH)
    }

    fn requests_at(&self, path: &str) -> Vec<Recorded> {
        let mut requests = self.requests();
        requests.retain(|request| request.path == path);
        requests
    }

    /// All requests but those for tokens.
    pub fn calls(&self) -> Vec<Recorded> {
        let mut requests = self.requests();
        requests.retain(|request| ![TOKEN_PATH, CUSTOMER_TOKEN_PATH].contains(&&*request.path));
        requests
    }

    /// The last call that arrived.
    #[track_caller]
    pub fn last(&self) -> Recorded {
        self.calls().pop().expect("a call arrived")
    }

    /// A client whose requests arrive here.
    pub fn client(self: &Arc<Self>) -> Client {
        self.client_with(config())
    }

    pub fn client_with(self: &Arc<Self>, config: Config) -> Client {
        Client::with_transport(config, Arc::clone(self)).unwrap()
    }

    fn answer_to(&self, path: &str, request: &[u8]) -> (u16, String) {
        match path {
            TOKEN_PATH => (200, self.token_answer.lock().unwrap().clone()),
            CUSTOMER_TOKEN_PATH => (200, self.customer_token_answer.lock().unwrap().clone()),
            _ if self.repeats => (200, content_for(request)),
            _ => self.answer.lock().unwrap().clone(),
        }
    }
}

fn content_for(request: &[u8]) -> String {
    let request: Value = serde_json::from_slice(request).unwrap_or_default();
    let mut answer = json!({"responseCode": "2000000", "responseMessage": "Successful"});
    for name in [
        "partnerReferenceNo",
        "partnerRefundNo",
        "originalPartnerReferenceNo",
    ] {
        if let Some(reference) = request.get(name) {
            answer[name] = reference.clone();
        }
    }
    answer.to_string()
}

impl Transport for Doku {
    fn send<'a>(&'a self, request: Request<Bytes>, sending: &'a Sending) -> TransportFuture<'a> {
        Box::pin(async move {
            let path = request.uri().path().to_owned();
            self.requests.lock().unwrap().push(Recorded {
                path: path.clone(),
                headers: request.headers().clone(),
                body: request.body().clone(),
            });
            if let Some(sandbox) = &self.sandbox {
                return sandbox.send(request, sending).await;
            }
            let (status, body) = self.answer_to(&path, request.body());
            let mut response = HttpResponse::new(Bytes::from(body));
            *response.status_mut() = status.try_into().unwrap();
            Ok(response)
        })
    }
}

/// The token answer of the DOKU Wallet page.
pub fn token_answer(token: &str) -> String {
    json!({
        "responseCode": "2007300",
        "responseMessage": "Successful",
        "accessToken": token,
        "tokenType": "Bearer",
        "expiresIn": "900",
        "additionalInfo": "",
    })
    .to_string()
}

/// The answer for a customer's tokens, with the times of the DOKU Wallet page.
pub fn customer_token_answer() -> Value {
    json!({
        "responseCode": "2007400",
        "responseMessage": "Successful",
        "accessToken": CUSTOMER_TOKEN,
        "tokenType": "Bearer",
        "accessTokenExpiryTime": "2022-11-15T16:01:23+07:00",
        "refreshToken": "example.refresh.token",
        "refreshTokenExpiryTime": "2022-11-30T16:01:23+07:00",
        "additionalInfo": "",
    })
}

pub fn config() -> Config {
    config_with_secret(SECRET)
}

pub fn config_with_secret(secret: &str) -> Config {
    let client_id = ClientId::new(CLIENT_ID).unwrap();
    let secret = ClientSecret::new(secret);
    Config::new(Environment::sandbox(), client_id, secret, ZeroSigner).with_channel_id("H2H")
}

/// Signs anything with zeros; a scripted DOKU verifies nothing.
#[derive(Debug)]
pub struct ZeroSigner;

impl AsymmetricSigner for ZeroSigner {
    fn sign<'a>(&'a self, _message: &'a [u8]) -> SignFuture<'a> {
        Box::pin(std::future::ready(Ok(AsymmetricSignature::from_bytes(
            &[0; 256],
        ))))
    }

    fn fingerprint(&self) -> Option<String> {
        None
    }
}

/// A clock that a test moves by hand.
#[derive(Debug)]
pub struct HandClock {
    start: SystemTime,
    passed: Mutex<Duration>,
}

impl HandClock {
    /// Shows this moment, such as `2025-07-22T13:51:04+07:00`, and a fraction of a second more.
    pub fn at(moment: &str) -> Arc<Self> {
        let seconds = Timestamp::parse(moment).unwrap().unix_seconds();
        let since = Duration::from_secs(seconds.unsigned_abs()) + Duration::from_millis(789);
        Arc::new(Self {
            start: SystemTime::UNIX_EPOCH + since,
            passed: Mutex::default(),
        })
    }

    pub fn advance(&self, by: Duration) {
        *self.passed.lock().unwrap() += by;
    }
}

impl Clock for HandClock {
    fn now(&self) -> SystemTime {
        self.start + self.monotonic()
    }

    fn monotonic(&self) -> Duration {
        *self.passed.lock().unwrap()
    }
}

/// An operation with the answer of another one and any body, for the merchant itself.
#[derive(Debug)]
pub struct AnsweredLike<O>(PhantomData<O>);

impl<O: Operation> Operation for AnsweredLike<O> {
    type Request = Value;
    type Response = O::Response;
    type Auth = B2b;
    const INFO: OperationInfo = O::INFO;
}

/// What a client makes of this answer to an operation.
pub async fn answered<O: Operation>(
    body: impl ToString,
) -> Result<Response<<O as Operation>::Response>, Error> {
    let body = body.to_string();
    let request = O::INFO
        .reference()
        .and_then(|member| repeating(member, &body));
    let client = Doku::saying(body).client();
    let request = request.unwrap_or_else(named::<O>);
    client.call::<AnsweredLike<O>>(&request).await
}

/// A request with the reference that its answer repeats, in whatever spelling.
fn repeating(member: &str, answer: &str) -> Option<Value> {
    let answer: serde_json::Map<String, Value> = serde_json::from_str(answer).ok()?;
    let mut members = answer
        .iter()
        .filter(|(name, _)| name.eq_ignore_ascii_case(member));
    let reference =
        members.find_map(|(_, value)| value.as_str().filter(|text| !text.is_empty()))?;
    Some(json!({member: reference}))
}

/// A request with nothing but the merchant's reference, if the operation has one.
pub fn named<O: Operation>() -> Value {
    match O::INFO.reference() {
        Some(member) => json!({member: "INV-1"}),
        None => json!({}),
    }
}

/// A token of a customer who has just consented, from a local sandbox.
pub async fn customer_token(sandbox: &Sandbox, customer: &str) -> CustomerToken {
    let session = client_for(sandbox).unwrap().customer(customer);
    let code = AuthCode::new(sandbox.auth_code(customer));
    session.authorize(&code).await.unwrap();
    session.token(Duration::ZERO).await.unwrap()
}

/// A response code is read as a number and as text.
pub async fn check_code_forms<O: Operation>(code: &str) {
    for form in [code.to_owned(), format!("\"{code}\"")] {
        let body = format!(r#"{{"responseCode":{form}}}"#);
        let answer = answered::<O>(body).await;
        let answer = answer.unwrap_or_else(|error| panic!("{form}: {error}"));
        assert_eq!(answer.code().as_str(), code);
    }
}

/// So many requests arrived, and an independent judge accepted every one.
#[track_caller]
pub fn assert_all_accepted(sandbox: &Sandbox, count: usize) {
    let requests = sandbox.requests();
    assert_eq!(requests.len(), count, "{requests:?}");
    for request in requests {
        assert_eq!(request.verdict, "ok", "{request:?}");
    }
}
