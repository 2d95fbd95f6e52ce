//! The judge: a request in, an answer out, without socket, runtime or task.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use chrono::{DateTime, Utc};
use ring::hmac;

use crate::{
    answer::{Accepted, Answer},
    arrived::Arrived,
    check::{Check, Refusal},
    clock::Clock,
    digest::DigestModel,
    external_ids::ExternalIds,
    keys::{self, PublicKey},
    merchant::Merchant,
    operations::{Operation, Route, balance_inquiry, token_request},
    quirks::Quirks,
    record::Record,
    secrets::Secrets,
    seed::Stream,
    token_book::TokenBook,
    transaction::AUTHORIZATION,
};

/// What does not change while a sandbox runs, and what does.
pub(crate) struct Judge {
    pub(crate) merchant: Merchant,
    pub(crate) public_key: PublicKey,
    pub(crate) secret: hmac::Key,
    pub(crate) clock: Clock,
    pub(crate) rules: Rules,
    state: Mutex<State>,
}

/// The options that decide how a request is judged and answered.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rules {
    pub(crate) token_lifetime: Duration,
    pub(crate) digest_model: DigestModel,
    pub(crate) quirks: Quirks,
}

/// What a sandbox remembers.
pub(crate) struct State {
    pub(crate) tokens: TokenBook,
    pub(crate) external_ids: ExternalIds,
    pub(crate) record: Record,
    pub(crate) secrets: Secrets,
    pub(crate) stream: Stream,
}

impl Judge {
    /// None if the bundled public key cannot be read, which a test excludes.
    pub(crate) fn new(seed: u64, clock: Clock, rules: Rules) -> Option<Self> {
        let mut stream = Stream::new(seed);
        let merchant = Merchant::draw(&mut stream, keys::pick(seed));
        let state = State {
            tokens: TokenBook::default(),
            external_ids: ExternalIds::default(),
            record: Record::default(),
            secrets: Secrets::of(&merchant),
            stream,
        };
        Some(Self {
            public_key: PublicKey::from_pem(&merchant.public_key_pem)?,
            secret: hmac::Key::new(hmac::HMAC_SHA512, merchant.client_secret.as_bytes()),
            merchant,
            clock,
            rules,
            state: Mutex::new(state),
        })
    }

    /// Judges one request, records it, and answers with its number.
    pub(crate) fn answer(&self, arrived: &Arrived) -> (u64, Answer) {
        let now = self.clock.utc();
        let mut state = self.state();
        if let Some(value) = arrived.first(AUTHORIZATION) {
            state
                .secrets
                .remember(value.rsplit(' ').next().unwrap_or_default());
        }
        let answer = self.judge(&mut state, now, arrived);
        let number = state.record.add(arrived, &answer);
        (number, answer)
    }

    /// No code runs under this lock that could leave the state half changed.
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn judge(&self, state: &mut State, now: DateTime<Utc>, arrived: &Arrived) -> Answer {
        let path = arrived.path();
        let Some(route) = Route::find(&arrived.method, path) else {
            return Answer::foreign(Check::RouteUnknown, path);
        };
        let Some(body) = &arrived.body else {
            return Answer::foreign(Check::BodyTooLarge, path);
        };
        match self.serve(route.operation, state, now, arrived, body) {
            Ok(accepted) => Answer::accepted(route.service, accepted, &self.rules.quirks),
            Err(refusal) => Answer::refused(route.service, refusal, &self.rules.quirks),
        }
    }

    fn serve(
        &self,
        operation: Operation,
        state: &mut State,
        now: DateTime<Utc>,
        arrived: &Arrived,
        body: &[u8],
    ) -> Result<Accepted, Refusal> {
        match operation {
            Operation::TokenRequest => token_request::serve(self, state, now, arrived, body),
            Operation::BalanceInquiry => balance_inquiry::serve(self, state, now, arrived, body),
        }
    }
}

#[cfg(test)]
mod tests;
