use std::time::SystemTime;

use serde::{Deserialize, Serialize};
use snap_core::{
    Event, ExternalId, Intent, MoneyState, OperationId, Pending, RecordError, UnknownReason,
};

/// What a journal holds about one operation. Plain data without a secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Record {
    /// What was sent: the intent of the latest attempt.
    pub intent: Intent,
    /// Every external id under which the operation was sent, in this order. Those of the latest
    /// attempt begin with the intent's own; those before it belong to attempts that did not move
    /// the money.
    pub external_ids: Vec<ExternalId>,
    /// When a delivery was last about to leave.
    pub sent_at: SystemTime,
    /// Taken down in a transaction of the caller's own, and not sent yet as far as is known.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub prepared: bool,
    /// Where the money is; nothing for an intent without an outcome.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<MoneyState>,
    /// When that was found out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state_at: Option<SystemTime>,
    /// DOKU's reference number, where an answer to the latest attempt named it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference_no: Option<String>,
    /// What contradicted a final state. Not empty: a person has to look at it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conflicts: Vec<Conflict>,
}

/// A claim about an operation that was closed with another one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Conflict {
    /// What was claimed.
    pub state: MoneyState,
    /// When.
    pub at: SystemTime,
}

/// What a journal takes down: a line of its file, a row of its table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum Entry {
    /// An attempt is about to be sent.
    Intent(Box<Intent>),
    /// An attempt will be sent later: the call takes its intent down again before it leaves.
    Prepared(Box<Intent>),
    /// Something became known about an operation.
    Event {
        /// The operation.
        id: OperationId,
        /// What became known.
        event: Event,
    },
    /// All there is about an operation, as a compaction leaves it.
    Record(Box<Record>),
}

impl Entry {
    /// The entry of an intent.
    #[must_use]
    pub fn intent(intent: &Intent) -> Self {
        Self::Intent(Box::new(intent.clone()))
    }

    /// The entry of an intent whose call is sent later.
    #[must_use]
    pub fn prepared(intent: &Intent) -> Self {
        Self::Prepared(Box::new(intent.clone()))
    }

    /// The entry of an event.
    #[must_use]
    pub fn event(id: &OperationId, event: &Event) -> Self {
        Self::Event {
            id: id.clone(),
            event: event.clone(),
        }
    }

    /// The operation it is about.
    #[must_use]
    pub fn id(&self) -> &OperationId {
        match self {
            Self::Intent(intent) | Self::Prepared(intent) => &intent.id,
            Self::Event { id, .. } => id,
            Self::Record(record) => record.id(),
        }
    }
}

impl Record {
    /// What an entry makes of what is known about its operation; nothing if it adds nothing.
    ///
    /// Every journal goes by this one function, and so should yours: run it while nobody else can
    /// change the record, and report success when the result is durable.
    ///
    /// - An intent opens an operation, and opens it again after `NotMoved`. While it is open, an
    ///   intent is taken only with the same body and an external id of the same attempt: that is the
    ///   same intent, or a resubmission that was announced by [`Event::Sending`].
    /// - [`Event::Sending`] adds an external id to an open operation.
    /// - An intent that is only prepared opens an operation too, and is sent when its call takes it down
    ///   again.
    /// - [`Event::State`] changes the state until one is final. One about an earlier delivery than the
    ///   last counts only if the money moved. A final state never changes: the
    ///   same claim again, and `Unknown`, add nothing; another claim becomes a [`Conflict`].
    ///
    /// # Errors
    ///
    /// [`RecordError::open`] for an intent or a delivery that could move the money twice; another
    /// error for an event about an operation without an intent.
    pub fn fold(record: Option<&Self>, entry: &Entry) -> Result<Option<Self>, RecordError> {
        match (record, entry) {
            (None, Entry::Intent(intent)) => Ok(Some(Self::new(intent))),
            (None, Entry::Prepared(intent)) => Ok(Some(Self::new(intent).waiting())),
            (None, Entry::Record(whole)) => Ok(Some((**whole).clone())),
            (None, Entry::Event { id, .. }) => Err(RecordError::new(format!(
                "the journal holds no intent for the operation {id}"
            ))),
            (Some(record), Entry::Intent(intent)) => record.after_intent(intent),
            (Some(record), Entry::Prepared(intent)) if record.is_closed() => {
                Ok(record.after_intent(intent)?.map(Self::waiting))
            }
            // While it is open it is the same intent, or refused.
            (Some(record), Entry::Prepared(intent)) => record.after_intent(intent).map(|_| None),
            (Some(record), Entry::Event { event, .. }) => record.after_event(event),
            (Some(record), Entry::Record(whole)) if *record == **whole => Ok(None),
            (Some(record), Entry::Record(_)) => Err(RecordError::new(format!(
                "the journal already holds the operation {}",
                record.id()
            ))),
        }
    }

    /// The operation.
    #[must_use]
    pub fn id(&self) -> &OperationId {
        &self.intent.id
    }

    /// Whether nothing more is to come.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.state.as_ref().is_some_and(MoneyState::is_final)
    }

    /// What is there to resolve: nothing if the state is final. An intent without an outcome is
    /// `Unknown(Recovered)`. The time of its intent is that of the last delivery: before that one had
    /// the time to appear, nothing is proven missing.
    #[must_use]
    pub fn pending(&self) -> Option<Pending> {
        if self.is_closed() {
            return None;
        }
        let mut pending = Pending::new(self.intent.clone(), self.known_state());
        pending.intent.at = self.sent_at;
        pending.external_ids = self.of_this_attempt().to_vec();
        pending.reference_no.clone_from(&self.reference_no);
        pending.refused_as_not_found = is_not_found(&pending.state) && !self.was_sent_since();
        Some(pending)
    }

    /// Where the money of a delivery is that may have arrived; nothing if there is none, or if all of
    /// them moved nothing.
    #[must_use]
    pub fn earlier(&self) -> Option<MoneyState> {
        match &self.state {
            Some(MoneyState::NotMoved(_)) => None,
            None if self.prepared => None,
            _ => Some(self.known_state()),
        }
    }

    /// When the last thing happened to it that the journal was told.
    #[must_use]
    pub fn changed_at(&self) -> SystemTime {
        let conflicts = self.conflicts.iter().map(|conflict| conflict.at);
        let later = conflicts.chain(self.state_at).max();
        later.map_or(self.sent_at, |later| later.max(self.sent_at))
    }

    fn new(intent: &Intent) -> Self {
        Self {
            intent: intent.clone(),
            external_ids: vec![intent.external_id.clone()],
            sent_at: intent.at,
            prepared: false,
            state: None,
            state_at: None,
            reference_no: None,
            conflicts: Vec::new(),
        }
    }

    fn waiting(mut self) -> Self {
        self.prepared = true;
        self
    }

    /// Whether a delivery left after the state was found out, which that says nothing about.
    fn was_sent_since(&self) -> bool {
        self.state_at
            .is_none_or(|found_out| found_out < self.sent_at)
    }

    fn known_state(&self) -> MoneyState {
        let recovered = MoneyState::Unknown(UnknownReason::Recovered);
        self.state.clone().unwrap_or(recovered)
    }

    fn after_intent(&self, intent: &Intent) -> Result<Option<Self>, RecordError> {
        if matches!(self.state, Some(MoneyState::NotMoved(_))) {
            // Also under the same external id: what is about to be sent must be open in the journal.
            return Ok(Some(self.attempted_again(intent)));
        }
        let same_body = self.intent.body_digest == intent.body_digest;
        if self.is_closed() || !same_body || !self.is_of_this_attempt(&intent.external_id) {
            return Err(RecordError::open(self.known_state()));
        }
        let sent = self.sent_again(&intent.external_id, intent.at);
        if !self.prepared {
            return Ok(sent);
        }
        let mut record = sent.unwrap_or_else(|| self.clone());
        record.prepared = false;
        Ok(Some(record))
    }

    fn after_event(&self, event: &Event) -> Result<Option<Self>, RecordError> {
        match event {
            Event::Sending { external_id, at } => match &self.state {
                Some(MoneyState::NotMoved(_)) => Err(RecordError::new(
                    "the operation is closed as not moved: another attempt begins with an intent",
                )),
                Some(state) if state.is_final() => Err(RecordError::open(state.clone())),
                _ => Ok(self.sent_again(external_id, *at)),
            },
            Event::State { state, at, .. } if self.is_closed() => Ok(self.contradicted(state, *at)),
            // What became of an earlier delivery says nothing about the one that is under way, unless
            // the money moved.
            Event::State {
                state,
                about: Some(about),
                ..
            } if !matches!(state, MoneyState::Moved(_))
                && self.external_ids.last() != Some(about) =>
            {
                Ok(None)
            }
            Event::State {
                state,
                at,
                reference_no,
                ..
            } => Ok(self.known_as(state, *at, reference_no.as_ref())),
            _ => Err(RecordError::new(
                "this version of snap-resolve does not know events of this kind",
            )),
        }
    }

    /// What belongs to the attempt that failed is left behind: an inquiry about its reference number
    /// would find that one failed, not this.
    fn attempted_again(&self, intent: &Intent) -> Self {
        let mut record = Self::new(intent);
        record.external_ids.clone_from(&self.external_ids);
        record.conflicts.clone_from(&self.conflicts);
        record.move_last(&intent.external_id);
        record
    }

    fn sent_again(&self, external_id: &ExternalId, at: SystemTime) -> Option<Self> {
        let is_new = !self.is_of_this_attempt(external_id);
        if !is_new && at <= self.sent_at {
            return None;
        }
        let mut record = self.clone();
        record.sent_at = at.max(self.sent_at);
        if is_new {
            record.move_last(external_id);
        }
        Some(record)
    }

    fn known_as(
        &self,
        state: &MoneyState,
        at: SystemTime,
        reference_no: Option<&String>,
    ) -> Option<Self> {
        let reference_no = reference_no.or(self.reference_no.as_ref());
        if self.state.as_ref() == Some(state) && self.reference_no.as_ref() == reference_no {
            return None;
        }
        let mut record = self.clone();
        record.reference_no = reference_no.cloned();
        record.state = Some(state.clone());
        record.state_at = Some(at);
        Some(record)
    }

    fn contradicted(&self, state: &MoneyState, at: SystemTime) -> Option<Self> {
        let agrees = self
            .state
            .as_ref()
            .is_some_and(|closed| agree(closed, state));
        let is_known = self.conflicts.iter().any(|known| known.state == *state);
        if agrees || is_known {
            return None;
        }
        let mut record = self.clone();
        record.conflicts.push(Conflict {
            state: state.clone(),
            at,
        });
        Some(record)
    }

    /// The ids of the latest attempt are those from its intent's on.
    fn of_this_attempt(&self) -> &[ExternalId] {
        let own = |id: &ExternalId| *id == self.intent.external_id;
        let from = self.external_ids.iter().position(own).unwrap_or_default();
        &self.external_ids[from..]
    }

    fn is_of_this_attempt(&self, external_id: &ExternalId) -> bool {
        self.of_this_attempt().contains(external_id)
    }

    fn move_last(&mut self, external_id: &ExternalId) {
        self.external_ids.retain(|known| known != external_id);
        self.external_ids.push(external_id.clone());
    }
}

/// Whether a claim leaves a final state as it is. `Unknown` claims nothing, and another proof of the
/// same is no contradiction.
fn agree(closed: &MoneyState, later: &MoneyState) -> bool {
    match later {
        MoneyState::Unknown(_) => true,
        MoneyState::Moved(_) => matches!(closed, MoneyState::Moved(_)),
        MoneyState::NotMoved(_) => matches!(closed, MoneyState::NotMoved(_)),
        _ => false,
    }
}

/// The row `404xx01` of the outcome table: one inquiry that finds nothing settles it.
fn is_not_found(state: &MoneyState) -> bool {
    matches!(state, MoneyState::Unknown(UnknownReason::NeedsInquiry(code))
        if code.http_part() == Some(404) && code.case() == Some(1))
}

/// Says aloud that a final state was contradicted.
pub(crate) fn alert(before: Option<&Record>, after: &Record) {
    let known = before.map_or(0, |before| before.conflicts.len());
    for conflict in after.conflicts.iter().skip(known) {
        let closed = after.state.as_ref().map(ToString::to_string);
        tracing::error!(
            id = after.id().as_str(),
            closed = closed.as_deref(),
            claimed = %conflict.state,
            "a final state was contradicted: it is kept, and a person has to look at it"
        );
    }
}
