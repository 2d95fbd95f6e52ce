use std::time::Duration;

use rand::{Rng, RngExt};
use snap_core::{
    Event, ExternalId, Intent, MoneyState, OperationId, RecordError, RecordFuture, Recorder,
};
use snap_resolve::{Journal, MemoryJournal, Record};
use snap_sandbox::{Act, At, Fault, Sandbox};

use super::flow::{Flow, Marks, Shop};
use crate::SetUpError;

/// What is done to one operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    None,
    /// The journal does not take the intent.
    NoJournal,
    /// So many connections in a row are refused.
    Refused(u32),
    /// Broken off before the request was whole.
    HalfSent(At),
    /// Broken on the wire after the request arrived, with or without effect.
    Wire(At, Act, bool),
    /// An answer that may stand for either, with or without effect.
    Ambiguous(u16, &'static str, bool),
    /// A refusal, which has no effect.
    Refusal(u16, &'static str),
    /// All tokens die just before.
    DeadTokens,
    /// Nobody waits for the answer.
    Dropped,
}

impl Trouble {
    pub(super) fn draw(random: &mut impl Rng, flow: Flow) -> Self {
        let effect = random.random_bool(0.5);
        match random.random_range(0..100) {
            0..20 => Self::None,
            20..23 => Self::NoJournal,
            23..28 => Self::Refused(random.random_range(1..=3)),
            28..34 => Self::HalfSent(*pick(random, &[At::AfterHead, At::MidBody])),
            34..70 => {
                let (at, act) = pick(random, &wire()).clone();
                Self::Wire(at, act, effect)
            }
            70..84 => {
                let (http, case) = *pick(random, AMBIGUOUS);
                Self::Ambiguous(http, case, effect)
            }
            84..92 => {
                let (http, case) = *pick(random, refusals(flow));
                Self::Refusal(http, case)
            }
            92..93 => Self::DeadTokens,
            _ => Self::Dropped,
        }
    }

    /// Whether the trouble is made for one external id, which has to be chosen before.
    pub(super) fn is_of_one_delivery(&self) -> bool {
        matches!(self, Self::Refused(_) | Self::HalfSent(_))
    }

    /// Whether nothing can have left.
    pub(super) fn is_before_the_first_byte(&self) -> bool {
        matches!(self, Self::NoJournal | Self::Refused(3))
    }

    /// How many deliveries there may be: one more after a definite refusal, two more where no
    /// connection was made.
    pub(super) fn deliveries(&self) -> usize {
        match self {
            Self::Refused(_) => 4,
            // Any call can lose its token to another one's trouble.
            _ => 2,
        }
    }

    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::None => "none",
            Self::NoJournal => "journal",
            Self::Refused(_) => "refused connection",
            Self::HalfSent(_) => "half sent",
            Self::Wire(..) => "wire",
            Self::Ambiguous(..) => "ambiguous answer",
            Self::Refusal(..) => "refusal",
            Self::DeadTokens => "dead tokens",
            Self::Dropped => "dropped",
        }
    }

    pub(super) fn make(
        &self,
        sandbox: &Sandbox,
        shop: &Shop,
        (flow, reference): (Flow, &str),
        id: &ExternalId,
    ) -> Result<(), SetUpError> {
        let of_reference = |fault: Fault| fault.for_reference(reference);
        let answer = |http: u16, case: &str, service: &str| Act::Answer {
            http,
            code: format!("{http}{service}{case}"),
        };
        match self {
            Self::None | Self::NoJournal | Self::Dropped => {}
            Self::Refused(times) => shop.detour.lose(id, *times),
            Self::HalfSent(at) => {
                sandbox.inject(Fault::new(*at, Act::Reset).for_external_id(id.as_str()))?;
            }
            Self::Wire(at, act, effect) => {
                let fault = Fault::new(*at, act.clone()).with_apply_effect(*effect);
                sandbox.inject(of_reference(fault))?;
            }
            Self::Ambiguous(http, case, effect) => {
                let act = answer(*http, case, flow.service());
                let fault = Fault::new(At::AfterRequest, act).with_apply_effect(*effect);
                sandbox.inject(of_reference(fault))?;
            }
            Self::Refusal(http, case) => {
                if (*http, *case) == (401, "01") {
                    shop.clock.advance(OLD_ENOUGH);
                }
                let act = answer(*http, case, flow.service());
                sandbox.inject(of_reference(Fault::new(At::AfterRequest, act)))?;
            }
            Self::DeadTokens => {
                shop.clock.advance(OLD_ENOUGH);
                sandbox.invalidate_tokens();
            }
        }
        if *self == Self::NoJournal {
            shop.without_journal.add(reference);
        }
        Ok(())
    }

    /// Waits for the answer, or for a moment only.
    pub(super) async fn while_sending<T>(
        &self,
        sending: impl Future<Output = T>,
        given_up_after: u64,
    ) -> Option<T> {
        if *self != Self::Dropped {
            return Some(sending.await);
        }
        let patience = Duration::from_millis(given_up_after);
        tokio::time::timeout(patience, sending).await.ok()
    }
}

/// What the wire can do with an answer.
fn wire() -> Vec<(At, Act)> {
    vec![
        (At::AfterRequest, Act::Reset),
        (At::AfterRequest, Act::Close),
        (At::AfterRequest, Act::Hang),
        (At::BeforeHead, Act::Reset),
        (At::BeforeHead, Act::Garbage),
        (At::BeforeHead, Act::Html),
        (
            At::BeforeHead,
            Act::Redirect("http://127.0.0.1:9/".to_owned()),
        ),
        (At::BeforeHead, Act::Status(502)),
        (At::BeforeHead, Act::Status(404)),
        (At::MidHead, Act::Reset),
        (At::MidResponse, Act::Reset),
        (At::MidResponse, Act::TruncateWithLength),
        (At::MidResponse, Act::TruncateWithoutLength),
        (At::MidResponse, Act::DeepJson),
        (At::MidResponse, Act::Swap),
        (At::MidResponse, Act::Huge(2 * 1024 * 1024)),
    ]
}

fn pick<'a, T>(random: &mut impl Rng, from: &'a [T]) -> &'a T {
    &from[random.random_range(0..from.len())]
}

/// HTTP part and case of answers that prove nothing.
const AMBIGUOUS: &[(u16, &str)] = &[
    (500, "00"),
    (500, "01"),
    (504, "00"),
    (409, "00"),
    (409, "01"),
    (404, "18"),
    (404, "00"),
    (400, "03"),
    (202, "00"),
    (418, "77"),
];

fn refusals(flow: Flow) -> &'static [(u16, &'static str)] {
    match flow {
        // For a refund it may stand for an earlier one.
        Flow::Refund => &[
            (400, "01"),
            (403, "14"),
            (429, "00"),
            (401, "00"),
            (401, "01"),
            (404, "11"),
        ],
        _ => &[
            (400, "01"),
            (403, "14"),
            (429, "00"),
            (401, "00"),
            (401, "01"),
            (404, "04"),
            (404, "11"),
            (404, "01"),
        ],
    }
}

/// A journal that fails for the operations that it is told to.
#[derive(Clone, Debug)]
pub(super) struct Failing {
    journal: MemoryJournal,
    fails: Marks,
}

impl Failing {
    pub(super) fn over(journal: MemoryJournal, fails: Marks) -> Self {
        Self { journal, fails }
    }
}

impl Recorder for Failing {
    fn earlier<'a>(&'a self, intent: &'a Intent) -> RecordFuture<'a, Option<MoneyState>> {
        self.journal.earlier(intent)
    }

    fn intent<'a>(&'a self, intent: &'a Intent) -> RecordFuture<'a, ()> {
        let reference = intent.reference.as_deref().unwrap_or_default();
        if self.fails.take(reference) {
            return Box::pin(async { Err(RecordError::new("the disk is full")) });
        }
        self.journal.intent(intent)
    }

    fn event<'a>(&'a self, id: &'a OperationId, event: &'a Event) -> RecordFuture<'a, ()> {
        self.journal.event(id, event)
    }
}

impl Journal for Failing {
    fn open<'a>(&'a self) -> RecordFuture<'a, Vec<Record>> {
        self.journal.open()
    }

    fn find<'a>(&'a self, id: &'a OperationId) -> RecordFuture<'a, Option<Record>> {
        self.journal.find(id)
    }
}

/// A token that is refused at this age does not look as if another process had fetched one.
const OLD_ENOUGH: Duration = Duration::from_secs(61);
/// How long an inquiry does not see an operation yet.
pub(super) const STATUS_DELAY: Duration = Duration::from_secs(8 * 60);
