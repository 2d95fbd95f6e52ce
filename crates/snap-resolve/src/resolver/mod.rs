//! One open operation on its way to an answer.

mod proof;
mod schedule;

use std::time::{Duration, SystemTime};

use serde::{Deserialize, Deserializer, Serialize, de::Error as _};
use snap_core::{Error, MoneyState, MovedProof, NotMovedProof, Pending, Response, UnknownReason};

use crate::{
    evidence::Finding,
    inquiry::{Profile, documented_profile},
};

pub use proof::NotFoundProof;

pub(crate) use schedule::day as schedule_day;

/// What is known of an open operation, and when it is asked about next. Plain data: store it, and go
/// on in another process.
///
/// A state that is final never changes. What contradicts it later is a [`Review`].
///
/// ```no_run
/// use snap_core::Client;
/// use snap_resolve::{MemoryJournal, Outcomes, Resolver, Step};
///
/// # async fn go_on(client: Client, stored: &str) -> Result<(), Box<dyn std::error::Error>> {
/// let outcomes = Outcomes::new(client, MemoryJournal::new());
/// let mut resolver: Resolver = serde_json::from_str(stored)?;
/// match outcomes.resolve(&mut resolver).await {
///     Step::Final(state) => println!("{state}"),
///     Step::NotFound(proof) => outcomes.close(proof).await?, // or `resubmit`
///     step => println!("a person has to look: {step:?}"),
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Resolver {
    #[serde(deserialize_with = "known_version")]
    version: u32,
    profile: Option<Profile>,
    pending: Pending,
    /// How many inquiries were sent.
    inquiries: u32,
    /// When inquiries found nothing.
    not_found: Vec<SystemTime>,
    /// When the original's history had no entry of it.
    absent: Vec<SystemTime>,
    /// How many moments of the schedule are over.
    moments: u32,
    /// Asked about at once, whatever the schedule says.
    hurry: bool,
    review: Option<Review>,
}

/// Why a person has to look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum Review {
    /// DOKU knows the operation with another amount or currency.
    AmountDiffers,
    /// An inquiry contradicts a state that was final.
    Contradicted,
    /// The horizon passed, and nothing is proven.
    HorizonPassed,
    /// No inquiry is known for the operation, or it has not what the inquiry asks for.
    NoInquiry,
}

/// Where a resolution stands.
#[derive(Debug)]
#[non_exhaustive]
pub enum Step {
    /// Nothing new: ask again then.
    Wait(SystemTime),
    /// The answer. It does not change any more.
    Final(MoneyState),
    /// No inquiry finds it, and it had the time to appear: resubmit it, or close it.
    NotFound(NotFoundProof),
    /// A person has to look.
    ManualReview(Review),
}

impl Resolver {
    /// Begins to resolve an operation that a call, or a journal, left open.
    #[must_use]
    pub fn new(pending: Pending) -> Self {
        let profile = documented_profile(&pending.intent);
        Self {
            version: VERSION,
            review: profile.is_none().then_some(Review::NoInquiry),
            profile,
            pending,
            inquiries: 0,
            not_found: Vec::new(),
            absent: Vec::new(),
            moments: 0,
            hurry: false,
        }
    }

    /// The operation.
    #[must_use]
    pub fn pending(&self) -> &Pending {
        &self.pending
    }

    /// Where the money is, as far as is known.
    #[must_use]
    pub fn state(&self) -> &MoneyState {
        &self.pending.state
    }

    /// Why a person has to look, if so.
    #[must_use]
    pub fn review(&self) -> Option<Review> {
        self.review
    }

    /// How many inquiries were answered.
    #[must_use]
    pub fn inquiries(&self) -> u32 {
        self.inquiries
    }

    /// DOKU has sent a verified notification about it. That is no verdict: it is asked about at once.
    pub fn notified(&mut self) {
        self.hurry = true;
    }

    /// When it is asked about next; nothing when that is over.
    #[must_use]
    pub fn due(&self) -> Option<SystemTime> {
        if self.hurry {
            return Some(SystemTime::UNIX_EPOCH);
        }
        if self.review.is_some() || self.state().is_final() {
            return None;
        }
        schedule::moment(self.profile?, self.over(), self.moments)
    }

    /// The proof that DOKU does not know the operation, once there is enough of it.
    #[must_use]
    pub fn not_found_proof(&self) -> Option<NotFoundProof> {
        let open = !self.state().is_final() && self.review.is_none();
        let proven = match self.profile? {
            Profile::Payment => proof::of_payment(&self.not_found, self.over()),
            Profile::Payout => proof::of_payout(&self.not_found),
            Profile::Refund => proof::of_refund(&self.absent),
            Profile::Cancel | Profile::Evidence => false,
        };
        (open && proven).then(|| NotFoundProof::new(self.pending.clone()))
    }

    /// Where it stands.
    #[must_use]
    pub fn standing(&self) -> Step {
        if let Some(review) = self.review {
            return Step::ManualReview(review);
        }
        if self.state().is_final() {
            return Step::Final(self.state().clone());
        }
        match (self.not_found_proof(), self.due()) {
            (Some(proof), _) => Step::NotFound(proof),
            (None, Some(due)) => Step::Wait(due),
            (None, None) => Step::ManualReview(Review::HorizonPassed),
        }
    }

    /// The journal knows of deliveries that this one did not: what was not found before they left says
    /// nothing about them, and the schedule begins again.
    pub(crate) fn catch_up(&mut self, known: Pending) {
        let ours = &mut self.pending;
        let (at, ids) = (known.intent.at, known.external_ids);
        let is_behind = at > ours.intent.at || ids.iter().any(|id| !ours.external_ids.contains(id));
        // The journal's last one is the last: what is found out is about that one and those before it.
        ours.external_ids.retain(|id| !ids.contains(id));
        ours.external_ids.extend(ids);
        ours.refused_as_not_found &= known.refused_as_not_found;
        if is_behind {
            ours.intent.at = ours.intent.at.max(at);
            self.not_found.clear();
            self.absent.clear();
            self.moments = 0;
        }
    }

    /// An inquiry was answered. Gives the state that it tells of, if that is not known yet: the new
    /// one, or one that contradicts the final one.
    pub(crate) fn learn(&mut self, finding: Finding, now: SystemTime) -> Option<MoneyState> {
        self.inquiries += 1;
        self.asked();
        let state = self.state_by(finding, now)?;
        if !self.state().is_final() {
            self.pending.state = state.clone();
            return Some(state);
        }
        let contradicts = !agrees(self.state(), &state);
        if contradicts {
            self.review = Some(Review::Contradicted);
        }
        contradicts.then_some(state)
    }

    /// An inquiry was due and brought no answer, or none that says anything.
    pub(crate) fn asked(&mut self) {
        if !std::mem::take(&mut self.hurry) {
            self.moments += 1;
        }
    }

    /// No inquiry can be made for it.
    pub(crate) fn give_up(&mut self, review: Review) {
        self.review = Some(review);
        self.hurry = false;
    }

    fn state_by(&mut self, finding: Finding, now: SystemTime) -> Option<MoneyState> {
        let not_moved = |proof| Some(MoneyState::NotMoved(proof));
        match finding {
            Finding::Succeeded => Some(MoneyState::Moved(self.moved())),
            Finding::Failed => not_moved(NotMovedProof::StatusFailed),
            Finding::Cancelled => not_moved(NotMovedProof::StatusCancelled),
            Finding::Returned => not_moved(NotMovedProof::Returned),
            Finding::NotFound => {
                self.not_found.push(now);
                self.refused_and_not_there()
            }
            Finding::Absent => {
                self.absent.push(now);
                self.refused_and_not_there()
            }
            Finding::Differs => {
                self.review = Some(Review::AmountDiffers);
                None
            }
            // DOKU knows it: that it was not found before is no proof any more.
            Finding::Open => {
                self.not_found.clear();
                self.absent.clear();
                None
            }
            Finding::Untouched => self.refused_and_not_there(),
            Finding::Nothing => None,
        }
    }

    fn moved(&self) -> MovedProof {
        match self.state() {
            MoneyState::Unknown(UnknownReason::AlreadyProcessed(_)) => {
                MovedProof::DuplicateOfSuccess
            }
            _ => MovedProof::StatusSuccess,
        }
    }

    /// DOKU refused the call as not found: that nothing is there agrees with it.
    fn refused_and_not_there(&self) -> Option<MoneyState> {
        match self.state() {
            MoneyState::Unknown(UnknownReason::NeedsInquiry(code))
                if self.pending.refused_as_not_found =>
            {
                Some(MoneyState::NotMoved(NotMovedProof::Rejected(code.clone())))
            }
            _ => None,
        }
    }

    /// When the call that left it open was over.
    fn over(&self) -> SystemTime {
        let intent = &self.pending.intent;
        schedule::after(intent.at, Duration::from_millis(intent.limit_ms))
    }
}

/// Two final states that say the same, whatever proves them.
fn agrees(one: &MoneyState, other: &MoneyState) -> bool {
    std::mem::discriminant(one) == std::mem::discriminant(other)
}

/// What has something to resolve.
pub trait Outcome {
    /// The resolver of an operation that is still open; nothing for one that is not.
    fn resolver(&self) -> Option<Resolver>;
}

impl Outcome for Error {
    fn resolver(&self) -> Option<Resolver> {
        open(self.pending()?)
    }
}

impl<T> Outcome for Response<T> {
    fn resolver(&self) -> Option<Resolver> {
        open(self.pending()?)
    }
}

impl<T: Outcome> Outcome for Result<T, Error> {
    fn resolver(&self) -> Option<Resolver> {
        match self {
            Ok(response) => response.resolver(),
            Err(error) => error.resolver(),
        }
    }
}

fn open(pending: &Pending) -> Option<Resolver> {
    (!pending.state.is_final()).then(|| Resolver::new(pending.clone()))
}

/// The form in which resolvers are stored.
const VERSION: u32 = 1;

fn known_version<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    match u32::deserialize(deserializer)? {
        VERSION => Ok(VERSION),
        other => Err(D::Error::custom(format!(
            "a resolver of version {other} was stored, and this snap-resolve reads version {VERSION}: \
             upgrade it"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use snap_core::{ExternalId, ResponseCode};

    use super::*;
    use crate::testing::pending;

    const FINDINGS: [Finding; 10] = [
        Finding::Succeeded,
        Finding::Failed,
        Finding::Cancelled,
        Finding::Returned,
        Finding::Open,
        Finding::Untouched,
        Finding::NotFound,
        Finding::Absent,
        Finding::Differs,
        Finding::Nothing,
    ];

    fn minute(number: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000 + 60 * number)
    }

    #[test]
    fn a_final_state_stays_whatever_is_found_later() {
        for first in FINDINGS {
            for second in FINDINGS {
                let mut resolver = Resolver::new(pending("debit"));
                resolver.learn(first, minute(1));
                let closed = resolver.state().clone();
                resolver.learn(second, minute(2));

                let stays = !closed.is_final() || *resolver.state() == closed;
                assert!(stays, "{first:?}, {second:?}");
            }
        }
    }

    #[test]
    fn a_resolver_of_another_version_is_refused_with_what_to_do() {
        let stored = serde_json::to_string(&Resolver::new(pending("debit"))).unwrap();
        let newer = stored.replacen(r#""version":1"#, r#""version":2"#, 1);

        let error = serde_json::from_str::<Resolver>(&newer).unwrap_err();

        assert!(error.to_string().contains("upgrade it"), "{error}");
        assert!(serde_json::from_str::<Resolver>(&stored).is_ok());
    }

    #[test]
    fn a_reversal_refused_as_not_found_is_settled_by_an_original_that_stands() {
        let mut refused = pending("reversal");
        let code = ResponseCode::from("4045701");
        refused.state = MoneyState::Unknown(UnknownReason::NeedsInquiry(code.clone()));
        refused.refused_as_not_found = true;

        let told = Resolver::new(refused).learn(Finding::Untouched, minute(1));

        let rejected = MoneyState::NotMoved(NotMovedProof::Rejected(code));
        assert_eq!(told, Some(rejected));
    }

    #[test]
    fn only_a_contradiction_is_told_after_a_final_state() {
        for second in FINDINGS {
            let mut resolver = Resolver::new(pending("debit"));
            resolver.learn(Finding::Succeeded, minute(1));

            let told = resolver.learn(second, minute(2));

            let contradicts = matches!(
                second,
                Finding::Failed | Finding::Cancelled | Finding::Returned
            );
            assert_eq!(told.is_some(), contradicts, "{second:?}");
            let is_said = resolver.review() == Some(Review::Contradicted);
            assert_eq!(is_said, contradicts, "{second:?}");
        }
    }

    #[test]
    fn what_is_not_found_is_no_proof_once_there_is_a_review() {
        let mut resolver = Resolver::new(pending("debit"));
        for number in [1, 2, 4, 60] {
            resolver.learn(Finding::NotFound, minute(number));
        }
        assert!(resolver.not_found_proof().is_some());

        resolver.learn(Finding::Differs, minute(61));

        assert!(resolver.not_found_proof().is_none());
    }

    #[test]
    fn what_the_journal_knows_already_changes_nothing() {
        let mut resolver = Resolver::new(pending("debit"));
        resolver.learn(Finding::NotFound, minute(1));
        let before = resolver.clone();

        resolver.catch_up(before.pending().clone());

        assert_eq!(resolver, before);
    }

    #[test]
    fn a_delivery_that_only_the_journal_knows_begins_everything_again() {
        let mut resolver = Resolver::new(pending("debit"));
        for number in [1, 2, 4] {
            resolver.learn(Finding::NotFound, minute(number));
        }
        let mut known = resolver.pending().clone();
        known.external_ids.push(ExternalId::new("2").unwrap());
        known.intent.at = minute(60);

        resolver.catch_up(known.clone());

        let mut afresh = Resolver::new(known);
        afresh.inquiries = 3;
        assert_eq!(resolver, afresh);
    }

    #[test]
    fn a_refusal_as_not_found_settles_nothing_about_a_later_delivery() {
        let mut refused = pending("debit");
        refused.refused_as_not_found = true;
        let code = ResponseCode::from("4045401");
        refused.state = MoneyState::Unknown(UnknownReason::NeedsInquiry(code));
        let mut resolver = Resolver::new(refused.clone());
        refused.refused_as_not_found = false;
        refused.intent.at = minute(60);

        resolver.catch_up(refused);

        assert_eq!(resolver.learn(Finding::NotFound, minute(62)), None);
    }

    #[test]
    fn a_delivery_that_the_journal_does_not_know_is_kept_before_those_it_knows() {
        let mut ours = pending("debit");
        ours.external_ids = ["7", "1"].map(|id| ExternalId::new(id).unwrap()).to_vec();
        let mut resolver = Resolver::new(ours);

        resolver.catch_up(pending("debit"));

        let ids: Vec<_> = resolver
            .pending()
            .external_ids
            .iter()
            .map(ExternalId::as_str)
            .collect();
        assert_eq!(ids, ["7", "1"]);
    }
}
