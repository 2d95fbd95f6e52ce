//! Any of many faults, by chance.

use std::sync::LazyLock;

use super::{
    Act, At, CertificateFlaw, Fault, FaultError, Stage,
    filter::{Filter, ONE, Probability},
};
use crate::seed::Stream;

/// Any of many faults for each request, by chance; given to
/// [`Sandbox::inject_any`](crate::Sandbox::inject_any).
///
/// What strikes whom follows from the sandbox's seed and the order of requests, so that a run whose
/// requests come one after the other is repeated by the same seed.
///
/// ```
/// use snap_sandbox::Faults;
///
/// // One request in twenty goes wrong somehow, until the faults are cleared.
/// let faults = Faults::all(0.05);
/// # let _ = faults;
/// ```
#[derive(Clone, Debug)]
#[must_use = "faults do nothing until they are injected"]
pub struct Faults {
    pub(super) filter: Filter,
    pub(super) times: u32,
}

impl Faults {
    /// Everything that can go wrong between a client and DOKU, each alike, with this probability per
    /// request of a product; without end.
    ///
    /// Connections and handshakes go wrong as well, in proportion, unless the faults are narrowed.
    /// Nothing in it lies about money: an answer that a client may believe, such as a real one that
    /// comes slowly, is played with effect, one that says that nothing happened is played without,
    /// and what leaves it open is played both ways.
    pub fn all(probability: f64) -> Self {
        let filter = Filter {
            probability: Probability::new(probability),
            ..Filter::default()
        };
        Self {
            filter,
            times: Self::ENDLESS,
        }
    }

    /// Only for this operation; it may be a token call.
    pub fn for_operation(mut self, operation: impl Into<String>) -> Self {
        self.filter.operation = Some(operation.into());
        self
    }

    /// Only for requests with this reference, in which `*` stands for any text.
    pub fn for_reference(mut self, reference: impl Into<String>) -> Self {
        self.filter.reference = Some(reference.into());
        self
    }

    /// How many are played in all; without end if not set.
    pub fn times(self, times: u32) -> Self {
        Self { times, ..self }
    }

    /// `times` of what is played without end.
    pub(super) const ENDLESS: u32 = u32::MAX;

    pub(super) fn is_endless(&self) -> bool {
        self.times == Self::ENDLESS
    }

    pub(crate) fn check(&self, is_served: impl Fn(&str) -> bool) -> Result<(), FaultError> {
        self.filter.check(self.times, is_served)
    }

    /// Draws whether one strikes, and which. Heads and whole requests are struck in proportion to their
    /// rows, together as often as was asked for.
    pub(super) fn draw(&self, stage: Stage, stream: &mut Stream) -> Option<Fault> {
        let chance = self.filter.probability.0;
        let whole = rows(Stage::Whole).count() as u32;
        let head = match self.filter.reference {
            // A head has no reference, and is never asked about.
            Some(_) => 0,
            None => rows(Stage::Head).count() as u32,
        };
        // A whole request has passed the draw for its head.
        let passed = if stage == Stage::Whole {
            chance * head
        } else {
            0
        };
        let here = rows(stage).count() as u32;
        if stream.below(ONE * (head + whole) - passed) >= chance * here {
            return None;
        }
        rows(stage).nth(stream.below(here) as usize).cloned()
    }
}

/// Fewer than a hundred in all, so that a million times their number is a `u32`.
fn rows(stage: Stage) -> impl Iterator<Item = &'static Fault> {
    ROWS.iter().filter(move |row| row.at.stage() == stage)
}

/// Whether a request takes effect.
#[derive(Clone, Copy)]
enum Effect {
    /// What arrived of it cannot; or the answer says that it did not.
    No,
    /// The answer says that it did, if it did.
    Yes,
    /// The client cannot know.
    Either,
}

/// The rows, one per effect.
static ROWS: LazyLock<Vec<Fault>> = LazyLock::new(|| {
    let mut rows = Vec::new();
    for (at, act, effect) in matrix() {
        let fault = Fault::new(at, act);
        if !matches!(effect, Effect::Yes) {
            rows.push(fault.clone());
        }
        if !matches!(effect, Effect::No) {
            rows.push(fault.with_apply_effect(true));
        }
    }
    rows
});

/// What of the project's fault matrix happens on the wire, DOKU's side of it.
fn matrix() -> Vec<(At, Act, Effect)> {
    use Effect::{Either, No, Yes};
    let answer = |http, code: &str| Act::Answer {
        http,
        code: code.to_owned(),
    };
    let body = |bytes: &[u8]| Act::Body {
        http: 200,
        content_type: "application/json".into(),
        bytes: bytes.to_vec(),
    };
    let redirect = |address: &str| Act::Redirect(address.to_owned());
    let slowly = |bytes_per_second| Act::Drip { bytes_per_second };
    vec![
        // No connection, or no handshake.
        (At::BeforeAccept, Act::Reset, No),
        (At::BeforeAccept, Act::Close, No),
        (At::Tls, Act::Reset, No),
        (At::Tls, Act::Close, No),
        (At::Tls, Act::Garbage, No),
        (At::Tls, Act::OldTls, No),
        (At::Tls, Act::Certificate(CertificateFlaw::Name), No),
        (At::Tls, Act::Certificate(CertificateFlaw::Expired), No),
        (At::Tls, Act::Certificate(CertificateFlaw::Issuer), No),
        // The request arrives in part, or a gateway answers for DOKU.
        (At::AfterHead, Act::Reset, No),
        (At::AfterHead, Act::Close, No),
        (At::AfterHead, Act::Hang, No),
        (At::AfterHead, Act::Status(503), No),
        (At::MidBody, Act::Reset, No),
        (At::MidBody, Act::Close, No),
        // No answer, or part of one.
        (At::AfterRequest, Act::Reset, Either),
        (At::AfterRequest, Act::Close, Either),
        (At::AfterRequest, Act::Hang, Either),
        (At::BeforeHead, Act::Garbage, Either),
        (At::MidHead, Act::Reset, Either),
        (At::MidHead, Act::Close, Either),
        (At::MidResponse, Act::Reset, Either),
        (At::MidResponse, Act::Close, Either),
        (At::MidResponse, Act::Hang, Either),
        (At::MidResponse, Act::TruncateWithLength, Either),
        (At::MidResponse, Act::TruncateWithoutLength, Either),
        // A whole answer that is none of DOKU's.
        (At::AfterRequest, Act::Html, Either),
        (At::AfterRequest, Act::Status(429), Either),
        (At::AfterRequest, Act::Status(502), Either),
        (At::AfterRequest, Act::Garbage, Either),
        (At::AfterRequest, body(b"{}"), Either),
        (
            At::AfterRequest,
            body(b"\xef\xbb\xbf{\"a\":\"\xff\"}"),
            Either,
        ),
        (At::AfterRequest, Act::GzipBomb, Either),
        (At::AfterRequest, Act::Huge(2 * 1024 * 1024), Yes),
        (At::AfterRequest, Act::DeepJson, Yes),
        (At::AfterRequest, redirect("http://127.0.0.1:9/"), Either),
        (
            At::AfterRequest,
            redirect("http://169.254.169.254/"),
            Either,
        ),
        // An answer of DOKU's that leaves it open, or belongs to somebody else.
        (At::AfterRequest, answer(500, "500ss00"), Either),
        (At::AfterRequest, answer(500, "500ss01"), Either),
        (At::AfterRequest, answer(504, "504ss00"), Either),
        (At::AfterRequest, answer(500, "200ss00"), Either),
        (At::AfterRequest, Act::Swap, Either),
        // An answer that says what happened.
        (At::AfterRequest, answer(429, "429ss00"), No),
        (At::AfterRequest, Act::Duplicate, Yes),
        (At::AfterRequest, Act::WrongContentType, Yes),
        (At::AfterRequest, Act::Date(86_400), Yes),
        (At::AfterRequest, Act::Date(-86_400), Yes),
        (At::BeforeHead, slowly(2_000), Yes),
        (At::BeforeHead, slowly(1), Yes),
        (At::MidResponse, slowly(1), Yes),
        (At::AfterResponse, Act::Reset, Yes),
        (At::AfterResponse, Act::Close, Yes),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_can_be_played() {
        for fault in ROWS.iter() {
            assert_eq!(fault.check(true, |_| true), Ok(()), "{fault:?}");
        }
    }

    #[test]
    fn a_certain_fault_strikes_every_request() {
        let mut stream = Stream::named(1, "faults");
        let broad = Faults::all(1.0);
        let narrow = Faults::all(1.0).for_reference("ord-*");

        for _ in 0..500 {
            let head = broad.draw(Stage::Head, &mut stream);
            let broad = head.or_else(|| broad.draw(Stage::Whole, &mut stream));
            assert!(broad.is_some() && narrow.draw(Stage::Whole, &mut stream).is_some());
        }
    }

    #[test]
    fn requests_are_struck_as_often_as_was_asked_for_and_by_everything() {
        let mut stream = Stream::named(1, "faults");
        let faults = Faults::all(0.1);
        let mut labels = std::collections::BTreeSet::new();
        let mut struck = 0;

        for _ in 0..20_000 {
            let head = faults.draw(Stage::Head, &mut stream);
            let fault = head.or_else(|| faults.draw(Stage::Whole, &mut stream));
            struck += u32::from(fault.is_some());
            labels.extend(fault.map(|fault| format!("{fault:?}")));
        }

        assert!((1_900..2_100).contains(&struck), "{struck}");
        let of_requests = ROWS.iter().filter(|row| row.at >= At::AfterHead);
        assert_eq!(labels.len(), of_requests.count());
    }
}
