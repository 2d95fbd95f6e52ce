//! A scripted DOKU in place of the transport, so that time can be virtual. It checks nothing: the
//! local sandbox does that, in the suite.

#![allow(
    dead_code,
    unreachable_pub,
    reason = "each test file uses a part of it"
)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::exhaustive_structs,
    clippy::exhaustive_enums,
    clippy::panic,
    reason = "for tests"
)]

pub mod customers;
pub mod journal;
pub mod money;
pub mod store;
pub mod time;

use std::{
    collections::{HashMap, HashSet, VecDeque},
    sync::{Arc, Mutex},
    time::Duration,
};

use bytes::Bytes;
use http::{HeaderMap, Request, Response};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use snap_core::{
    AsymmetricSigner, B2b, B2b2c, Client, ClientId, ClientSecret, Config, EitherToken, Environment,
    Method, Operation, OperationInfo, OperationKind,
    token::{Slot, StoreOutage, TokenStore},
    transport::{Sending, Transport, TransportError, TransportFuture},
};
use snap_sign::{AsymmetricSignature, SignFuture, Timestamp, TimestampForm};

pub const TOKEN_PATH: &str = "/authorization/v1/access-token/b2b";
pub const CUSTOMER_TOKEN_PATH: &str = "/authorization/v1/access-token/b2b2c";

use journal::Diary;
use time::DokusClock;

/// What the script says to one request.
pub type Said = Result<(u16, String), TransportError>;

/// Answers token requests with `TOKEN-1`, `TOKEN-2` and so on, and the code `CODE-anna` with
/// `CUSTOMER-anna-1` and `REFRESH-anna-1`, unless told otherwise.
#[derive(Default)]
pub struct Doku {
    pub token_delay: Duration,
    state: Mutex<State>,
}

/// What it received is not the client's to redact.
impl std::fmt::Debug for Doku {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Doku")
    }
}

#[derive(Debug, Default)]
struct State {
    requests: Vec<Recorded>,
    tokens: u32,
    /// Transactions with a token of this number or a lower one are refused.
    dead_up_to: u32,
    token_script: VecDeque<Said>,
    call_script: VecDeque<(Said, HeaderMap)>,
    /// What is said once the script has run out, instead of a success.
    otherwise: Option<(u16, String)>,
    late_answers: VecDeque<Duration>,
    customer_script: VecDeque<Said>,
    /// How many tokens a customer got.
    customers: HashMap<String, u32>,
    dead: HashSet<String>,
    /// Heads of answers arrive at once, and their bodies with the delay.
    heads_first: bool,
    diary: Diary,
    clock: Option<DokusClock>,
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
}

impl Doku {
    pub fn new() -> Arc<Self> {
        Arc::default()
    }

    pub fn slow(token_delay: Duration) -> Arc<Self> {
        Arc::new(Self {
            token_delay,
            ..Self::default()
        })
    }

    /// Says this to the next token request, before anything scripted earlier has run out.
    pub fn say_to_token_request(&self, said: Said) {
        self.state.lock().unwrap().token_script.push_back(said);
    }

    pub fn say_to_call(&self, said: Said) {
        self.say_with(said, &[]);
    }

    /// The same with headers.
    pub fn say_with(&self, said: Said, headers: &[(&'static str, &str)]) {
        let headers = headers.iter().map(|(name, value)| {
            let name = http::HeaderName::from_static(name);
            (name, value.parse().unwrap())
        });
        let said = (said, headers.collect());
        self.state.lock().unwrap().call_script.push_back(said);
    }

    /// Says this to every call, once the script has run out.
    pub fn always_say(&self, status: u16, body: impl Into<String>) {
        self.state.lock().unwrap().otherwise = Some((status, body.into()));
    }

    /// From now on the head of an answer arrives at once, and only its body takes a while.
    pub fn send_heads_first(&self) {
        self.state.lock().unwrap().heads_first = true;
    }

    /// Writes every call into a diary, when it arrives.
    pub fn keep_diary(&self, diary: &Diary) {
        self.state.lock().unwrap().diary = diary.clone();
    }

    /// Has a clock from now on: refuses requests by it, and puts it into its answers.
    pub fn keep_time(&self, clock: DokusClock) {
        self.state.lock().unwrap().clock = Some(clock);
    }

    /// The answer to the next request takes this long; it is decided on at once.
    pub fn answer_late(&self, delay: Duration) {
        self.state.lock().unwrap().late_answers.push_back(delay);
    }

    /// All tokens issued so far are refused from now on.
    pub fn kill_tokens(&self) {
        let mut state = self.state.lock().unwrap();
        state.dead_up_to = state.tokens;
    }

    /// Says this to the next request for a customer's tokens.
    pub fn say_to_grant(&self, said: Said) {
        self.state.lock().unwrap().customer_script.push_back(said);
    }

    /// This access or refresh token of a customer, or this code, is refused from now on.
    pub fn kill(&self, secret: &str) {
        self.state.lock().unwrap().dead.insert(secret.to_owned());
    }

    /// The bodies of the requests for customers' tokens.
    pub fn grants(&self) -> Vec<Value> {
        self.grant_requests()
            .iter()
            .map(|request| serde_json::from_slice(&request.body).unwrap())
            .collect()
    }

    pub fn grant_requests(&self) -> Vec<Recorded> {
        let mut requests = self.requests();
        requests.retain(|request| request.path == CUSTOMER_TOKEN_PATH);
        requests
    }

    pub fn kill_every_token(&self) {
        self.state.lock().unwrap().dead_up_to = u32::MAX;
    }

    pub fn token_requests(&self) -> usize {
        self.requests()
            .iter()
            .filter(|request| request.path == TOKEN_PATH)
            .count()
    }

    pub fn calls(&self) -> Vec<Recorded> {
        let mut requests = self.requests();
        requests.retain(|request| !is_token_request(&request.path));
        requests
    }

    /// The external ids of the calls so far.
    pub fn external_ids(&self) -> Vec<String> {
        let calls = self.calls();
        let id = |call: &Recorded| call.header("x-external-id").to_owned();
        calls.iter().map(id).collect()
    }

    pub fn requests(&self) -> Vec<Recorded> {
        self.state.lock().unwrap().requests.clone()
    }

    fn answer(&self, request: &Request<Bytes>) -> (Said, HeaderMap) {
        let mut state = self.state.lock().unwrap();
        let time = state.clock.as_ref().map(|clock| clock.judge(request));
        let (refused, dated) = time.unwrap_or_default();
        let (said, mut headers) = match refused {
            None => Self::say(&mut state, request),
            Some(refused) => {
                state.record(request);
                (Ok((401, refused)), HeaderMap::new())
            }
        };
        headers.extend(dated);
        (said, headers)
    }

    fn say(state: &mut State, request: &Request<Bytes>) -> (Said, HeaderMap) {
        state.record(request);
        let plain = |said| (said, HeaderMap::new());
        if request.uri().path() == TOKEN_PATH {
            let said = state.token_script.pop_front();
            return plain(said.unwrap_or_else(|| {
                state.tokens += 1;
                Ok((200, token_answer(&format!("TOKEN-{}", state.tokens), "900")))
            }));
        }
        if request.uri().path() == CUSTOMER_TOKEN_PATH {
            let said = state.customer_script.pop_front();
            return plain(said.unwrap_or_else(|| grant(state, request)));
        }
        let token = request.headers()["authorization"].to_str().unwrap();
        // A token of another form was scripted.
        let number = token.trim_start_matches("Bearer TOKEN-").parse();
        if number.is_ok_and(|number: u32| number <= state.dead_up_to) {
            let code = format!("401{}01", money::service_at(request.uri().path()));
            return plain(Ok((401, refusal(&code, "Invalid Token (B2B)"))));
        }
        if let Some(token) = request.headers().get("authorization-customer") {
            let token = token.to_str().unwrap().trim_start_matches("Bearer ");
            if state.dead.contains(token) {
                let code = format!("401{}02", money::service_at(request.uri().path()));
                return plain(Ok((401, refusal(&code, "Invalid Customer Token"))));
            }
        }
        let said = state.call_script.pop_front();
        said.unwrap_or_else(|| {
            let otherwise = state.otherwise.clone();
            let good = || (200, money::success_at(request.uri().path()));
            plain(Ok(otherwise.unwrap_or_else(good)))
        })
    }
}

impl State {
    fn record(&mut self, request: &Request<Bytes>) {
        let path = request.uri().path().to_owned();
        if !is_token_request(&path) {
            self.diary.note("sent");
        }
        self.requests.push(Recorded {
            path,
            headers: request.headers().clone(),
            body: request.body().clone(),
        });
    }
}

impl Transport for Doku {
    fn send<'a>(&'a self, request: Request<Bytes>, sending: &'a Sending) -> TransportFuture<'a> {
        Box::pin(async move {
            if is_token_request(request.uri().path()) {
                tokio::time::sleep(self.token_delay).await;
            }
            let (said, headers) = self.answer(&request);
            // The answer takes a while, so that callers who start together are refused together.
            let (late, heads_first) = {
                let mut state = self.state.lock().unwrap();
                (state.late_answers.pop_front(), state.heads_first)
            };
            if let (true, Ok((status, _))) = (heads_first, &said) {
                sending.answer_began(*status);
            }
            tokio::time::sleep(late.unwrap_or(Duration::from_millis(5))).await;
            let (status, body) = said?;
            let mut response = Response::new(Bytes::from(body));
            *response.status_mut() = status.try_into().unwrap();
            *response.headers_mut() = headers;
            Ok(response)
        })
    }
}

fn is_token_request(path: &str) -> bool {
    matches!(path, TOKEN_PATH | CUSTOMER_TOKEN_PATH)
}

fn grant(state: &mut State, request: &Request<Bytes>) -> Said {
    let body: Value = serde_json::from_slice(request.body()).unwrap();
    let secret = body["authCode"].as_str().or(body["refreshToken"].as_str());
    let secret = secret.unwrap();
    if state.dead.contains(secret) {
        return Ok((400, refusal("4007400", "Bad Request")));
    }
    let name = secret.split('-').nth(1).unwrap().to_owned();
    let number = state.customers.entry(name.clone()).or_default();
    *number += 1;
    let timestamp = request.headers()["x-timestamp"].to_str().unwrap();
    let now = Timestamp::parse(timestamp).unwrap().unix_seconds();
    Ok((200, customer_answer(&name, *number, now)))
}

/// An access token for 900 s and a refresh token for 15 days from `now`.
pub fn customer_answer(name: &str, number: u32, now: i64) -> String {
    let end = |life| {
        let end = Timestamp::from_unix(now + life, TimestampForm::Jakarta);
        end.unwrap().as_str().to_owned()
    };
    json!({
        "responseCode": "2007400",
        "responseMessage": "Successful",
        "accessToken": format!("CUSTOMER-{name}-{number}"),
        "tokenType": "Bearer",
        "accessTokenExpiryTime": end(900),
        "refreshToken": format!("REFRESH-{name}-{number}"),
        "refreshTokenExpiryTime": end(15 * 24 * 60 * 60),
        "additionalInfo": "",
    })
    .to_string()
}

/// A transport that never answers.
#[derive(Debug)]
pub struct Silence;

impl Transport for Silence {
    fn send<'a>(&'a self, request: Request<Bytes>, _: &'a Sending) -> TransportFuture<'a> {
        Box::pin(async move {
            if request.uri().path() != TOKEN_PATH {
                std::future::pending::<()>().await;
            }
            Ok(Response::new(Bytes::from(token_answer("TOKEN-1", "900"))))
        })
    }
}

pub fn token_answer(token: &str, expires_in: &str) -> String {
    json!({
        "responseCode": "2007300",
        "responseMessage": "Successful",
        "accessToken": token,
        "tokenType": "Bearer",
        "expiresIn": expires_in,
        "additionalInfo": "",
    })
    .to_string()
}

pub fn refusal(code: &str, message: &str) -> String {
    json!({"responseCode": code, "responseMessage": message}).to_string()
}

/// Signs anything with zeros; nobody verifies it here.
#[derive(Debug)]
pub struct ZeroSigner;

impl AsymmetricSigner for ZeroSigner {
    fn sign<'a>(&'a self, _message: &'a [u8]) -> SignFuture<'a> {
        Box::pin(std::future::ready(Ok(AsymmetricSignature::from_bytes(
            &[0; 256],
        ))))
    }

    fn fingerprint(&self) -> Option<String> {
        Some("0badc0de".to_owned())
    }
}

pub const CLIENT_ID: &str = "BRN-0240-1657686175289";
pub const SECRET: &str = "SK-canary-secret";

pub fn config() -> Config {
    without_channel_id().with_channel_id("H2H")
}

pub fn without_channel_id() -> Config {
    let client_id = ClientId::new(CLIENT_ID).unwrap();
    Config::new(
        Environment::sandbox(),
        client_id,
        ClientSecret::new(SECRET),
        ZeroSigner,
    )
}

/// A client that keeps its tokens in a store.
/// A process on a shared store that asks for tokens of its own while the store fails.
pub fn sharing(doku: &Arc<Doku>, store: &Arc<impl TokenStore + 'static>) -> Client {
    let config = config()
        .with_token_store(Arc::clone(store))
        .with_store_outage(StoreOutage::FetchAlone);
    Client::with_transport(config, Arc::clone(doku)).unwrap()
}

/// A process on a shared store as it is configured by default.
pub fn relying(doku: &Arc<Doku>, store: &Arc<impl TokenStore + 'static>) -> Client {
    let config = config().with_token_store(Arc::clone(store));
    Client::with_transport(config, Arc::clone(doku)).unwrap()
}

/// Where the tokens of the client lie in a store.
pub fn slot() -> Slot {
    let client_id = ClientId::new(CLIENT_ID).unwrap();
    Slot::new("https://api-sandbox.doku.com", client_id)
}

pub fn client(doku: &Arc<Doku>) -> Client {
    Client::with_transport(config(), Arc::clone(doku)).unwrap()
}

/// An operation of the caller's own.
#[derive(Debug)]
pub struct Echo;

#[derive(Debug, Serialize)]
pub struct EchoRequest {
    #[serde(rename = "accountNo")]
    pub account_no: String,
}

#[derive(Debug, Deserialize)]
pub struct EchoResponse {
    pub echo: Option<String>,
}

impl Operation for Echo {
    type Request = EchoRequest;
    type Response = EchoResponse;
    type Auth = B2b;
    const INFO: OperationInfo = OperationInfo::new(
        "echo",
        Method::POST,
        "/snap/v1.1/echo",
        "11",
        OperationKind::Read,
    )
    .with_channel_id();
}

/// The same for a customer.
#[derive(Debug)]
pub struct Balance;

impl Operation for Balance {
    type Request = EchoRequest;
    type Response = EchoResponse;
    type Auth = B2b2c;
    const INFO: OperationInfo = OperationInfo::new(
        "balance",
        Method::POST,
        "/direct-debit/core/v1/balance-inquiry",
        "11",
        OperationKind::Read,
    )
    .with_ip_address()
    .with_device_id()
    .with_optional_channel_id();
}

/// The same with a customer or without.
#[derive(Debug)]
pub struct Either;

impl Operation for Either {
    type Request = EchoRequest;
    type Response = EchoResponse;
    type Auth = EitherToken;
    const INFO: OperationInfo = OperationInfo::new(
        "either",
        Method::POST,
        "/snap/v1.1/either",
        "11",
        OperationKind::Read,
    );
}

pub fn request() -> EchoRequest {
    EchoRequest {
        account_no: "A41879".to_owned(),
    }
}

/// The token the next call would use.
pub async fn token(client: &Client) -> String {
    client
        .token(Duration::ZERO)
        .await
        .unwrap()
        .expose()
        .to_owned()
}

/// The time of a paused runtime.
#[expect(
    clippy::disallowed_methods,
    reason = "the runtime's time is the virtual clock here"
)]
pub fn virtual_now() -> tokio::time::Instant {
    tokio::time::Instant::now()
}
