use std::{sync::Arc, time::Duration};

use snap_sign::BodyDigest;
use tokio::{
    sync::oneshot,
    time::{Instant, timeout_at},
};
use tracing::Instrument;

use super::{
    Executor, Outgoing,
    run::{Run, Tokens},
    verdict,
};
use crate::{
    Intent, MoneyState, OperationId, Pending, RecordError, UnknownReason, clock::whole_millis,
    customer::Whose, error::Failure, outcome::IntentParts, progress::Progress, response::Answer,
};

/// Where a detached call hands its result.
type Caller = oneshot::Sender<Result<Answer, Failure>>;

impl Executor {
    /// Anything but a read. Until there are tokens it is the caller's: dropped, it leaves no trace.
    ///
    /// From the intent on it runs in a task of its own, so that a request which may have left is
    /// followed to its end, and its outcome reaches the journal, whether or not anybody waits.
    pub(super) async fn detached(self: Arc<Self>, call: Outgoing) -> Result<Answer, Failure> {
        let limit = self.limit(&call);
        let deadline = tokio::time::sleep(limit).deadline();
        let intent = self.intent(&call, limit);
        let earlier = earlier(&call, intent.as_ref(), deadline).await?;
        let tokens = timeout_at(deadline, self.tokens_for(call.customer.as_ref())).await;
        let tokens = match tokens {
            Ok(Ok(tokens)) => tokens,
            Ok(Err(error)) => {
                let failure = Failure::without_token(error);
                return Err(verdict::unsent(failure, intent.as_ref(), earlier));
            }
            Err(_) => {
                let failure = Progress::default().timed_out(limit);
                return Err(verdict::unsent(failure, intent.as_ref(), earlier));
            }
        };
        let (caller, result) = oneshot::channel();
        let lost = intent.clone();
        let delivered = async move {
            Delivery {
                executor: &self,
                call: &call,
                limit,
                deadline,
                intent,
                earlier,
            }
            .run(tokens, caller)
            .await;
        };
        tokio::spawn(delivered.in_current_span());
        result.await.unwrap_or_else(|_| Err(abandoned(lost)))
    }

    /// What is about to be done, for a call that moves money.
    pub(crate) fn intent(&self, call: &Outgoing, limit: Duration) -> Option<Intent> {
        let moves = call.info.kind().is_money();
        moves.then(|| {
            let customer = call.customer.as_ref().and_then(|tokens| match &tokens.0 {
                Whose::Managed(key) => Some(key),
                Whose::Plain(_) => None,
            });
            Intent::new(&IntentParts {
                info: &call.info,
                path: call.path(),
                client_id: &self.config.client_id,
                customer,
                external_id: &self.first_external_id(call),
                body: &call.body,
                body_digest: BodyDigest::of_compact(&call.body).as_str(),
                at: self.skew.now(),
                limit_ms: whole_millis(limit),
            })
        })
    }
}

/// One call on its way, in a task of its own.
struct Delivery<'a> {
    executor: &'a Executor,
    call: &'a Outgoing,
    limit: Duration,
    deadline: Instant,
    /// For a call that moves money.
    intent: Option<Intent>,
    /// Where the money of an earlier delivery is that may have arrived.
    earlier: Option<MoneyState>,
}

impl Delivery<'_> {
    async fn run(self, tokens: Tokens, caller: Caller) {
        if let Err(failure) = self.take_down().await {
            self.call_off(failure, caller).await;
            return;
        }
        let progress = Progress::default();
        let run = Run::new(self.executor, self.call, &progress, tokens, self.deadline);
        let run = match &self.intent {
            Some(intent) => run.journalled(intent.external_id.clone(), intent.id.clone()),
            None => run,
        };
        let result = timeout_at(self.deadline, run.finish()).await;
        let result = result.unwrap_or_else(|_| Err(progress.timed_out(self.limit)));
        let attempts = progress.attempts(self.executor.config.clock.monotonic());
        let Some(intent) = &self.intent else {
            let _ = caller.send(verdict::without_money(self.call, result, attempts));
            return;
        };
        let earlier = self.earlier.clone();
        let result = verdict::on_money(self.call, intent, result, attempts, earlier);
        self.tell(&intent.id, result, caller).await;
    }

    /// The intent is in the journal, or nothing is sent.
    async fn take_down(&self) -> Result<(), Failure> {
        let (Some(intent), Some(recorder)) = (&self.intent, &self.call.options.recorder) else {
            return Ok(());
        };
        let failure = match timeout_at(self.deadline, recorder.intent(intent)).await {
            Ok(Ok(())) => return Ok(()),
            Ok(Err(error)) => return Err(not_journalled(intent, &error, self.earlier.clone())),
            Err(_) => late_journal(),
        };
        Err(verdict::unsent(failure, Some(intent), self.earlier.clone()))
    }

    /// Nothing was sent. An intent that was late may be in the journal yet: it is closed there.
    async fn call_off(&self, failure: Failure, caller: Caller) {
        let late = failure.is_timeout() && self.earlier.is_none();
        let result = Err(failure);
        let event = verdict::told(&result, self.executor.skew.now());
        // Nobody may be waiting any more.
        let _ = caller.send(result);
        if let (true, Some(intent), Some(recorder)) =
            (late, &self.intent, &self.call.options.recorder)
        {
            let event = event.up_to(Some(intent.external_id.clone()));
            // It says that there is no such intent where that never arrived.
            let _ = tokio::time::timeout(PATIENCE, recorder.event(&intent.id, &event)).await;
        }
    }

    /// The journal first, then the caller; but the caller does not wait for a slow journal beyond
    /// the limit of the call.
    async fn tell(&self, id: &OperationId, result: Result<Answer, Failure>, caller: Caller) {
        let Some(recorder) = &self.call.options.recorder else {
            let _ = caller.send(result);
            return;
        };
        let event = verdict::told(&result, self.executor.skew.now());
        let mut written = recorder.event(id, &event);
        match timeout_at(self.deadline, &mut written).await {
            Ok(done) => {
                warn_unless_written(id, done);
                let _ = caller.send(result);
            }
            Err(_) => {
                let _ = caller.send(result);
                let late = tokio::time::timeout(PATIENCE, written).await;
                let given_up = |_| Err(RecordError::new("it did not answer"));
                warn_unless_written(id, late.unwrap_or_else(given_up));
            }
        }
    }
}

/// How long a journal may take for an outcome that nobody waits for.
const PATIENCE: Duration = Duration::from_secs(60);

fn warn_unless_written(id: &OperationId, written: Result<(), RecordError>) {
    if let Err(error) = written {
        tracing::warn!(
            id = id.as_str(),
            "the outcome is not in the journal, so it is resolved again: {error}"
        );
    }
}

/// Where the money of an earlier delivery of the same operation is, if the journal holds one.
async fn earlier(
    call: &Outgoing,
    intent: Option<&Intent>,
    deadline: Instant,
) -> Result<Option<MoneyState>, Failure> {
    let (Some(intent), Some(recorder)) = (intent, &call.options.recorder) else {
        return Ok(None);
    };
    let failure = match timeout_at(deadline, recorder.earlier(intent)).await {
        Ok(Ok(earlier)) => return Ok(earlier),
        Ok(Err(error)) => Failure::journal(error.to_string()),
        Err(_) => late_journal(),
    };
    Err(verdict::unsent(failure, Some(intent), None))
}

fn not_journalled(intent: &Intent, error: &RecordError, earlier: Option<MoneyState>) -> Failure {
    let failure = Failure::journal(error.to_string());
    // The earlier call may yet move the money, so that nothing was sent proves nothing.
    let earlier = error.earlier().cloned().or(earlier);
    verdict::unsent(failure, Some(intent), earlier)
}

fn late_journal() -> Failure {
    Failure::journal("the journal did not answer within the limit of the call").timed_out()
}

/// The runtime ended with the task in it.
fn abandoned(intent: Option<Intent>) -> Failure {
    let failure = Failure::no_answer("the runtime that sent it ended");
    match intent {
        Some(intent) => {
            let state = MoneyState::Unknown(UnknownReason::Dropped);
            let reference = intent.reference.clone();
            let external_id = intent.external_id.clone();
            let pending = Pending::new(intent, state.clone());
            failure
                .with_external_id(external_id)
                .with_money(state, Some(pending))
                .about(reference)
        }
        None => failure.adding(verdict::OPEN_SESSION),
    }
}
