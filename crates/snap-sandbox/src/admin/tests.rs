use proptest::{collection::vec, prelude::*};

use super::*;
use crate::{bank, clock::Clock, judge::Rules};

fn request() -> impl Strategy<Value = Arrived> {
    let method = prop::sample::select(vec!["GET", "HEAD", "POST", "DELETE", "PUT", "get", ""]);
    let start = prop::sample::select(vec![
        "/_sandbox/",
        "/_sandbox/timeline/",
        "/_sandbox/timeline?after=",
        "/_sandbox/timeline?reference=",
        "/_sandbox/event/",
        "/_sandbox/faults/",
        "/_sandbox/actions",
        "/_sandbox/clock",
        "/_sandbox/trigger",
        "/_sandbox/form",
        "/bank/",
        "/bank/x?auto=",
        "",
    ]);
    let body = prop_oneof![
        vec(any::<u8>(), 0..100).prop_map(Some),
        "\\{\"(action|event|advance)\":(\"[a-z-]{0,12}\"|-?[0-9]{0,20})(,\"seconds\":[0-9]{1,25})?\\}"
            .prop_map(|text| Some(text.into_bytes())),
        "(action|choice)=[a-z-]{0,10}(&(seconds|count|unit|back)=[-0-9a-z/%]{0,24}){0,3}"
            .prop_map(|text| Some(text.into_bytes())),
        Just(None),
    ];
    let host = prop_oneof![4 => Just("127.0.0.1:80".to_owned()), 1 => ".{0,20}"];
    (method, start, "[ -~]{0,20}|[0-9]{0,22}|.{0,6}", host, body).prop_map(
        |(method, start, rest, host, body)| Arrived {
            method: method.to_owned(),
            target: format!("{start}{rest}"),
            headers: vec![("host".to_owned(), host.into_bytes())],
            body,
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_request_gets_an_answer_that_browsers_keep_to_themselves(request in request()) {
        let clock = Clock::fixed(std::time::UNIX_EPOCH);
        let judge = Judge::new(1, clock, Rules::default()).expect("bundled files");
        // The second one meets what the first one did.
        for response in [answer(&judge, &request), answer(&judge, &request), bank::answer(&judge, &request)] {
            let policy = response.header("content-security-policy").unwrap_or_default();

            prop_assert!(policy.starts_with("default-src 'none'; "));
            prop_assert!(std::str::from_utf8(&response.body).is_ok());
            prop_assert!([200, 303, 400, 403, 404, 405, 409, 413].contains(&response.status));
        }
    }
}
