use std::{sync::Arc, time::Duration};

use snap_sign::AccessToken;
use tokio::time::Instant;

use super::{Executor, Outgoing, verdict};
use crate::{
    CustomerError, CustomerToken, CustomerTokens, Event, ExternalId, GuardError, NamedDelivery,
    OperationKind,
    customer::{CustomerCells, Whose},
    error::Failure,
    outcome::{Again, Cell, OperationId, rule_for_answer, rule_for_stage},
    progress::{Done, Progress},
    response::Answer,
    skew::Correction,
    token::{TokenCell, TokenError},
};

/// The attempts of one call: the first one, and what the outcome table allows after it.
///
/// A call that moves money goes out again in three cases only: no connection was made, a pooled one
/// was found closed before it was used (the HTTP library does that by itself), and once after DOKU
/// has definitely refused signature or token (HTTP part 401).
pub(super) struct Run<'a> {
    executor: &'a Executor,
    call: &'a Outgoing,
    progress: &'a Progress,
    tokens: Tokens,
    external_id: ExternalId,
    /// The operation in the journal of the call, for calls that have one.
    journalled: Option<OperationId>,
    /// When the call ends.
    deadline: Instant,
    /// There is one replay in all, whatever DOKU refuses.
    replayed: bool,
    /// That was because of the clock.
    clock_corrected: bool,
    reconnects: u32,
    retries: u32,
}

/// What comes after an attempt.
enum Next {
    End,
    /// The same again after a pause.
    Wait(Duration),
    Replay,
}

impl<'a> Run<'a> {
    pub(super) fn new(
        executor: &'a Executor,
        call: &'a Outgoing,
        progress: &'a Progress,
        tokens: Tokens,
        deadline: Instant,
    ) -> Self {
        Self {
            executor,
            call,
            progress,
            tokens,
            external_id: executor.first_external_id(call),
            journalled: None,
            deadline,
            replayed: false,
            clock_corrected: false,
            reconnects: 0,
            retries: 0,
        }
    }

    /// The first attempt is in the journal already: under this id, as this operation.
    pub(super) fn journalled(mut self, external_id: ExternalId, id: OperationId) -> Self {
        self.external_id = external_id;
        self.journalled = Some(id);
        self
    }

    /// Sends until there is nothing more to try. A refusal is an answer here.
    pub(super) async fn finish(mut self) -> Result<Answer, Failure> {
        self.take_own_id().await?;
        loop {
            let (executor, call) = (self.executor, self.call);
            let attempt = executor.attempt(call, &self.tokens, &self.external_id, self.progress);
            let mut result = attempt.await;
            match self.next(&mut result) {
                Next::End => return result,
                Next::Wait(pause) => self.wait(result, pause).await,
                Next::Replay => match result {
                    Ok(refused) => self.prepare_replay(refused).await?,
                    failed => return failed,
                },
            }
        }
    }

    /// An id that the caller brought is asked about once: it is never renewed, and everything that
    /// is sent under it has one body.
    async fn take_own_id(&self) -> Result<(), Failure> {
        let config = &self.executor.config;
        let own = self.call.options.external_id.as_ref();
        let (Some(id), Some(guard)) = (own, &config.external_id_guard) else {
            return Ok(());
        };
        let now = self.executor.skew.now();
        let delivery = NamedDelivery::of(config, id, &self.call.body, now);
        let taken = tokio::time::timeout(GUARD_LIMIT, guard.take(&delivery)).await;
        match taken.unwrap_or_else(|_| Err(GuardError::new("no answer within 2 s"))) {
            Ok(true) => Ok(()),
            Ok(false) => Err(Failure::not_sent(USED_TODAY)),
            Err(error) => {
                let failure = Failure::not_sent(error.to_string());
                Err(failure.with_source(Some(Arc::new(error))))
            }
        }
    }

    fn next(&mut self, result: &mut Result<Answer, Failure>) -> Next {
        let cell = match result {
            Ok(answer) => rule_for_answer(&answer.code, answer.http_status),
            Err(failure) => rule_for_stage(failure.met()),
        }
        .cell(self.call.info.kind());
        match result {
            Ok(answer) if cell.again == Again::Never && answer.code.is_success() => {
                self.executor.budget.deposit();
            }
            Ok(answer) if cell.again != Again::Never && !self.concerns_us(answer) => {
                return Next::End;
            }
            _ => {}
        }
        match cell.again {
            Again::Never => Next::End,
            Again::Reconnect => self.reconnect(),
            Again::Retry | Again::RetryOnce => self.retry(cell, result),
            Again::Clock => self.correct_clock(result),
            Again::Token | Again::CustomerToken => self.other_token(result),
        }
    }

    /// A refusal of another service, or of another request, proves nothing about a call that moves
    /// money.
    fn concerns_us(&self, answer: &Answer) -> bool {
        !self.call.info.kind().is_money() || !verdict::is_foreign(self.call, answer)
    }

    /// Nothing had left, so this is the same delivery.
    fn reconnect(&mut self) -> Next {
        if self.reconnects == RECONNECTS {
            return Next::End;
        }
        let longest = RECONNECT_PAUSE * (self.reconnects + 1);
        let pause = self.executor.jitter.up_to(longest);
        let is_read = self.call.info.kind() == OperationKind::Read;
        if !self.fits(pause) || (is_read && !self.executor.budget.withdraw()) {
            return Next::End;
        }
        self.reconnects += 1;
        Next::Wait(pause)
    }

    /// Whether there is time left after a pause. Where there is none, the failure is told at once:
    /// nothing better comes by waiting for the deadline.
    fn fits(&self, pause: Duration) -> bool {
        tokio::time::sleep(pause).deadline() < self.deadline
    }

    fn retry(&mut self, cell: Cell, result: &Result<Answer, Failure>) -> Next {
        let most = if cell.again == Again::RetryOnce {
            1
        } else {
            RETRIES
        };
        if self.retries >= most || self.would_repeat_its_id(result) {
            return Next::End;
        }
        let longest = RETRY_PAUSE * 2_u32.pow(self.retries);
        let asked = result.as_ref().ok().and_then(|answer| answer.retry_after);
        // Also where DOKU names a time, so that clients do not come back together.
        let pause = asked.unwrap_or_default() + self.executor.jitter.up_to(longest);
        if !self.fits(pause) || !self.executor.budget.withdraw() {
            return Next::End;
        }
        self.retries += 1;
        self.renew_external_id();
        Next::Wait(pause)
    }

    /// An external id that was refused as used, and that is the caller's own, would be again.
    fn would_repeat_its_id(&self, result: &Result<Answer, Failure>) -> bool {
        let refused = matches!(result, Ok(answer) if answer.code.http_part() == Some(409));
        refused && self.call.options.external_id.is_some()
    }

    fn correct_clock(&mut self, result: &mut Result<Answer, Failure>) -> Next {
        let Ok(answer) = result else {
            return Next::End;
        };
        let correction = if self.clock_corrected {
            Correction::Applied
        } else {
            self.executor.skew.correct(answer.measured)
        };
        let applied = correction == Correction::Applied && !self.clock_corrected;
        if applied && !self.replayed {
            self.clock_corrected = true;
            return Next::Replay;
        }
        answer.note = Some(if applied {
            CORRECTED_LATE.to_owned()
        } else {
            correction.to_string()
        });
        Next::End
    }

    fn other_token(&mut self, result: &Result<Answer, Failure>) -> Next {
        let Ok(answer) = result else {
            return Next::End;
        };
        if self.tokens.refuse(&self.executor.tokens, answer) && !self.replayed {
            Next::Replay
        } else {
            Next::End
        }
    }

    async fn wait(&self, result: Result<Answer, Failure>, pause: Duration) {
        // Kept for the case that the limit of the call ends the pause.
        let failure = match result {
            Ok(answer) => refusal(self.call, answer),
            Err(failure) => failure,
        };
        self.progress.set(Done::Paused(Box::new(failure)));
        tokio::time::sleep(pause).await;
    }

    /// Other tokens, another signature, another external id unless the caller chose it; the same
    /// body.
    async fn prepare_replay(&mut self, refused: Answer) -> Result<(), Failure> {
        self.replayed = true;
        self.await_for_replay(&refused, "there was no new token");
        let customer = self.call.customer.as_ref();
        self.tokens = match self.executor.tokens_for(customer).await {
            Ok(tokens) => tokens,
            Err(error) => {
                let failure = Failure::refused(refused).adding("; ");
                return Err(failure.for_want_of_token(error));
            }
        };
        self.renew_external_id();
        self.announce(refused).await
    }

    /// A delivery under another external id is in the journal before its first byte leaves. What
    /// came before it was refused for good, so nothing has moved.
    async fn announce(&self, refused: Answer) -> Result<(), Failure> {
        let (Some(id), Some(recorder)) = (&self.journalled, &self.call.options.recorder) else {
            return Ok(());
        };
        self.await_for_replay(&refused, "the journal did not take another delivery");
        let event = Event::sending(self.external_id.clone(), self.executor.skew.now());
        match recorder.event(id, &event).await {
            Ok(()) => Ok(()),
            Err(error) => Err(Failure::refused(refused).adding(&format!(
                "; it was not sent again, because the journal failed: {error}"
            ))),
        }
    }

    /// What the call comes to, and why, if its time runs out before the replay.
    fn await_for_replay(&self, refused: &Answer, lacking: &'static str) {
        let failure = Box::new(Failure::refused(refused.clone()));
        self.progress.set(Done::Refused { failure, lacking });
    }

    fn renew_external_id(&mut self) {
        if self.call.options.external_id.is_none() {
            self.external_id = self.executor.new_external_id();
        }
    }
}

/// A refusal as a failure; a success that came to nothing too.
pub(super) fn refusal(call: &Outgoing, answer: Answer) -> Failure {
    let of_customer = call.customer.is_some() && answer.code.is_refused_customer_token();
    let failure = Failure::refused(answer);
    if of_customer {
        failure.of_customer(CustomerError::TokenRefused)
    } else {
        failure
    }
}

/// The tokens of one attempt.
pub(super) struct Tokens {
    pub(super) merchant: AccessToken,
    customer: Option<CustomersOwn>,
}

struct CustomersOwn {
    token: CustomerToken,
    /// Where it came from, unless the caller brought it.
    managed: Option<TokenCell>,
}

impl Tokens {
    /// The customer's token first: without one, the merchant's is not needed.
    pub(super) async fn fetch(
        merchant: &TokenCell,
        customers: &CustomerCells,
        customer: Option<&CustomerTokens>,
    ) -> Result<Self, TokenError> {
        let customer = match customer.map(|tokens| &tokens.0) {
            None => None,
            Some(Whose::Plain(token)) => Some(brought(token)?),
            Some(Whose::Managed(key)) => Some(managed(customers.cell(key)?).await?),
        };
        let merchant = merchant.token(Duration::ZERO).await?;
        Ok(Self { merchant, customer })
    }

    pub(super) fn customers_own(&self) -> Option<&CustomerToken> {
        self.customer.as_ref().map(|own| &own.token)
    }

    /// What no message may repeat.
    pub(super) fn texts(&self) -> [&str; 2] {
        let own = self.customers_own().map(CustomerToken::expose);
        [self.merchant.expose(), own.unwrap_or_default()]
    }

    /// Takes note of the token that DOKU refused, if this is such an answer; gives whether there is
    /// a way to another one.
    fn refuse(&self, merchant: &TokenCell, answer: &Answer) -> bool {
        if answer.code.is_refused_b2b_token() {
            merchant.refuse(&self.merchant);
            return true;
        }
        let Some(own) = &self.customer else {
            return false;
        };
        match &own.managed {
            Some(cell) if answer.code.is_refused_customer_token() => {
                cell.refuse(&own.token.0);
                true
            }
            _ => false,
        }
    }
}

fn brought(token: &CustomerToken) -> Result<CustomersOwn, TokenError> {
    if token.expose().trim().is_empty() {
        return Err(TokenError::local("the customer's token is empty"));
    }
    Ok(CustomersOwn {
        token: token.clone(),
        managed: None,
    })
}

async fn managed(cell: TokenCell) -> Result<CustomersOwn, TokenError> {
    let token = cell.token(Duration::ZERO).await?;
    Ok(CustomersOwn {
        token: CustomerToken(token),
        managed: Some(cell),
    })
}

/// Connections that may fail after the first.
const RECONNECTS: u32 = 2;
const RECONNECT_PAUSE: Duration = Duration::from_millis(200);
/// Times a read is sent again.
const RETRIES: u32 = 2;
const RETRY_PAUSE: Duration = Duration::from_millis(500);

const GUARD_LIMIT: Duration = Duration::from_secs(2);
const USED_TODAY: &str = "the external id was used today for another request; use a new one, or let \
                          the client make it";

const CORRECTED_LATE: &str = "the clock was wrong and is corrected for the next call";
