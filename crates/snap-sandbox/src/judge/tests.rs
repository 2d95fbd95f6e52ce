use proptest::{collection::vec, prelude::*};

use super::*;
use crate::{
    action::{Action, ActionError},
    arrived::Arrived,
    bindings::Binding,
    pages::{Choice, Page, Purpose},
    timeline::What,
};

fn judge() -> Judge {
    let rules = Rules {
        unverified: true,
        ..Rules::default()
    };
    Judge::new(1, Clock::fixed(std::time::UNIX_EPOCH), rules).expect("bundled files")
}

/// A binding of "cust-1" that waits at the page "p".
fn with_binding(at: Option<&str>) -> Judge {
    let judge = judge();
    let now = DateTime::UNIX_EPOCH;
    let customer = judge.customer_at("cust-1", at);
    let mut state = judge.state();
    let id = state.bindings.open(Binding::new(customer), now);
    let page = Page::new(Purpose::Binding(id), "any", &Json::Null, now);
    state.pages.add("p".to_owned(), page);
    drop(state);
    judge
}

fn choose(judge: &Judge, choice: Choice) -> Result<Json, ActionError> {
    judge.act(Action::Choose {
        page: "p".to_owned(),
        choice,
        otp: None,
    })
}

fn notes(judge: &Judge) -> Vec<String> {
    judge.look(|state, _| {
        let events = state.timeline.events();
        let notes = events.filter_map(|event| match &event.what {
            What::Note(note) => Some(note.clone()),
            _ => None,
        });
        notes.collect()
    })
}

#[test]
fn a_customer_who_goes_away_can_come_back_and_choose() {
    let judge = with_binding(Some("EMONEY_OVO_SNAP"));

    let away = choose(&judge, Choice::Abandon);
    let back = choose(&judge, Choice::Approve);
    let again = choose(&judge, Choice::Abandon);

    assert!(away.is_ok() && back.is_ok());
    assert_eq!(again, Err(ActionError::PageUsed));
    assert_eq!(
        notes(&judge),
        [
            "The customer left the page without a choice.",
            "The customer consented to the binding: EMONEY_OVO_SNAP, cust-1.",
            "The customer approved at the page.",
        ]
    );
}

#[test]
fn a_binding_expires_by_itself_and_its_page_with_it() {
    let judge = with_binding(Some("wallet"));

    judge
        .act(Action::Skip(Duration::from_secs(86_400)))
        .expect("time");

    let late = choose(&judge, Choice::Approve);
    assert_eq!(late, Err(ActionError::NothingPending));
    assert_eq!(
        notes(&judge),
        [
            "The schedule was moved forward by 1 d.",
            "The customer did not consent in time: wallet.",
        ],
        "accounts of the wallet are not shown"
    );
}

/// Names of headers that matter, and one that does not.
fn header_name() -> impl Strategy<Value = String> {
    prop::sample::select(vec![
        "content-type",
        "x-client-key",
        "x-partner-id",
        "x-external-id",
        "x-timestamp",
        "x-signature",
        "authorization",
        "authorization-customer",
        "x-ip-address",
        "channel-id",
        "x-other",
    ])
    .prop_map(str::to_owned)
}

/// Values that get past some checks, and arbitrary bytes.
fn header_value() -> impl Strategy<Value = Vec<u8>> {
    let merchant = judge().merchant;
    let plausible = vec![
        "application/json".to_owned(),
        "1970-01-01T00:00:00Z".to_owned(),
        "1970-01-01T07:00:00+07:00".to_owned(),
        "Bearer eyJhbGciOiJSUzI1NiJ9.e30.c2ln".to_owned(),
        format!("{}==", "A".repeat(86)),
        format!("{}==", "A".repeat(342)),
        "123".to_owned(),
        merchant.client_id,
    ];
    prop_oneof![
        3 => prop::sample::select(plausible).prop_map(String::into_bytes),
        1 => vec(any::<u8>(), 0..64),
    ]
}

fn arrived() -> impl Strategy<Value = Arrived> {
    let target = prop_oneof![
        Just("/snap/v1.1/balance-inquiry".to_owned()),
        Just("/authorization/v1/access-token/b2b2c".to_owned()),
        Just("/direct-debit/core/v1/debit/payment-host-to-host".to_owned()),
        Just("/snap-adapter/b2b2c/v1.0/balance-inquiry".to_owned()),
        Just("/authorization/v1/access-token/b2b".to_owned()),
        ".{0,40}",
    ];
    let body = prop_oneof![
        Just(None),
        vec(any::<u8>(), 0..200).prop_map(Some),
        "[\\[\\]{}\",:0-9a-zA-Z\\\\ .+-]{0,60}".prop_map(|text| Some(text.into_bytes())),
    ];
    (target, vec((header_name(), header_value()), 0..12), body).prop_map(
        |(target, headers, body)| Arrived {
            method: "POST".to_owned(),
            target,
            headers,
            body,
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_request_gets_an_answer_that_agrees_with_itself(arrived in arrived()) {
        let judge = judge();

        let apply::Output::Judged(number, answer, _, _) = judge.take(apply::Input::Whole(&arrived))
        else {
            return Err(TestCaseError::fail("a request is judged"));
        };

        prop_assert_eq!(number, 1);
        prop_assert_ne!(answer.verdict, "ok");
        if let Some(code) = answer.response_code {
            prop_assert_eq!(code.len(), 7);
            prop_assert_eq!(&code[..3], answer.status.to_string());
        }
        prop_assert!(Json::read(answer.body.as_bytes()).is_some());
    }

    #[test]
    fn any_body_under_a_signature_gets_an_answer(
        signature in ".{0,120}",
        body in vec(any::<u8>(), 0..300),
    ) {
        let key = hmac::Key::new(hmac::HMAC_SHA512, b"secret");
        let parts = crate::signature::SignedParts {
            method: "POST",
            target: "/",
            access_token: "token",
            timestamp: "now",
        };
        for model in [DigestModel::Agree, DigestModel::Raw, DigestModel::Rewritten] {
            let verdict = crate::signature::verify_symmetric(&key, model, parts, &body, &signature);

            prop_assert!(verdict.is_err());
        }
    }
}

/// Numbers and texts at the ends of what they can be.
fn hostile_value() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(u64::MAX.to_string()),
        Just(i64::MIN.to_string()),
        Just("253370764799".to_owned()),
        Just("true".to_owned()),
        Just("null".to_owned()),
        (0..5_u8).prop_map(|number| number.to_string()),
        "\\PC{0,8}".prop_map(|text| Json::text(text).to_string()),
        prop::sample::select(vec![
            "p",
            "approve",
            "succeed",
            "customers",
            "expired",
            "drop"
        ])
        .prop_map(|word| Json::text(word).to_string()),
    ]
}

/// An action with members that may be right.
fn hostile_action() -> impl Strategy<Value = String> {
    let name = prop::sample::select(vec![
        "skip",
        "door-offset",
        "decide",
        "choose",
        "issue-code",
        "unlink",
        "end-tokens",
        "remove-fault",
        "notify-to",
        "vary",
        "resend",
        "hear",
        "reset",
    ]);
    let members = prop::sample::select(vec![
        "seconds",
        "reference",
        "decision",
        "page",
        "choice",
        "otp",
        "customer",
        "whose",
        "how",
        "id",
        "vary",
        "millis",
        "times",
        "notification",
        "attempt",
        "sentMicros",
        "token",
        "status",
    ]);
    (name, vec((members, hostile_value()), 0..10)).prop_map(|(name, members)| {
        let members = members.into_iter();
        let members = members.map(|(name, value)| format!(",{}:{value}", Json::text(name)));
        format!("{{\"action\":\"{name}\"{}}}", members.collect::<String>())
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_actions_leave_a_sandbox_that_answers_and_can_be_played_again(
        actions in vec(hostile_action(), 1..12),
        arrived in arrived(),
    ) {
        let (judge, again) = (with_binding(None), with_binding(None));
        for text in actions {
            let json = Json::read(text.as_bytes()).expect("JSON");
            let Ok(action) = Action::read(&json) else { continue };
            let kept = Json::read(action.to_json().to_string().as_bytes()).expect("JSON");
            let kept = Action::read(&kept).expect("what was kept");

            prop_assert_eq!(judge.act(action), again.act(kept), "{}", text);
            judge.exchange(&arrived);
            again.exchange(&arrived);
        }
        let seen = |judge: &Judge| judge.look(|state, now| {
            let events: Vec<_> = state.timeline.events().map(|event| format!("{event:?}")).collect();
            (now, state.times.door(now), events)
        });
        prop_assert_eq!(seen(&judge), seen(&again));
    }
}
