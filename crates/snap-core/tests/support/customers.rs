use std::{
    fmt,
    sync::{Arc, Mutex},
    time::{Duration, SystemTime},
};

use snap_core::{
    AuthCode, Client, CustomerError, CustomerSession, CustomerTokens, Error, Stage,
    token::Slot,
    transport::{TransportError, TransportStage},
};

use super::{Balance, Doku, Said, config, refusal, request, slot};

/// A session that holds the first tokens of its customer.
pub async fn bound(client: &Client, name: &str) -> CustomerSession {
    let session = client.customer(name);
    let code = AuthCode::new(format!("CODE-{name}"));
    session.authorize(&code).await.unwrap();
    session
}

/// One call for a customer.
pub async fn call(client: &Client, name: &str) -> Result<(), Error> {
    let customer = CustomerTokens::from(client.customer(name));
    client
        .call_as::<Balance>(&customer, &request())
        .await
        .map(drop)
}

pub async fn access_token(session: &CustomerSession) -> String {
    let token = session.token(Duration::ZERO).await.unwrap();
    token.expose().to_owned()
}

/// A session whose authorization takes longer than a call may.
pub fn impatient() -> (Arc<Doku>, CustomerSession, AuthCode) {
    let doku = Doku::slow(Duration::from_secs(3));
    let config = config().with_timeout(Duration::from_secs(2));
    let client = Client::with_transport(config, Arc::clone(&doku)).unwrap();
    let session = client.customer("anna");
    (doku, session, AuthCode::new("CODE-anna"))
}

pub fn grant_types(doku: &Doku) -> Vec<String> {
    let grants = doku.grants();
    grants
        .iter()
        .map(|body| body["grantType"].as_str().unwrap().to_owned())
        .collect()
}

/// The customer tokens of the calls so far.
pub fn carried(doku: &Doku) -> Vec<String> {
    let calls = doku.calls();
    calls
        .iter()
        .map(|call| call.header("authorization-customer").to_owned())
        .collect()
}

pub fn no_answer() -> Said {
    Err(TransportError::new(TransportStage::NoAnswer, "it broke"))
}

pub fn slot_of(name: &str) -> Slot {
    slot().with_customer(name.into())
}

#[track_caller]
pub fn is(error: &Error, customer: CustomerError, stage: Stage) {
    assert_eq!(error.customer_error(), Some(&customer), "{error}");
    assert_eq!(error.stage(), stage, "{error}");
    let text = customer.to_string();
    assert!(error.to_string().contains(&text), "{error}");
}

pub fn unauthorized(service: &str) -> Said {
    Ok((401, refusal(&format!("401{service}00"), "Unauthorized")))
}

#[expect(
    clippy::disallowed_methods,
    reason = "the wall clock of these clients is the system's"
)]
pub fn wall_clock() -> SystemTime {
    SystemTime::now()
}

/// Everything a log could see.
#[derive(Clone, Default)]
pub struct Log(Arc<Mutex<String>>);

impl Log {
    pub fn text(&self) -> String {
        self.0.lock().unwrap().clone()
    }
}

impl tracing::Subscriber for Log {
    fn enabled(&self, _: &tracing::Metadata<'_>) -> bool {
        true
    }
    fn new_span(&self, _: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        tracing::span::Id::from_u64(1)
    }
    fn record(&self, _: &tracing::span::Id, _: &tracing::span::Record<'_>) {}
    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}
    fn event(&self, event: &tracing::Event<'_>) {
        event.record(&mut Fields(&mut self.0.lock().unwrap()));
    }
    fn enter(&self, _: &tracing::span::Id) {}
    fn exit(&self, _: &tracing::span::Id) {}
}

struct Fields<'a>(&'a mut String);

impl tracing::field::Visit for Fields<'_> {
    fn record_debug(&mut self, field: &tracing::field::Field, value: &dyn fmt::Debug) {
        self.0.push_str(&format!("{field}={value:?} "));
    }
}
