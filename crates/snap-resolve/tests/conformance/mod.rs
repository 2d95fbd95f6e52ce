//! What every journal does. `rules!` makes a test of each; [`all`] runs them one after another.

use snap_core::{MoneyState, OperationId, UnknownReason};
use snap_resolve::{Journal, Record};

use crate::support::*;

macro_rules! rules {
    ($($rule:ident)*) => {
        /// Runs every rule, each on a new journal.
        #[allow(dead_code, reason = "for journals that are costly to make")]
        pub(crate) async fn all<J: Journal, F: Future<Output = J>>(new: impl Fn() -> F) {
            $(
                println!("{}", stringify!($rule));
                $rule(&new().await).await;
            )*
        }

        /// A test of each rule, on a new journal that the expression makes.
        #[allow(unused_macros, reason = "for journals that are cheap to make")]
        macro_rules! conformance {
            ($new:expr) => {
                $(
                    #[tokio::test]
                    async fn $rule() {
                        crate::conformance::$rule(&$new).await;
                    }
                )*
            };
        }
    };
}

rules! {
    an_intent_is_open_until_a_final_state
    an_open_intent_without_an_outcome_is_unknown
    open_operations_come_oldest_first
    the_same_intent_again_is_one
    another_intent_is_refused_while_one_is_open
    an_intent_is_refused_after_the_money_moved
    another_attempt_is_taken_after_the_money_did_not_move
    an_announced_external_id_is_a_resubmission
    an_external_id_of_an_earlier_attempt_is_no_resubmission
    a_delivery_adds_its_external_id_once
    a_delivery_of_a_closed_operation_is_refused
    the_latest_open_state_and_reference_number_are_kept
    the_same_final_state_again_changes_nothing
    a_contradiction_is_kept_and_changes_nothing
    unknown_after_a_final_state_is_no_contradiction
    an_event_about_an_unknown_operation_says_so
    a_refusal_as_not_found_is_pending_as_such
    a_refusal_as_not_found_of_an_earlier_delivery_is_not_pending_as_such
    nothing_came_before_a_first_delivery
    a_delivery_without_an_outcome_came_before_and_is_unknown
    an_open_delivery_came_before_with_its_state
    a_delivery_that_moved_the_money_came_before
    nothing_came_before_that_may_arrive_once_the_money_did_not_move
    what_is_said_about_an_earlier_delivery_does_not_close_the_last_one
    what_is_said_about_the_last_delivery_closes_it
    an_earlier_delivery_that_moved_the_money_closes_the_operation
    an_earlier_attempt_is_not_pending_with_the_latest
    an_operation_is_pending_since_its_last_delivery
    an_odd_text_is_kept_as_it_is
    two_who_begin_the_same_operation_are_one_too_many
}

async fn found(journal: &impl Journal, id: &OperationId) -> Record {
    journal.find(id).await.unwrap().unwrap()
}

async fn open(journal: &impl Journal) -> Vec<String> {
    let open = journal.open().await.unwrap();
    open.iter()
        .map(|record| record.intent.reference.clone().unwrap())
        .collect()
}

fn numbers(record: &Record) -> Vec<&str> {
    record.external_ids.iter().map(|id| id.as_str()).collect()
}

pub(crate) async fn an_intent_is_open_until_a_final_state(journal: &impl Journal) {
    let intent = intent("A", 1);
    journal.intent(&intent).await.unwrap();
    assert_eq!(open(journal).await, ["A"]);
    journal
        .event(&intent.id, &state(in_progress()))
        .await
        .unwrap();
    assert_eq!(open(journal).await, ["A"]);
    let pending = found(journal, &intent.id).await.pending().unwrap();
    assert_eq!(
        (pending.intent, pending.state),
        (intent.clone(), in_progress())
    );

    journal.event(&intent.id, &state(moved())).await.unwrap();

    assert_eq!(open(journal).await, [""; 0]);
    let record = found(journal, &intent.id).await;
    assert_eq!((&record.state, record.pending()), (&Some(moved()), None));
    assert_eq!((record.intent, record.state_at), (intent, Some(at(60))));
}

pub(crate) async fn an_open_intent_without_an_outcome_is_unknown(journal: &impl Journal) {
    let intent = intent("A", 1);

    journal.intent(&intent).await.unwrap();

    let record = journal.open().await.unwrap().remove(0);
    assert_eq!(record.state, None);
    let recovered = MoneyState::Unknown(UnknownReason::Recovered);
    assert_eq!(record.pending().unwrap().state, recovered);
    assert_eq!(
        journal
            .find(&crate::support::intent("B", 1).id)
            .await
            .unwrap(),
        None
    );
}

pub(crate) async fn open_operations_come_oldest_first(journal: &impl Journal) {
    for (number, reference) in (1..).zip(["C", "A", "B", "D"]) {
        journal.intent(&intent(reference, number)).await.unwrap();
    }
    let (a, b) = (intent("A", 2), intent("B", 3));
    journal.event(&a.id, &state(not_moved())).await.unwrap();
    journal.event(&b.id, &state(unknown())).await.unwrap();
    assert_eq!(open(journal).await, ["C", "B", "D"]);

    journal.intent(&intent("A", 5)).await.unwrap();

    assert_eq!(open(journal).await, ["C", "B", "D", "A"]);
}

pub(crate) async fn the_same_intent_again_is_one(journal: &impl Journal) {
    let intent = intent("A", 1);
    journal.intent(&intent).await.unwrap();
    journal.intent(&intent).await.unwrap();
    journal.event(&intent.id, &state(unknown())).await.unwrap();

    journal.intent(&intent).await.unwrap();

    let record = found(journal, &intent.id).await;
    assert_eq!(
        (numbers(&record), &record.state),
        (vec!["1"], &Some(unknown()))
    );
    assert_eq!(open(journal).await, ["A"]);
}

pub(crate) async fn another_intent_is_refused_while_one_is_open(journal: &impl Journal) {
    let first = intent("A", 1);
    journal.intent(&first).await.unwrap();

    let refused = journal.intent(&intent("A", 2)).await.unwrap_err();
    let recovered = MoneyState::Unknown(UnknownReason::Recovered);
    assert_eq!(refused.earlier(), Some(&recovered), "{refused}");
    let refused = journal.intent(&other_body(&first)).await.unwrap_err();
    assert_eq!(
        refused.earlier(),
        Some(&recovered),
        "another body: {refused}"
    );
    journal
        .event(&first.id, &state(in_progress()))
        .await
        .unwrap();
    let refused = journal.intent(&intent("A", 2)).await.unwrap_err();
    assert_eq!(refused.earlier(), Some(&in_progress()));

    assert_eq!(numbers(&found(journal, &first.id).await), ["1"]);
}

pub(crate) async fn an_intent_is_refused_after_the_money_moved(journal: &impl Journal) {
    let first = intent("A", 1);
    journal.intent(&first).await.unwrap();
    journal.event(&first.id, &state(moved())).await.unwrap();

    for again in [intent("A", 2), first.clone()] {
        let refused = journal.intent(&again).await.unwrap_err();
        assert_eq!(refused.earlier(), Some(&moved()), "{}", again.external_id);
    }

    assert_eq!(open(journal).await, [""; 0]);
}

pub(crate) async fn another_attempt_is_taken_after_the_money_did_not_move(journal: &impl Journal) {
    let first = intent("A", 1);
    journal.intent(&first).await.unwrap();
    let refused = snap_core::Event::state(not_moved(), at(60), Some("DOKU-1".to_owned()));
    journal.event(&first.id, &refused).await.unwrap();

    let second = other_body(&intent("A", 2));
    journal.intent(&second).await.unwrap();

    let record = found(journal, &first.id).await;
    assert_eq!(numbers(&record), ["1", "2"]);
    assert_eq!((&record.state, &record.reference_no), (&None, &None));
    assert_eq!(record.intent, second);
    journal.event(&first.id, &state(not_moved())).await.unwrap();
    journal.intent(&second).await.unwrap();
    assert_eq!(open(journal).await, ["A"], "what is sent is open");
}

pub(crate) async fn an_announced_external_id_is_a_resubmission(journal: &impl Journal) {
    let first = intent("A", 1);
    journal.intent(&first).await.unwrap();
    journal.event(&first.id, &state(unknown())).await.unwrap();
    journal.event(&first.id, &sending(2)).await.unwrap();
    let mut again = intent("A", 2);
    again.at = at(5);

    let refused = journal.intent(&other_body(&again)).await.unwrap_err();
    assert_eq!(refused.earlier(), Some(&unknown()));
    journal.intent(&again).await.unwrap();

    let record = found(journal, &first.id).await;
    assert_eq!((record.state, record.sent_at), (Some(unknown()), at(5)));
    assert_eq!(record.intent, first, "the first attempt stays");
}

pub(crate) async fn an_external_id_of_an_earlier_attempt_is_no_resubmission(
    journal: &impl Journal,
) {
    let first = intent("A", 1);
    journal.intent(&first).await.unwrap();
    journal.event(&first.id, &sending(2)).await.unwrap();
    journal.event(&first.id, &state(not_moved())).await.unwrap();
    journal.intent(&intent("A", 3)).await.unwrap();

    for earlier in [1, 2] {
        let refused = journal.intent(&intent("A", earlier)).await;
        assert!(refused.unwrap_err().earlier().is_some(), "{earlier}");
    }

    assert_eq!(numbers(&found(journal, &first.id).await), ["1", "2", "3"]);
}

pub(crate) async fn a_delivery_adds_its_external_id_once(journal: &impl Journal) {
    let first = intent("A", 1);
    journal.intent(&first).await.unwrap();

    for number in [2, 3, 2, 1] {
        journal.event(&first.id, &sending(number)).await.unwrap();
    }

    let record = found(journal, &first.id).await;
    assert_eq!(numbers(&record), ["1", "2", "3"]);
    assert_eq!(record.pending().unwrap().external_ids, record.external_ids);
    assert_eq!(record.state, None);
}

pub(crate) async fn a_delivery_of_a_closed_operation_is_refused(journal: &impl Journal) {
    for (reference, closed) in [("A", moved()), ("B", not_moved())] {
        let first = intent(reference, 1);
        journal.intent(&first).await.unwrap();
        journal.event(&first.id, &state(closed)).await.unwrap();

        assert!(journal.event(&first.id, &sending(2)).await.is_err());

        assert_eq!(numbers(&found(journal, &first.id).await), ["1"]);
    }
}

pub(crate) async fn the_latest_open_state_and_reference_number_are_kept(journal: &impl Journal) {
    let first = intent("A", 1);
    journal.intent(&first).await.unwrap();
    let named = snap_core::Event::state(in_progress(), at(60), Some("DOKU-1".to_owned()));
    journal.event(&first.id, &named).await.unwrap();

    journal.event(&first.id, &state(unknown())).await.unwrap();

    let pending = found(journal, &first.id).await.pending().unwrap();
    assert_eq!(pending.state, unknown());
    assert_eq!(pending.reference_no.as_deref(), Some("DOKU-1"));
}

pub(crate) async fn the_same_final_state_again_changes_nothing(journal: &impl Journal) {
    let first = intent("A", 1);
    journal.intent(&first).await.unwrap();
    journal.event(&first.id, &state(moved())).await.unwrap();
    let before = found(journal, &first.id).await;

    journal.event(&first.id, &state(moved())).await.unwrap();
    let other_proof = MoneyState::Moved(snap_core::MovedProof::DuplicateOfSuccess);
    journal.event(&first.id, &state(other_proof)).await.unwrap();

    assert_eq!(found(journal, &first.id).await, before);
}

pub(crate) async fn a_contradiction_is_kept_and_changes_nothing(journal: &impl Journal) {
    let first = intent("A", 1);
    journal.intent(&first).await.unwrap();
    journal.event(&first.id, &state(moved())).await.unwrap();

    for claim in [not_moved(), in_progress(), not_moved()] {
        journal.event(&first.id, &state(claim)).await.unwrap();
    }

    let record = found(journal, &first.id).await;
    assert_eq!((&record.state, record.pending()), (&Some(moved()), None));
    let claims: Vec<_> = record
        .conflicts
        .iter()
        .map(|it| (it.state.clone(), it.at))
        .collect();
    assert_eq!(claims, [(not_moved(), at(60)), (in_progress(), at(60))]);
}

pub(crate) async fn unknown_after_a_final_state_is_no_contradiction(journal: &impl Journal) {
    let first = intent("A", 1);
    journal.intent(&first).await.unwrap();
    journal.event(&first.id, &state(not_moved())).await.unwrap();

    journal.event(&first.id, &state(unknown())).await.unwrap();

    let record = found(journal, &first.id).await;
    assert_eq!(
        (record.state, record.conflicts),
        (Some(not_moved()), vec![])
    );
}

pub(crate) async fn an_event_about_an_unknown_operation_says_so(journal: &impl Journal) {
    let id = intent("A", 1).id;

    for event in [state(moved()), sending(2)] {
        let error = journal.event(&id, &event).await.unwrap_err();
        assert!(error.to_string().contains("no intent"), "{error}");
    }

    assert_eq!(journal.find(&id).await.unwrap(), None);
}

pub(crate) async fn a_refusal_as_not_found_is_pending_as_such(journal: &impl Journal) {
    let first = intent("A", 1);
    journal.intent(&first).await.unwrap();

    journal.event(&first.id, &state(not_found())).await.unwrap();

    let pending = found(journal, &first.id).await.pending().unwrap();
    assert!(pending.refused_as_not_found);
}

pub(crate) async fn a_refusal_as_not_found_of_an_earlier_delivery_is_not_pending_as_such(
    journal: &impl Journal,
) {
    let first = intent("A", 1);
    journal.intent(&first).await.unwrap();
    journal.event(&first.id, &state(not_found())).await.unwrap();

    journal.event(&first.id, &sending_at(2, 120)).await.unwrap();

    let pending = found(journal, &first.id).await.pending().unwrap();
    assert!(!pending.refused_as_not_found, "the second may yet arrive");
}

pub(crate) async fn nothing_came_before_a_first_delivery(journal: &impl Journal) {
    journal.intent(&intent("B", 1)).await.unwrap();

    let earlier = journal.earlier(&intent("A", 2)).await.unwrap();

    assert_eq!(earlier, None);
}

pub(crate) async fn a_delivery_without_an_outcome_came_before_and_is_unknown(
    journal: &impl Journal,
) {
    journal.intent(&intent("A", 1)).await.unwrap();

    let earlier = journal.earlier(&intent("A", 2)).await.unwrap();

    let recovered = MoneyState::Unknown(UnknownReason::Recovered);
    assert_eq!(earlier, Some(recovered));
}

pub(crate) async fn an_open_delivery_came_before_with_its_state(journal: &impl Journal) {
    let first = intent("A", 1);
    journal.intent(&first).await.unwrap();

    for open in [unknown(), in_progress()] {
        journal
            .event(&first.id, &state(open.clone()))
            .await
            .unwrap();

        let earlier = journal.earlier(&first).await.unwrap();

        assert_eq!(earlier, Some(open));
    }
}

pub(crate) async fn a_delivery_that_moved_the_money_came_before(journal: &impl Journal) {
    let first = intent("A", 1);
    journal.intent(&first).await.unwrap();
    journal.event(&first.id, &state(moved())).await.unwrap();

    let earlier = journal.earlier(&intent("A", 2)).await.unwrap();

    assert_eq!(earlier, Some(moved()));
}

pub(crate) async fn nothing_came_before_that_may_arrive_once_the_money_did_not_move(
    journal: &impl Journal,
) {
    let first = intent("A", 1);
    journal.intent(&first).await.unwrap();
    journal.event(&first.id, &state(not_moved())).await.unwrap();

    let earlier = journal.earlier(&intent("A", 2)).await.unwrap();

    assert_eq!(earlier, None);
}

pub(crate) async fn what_is_said_about_an_earlier_delivery_does_not_close_the_last_one(
    journal: &impl Journal,
) {
    let first = intent("A", 1);
    journal.intent(&first).await.unwrap();
    journal.event(&first.id, &state(unknown())).await.unwrap();
    journal.event(&first.id, &sending(2)).await.unwrap();
    let before = found(journal, &first.id).await;

    for said in [not_moved(), in_progress(), not_found()] {
        let about_the_first = state(said).up_to(Some(external_id(1)));
        journal.event(&first.id, &about_the_first).await.unwrap();
    }

    assert_eq!(found(journal, &first.id).await, before);
    assert_eq!(open(journal).await, ["A"]);
}

pub(crate) async fn what_is_said_about_the_last_delivery_closes_it(journal: &impl Journal) {
    let first = intent("A", 1);
    journal.intent(&first).await.unwrap();
    journal.event(&first.id, &sending(2)).await.unwrap();

    let about_the_last = state(not_moved()).up_to(Some(external_id(2)));
    journal.event(&first.id, &about_the_last).await.unwrap();

    assert_eq!(found(journal, &first.id).await.state, Some(not_moved()));
}

pub(crate) async fn an_earlier_delivery_that_moved_the_money_closes_the_operation(
    journal: &impl Journal,
) {
    let first = intent("A", 1);
    journal.intent(&first).await.unwrap();
    journal.event(&first.id, &sending(2)).await.unwrap();

    let about_the_first = state(moved()).up_to(Some(external_id(1)));
    journal.event(&first.id, &about_the_first).await.unwrap();

    assert_eq!(found(journal, &first.id).await.state, Some(moved()));
}

pub(crate) async fn an_earlier_attempt_is_not_pending_with_the_latest(journal: &impl Journal) {
    let first = intent("A", 1);
    journal.intent(&first).await.unwrap();
    journal.event(&first.id, &sending(2)).await.unwrap();
    journal.event(&first.id, &state(not_moved())).await.unwrap();
    journal.intent(&intent("A", 3)).await.unwrap();
    journal.event(&first.id, &sending(4)).await.unwrap();

    let record = found(journal, &first.id).await;

    let pending = record.pending().unwrap();
    assert_eq!(pending.external_ids, [external_id(3), external_id(4)]);
    assert_eq!(numbers(&record), ["1", "2", "3", "4"]);
}

pub(crate) async fn an_operation_is_pending_since_its_last_delivery(journal: &impl Journal) {
    let first = intent("A", 1);
    journal.intent(&first).await.unwrap();
    journal.event(&first.id, &state(unknown())).await.unwrap();
    let mut again = first.clone();
    again.at = at(120);

    journal.intent(&again).await.unwrap();

    let record = found(journal, &first.id).await;
    assert_eq!(record.pending().unwrap().intent.at, at(120));
    journal.event(&first.id, &sending_at(2, 180)).await.unwrap();
    let record = found(journal, &first.id).await;
    assert_eq!(record.pending().unwrap().intent.at, at(180));
    assert_eq!(record.intent.at, at(0), "the first attempt stays");
}

pub(crate) async fn an_odd_text_is_kept_as_it_is(journal: &impl Journal) {
    let mut odd = intent("ü \n\"\\'; DROP TABLE snap_journal; -- 💸", 1);
    odd.members
        .insert("sessionId".to_owned(), "\r\n\t\u{7f}".to_owned());

    journal.intent(&odd).await.unwrap();

    assert_eq!(found(journal, &odd.id).await.intent, odd);
}

pub(crate) async fn two_who_begin_the_same_operation_are_one_too_many(journal: &impl Journal) {
    for round in 0..20 {
        let reference = format!("R-{round}");
        let (one, two) = (intent(&reference, 1), intent(&reference, 2));

        let (first, second) = tokio::join!(journal.intent(&one), journal.intent(&two));

        assert!(
            first.is_ok() != second.is_ok(),
            "{round}: {first:?} {second:?}"
        );
        let refused = first.and(second).unwrap_err();
        assert!(refused.earlier().is_some(), "{round}: {refused}");
    }
}
