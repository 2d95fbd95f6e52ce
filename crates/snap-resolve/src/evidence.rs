//! What the answer to an inquiry says about the operation it is about.

use serde::Deserialize;
use serde_json::{Map, Value, json};
use snap_core::{Amount, OperationKind, Pending, TransactionStatus};

use crate::inquiry::Profile;

/// What one inquiry found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Finding {
    Succeeded,
    Failed,
    Cancelled,
    /// A payout came back.
    Returned,
    /// It is known, and not over.
    Open,
    /// The original of a reversal stands as it was paid: nothing was reversed so far.
    Untouched,
    /// There is no such operation, as far as this inquiry can see.
    NotFound,
    /// The original has a readable history without this reversal.
    Absent,
    /// Amount or currency differ.
    Differs,
    /// The answer is about something else, or says nothing.
    Nothing,
}

/// Reads the answer to a successful inquiry.
pub(crate) fn read(profile: Profile, pending: &Pending, answer: &Value) -> Finding {
    let Some(answer) = answer.as_object() else {
        return Finding::Nothing;
    };
    if names_another(asked(profile, pending), answer) {
        return Finding::Nothing;
    }
    match profile {
        Profile::Refund => refund(pending, answer),
        Profile::Cancel => cancel(answer),
        Profile::Evidence => evidence(pending, answer),
        Profile::Payment | Profile::Payout => own(pending, answer),
    }
}

/// Whose status is asked for: that of the original where a reversal is to be found in it.
fn asked(profile: Profile, pending: &Pending) -> Option<&str> {
    let intent = &pending.intent;
    match profile {
        Profile::Refund | Profile::Cancel => intent.members.get(ORIGINAL).map(String::as_str),
        Profile::Evidence | Profile::Payment | Profile::Payout => intent.reference.as_deref(),
    }
}

/// The operation's own status.
fn own(pending: &Pending, answer: &Map<String, Value>) -> Finding {
    let Some(status) = status(answer, "latestTransactionStatus") else {
        return Finding::Nothing;
    };
    let found = match status.as_str() {
        "00" => Finding::Succeeded,
        "01" | "02" | "03" => Finding::Open,
        "04" if pending.intent.kind == OperationKind::Credit => Finding::Returned,
        // Paid, and given back since: what this operation did, it did.
        "04" => Finding::Succeeded,
        "05" => Finding::Cancelled,
        "06" => Finding::Failed,
        "07" => Finding::NotFound,
        _ => Finding::Nothing,
    };
    checked(pending, answer, found)
}

/// A success, or a failure, of another amount is about something else than was asked for.
fn checked(pending: &Pending, answer: &Map<String, Value>, found: Finding) -> Finding {
    let decided = matches!(
        found,
        Finding::Succeeded | Finding::Returned | Finding::Failed | Finding::Cancelled
    );
    if !decided {
        return found;
    }
    match same_amount(pending, answer) {
        Some(false) => Finding::Differs,
        Some(true) => found,
        // Without an amount the reference must vouch for it.
        None if names_ours(pending, answer) => found,
        None => Finding::Nothing,
    }
}

/// The entry of the original's refund history that is ours.
fn refund(pending: &Pending, answer: &Map<String, Value>) -> Finding {
    let Some(history) = answer.get("refundHistory").and_then(entries) else {
        return refunded_whole(pending, answer);
    };
    let ours = history.into_iter().find(|entry| {
        ["partnerRefundNo", "partnerReferenceNo"]
            .iter()
            .any(|name| text(entry, name) == pending.intent.reference)
    });
    let Some(entry) = ours else {
        return Finding::Absent;
    };
    let found = match status(entry, "refundStatus")
        .as_ref()
        .map(TransactionStatus::as_str)
    {
        Some("00") => Finding::Succeeded,
        Some("06") => Finding::Failed,
        Some("03") => Finding::Open,
        _ => Finding::Nothing,
    };
    match same_amount(pending, entry) {
        Some(false) if found == Finding::Succeeded => Finding::Differs,
        _ => found,
    }
}

/// Without a history only a refund of the whole amount shows: the original is then refunded. One that
/// names no amount is of the whole.
fn refunded_whole(pending: &Pending, answer: &Map<String, Value>) -> Finding {
    let is_whole = pending.intent.amount.is_none() || same_amount(pending, answer) == Some(true);
    match status(answer, "latestTransactionStatus") {
        Some(status) if status == TransactionStatus::REFUNDED && is_whole => Finding::Succeeded,
        Some(status) if status == TransactionStatus::SUCCESS => Finding::Untouched,
        _ => Finding::Open,
    }
}

/// The original is cancelled, or it is not (yet).
fn cancel(answer: &Map<String, Value>) -> Finding {
    match status(answer, "latestTransactionStatus") {
        Some(status) if status == TransactionStatus::CANCELLED => Finding::Succeeded,
        Some(status) if status == TransactionStatus::SUCCESS => Finding::Untouched,
        Some(_) => Finding::Open,
        None => Finding::Nothing,
    }
}

/// An entry of a history: words instead of a status.
fn evidence(pending: &Pending, answer: &Map<String, Value>) -> Finding {
    if !names_ours(pending, answer) || same_amount(pending, answer) != Some(true) {
        return Finding::Nothing;
    }
    match text(answer, "status").as_deref() {
        Some("SUCCESS") => Finding::Succeeded,
        _ => Finding::Open,
    }
}

fn status(at: &Map<String, Value>, name: &str) -> Option<TransactionStatus> {
    let status = serde_json::from_value(at.get(name)?.clone());
    status.ok()
}

/// The reference that the answer repeats, whatever it calls it.
fn echoed(answer: &Map<String, Value>) -> Option<String> {
    let names = [ORIGINAL, "partnerReferenceNo"];
    names.iter().find_map(|name| text(answer, name))
}

fn names_ours(pending: &Pending, answer: &Map<String, Value>) -> bool {
    echoed(answer).is_some_and(|echoed| Some(echoed) == pending.intent.reference)
}

fn names_another(asked: Option<&str>, answer: &Map<String, Value>) -> bool {
    echoed(answer).is_some_and(|echoed| Some(&*echoed) != asked)
}

/// Whether the answer's amount and currency are those that were asked for; nothing if one of the two
/// names none.
fn same_amount(pending: &Pending, at: &Map<String, Value>) -> Option<bool> {
    let names = ["transAmount", "amount", "refundAmount"];
    let theirs = amount(names.iter().find_map(|name| at.get(*name))?)?;
    let intent = &pending.intent;
    let ours = amount(&json!({"value": intent.amount.as_deref()?, "currency": intent.currency}))?;
    let same_currency = match (theirs.currency(), ours.currency()) {
        (Some(theirs), Some(ours)) => theirs == ours,
        _ => true,
    };
    let values = theirs.to_decimal().ok().zip(ours.to_decimal().ok());
    values.map(|(theirs, ours)| theirs == ours && same_currency)
}

fn amount(value: &Value) -> Option<Amount> {
    Amount::deserialize(value).ok()
}

/// Nothing if it cannot be read: then it shows nothing absent either.
fn entries(history: &Value) -> Option<Vec<&Map<String, Value>>> {
    match history {
        Value::Array(entries) => entries.iter().map(Value::as_object).collect(),
        Value::Object(entry) => Some(vec![entry]),
        _ => None,
    }
}

fn text(at: &Map<String, Value>, name: &str) -> Option<String> {
    match at.get(name)? {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

const ORIGINAL: &str = "originalPartnerReferenceNo";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::pending;

    const PAID: &str =
        r#""originalPartnerReferenceNo":"R-1","transAmount":{"value":"10000.00","currency":"IDR"}"#;

    #[track_caller]
    fn check(profile: Profile, kind: &str, answer: &str, expected: Finding) {
        let answer: Value = serde_json::from_str(answer).unwrap();
        assert_eq!(read(profile, &pending(kind), &answer), expected, "{answer}");
    }

    #[track_caller]
    fn check_status(kind: &str, status: &str, expected: Finding) {
        let answer = format!(r#"{{"latestTransactionStatus":{status},{PAID}}}"#);
        check(Profile::Payment, kind, &answer, expected);
    }

    #[test]
    fn every_status_of_a_debit_is_read() {
        for (status, expected) in [
            (r#""00""#, Finding::Succeeded),
            (r#""01""#, Finding::Open),
            (r#""02""#, Finding::Open),
            (r#""03""#, Finding::Open),
            (r#""04""#, Finding::Succeeded),
            (r#""05""#, Finding::Cancelled),
            (r#""06""#, Finding::Failed),
            (r#""07""#, Finding::NotFound),
            (r#""08""#, Finding::Nothing),
            (r#""SUCCESS""#, Finding::Nothing),
            (r#""""#, Finding::Nothing),
            ("null", Finding::Nothing),
            (r#""6""#, Finding::Failed),
            ("6", Finding::Failed),
        ] {
            check_status("debit", status, expected);
        }
    }

    #[test]
    fn a_payout_that_is_refunded_came_back() {
        check_status("credit", r#""04""#, Finding::Returned);
    }

    #[test]
    fn an_answer_that_is_no_object_or_has_no_status_says_nothing() {
        for answer in [
            "[]",
            "null",
            "\"00\"",
            "{}",
            r#"{"latestTransactionStatus":[]}"#,
        ] {
            check(Profile::Payment, "debit", answer, Finding::Nothing);
        }
    }

    #[test]
    fn a_decision_needs_our_amount_or_our_reference() {
        let named = r#"{"latestTransactionStatus":"00","originalPartnerReferenceNo":"R-1"}"#;
        let nameless = r#"{"latestTransactionStatus":"00"}"#;
        let ours =
            r#"{"latestTransactionStatus":"00","amount":{"value":"10000.00","currency":"IDR"}}"#;

        check(Profile::Payment, "debit", named, Finding::Succeeded);
        check(Profile::Payment, "debit", nameless, Finding::Nothing);
        check(Profile::Payment, "debit", ours, Finding::Succeeded);
    }

    #[test]
    fn a_failure_of_another_amount_is_not_ours_either() {
        for status in ["00", "04", "05", "06"] {
            let answer = format!(
                r#"{{"latestTransactionStatus":"{status}","amount":{{"value":"1.00","currency":"IDR"}}}}"#
            );
            check(Profile::Payout, "credit", &answer, Finding::Differs);
        }
    }

    #[test]
    fn amounts_are_compared_as_decimals_with_their_currency() {
        for (value, currency, same) in [
            ("10000.00", "IDR", true),
            ("10000", "IDR", true),
            ("10000.0", "IDR", true),
            ("10000.01", "IDR", false),
            ("10000.00", "USD", false),
        ] {
            let answer = format!(
                r#"{{"latestTransactionStatus":"00","amount":{{"value":"{value}","currency":"{currency}"}}}}"#
            );
            let expected = if same {
                Finding::Succeeded
            } else {
                Finding::Differs
            };
            check(Profile::Payment, "debit", &answer, expected);
        }
    }

    #[test]
    fn our_entry_of_a_refund_history_decides_under_either_name() {
        for name in ["partnerRefundNo", "partnerReferenceNo"] {
            for (status, expected) in [
                ("00", Finding::Succeeded),
                ("03", Finding::Open),
                ("06", Finding::Failed),
                ("99", Finding::Nothing),
            ] {
                let answer = format!(
                    r#"{{"refundHistory":[{{"{name}":"X","refundStatus":"06"}},
                    {{"{name}":"R-1","refundStatus":"{status}"}}]}}"#
                );
                check(Profile::Refund, "reversal", &answer, expected);
            }
        }
    }

    #[test]
    fn a_history_may_be_one_entry() {
        let answer = r#"{"refundHistory":{"partnerRefundNo":"R-1","refundStatus":"00"}}"#;

        check(Profile::Refund, "reversal", answer, Finding::Succeeded);
    }

    #[test]
    fn a_readable_history_without_ours_shows_that_it_is_absent() {
        for history in ["[]", r#"[{"partnerRefundNo":"X","refundStatus":"00"}]"#] {
            let answer = format!(r#"{{"refundHistory":{history}}}"#);
            check(Profile::Refund, "reversal", &answer, Finding::Absent);
        }
    }

    #[test]
    fn a_history_that_cannot_be_read_shows_nothing_absent() {
        for history in ["null", r#""""#, "0", r#"["R-1"]"#, "[[]]"] {
            let answer = format!(r#"{{"refundHistory":{history}}}"#);
            check(Profile::Refund, "reversal", &answer, Finding::Open);
        }
    }

    #[test]
    fn without_a_history_only_a_whole_refund_shows() {
        let of = |status: &str, value: &str| {
            format!(
                r#"{{"latestTransactionStatus":"{status}","transAmount":{{"value":"{value}","currency":"IDR"}}}}"#
            )
        };

        check(
            Profile::Refund,
            "reversal",
            &of("04", "10000.00"),
            Finding::Succeeded,
        );
        check(
            Profile::Refund,
            "reversal",
            &of("04", "20000.00"),
            Finding::Open,
        );
        check(
            Profile::Refund,
            "reversal",
            &of("00", "10000.00"),
            Finding::Untouched,
        );
    }

    #[test]
    fn a_cancellation_shows_in_the_status_of_the_original() {
        check(
            Profile::Cancel,
            "reversal",
            r#"{"latestTransactionStatus":"05"}"#,
            Finding::Succeeded,
        );
        check(
            Profile::Cancel,
            "reversal",
            r#"{"latestTransactionStatus":"00"}"#,
            Finding::Untouched,
        );
        check(Profile::Cancel, "reversal", "{}", Finding::Nothing);
    }

    #[test]
    fn an_entry_of_a_history_counts_with_our_reference_and_amount() {
        let of = |status: &str, reference: &str, value: &str| {
            format!(
                r#"{{"status":"{status}","partnerReferenceNo":"{reference}",
                "amount":{{"value":"{value}","currency":"IDR"}}}}"#
            )
        };

        check(
            Profile::Evidence,
            "credit",
            &of("SUCCESS", "R-1", "10000.00"),
            Finding::Succeeded,
        );
        check(
            Profile::Evidence,
            "credit",
            &of("PENDING", "R-1", "10000.00"),
            Finding::Open,
        );
        check(
            Profile::Evidence,
            "credit",
            &of("FAILED", "R-1", "10000.00"),
            Finding::Open,
        );
        check(
            Profile::Evidence,
            "credit",
            &of("SUCCESS", "X", "10000.00"),
            Finding::Nothing,
        );
        check(
            Profile::Evidence,
            "credit",
            &of("SUCCESS", "R-1", "1.00"),
            Finding::Nothing,
        );
    }

    #[test]
    fn an_answer_about_another_original_says_nothing() {
        for profile in [
            Profile::Refund,
            Profile::Cancel,
            Profile::Payment,
            Profile::Evidence,
        ] {
            let answer = r#"{"originalPartnerReferenceNo":"X","latestTransactionStatus":"05",
                "status":"SUCCESS","refundHistory":[]}"#;
            check(profile, "reversal", answer, Finding::Nothing);
        }
    }
}
