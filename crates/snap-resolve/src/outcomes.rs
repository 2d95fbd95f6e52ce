//! Sends with a journal, and resolves what stays open.

use std::{
    fmt,
    sync::Arc,
    time::{Duration, SystemTime},
};

use serde_json::Value;
use snap_core::{
    B2b, B2b2c, Call, Client, Clock, CustomerKey, CustomerTokens, Error, Event, ExternalId, Method,
    MoneyState, NotMovedProof, Operation, OperationInfo, OperationKind, Pending, RecordError,
    Recorder, Response, SystemClock, UnknownReason,
};
use tokio::{sync::Mutex, time::Instant};

use crate::{
    InquiryPace, Journal, NotFoundProof, PaceError, Resolver, Review, Step,
    evidence::{self, Finding},
    inquiry::{Inquiries, Inquiry},
    resolver::schedule_day,
};

/// Sends calls that move money with a journal around them, and finds out what became of those that
/// stayed open.
///
/// Cheap to clone; clones share the limit on inquiries.
///
/// ```no_run
/// # use snap_core::{Client, MoneyState, Operation, B2b};
/// use snap_resolve::{MemoryJournal, Outcome, Outcomes};
///
/// # async fn pay<O: Operation<Auth = B2b>>(client: Client, request: &O::Request) {
/// let outcomes = Outcomes::new(client.clone(), MemoryJournal::new());
/// let result = outcomes.send(client.call::<O>(request)).await;
/// match &result {
///     Err(error) if matches!(error.money(), Some(MoneyState::NotMoved(_))) => {} // failed
///     _ => {
///         if let Some(mut resolver) = result.resolver() {
///             outcomes.resolve(&mut resolver).await; // open, never "failed"
///         }
///     }
/// }
/// # }
/// ```
#[derive(Clone)]
pub struct Outcomes {
    client: Client,
    journal: Arc<dyn Journal>,
    inquiries: Arc<Inquiries>,
    clock: Arc<dyn Clock>,
    /// When the next inquiry of this process may leave.
    next: Arc<Mutex<Option<Instant>>>,
    interval: Duration,
    /// Where several processes share the limit.
    pace: Option<Arc<dyn InquiryPace>>,
}

impl Outcomes {
    /// Calls through a client, journalled, with the documented inquiries.
    #[must_use]
    pub fn new(client: Client, journal: impl Journal + 'static) -> Self {
        Self {
            client,
            journal: Arc::new(journal),
            inquiries: Arc::new(Inquiries::documented()),
            clock: Arc::new(SystemClock::new()),
            next: Arc::default(),
            interval: Duration::from_millis(200),
            pace: None,
        }
    }

    /// Other inquiries than the documented ones.
    #[must_use]
    pub fn with_inquiries(mut self, inquiries: Inquiries) -> Self {
        self.inquiries = Arc::new(inquiries);
        self
    }

    /// Another source of time.
    #[must_use]
    pub fn with_clock(mut self, clock: impl Clock + 'static) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// How many inquiries may leave in a second, all resolvers together; 5 by default (assumed: DOKU
    /// documents no limit). At least one.
    #[must_use]
    pub fn with_inquiries_per_second(mut self, inquiries: u32) -> Self {
        self.interval = Duration::from_secs(1) / inquiries.max(1);
        self
    }

    /// Shares the limit of inquiries per second with other processes.
    ///
    /// While the pace cannot be asked for, this process lets at most one inquiry leave in 5 s: an
    /// inquiry that comes late costs less than many that come together.
    #[must_use]
    pub fn with_pace(mut self, pace: impl InquiryPace + 'static) -> Self {
        self.pace = Some(Arc::new(pace));
        self
    }

    /// Sends a call with the journal around it. Once it is on its way it goes on to its end, and its
    /// outcome reaches the journal, when this future is dropped.
    ///
    /// # Errors
    ///
    /// As [`Call::send`]. Also when the journal holds an earlier call for the same operation that has
    /// not failed: then nothing is sent, and [`Error::money`] is that of the earlier call.
    pub async fn send<O: Operation>(
        &self,
        call: Call<'_, O>,
    ) -> Result<Response<O::Response>, Error> {
        call.with_recorder(Arc::clone(&self.journal)).await
    }

    /// Every operation that might have left and has no final state: after a start, resolve these.
    ///
    /// # Errors
    ///
    /// When the journal cannot be read.
    pub async fn recover(&self) -> Result<Vec<Resolver>, RecordError> {
        let open = self.journal.open().await?;
        let pending = open.into_iter().filter_map(|record| record.pending());
        Ok(pending.map(Resolver::new).collect())
    }

    /// Asks about an operation until there is an answer, a proof that DOKU does not know it, or a
    /// reason for a person to look. That can take a day: [`Self::step`] does one inquiry.
    pub async fn resolve(&self, resolver: &mut Resolver) -> Step {
        loop {
            match self.step(resolver).await {
                Step::Wait(due) => {
                    let wait = due.duration_since(self.clock.now()).unwrap_or_default();
                    tokio::time::sleep(wait).await;
                }
                step => return step,
            }
        }
    }

    /// Asks once, if it is time to.
    pub async fn step(&self, resolver: &mut Resolver) -> Step {
        self.step_with(resolver, None).await
    }

    /// As [`Self::step`], with this customer's token: for an operation of a customer whose tokens the
    /// client does not manage.
    pub async fn step_as(&self, resolver: &mut Resolver, customer: &CustomerTokens) -> Step {
        self.step_with(resolver, Some(customer)).await
    }

    async fn step_with(&self, resolver: &mut Resolver, customer: Option<&CustomerTokens>) -> Step {
        if !self.is_due(resolver) {
            return resolver.standing();
        }
        let Some(inquiry) = self.inquiries.about(&resolver.pending().intent) else {
            resolver.give_up(Review::NoInquiry);
            return resolver.standing();
        };
        if let Err(error) = self.catch_up(resolver).await {
            let id = resolver.pending().intent.id.as_str();
            tracing::warn!(id, "not asked, because the journal failed: {error}");
            resolver.asked();
            return resolver.standing();
        }
        if !self.is_due(resolver) {
            return resolver.standing();
        }
        match self.ask(inquiry, resolver.pending(), customer).await {
            Ok(finding) => {
                let changed = resolver.learn(finding, self.clock.now());
                if let Some(state) = changed {
                    self.note(resolver.pending(), state).await;
                }
            }
            Err(Unasked::Member) => resolver.give_up(Review::NoInquiry),
            Err(Unasked::Failed) => resolver.asked(),
        }
        resolver.standing()
    }

    pub(crate) fn now(&self) -> SystemTime {
        self.clock.now()
    }

    fn is_due(&self, resolver: &Resolver) -> bool {
        resolver.due().is_some_and(|due| due <= self.clock.now())
    }

    /// Another process, or a second call, may have sent the operation since.
    async fn catch_up(&self, resolver: &mut Resolver) -> Result<(), RecordError> {
        let record = self.journal.find(&resolver.pending().intent.id).await?;
        if let Some(known) = record.and_then(|record| record.pending()) {
            resolver.catch_up(known);
        }
        Ok(())
    }

    /// Sends the operation again, on the proof that DOKU does not know it: the same reference and the
    /// same body, so that a first request which arrives late collides instead of doubling.
    ///
    /// The external id is kept on the same day in Jakarta, as a second guard. It is renewed after
    /// midnight, and where DOKU has refused the last delivery because the id was used (409, case 00); a
    /// new one is in the journal before it is sent.
    ///
    /// # Errors
    ///
    /// When the call is another operation or has another body than the one that was not found, when
    /// the journal fails (nothing is sent then), and as [`Call::send`].
    pub async fn resubmit<O: Operation>(
        &self,
        proof: NotFoundProof,
        call: Call<'_, O>,
    ) -> Result<Response<O::Response>, ResubmitError> {
        let pending = proof.into_pending();
        let id = self.external_id(&pending);
        let mut call = call.with_external_id(id.clone());
        let intent = match call.intent() {
            Ok(Some(intent)) if intent.id == pending.intent.id => intent,
            Ok(_) => return Err(ResubmitError::OtherOperation),
            // The same error comes again, with what it needs.
            Err(_) => return self.send(call).await.map_err(ResubmitError::Call),
        };
        if intent.body_digest != pending.intent.body_digest {
            return Err(ResubmitError::OtherBody);
        }
        if !pending.external_ids.contains(&id) {
            let event = Event::sending(id, self.clock.now());
            let announced = self.journal.event(&pending.intent.id, &event).await;
            announced.map_err(ResubmitError::Journal)?;
        }
        self.send(call).await.map_err(ResubmitError::Call)
    }

    /// Closes the operation as one that did not move money: the caller's decision, not DOKU's word.
    ///
    /// # Errors
    ///
    /// When the journal fails.
    pub async fn close(&self, proof: NotFoundProof) -> Result<(), RecordError> {
        let state = MoneyState::NotMoved(NotMovedProof::NotFoundAfterHorizon);
        let pending = proof.into_pending();
        let event = Event::state(state, self.clock.now(), None);
        let event = event.up_to(pending.external_ids.last().cloned());
        self.journal.event(&pending.intent.id, &event).await
    }

    /// The one that is on record for today, or a new one. Also a new one where the last delivery was
    /// refused because its external id had been used: a request may be on record that came to nothing.
    fn external_id(&self, pending: &Pending) -> ExternalId {
        let today = schedule_day(self.clock.now()) == schedule_day(pending.intent.at);
        match pending.external_ids.last() {
            Some(id) if today && !is_used_up(&pending.state) => id.clone(),
            _ => self.client.new_external_id(),
        }
    }

    async fn note(&self, pending: &Pending, state: MoneyState) {
        let id = &pending.intent.id;
        let event = Event::state(state, self.clock.now(), None);
        let event = event.up_to(pending.external_ids.last().cloned());
        if let Err(error) = self.journal.event(id, &event).await {
            tracing::warn!(
                id = id.as_str(),
                "what an inquiry found is not in the journal, so it is asked again: {error}"
            );
        }
    }

    /// Asks about every delivery that may have arrived, the last one first, until one is found.
    async fn ask(
        &self,
        inquiry: &Inquiry,
        pending: &Pending,
        customer: Option<&CustomerTokens>,
    ) -> Result<Finding, Unasked> {
        let mut ids = pending.external_ids.iter().rev();
        let mut found = Finding::NotFound;
        while let Some(id) = ids.next().filter(|_| found == Finding::NotFound) {
            found = self.ask_about(inquiry, pending, id, customer).await?;
            if !inquiry.names_external_id() {
                break;
            }
        }
        Ok(found)
    }

    async fn ask_about(
        &self,
        inquiry: &Inquiry,
        pending: &Pending,
        external_id: &ExternalId,
        customer: Option<&CustomerTokens>,
    ) -> Result<Finding, Unasked> {
        let body = inquiry.body(pending, external_id).map_err(|member| {
            tracing::warn!(
                id = pending.intent.id.as_str(),
                member,
                "cannot be asked about"
            );
            Unasked::Member
        })?;
        self.turn().await;
        let managed = pending.intent.customer.as_deref();
        let managed = managed.map(|key| CustomerTokens::from(CustomerKey::from(key)));
        let answer = match (inquiry.asks_as_customer(), customer.or(managed.as_ref())) {
            (true, None) => {
                let id = pending.intent.id.as_str();
                tracing::warn!(
                    id,
                    "not asked: only the customer's token can, give it to `step_as`"
                );
                return Err(Unasked::Failed);
            }
            (true, Some(customer)) => self.send_as(inquiry, customer, &body).await,
            (false, _) if inquiry.needs_channel_id() => {
                let call = self.client.call::<AskOnChannel>(&body);
                call.with_path(inquiry.path()).await
            }
            (false, _) => {
                self.client
                    .call::<Ask>(&body)
                    .with_path(inquiry.path())
                    .await
            }
        };
        match answer {
            Ok(answer) => Ok(evidence::read(inquiry.profile, pending, answer.body())),
            Err(error) if is_not_found(&error) => Ok(Finding::NotFound),
            Err(error) => {
                tracing::warn!(
                    id = pending.intent.id.as_str(),
                    "the inquiry failed: {error}"
                );
                Err(Unasked::Failed)
            }
        }
    }

    async fn send_as(
        &self,
        inquiry: &Inquiry,
        customer: &CustomerTokens,
        body: &Value,
    ) -> Result<Response<Value>, Error> {
        let call = self.client.call_as::<AskAs>(customer, body);
        call.with_path(inquiry.path()).await
    }

    /// Waits for its turn: DOKU is asked so many times in a second and no more.
    pub(crate) async fn turn(&self) {
        let Some(pace) = &self.pace else {
            return self.own_turn(self.interval).await;
        };
        let reserved = tokio::time::timeout(PACE_LIMIT, pace.reserve(self.interval)).await;
        match reserved.unwrap_or_else(|_| Err(PaceError::new("no answer within 2 s"))) {
            Ok(wait) => tokio::time::sleep(wait).await,
            Err(error) => {
                tracing::warn!("{error}; this process asks every 5 s at most");
                self.own_turn(self.interval.max(WITHOUT_PACE)).await;
            }
        }
    }

    async fn own_turn(&self, interval: Duration) {
        let mut next = self.next.lock().await;
        if let Some(moment) = *next {
            tokio::time::sleep_until(moment).await;
        }
        *next = Some(tokio::time::sleep(interval).deadline());
    }
}

impl fmt::Debug for Outcomes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outcomes")
            .field("client", &self.client)
            .field("journal", &self.journal)
            .finish_non_exhaustive()
    }
}

const PACE_LIMIT: Duration = Duration::from_secs(2);
const WITHOUT_PACE: Duration = Duration::from_secs(5);

/// Why an inquiry says nothing.
enum Unasked {
    /// The operation has not what the inquiry asks for.
    Member,
    Failed,
}

/// Why an operation was not sent again, or what came of it.
#[derive(Debug)]
#[non_exhaustive]
pub enum ResubmitError {
    /// The call is another operation than the one that was not found. Nothing was sent.
    OtherOperation,
    /// The call has another body than the one that was not found, and would be another transaction
    /// under the same reference. Nothing was sent.
    OtherBody,
    /// The journal did not take the new external id. Nothing was sent.
    Journal(RecordError),
    /// The call was sent and failed; [`Error::money`] says where the money is.
    Call(Error),
}

impl fmt::Display for ResubmitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OtherOperation => f.write_str(
                "it was not sent again: the call is not the operation that the proof is about",
            ),
            Self::OtherBody => f.write_str(
                "it was not sent again: the body differs from the one that was sent first; \
                 resubmit exactly that request",
            ),
            Self::Journal(error) => write!(f, "it was not sent again: the journal failed: {error}"),
            Self::Call(error) => write!(f, "{error}"),
        }
    }
}

impl std::error::Error for ResubmitError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Journal(error) => error.source(),
            Self::Call(error) => error.source(),
            Self::OtherOperation | Self::OtherBody => None,
        }
    }
}

/// DOKU refused the last delivery for its external id (409, case 00).
fn is_used_up(state: &MoneyState) -> bool {
    match state {
        MoneyState::Unknown(UnknownReason::NeedsInquiry(code)) => {
            code.http_part() == Some(409) && code.case() == Some(0)
        }
        _ => false,
    }
}

/// The transaction is not there (404, case 01).
fn is_not_found(error: &Error) -> bool {
    error
        .response_code()
        .is_some_and(|code| code.http_part() == Some(404) && code.case() == Some(1))
}

/// An inquiry with the merchant's own token, whatever its path.
struct Ask;

/// As [`Ask`], with the `CHANNEL-ID` of the configuration.
struct AskOnChannel;

/// An inquiry with a customer's token, whatever its path.
struct AskAs;

const INQUIRY: OperationInfo = OperationInfo::new(
    "statusInquiry",
    Method::POST,
    "/",
    "55",
    OperationKind::Read,
);

impl Operation for Ask {
    type Request = Value;
    type Response = Value;
    type Auth = B2b;
    const INFO: OperationInfo = INQUIRY;
}

impl Operation for AskOnChannel {
    type Request = Value;
    type Response = Value;
    type Auth = B2b;
    const INFO: OperationInfo = INQUIRY.with_channel_id();
}

impl Operation for AskAs {
    type Request = Value;
    type Response = Value;
    type Auth = B2b2c;
    const INFO: OperationInfo = INQUIRY;
}
