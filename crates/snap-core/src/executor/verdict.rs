//! What a call comes to, by the outcome table.

use std::time::SystemTime;

use serde_json::{Map, Value};

use super::{Outgoing, outgoing::reference, run::refusal};
use crate::{
    Attempt, Event, Intent, MoneyState, OperationKind, Pending, UnknownReason, body,
    error::Failure,
    outcome::{
        AnswerFacts, Cell, Circumstance, Echo, Rule, Then, concluded, is_ours, presumption,
        rule_for_answer, rule_for_stage, text,
    },
    response::Answer,
};

/// A read or a session: a refusal is a failure.
pub(super) fn without_money(
    call: &Outgoing,
    result: Result<Answer, Failure>,
    attempts: Vec<Attempt>,
) -> Result<Answer, Failure> {
    let result = result.and_then(|answer| {
        let rule = rule_for_answer(&answer.code, answer.http_status);
        match rule.cell(call.info.kind()).then {
            _ if answer.code.is_success() && is_anothers(call, &answer) => Err(strange(answer)),
            Then::Ok => Ok(answer),
            Then::Query if answer.code.http_part() == Some(202) => Err(unfinished(answer)),
            // The rule of a read or a session: its code decides, and a success is one.
            Then::Query if answer.code.is_success() => Err(contradicted(answer)),
            _ if answer.code.is_success() => Ok(answer),
            _ => Err(refusal(call, answer)),
        }
    });
    let is_session = call.info.kind() == OperationKind::Session;
    result.map_err(|failure| {
        let open = is_session && then_of(call, &failure) == Then::Query;
        let failure = if open {
            failure.adding(OPEN_SESSION)
        } else {
            failure
        };
        failure.with_attempts(attempts)
    })
}

/// A debit, a credit or a reversal: every result says where the money is.
pub(super) fn on_money(
    call: &Outgoing,
    intent: &Intent,
    result: Result<Answer, Failure>,
    attempts: Vec<Attempt>,
    earlier: Option<MoneyState>,
) -> Result<Answer, Failure> {
    let judged = Judged::new(call, intent, &result);
    let is_first = earlier.is_none();
    let state = with_history(judged.state(call, &result), judged.cell, earlier);
    tracing::debug!(operation = call.info.id(), rule = judged.rule.id, "{state}");
    let pending = (!matches!(state, MoneyState::NotMoved(_))).then(|| {
        let mut pending = judged.pending(intent, &state, &attempts);
        // An earlier delivery may still arrive: one inquiry that finds nothing settles nothing.
        pending.refused_as_not_found &= is_first;
        pending
    });
    let hint = match &result {
        Ok(answer) if judged.cell.then == Then::Confirm => presumption(&call.info, &answer.code),
        _ => None,
    };
    let good = matches!(state, MoneyState::Moved(_) | MoneyState::InProgress(_));
    let failure = match result {
        Ok(mut answer) if answer.code.is_success() && good => {
            answer.money = Some(state);
            answer.pending = pending.map(Box::new);
            answer.attempts = attempts;
            return Ok(answer);
        }
        Ok(answer) if answer.code.is_success() => contradicted(answer),
        Ok(answer) => refusal(call, answer),
        Err(failure) => failure,
    };
    Err(failure
        .with_money(state, pending)
        .with_attempts(attempts)
        .presuming(hint)
        .about(intent.reference.clone()))
}

/// A call that was not sent.
pub(super) fn unsent(
    failure: Failure,
    intent: Option<&Intent>,
    earlier: Option<MoneyState>,
) -> Failure {
    let Some(intent) = intent else {
        return failure;
    };
    let cell = rule_for_stage(failure.met()).cell(intent.kind);
    let nothing = Circumstance {
        code: None,
        http_status: None,
        facts: &AnswerFacts::default(),
        timed_out: false,
        broke_off: false,
        settles_at_once: false,
    };
    let state = with_history(concluded(cell, &nothing), cell, earlier);
    let pending = (!matches!(state, MoneyState::NotMoved(_)))
        .then(|| Pending::new(intent.clone(), state.clone()));
    failure
        .with_money(state, pending)
        .about(intent.reference.clone())
}

/// What proves that this delivery moved nothing proves nothing about an earlier one; nor does what
/// would prove it together with one inquiry.
fn with_history(state: MoneyState, cell: Cell, earlier: Option<MoneyState>) -> MoneyState {
    let is_about_this_one =
        matches!(state, MoneyState::NotMoved(_)) || cell.then == Then::InquireOnce;
    match earlier {
        Some(earlier) if is_about_this_one => earlier,
        _ => state,
    }
}

/// What goes into the journal about a result.
pub(super) fn told(result: &Result<Answer, Failure>, at: SystemTime) -> Event {
    let (state, pending, external_id) = match result {
        Ok(answer) => (
            answer.money.clone(),
            answer.pending.as_deref(),
            Some(&answer.external_id),
        ),
        Err(failure) => (
            failure.money().cloned(),
            failure.pending(),
            failure.external_id(),
        ),
    };
    let reference_no = pending.and_then(|pending| pending.reference_no.clone());
    // Every result of a call that moves money has a state.
    let state = state.unwrap_or(MoneyState::Unknown(UnknownReason::Dropped));
    Event::state(state, at, reference_no).up_to(external_id.cloned())
}

/// A result, and what the table says about it.
struct Judged {
    rule: &'static Rule,
    cell: Cell,
    facts: AnswerFacts,
    /// It is about another request or another service.
    foreign: bool,
}

impl Judged {
    fn new(call: &Outgoing, intent: &Intent, result: &Result<Answer, Failure>) -> Self {
        let kind = call.info.kind();
        let reference = intent.reference.as_deref();
        match result {
            Ok(answer) => {
                let facts = facts(call, answer, reference);
                let rule = rule_for_answer(&answer.code, answer.http_status);
                Self {
                    rule,
                    cell: rule.cell(kind),
                    foreign: is_about_another(call, answer, &facts),
                    facts,
                }
            }
            Err(failure) => {
                let rule = rule_for_failure(failure);
                Self {
                    rule,
                    cell: rule.cell(kind),
                    facts: AnswerFacts::default(),
                    foreign: false,
                }
            }
        }
    }

    fn state(&self, call: &Outgoing, result: &Result<Answer, Failure>) -> MoneyState {
        if self.foreign {
            return MoneyState::Unknown(UnknownReason::ForeignAnswer);
        }
        let (code, http_status, timed_out, broke_off) = match result {
            Ok(answer) => (Some(&answer.code), Some(answer.http_status), false, false),
            Err(failure) => (
                failure.code(),
                failure.http_status(),
                failure.is_timeout(),
                failure.broke_off(),
            ),
        };
        concluded(
            self.cell,
            &Circumstance {
                code,
                http_status,
                facts: &self.facts,
                timed_out,
                broke_off,
                settles_at_once: settles_at_once(call),
            },
        )
    }

    fn pending(&self, intent: &Intent, state: &MoneyState, attempts: &[Attempt]) -> Pending {
        let mut pending = Pending::new(intent.clone(), state.clone());
        for attempt in attempts {
            if !pending.external_ids.contains(&attempt.external_id) {
                pending.external_ids.push(attempt.external_id.clone());
            }
        }
        if !self.foreign {
            pending.reference_no.clone_from(&self.facts.reference_no);
            pending.refused_as_not_found = self.cell.then == Then::InquireOnce;
        }
        pending
    }
}

/// The rule about a failure: by its code if DOKU refused something before it, else by its stage.
fn rule_for_failure(failure: &Failure) -> &'static Rule {
    match (failure.code(), failure.http_status()) {
        (Some(code), Some(http_status)) => rule_for_answer(code, http_status),
        _ => rule_for_stage(failure.met()),
    }
}

fn then_of(call: &Outgoing, failure: &Failure) -> Then {
    rule_for_failure(failure).cell(call.info.kind()).then
}

/// Whether an answer is about something else than this call.
pub(super) fn is_foreign(call: &Outgoing, answer: &Answer) -> bool {
    let reference = reference(&call.info, &call.body);
    is_about_another(call, answer, &facts(call, answer, reference.as_deref()))
}

fn facts(call: &Outgoing, answer: &Answer, reference: Option<&str>) -> AnswerFacts {
    AnswerFacts::read(&answer.raw, call.info.reference().zip(reference))
}

/// Whether an answer is about something else: it repeats another reference, or names another
/// service without repeating ours. (Samples print codes of other services; gateways refuse early.)
fn is_about_another(call: &Outgoing, answer: &Answer, facts: &AnswerFacts) -> bool {
    let same_service = is_ours(&call.info, &answer.code);
    let vouched = answer.code.is_success() && facts.echo == Echo::Ours;
    let doubled = !body::names_members_once(&answer.raw);
    facts.echo == Echo::Other || doubled || !(same_service || vouched)
}

/// What is documented to be settled when it is accepted: a reversal, and a recurring payment of OVO,
/// which has no step of the customer. (DOKU direct debit, OVO.)
fn settles_at_once(call: &Outgoing) -> bool {
    match call.info.kind() {
        OperationKind::Reversal => true,
        OperationKind::Debit => {
            let body: Value = serde_json::from_slice(&call.body).unwrap_or_default();
            let further = &body["additionalInfo"];
            further["channel"] == "EMONEY_OVO_SNAP" && further["paymentType"] == "RECURRING"
        }
        _ => false,
    }
}

/// Whether an answer repeats the reference of another request under the name that ours has.
fn is_anothers(call: &Outgoing, answer: &Answer) -> bool {
    let request: Map<String, Value> = serde_json::from_slice(&call.body).unwrap_or_default();
    let repeats_another = |name: &str, ours: &str| {
        AnswerFacts::read(&answer.raw, Some((name, ours))).echo == Echo::Other
    };
    REFERENCES.iter().any(|name| {
        let ours = request.get(*name).and_then(text);
        ours.is_some_and(|ours| repeats_another(name, &ours))
    })
}

const REFERENCES: [&str; 2] = ["partnerReferenceNo", "originalPartnerReferenceNo"];

fn strange(answer: Answer) -> Failure {
    let detail = format!("{} about another reference than was asked for", answer.code);
    Failure::unreadable(detail).with_answer(answer)
}

fn contradicted(answer: Answer) -> Failure {
    let detail = format!(
        "{} under HTTP {}, which do not belong together or to this request",
        answer.code, answer.http_status
    );
    Failure::unreadable(detail).with_answer(answer)
}

/// A change that DOKU has taken and not done yet.
fn unfinished(answer: Answer) -> Failure {
    let detail = format!("{} says that it is not done yet", answer.code);
    Failure::unreadable(detail).with_answer(answer)
}

pub(super) const OPEN_SESSION: &str =
    "; it may have taken effect: ask for its state before repeating it";
