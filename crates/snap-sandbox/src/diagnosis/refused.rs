//! The diagnosis of a request that a sandbox has refused.

use chrono::{DateTime, Utc};

use super::{Diagnosis, SignedTokenRequest, SignedTransaction, Step, advice, shown as readable};
use crate::{
    admin::shown,
    arrived::Arrived,
    judge::{Judge, State},
    operations::TokenCall,
    timeline::{SeenRequest, What},
    transaction::{AUTHORIZATION, CUSTOMER, SIGNATURE, TIMESTAMP},
};

/// Which refused request is asked for; of several the last one.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Which<'a> {
    Last,
    /// The number in `X-Sandbox-Request`.
    Number(u64),
    /// The number of its event in the timeline.
    Event(u64),
    /// The merchant's reference.
    Reference(&'a str),
}

impl Judge {
    /// Explains a refused request that the timeline still keeps.
    pub(crate) fn explain(&self, which: Which<'_>) -> Option<Diagnosis> {
        let (at, seen) = self.look(|state, _| {
            let refused = refused(state, which)?;
            Some((refused.0, refused.1.clone()))
        })?;
        Some(self.diagnose(at, &seen))
    }

    /// Explains a request of the timeline that came at a time of the schedule. It looks at the state
    /// for itself: do not call it from within [`look`](Self::look).
    pub(crate) fn diagnose(&self, at: DateTime<Utc>, seen: &SeenRequest) -> Diagnosis {
        let (advice, other_tokens) = self.look(|state, _| {
            let advice = advice::of(self, state, at, seen);
            (advice, state.tokens.last_issued(OTHER_TOKENS))
        });
        // The search takes its time, and other requests need not wait for it.
        let diagnosis = self.taken_apart(seen, advice, other_tokens);
        self.look(|state, _| {
            let hide = |text: &str| {
                let text = state.secrets.shorten(text, shown::shortened);
                state.secrets.without_keys(&text)
            };
            diagnosis.rewritten(hide)
        })
    }

    fn taken_apart(
        &self,
        seen: &SeenRequest,
        advice: String,
        other_tokens: Vec<String>,
    ) -> Diagnosis {
        let verdict = seen.recorded.verdict.clone();
        let signed = match &seen.refused {
            Some(arrived) if is_about_signing(&verdict) => self.signed(arrived, other_tokens),
            _ => None,
        };
        let signed = signed.map(|mut signed| {
            signed.steps.insert(0, number(seen));
            signed
        });
        let plain = |advice| Diagnosis {
            verdict: verdict.clone(),
            advice,
            steps: steps(seen),
            mistakes: Vec::new(),
            expected_signature: None,
        };
        match signed {
            None => plain(advice),
            // Right under one reading of the body: its own advice would be that it is right.
            Some(signed) if signed.verdict == "ok" || verdict == "digest.disagreement" => {
                Diagnosis {
                    verdict,
                    advice,
                    ..signed
                }
            }
            Some(signed) => Diagnosis { verdict, ..signed },
        }
    }

    /// Takes the signature apart, as far as the headers that it needs are there.
    fn signed(&self, arrived: &Arrived, other_tokens: Vec<String>) -> Option<Diagnosis> {
        let stamp = arrived.first(TIMESTAMP)?;
        let signature = arrived.first(SIGNATURE)?;
        let body = arrived.body.clone().unwrap_or_default();
        if TokenCall::find(&arrived.method, arrived.path()).is_some() {
            let client_id = arrived.first("X-CLIENT-KEY")?;
            let mut request = SignedTokenRequest::new(client_id, stamp).with_signature(signature);
            request.request = (arrived.method.clone(), arrived.target.clone(), body);
            return request.explain(&self.merchant.public_key_pem);
        }
        let (method, target) = (&*arrived.method, &*arrived.target);
        let token = bearer(arrived, AUTHORIZATION)?;
        let mut request =
            SignedTransaction::new(method, target, token, body, stamp).with_signature(signature);
        request.customer_token = bearer(arrived, CUSTOMER).map(ToOwned::to_owned);
        request.client_id = Some(self.merchant.client_id.clone());
        request.host = arrived.first("Host").map(ToOwned::to_owned);
        request.other_tokens = other_tokens;
        request.other_paths = self.paths();
        Some(request.explain(&self.merchant.client_secret))
    }

    /// The path of every operation.
    pub(super) fn paths(&self) -> Vec<String> {
        let operations = self.operations();
        let paths = operations.iter().filter_map(|line| line.rsplit(' ').next());
        paths.map(ToOwned::to_owned).collect()
    }
}

fn refused<'a>(state: &'a State, which: Which<'_>) -> Option<(DateTime<Utc>, &'a SeenRequest)> {
    let is_asked_for = |event: u64, seen: &SeenRequest| match which {
        Which::Last => true,
        Which::Number(number) => seen.recorded.number == number,
        Which::Event(number) => event == number,
        Which::Reference(reference) => seen.recorded.reference.as_deref() == Some(reference),
    };
    let mut events = state.timeline.events().rev();
    events.find_map(|event| match &event.what {
        What::Request(seen) if seen.refused.is_some() => {
            is_asked_for(event.number, seen).then_some((event.at, &**seen))
        }
        _ => None,
    })
}

/// Whether the parts of the signature are of interest: the others were checked before or after it.
fn is_about_signing(verdict: &str) -> bool {
    verdict.starts_with("signature.") || verdict == "digest.disagreement"
}

/// What is known of a request whose signature is not the matter.
fn steps(seen: &SeenRequest) -> Vec<Step> {
    let recorded = &seen.recorded;
    let texts = [
        ("method", Some(readable(&recorded.method))),
        ("path", Some(readable(&recorded.path))),
        ("operation", recorded.operation.clone()),
        ("reference", recorded.reference.as_deref().map(readable)),
        ("external id", recorded.external_id.as_deref().map(readable)),
        ("response code", recorded.response_code.clone()),
        ("response message", seen.message.clone()),
    ];
    let texts = texts.into_iter();
    let texts = texts.filter_map(|(name, text)| Some(Step::new(name, text?)));
    std::iter::once(number(seen)).chain(texts).collect()
}

/// As `X-Sandbox-Request` has it.
fn number(seen: &SeenRequest) -> Step {
    Step::new("request", seen.recorded.number.to_string())
}

/// The token of a header, with or without its scheme.
fn bearer<'a>(arrived: &'a Arrived, header: &str) -> Option<&'a str> {
    let value = arrived.first(header)?;
    Some(value.strip_prefix("Bearer ").unwrap_or(value))
}

/// A client that signs with a token older than its last few is not looked for.
const OTHER_TOKENS: usize = 8;
