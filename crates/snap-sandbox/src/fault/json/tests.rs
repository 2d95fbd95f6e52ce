use super::{words::PLAIN, *};
use crate::fault::Act;

fn acts() -> Vec<Act> {
    let answer = |http, code: &str| Act::Answer {
        http,
        code: code.to_owned(),
    };
    let plain = PLAIN.iter().map(|(_, act)| act.clone());
    let others = [
        Act::Drip {
            bytes_per_second: 1,
        },
        Act::Redirect("https://elsewhere.invalid:8443/a?b=c:d".to_owned()),
        Act::Status(503),
        answer(409, "409ss00"),
        answer(500, "2004300"),
        answer(200, "@"),
        Act::Body {
            http: 200,
            content_type: "text/html; charset=utf-8".into(),
            bytes: b"\xff:{}".to_vec(),
        },
        Act::Huge(1),
        Act::Date(-86_400),
    ];
    plain.chain(others).collect()
}

#[test]
fn every_fault_is_read_as_it_was_written() {
    for (_, at) in POINTS {
        for act in acts() {
            let plain = Fault::new(*at, act.clone());
            let full = plain
                .clone()
                .with_apply_effect(true)
                .for_operation("kirimdoku.transferBank")
                .for_path("/a")
                .for_client("BRN-LOCAL-1")
                .for_reference("ord-*")
                .for_external_id("7")
                .from_nth(3)
                .with_probability(0.25)
                .times(9);
            for fault in [plain, full] {
                let json = fault.to_json();

                let read = Fault::read(&json).expect("readable");

                assert_eq!(format!("{read:?}"), format!("{fault:?}"), "{json}");
                assert_eq!(read.to_json(), json);
            }
        }
    }
}

#[test]
fn any_of_many_is_read_as_it_was_written() {
    let narrow = Faults::all(0.05)
        .for_operation("token.b2b")
        .for_reference("ord-*")
        .times(3);
    for faults in [Faults::all(0.05), Faults::all(1.0), narrow] {
        let json = faults.to_json();

        let read = Faults::read(&json).expect("readable");

        assert_eq!(format!("{read:?}"), format!("{faults:?}"), "{json}");
    }
}

#[test]
fn the_words_are_those_of_the_documents() {
    let text = r#"{"match":{"operation":"kirimdoku.transferBank","reference":"ord-*","nth":1},
        "at":"after_request","do":"rst","apply_effect":true}"#;
    let fault = Fault::read(&Json::read(text.as_bytes()).expect("JSON")).expect("a fault");

    assert_eq!(
        fault.to_json().to_string(),
        r#"{"match":{"operation":"kirimdoku.transferBank","reference":"ord-*"},"at":"after_request","do":"rst","apply_effect":true,"times":1}"#
    );
}

/// A word that is in the code and not in what an error lists would be a secret.
#[test]
fn an_error_lists_every_act() {
    for act in acts() {
        let written = write_act(&act);
        let word = written.split(':').next().unwrap_or_default();
        let is_listed = |listed: &&str| listed.split(':').next() == Some(word);
        assert!(ACTS.iter().any(is_listed), "{word}");
    }
}

#[test]
fn what_is_no_fault_is_named_with_what_it_may_be() {
    #[track_caller]
    fn check(text: &str, member: &str, expected: &str) {
        let json = Json::read(text.as_bytes()).expect("JSON");
        let error = Fault::read(&json).expect_err("no fault").to_string();
        assert!(
            error.starts_with(&format!("\"{member}\" takes: ")),
            "{error}"
        );
        assert!(error.contains(expected), "{error}");
    }
    let with = |more: &str| format!(r#"{{"at":"after_request","do":"rst",{more}}}"#);

    check("{}", "at", "before_accept, tls, after_head");
    check(r#"{"at":"AfterRequest","do":"rst"}"#, "at", "after_request");
    check(r#"{"at":"tls"}"#, "do", "rst, fin, hang");
    for act in [
        "",
        "h2_goaway",
        "rst:1",
        "drip",
        "drip:-1",
        "status:",
        "body:200",
        "code:",
        "huge:x",
    ] {
        let text = format!(r#"{{"at":"after_request","do":"{act}"}}"#);
        check(&text, "do", "drip:<bytes per second>");
    }
    check(
        &with(r#""match":{"refrence":"ord-1"}"#),
        "match",
        "there is \"refrence\"",
    );
    check(&with(r#""match":[]"#), "match", "an object");
    check(&with(r#""time":2"#), "fault", "times");
    check(&with(r#""times":-1"#), "times", "a number");
    check(
        &with(r#""apply_effect":"yes""#),
        "apply_effect",
        "true, false",
    );
    check(&with(r#""match":{"reference":7}"#), "reference", "a text");
    check(
        &with(r#""match":{"probability":1.5}"#),
        "probability",
        "from 0 to 1",
    );
    check("[]", "fault", "an object");
}
