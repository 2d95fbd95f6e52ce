use super::{
    AnswerFacts, Cell, Http, MoneyState, MovedProof, NextStep, NotMovedProof, Presumption, Proof,
    Reason, Rule, Stages, Then, UnknownReason, answer::Echo,
};
use crate::{
    OperationInfo, ResponseCode,
    generated::outcomes::{ALIASES, GATEWAYS, PRESUMPTIONS, RULES},
};

/// The rule about a call that brought no response code.
pub(crate) fn rule_for_stage(stage: Stages) -> &'static Rule {
    let mut rules = RULES.iter();
    rules.find(|rule| rule.is_about(stage)).unwrap_or(last())
}

/// The rule about a response code that came with an HTTP status.
pub(crate) fn rule_for_answer(code: &ResponseCode, http_status: u16) -> &'static Rule {
    let status = Http::from(http_status);
    // The narrowest comes first.
    let mut rules = RULES.iter();
    rules
        .find(|rule| rule.covers(code, status))
        .unwrap_or(last())
}

/// The generator puts the rule for everything else at the end.
const fn last() -> &'static Rule {
    &RULES[RULES.len() - 1]
}

/// What the conclusion of a call depends on beside its rule.
#[derive(Debug)]
pub(crate) struct Circumstance<'a> {
    pub(crate) code: Option<&'a ResponseCode>,
    pub(crate) http_status: Option<u16>,
    pub(crate) facts: &'a AnswerFacts,
    /// The limit of the call ran out.
    pub(crate) timed_out: bool,
    /// An answer began and was not read to its end.
    pub(crate) broke_off: bool,
    /// The request is of a kind that is settled when it is accepted without a step of the customer.
    pub(crate) settles_at_once: bool,
}

impl Circumstance<'_> {
    /// Every cell that asks for it is about a response code.
    fn code(&self) -> ResponseCode {
        let code = self.code.cloned();
        code.unwrap_or_else(|| ResponseCode::from(""))
    }
}

/// Where the money is after a call of this kind that a cell of the table is about.
pub(crate) fn concluded(cell: Cell, of: &Circumstance<'_>) -> MoneyState {
    match cell.then {
        Then::NotMoved(proof) => MoneyState::NotMoved(not_moved(proof, of)),
        Then::InProgress(step) => MoneyState::InProgress(step),
        Then::Unknown(reason) => MoneyState::Unknown(unknown(reason, of)),
        Then::Accepted => accepted(of),
        Then::AcceptedLater => MoneyState::InProgress(NextStep::Settlement),
        Then::FirstAnswer if of.facts.echo == Echo::Ours => accepted(of),
        _ => MoneyState::Unknown(UnknownReason::NeedsInquiry(of.code())),
    }
}

/// A debit is settled at once only where that is documented: elsewhere an inquiry says so.
fn accepted(of: &Circumstance<'_>) -> MoneyState {
    if of.facts.redirects {
        MoneyState::InProgress(NextStep::CustomerRedirect)
    } else if of.settles_at_once && !of.facts.is_unsettled {
        MoneyState::Moved(MovedProof::Accepted(of.code()))
    } else {
        MoneyState::InProgress(NextStep::Settlement)
    }
}

fn not_moved(proof: Proof, of: &Circumstance<'_>) -> NotMovedProof {
    match proof {
        Proof::Local => NotMovedProof::Local,
        Proof::JournalFailed => NotMovedProof::JournalFailed,
        Proof::NoToken => NotMovedProof::NoToken,
        Proof::NotSent => NotMovedProof::NotSent,
        Proof::AuthRejected => NotMovedProof::AuthRejected,
        Proof::CustomerTokenRefused => NotMovedProof::CustomerTokenRefused,
        Proof::RateLimited => NotMovedProof::RateLimited,
        Proof::Rejected => NotMovedProof::Rejected(of.code()),
    }
}

fn unknown(reason: Reason, of: &Circumstance<'_>) -> UnknownReason {
    match reason {
        Reason::NoAnswer | Reason::Unreadable if of.timed_out => UnknownReason::Timeout,
        Reason::NoAnswer => UnknownReason::ConnectionLost,
        Reason::Unreadable if of.broke_off => UnknownReason::BodyTruncated,
        Reason::Unreadable => UnknownReason::NotSnap {
            http: of.http_status.unwrap_or_default(),
        },
        Reason::Redirected => UnknownReason::Redirected,
        Reason::Inconsistent => UnknownReason::Inconsistent,
        Reason::AlreadyProcessed => UnknownReason::AlreadyProcessed(of.code()),
        Reason::ServerError => UnknownReason::ServerError(of.code()),
        Reason::UnlistedCode => UnknownReason::UnlistedCode(of.code()),
    }
}

/// Whether a code answers for this operation: it names its service, one that is known to answer for
/// it, or that of a gateway which refused before the operation was reached.
pub(crate) fn is_ours(info: &OperationInfo, code: &ResponseCode) -> bool {
    let Some((service, http)) = code.service().zip(code.http_part()) else {
        return false;
    };
    service == info.service_code()
        || ALIASES.contains(&(info.service_code(), service))
        || GATEWAYS
            .iter()
            .any(|(https, services)| https.contains(&http) && services.contains(&service))
}

/// What an ambiguous code usually means for a service.
pub(crate) fn presumption(info: &OperationInfo, code: &ResponseCode) -> Option<Presumption> {
    let about =
        |(http, case): (u16, u16)| code.http_part() == Some(http) && code.case() == Some(case);
    let mut presumptions = PRESUMPTIONS.iter();
    let (_, moved, not_moved) = presumptions.find(|(codes, ..)| about(*codes))?;
    if moved.contains(&info.service_code()) {
        Some(Presumption::Moved)
    } else if not_moved.contains(&info.service_code()) {
        Some(Presumption::NotMoved)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{OperationKind, outcome::Again};

    /// Codes around all that rules name, with every HTTP status that a rule tells apart.
    fn every_answer() -> impl Iterator<Item = (ResponseCode, u16)> {
        let https = [199..206, 300..303, 399..432, 499..506]
            .into_iter()
            .flatten();
        let cases = https.flat_map(|http| (0..25).map(move |case| (http, case)));
        cases.flat_map(|(http, case)| {
            let code = ResponseCode::from(format!("{http}54{case:02}").as_str());
            [200, 409, 500].map(move |status| (code.clone(), status))
        })
    }

    fn money_cells(rule: &Rule) -> [Cell; 3] {
        let kinds = [
            OperationKind::Debit,
            OperationKind::Credit,
            OperationKind::Reversal,
        ];
        kinds.map(|kind| rule.cell(kind))
    }

    #[test]
    fn every_answer_says_where_the_money_is() {
        for (code, status) in every_answer() {
            for cell in money_cells(rule_for_answer(&code, status)) {
                let silent = [Then::Impossible, Then::Ok, Then::Error, Then::Query];
                assert!(
                    !silent.contains(&cell.then),
                    "{code} under {status}: {cell:?}"
                );
            }
        }
    }

    #[test]
    fn a_call_that_moves_money_goes_out_again_after_a_definite_401_only() {
        for (code, status) in every_answer() {
            let is_401 = code.http_part() == Some(401) && code.case().is_some_and(|case| case < 5);
            for cell in money_cells(rule_for_answer(&code, status)) {
                assert_eq!(cell.again != Again::Never, is_401, "{code} under {status}");
            }
        }
    }

    #[test]
    fn only_a_refusal_proves_that_nothing_moved_and_only_a_success_that_it_was_taken() {
        for (code, status) in every_answer() {
            for cell in money_cells(rule_for_answer(&code, status)) {
                match cell.then {
                    Then::NotMoved(_) => assert!((400..500).contains(&code.http_part().unwrap())),
                    Then::Accepted | Then::AcceptedLater => {
                        assert_eq!((code.http_part(), status), (Some(200), 200), "{code}");
                    }
                    _ => {}
                }
            }
        }
    }
}
