//! The judge: a request in, an answer out, without socket, runtime or task.

pub(crate) mod apply;
mod faulted;
mod meaning;
mod state;
mod told_first;

use std::{
    sync::{Mutex, MutexGuard, OnceLock, PoisonError},
    time::Duration,
};

use chrono::{DateTime, Utc};
use ring::hmac;

pub(crate) use self::state::State;
use self::{
    faulted::asked,
    meaning::{meaning, reference_of, remember_secrets},
};
use crate::{
    answer::{Accepted, Answer},
    arrived::Arrived,
    body::Body,
    check::{Check, Refusal},
    clock::Clock,
    digest::DigestModel,
    fault::{Asked, Fault, Shelf, Stage},
    json::Json,
    keys::{self, PublicKey},
    ledger::{Amount, book::Terms},
    merchant::Merchant,
    notify::worker::Bell,
    operations::{METHOD, Served, TokenCall, customer_token_request, product, token_request},
    quirks::Quirks,
    seed::Stream,
    spec::Catalogue,
    state_folder::StateFile,
    transaction::CUSTOMER,
};

/// What does not change while a sandbox runs, and what does.
pub(crate) struct Judge {
    pub(crate) merchant: Merchant,
    pub(crate) public_key: PublicKey,
    pub(crate) secret: hmac::Key,
    pub(crate) clock: Clock,
    pub(crate) rules: Rules,
    /// What everything drawn comes from.
    pub(crate) seed: u64,
    /// Wakes the one who sends notifications.
    pub(crate) bell: Bell,
    /// Scheme, host and port that clients and customers use; known once it listens.
    public_url: OnceLock<String>,
    catalogue: &'static Catalogue,
    state: Mutex<State>,
    /// Where inputs are kept. It is locked after the state.
    kept: Mutex<Option<StateFile>>,
}

/// The options that decide how a request is judged and answered.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rules {
    pub(crate) token_lifetime: Duration,
    pub(crate) digest_model: DigestModel,
    pub(crate) quirks: Quirks,
    pub(crate) customer_token_lifetime: Duration,
    pub(crate) reusable_auth_codes: bool,
    /// Whether `Authorization-Customer` may hold a token without `Bearer `.
    pub(crate) bare_customer_tokens: bool,
    /// Whether operations that DOKU has not confirmed are served.
    pub(crate) unverified: bool,
    /// Whether it speaks TLS.
    pub(crate) tls: bool,
    /// Whether inquiries, reversals and repeated references are answered from the ledger.
    pub(crate) stateful: bool,
    pub(crate) accept_duplicates: bool,
    pub(crate) customers_approve: bool,
    /// Whether the rules of single channels are enforced.
    pub(crate) channel_rules: bool,
    pub(crate) settle_after: Option<Duration>,
    pub(crate) status_delay: Duration,
    /// How long the merchant may take to answer, in real time.
    pub(crate) notification_timeout: Duration,
    /// Whether a retry has a timestamp of its own.
    pub(crate) renew_timestamps: bool,
    /// What the deposit for payouts holds at the start.
    pub(crate) deposit: Amount,
    /// What the account of each customer holds at the start.
    pub(crate) customer_balance: Amount,
    pub(crate) payout_fee: Amount,
    /// Whether a transfer of Kirim DOKU needs the session of an inquiry.
    pub(crate) sessions: bool,
    pub(crate) session_lifetime: Duration,
    /// Whether cents of an amount ask for a scenario.
    pub(crate) magic: bool,
    /// How many requests and other events are kept for assertions and people.
    pub(crate) keep_requests: usize,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            token_lifetime: Duration::from_secs(900),
            digest_model: DigestModel::default(),
            quirks: Quirks::default(),
            customer_token_lifetime: Duration::from_secs(900),
            reusable_auth_codes: false,
            bare_customer_tokens: false,
            unverified: false,
            tls: false,
            stateful: true,
            accept_duplicates: false,
            customers_approve: false,
            channel_rules: true,
            settle_after: None,
            status_delay: Duration::ZERO,
            notification_timeout: Duration::from_secs(10),
            renew_timestamps: false,
            deposit: Amount::rupiah(1_000_000_000),
            customer_balance: Amount::rupiah(100_000_000),
            payout_fee: Amount::zero(),
            sessions: true,
            session_lifetime: Duration::from_secs(30 * 60),
            magic: true,
            keep_requests: usize::MAX,
        }
    }
}

impl Rules {
    fn terms(&self) -> Terms {
        Terms {
            deposit: self.deposit,
            customer: self.customer_balance,
            payout_fee: self.payout_fee,
            limited: self.stateful,
        }
    }
}

impl Judge {
    /// None if the bundled public key or a specification cannot be read, which tests exclude.
    pub(crate) fn new(seed: u64, clock: Clock, rules: Rules) -> Option<Self> {
        let mut stream = Stream::new(seed);
        let merchant = Merchant::draw(&mut stream, keys::pick(seed));
        let state = State::fresh(stream, Shelf::new(seed), &merchant, &rules);
        Some(Self {
            public_key: PublicKey::from_pem(&merchant.public_key_pem)?,
            secret: hmac::Key::new(hmac::HMAC_SHA512, merchant.client_secret.as_bytes()),
            merchant,
            clock,
            rules,
            seed,
            bell: Bell::default(),
            public_url: OnceLock::new(),
            catalogue: Catalogue::embedded()?,
            state: Mutex::new(state),
            kept: Mutex::new(None),
        })
    }

    /// Judges and records one request, and takes its fault.
    fn judged(
        &self,
        state: &mut State,
        now: DateTime<Utc>,
        arrived: &Arrived,
    ) -> (u64, Answer, Option<Fault>) {
        let body = arrived.body.as_deref().and_then(Json::read);
        let served = self.served_at(arrived, body.as_ref());
        let reference = reference_of(served, body.as_ref());
        let operation = served.map(Served::id);
        let asked = Asked {
            operations: operation.as_slice(),
            reference,
            ..asked(arrived)
        };
        let fault = state.faults.take(Stage::Whole, Some(asked));
        let magic = self.magic(state, served, body.as_ref(), reference);
        let magic = magic.filter(|_| fault.is_none());
        let played = fault.as_ref().or(magic.as_ref());
        let effect = played.is_none_or(|fault| fault.apply_effect);
        remember_secrets(&mut state.secrets, arrived, served, body.as_ref());
        let answer = self.weigh(state, now, arrived, body.as_ref(), served, effect);
        // What is refused is told as it is.
        let magic = magic.filter(|_| answer.verdict == "ok");
        let money = served.and_then(Served::money);
        if let (Some(_), Some(money), Some(reference)) = (&magic, money, reference) {
            state.magic.add(money.kind, reference);
        }
        let fault = fault.or(magic);
        let meaning = meaning(state, arrived, served, reference, fault.as_ref());
        let number = state.saw(now, arrived, &answer, meaning);
        (number, answer, fault)
    }

    /// The fault that the amount of a request asks for.
    fn magic(
        &self,
        state: &State,
        served: Option<Served<'_>>,
        body: Option<&Json>,
        reference: Option<&str>,
    ) -> Option<Fault> {
        if !self.rules.magic {
            return None;
        }
        state.magic.fault(served?, body?, reference?)
    }

    /// Judges; without `effect` tokens and customers are afterwards as they were before.
    fn weigh(
        &self,
        state: &mut State,
        now: DateTime<Utc>,
        arrived: &Arrived,
        json: Option<&Json>,
        served: Option<Served<'static>>,
        effect: bool,
    ) -> Answer {
        let issues = served.is_some_and(Served::issues);
        let before = (!effect && issues).then(|| (state.tokens.clone(), state.customers.clone()));
        let answer = self.judge(state, now, arrived, json, served, effect);
        if let Some((tokens, customers)) = before {
            state.tokens = tokens;
            state.customers = customers;
        }
        answer
    }

    /// No code runs under this lock that could leave the state half changed.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says where clients and customers reach the sandbox.
    pub(crate) fn listens_at(&self, url: &str) {
        // It is said once, at the start.
        let _ = self.public_url.set(url.to_owned());
    }

    /// Scheme, host and port that clients and customers use.
    pub(crate) fn public_url(&self) -> &str {
        self.public_url.get().map_or("http://127.0.0.1", |url| url)
    }

    /// Is an operation of that name served?
    pub(crate) fn serves(&self, id: &str) -> bool {
        let mut products = self.catalogue.served(self.rules.unverified);
        let mut calls = TokenCall::ALL.into_iter();
        calls.any(|call| Served::Token(call).id() == id)
            || products.any(|operation| operation.id == id)
    }

    /// Is a path one of an operation, served or not?
    pub(crate) fn knows_path(&self, path: &str) -> bool {
        let mut all = self.catalogue.served(true);
        all.any(|operation| operation.path == path)
    }

    /// Every operation served, its method and its path.
    pub(crate) fn operations(&self) -> Vec<String> {
        let calls = TokenCall::ALL.map(|call| (Served::Token(call), call.path()));
        let products = self.catalogue.served(self.rules.unverified);
        let products = products.map(|operation| (Served::Product(operation), &*operation.path));
        calls
            .into_iter()
            .chain(products)
            .map(|(served, path)| format!("{} {METHOD} {path}", served.id()))
            .collect()
    }

    fn served_at(&self, arrived: &Arrived, body: Option<&Json>) -> Option<Served<'static>> {
        let path = arrived.path();
        if let Some(call) = TokenCall::find(&arrived.method, path) {
            return Some(Served::Token(call));
        }
        if arrived.method != METHOD {
            return None;
        }
        let with_customer = arrived.has(CUSTOMER);
        self.catalogue
            .find(path, with_customer, body, self.rules.unverified)
            .map(Served::Product)
    }

    fn judge(
        &self,
        state: &mut State,
        now: DateTime<Utc>,
        arrived: &Arrived,
        json: Option<&Json>,
        served: Option<Served<'static>>,
        effect: bool,
    ) -> Answer {
        let Some(served) = served else {
            return Answer::foreign(Check::RouteUnknown, arrived.path());
        };
        let Some(bytes) = &arrived.body else {
            return Answer::foreign(Check::BodyTooLarge, arrived.path());
        };
        let body = Body { bytes, json };
        match self.serve(served, state, now, arrived, body, effect) {
            Ok(accepted) => Answer::accepted(served.service(), accepted, &self.rules.quirks),
            Err(refusal) => Answer::refused(served.service(), &refusal, &self.rules.quirks),
        }
    }

    fn serve(
        &self,
        served: Served<'static>,
        state: &mut State,
        now: DateTime<Utc>,
        arrived: &Arrived,
        body: Body<'_>,
        effect: bool,
    ) -> Result<Accepted, Refusal> {
        match served {
            Served::Token(TokenCall::B2b) => token_request::serve(self, state, now, arrived, body),
            Served::Token(TokenCall::B2b2c) => {
                customer_token_request::serve(self, state, now, arrived, body)
            }
            Served::Product(operation) => {
                product::serve(self, operation, state, now, arrived, body, effect)
            }
        }
    }
}

#[cfg(test)]
mod tests;
