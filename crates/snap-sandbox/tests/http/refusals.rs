//! Every way in which a transaction request is refused, over real HTTP.

use reqwest::header::HeaderValue;

use crate::support::{Call, as_it_is, check_all, draft, frozen, send, timestamp, token, untouched};

/// Behaviour "transaction.order": the table follows the order of the checks, and each case is right
/// in all later ones.
#[tokio::test]
async fn a_wrong_header_is_refused_by_kind() {
    check_all(&[
        ("header.missing", "4001102", as_it_is, |call| {
            drop(call.headers.remove("content-type"))
        }),
        ("header.missing", "4001102", as_it_is, |call| {
            drop(call.headers.remove("authorization"))
        }),
        ("header.missing", "4001102", as_it_is, |call| {
            drop(call.headers.remove("x-partner-id"))
        }),
        ("header.missing", "4001102", as_it_is, |call| {
            drop(call.headers.remove("x-external-id"))
        }),
        ("header.missing", "4001102", as_it_is, |call| {
            drop(call.headers.remove("x-timestamp"))
        }),
        ("header.missing", "4001102", as_it_is, |call| {
            drop(call.headers.remove("x-signature"))
        }),
        ("header.missing", "4001102", as_it_is, |call| {
            drop(call.headers.remove("channel-id"))
        }),
        ("header.missing", "4001102", as_it_is, |call| {
            call.set("channel-id", "")
        }),
        ("header.duplicate", "4001101", as_it_is, |call| {
            call.append("x-timestamp", "again")
        }),
        ("header.duplicate", "4001101", as_it_is, |call| {
            call.append("authorization", &call.value("authorization"));
        }),
        ("header.unreadable", "4001101", as_it_is, |call| {
            let value = HeaderValue::from_bytes(b"\xff\xfe").expect("value");
            call.headers.insert("channel-id", value);
        }),
        ("header.too-long", "4001101", as_it_is, |call| {
            call.set("channel-id", "TOOLONG")
        }),
        ("header.too-long", "4001101", as_it_is, |call| {
            call.set("x-external-id", &"1".repeat(37));
        }),
        ("content-type.not-json", "4001101", as_it_is, |call| {
            call.set("content-type", "application/x-www-form-urlencoded");
        }),
        ("authorization.scheme", "4001101", as_it_is, |call| {
            call.set(
                "authorization",
                &call.value("authorization").replacen("Bearer ", "", 1),
            );
        }),
        ("authorization.scheme", "4001101", as_it_is, |call| {
            call.set(
                "authorization",
                &call.value("authorization").replace("Bearer", "bearer"),
            );
        }),
        ("client.not-local", "4011100", as_it_is, |call| {
            call.set("x-partner-id", "BRN-0240-1657686175289");
        }),
        ("client.unknown", "4011100", as_it_is, |call| {
            call.set("x-partner-id", "BRN-LOCAL-1")
        }),
    ])
    .await;
}

/// Behaviour "timestamp.forms".
#[tokio::test]
async fn a_timestamp_is_refused_by_form_and_by_distance() {
    check_all(&[
        (
            "ok",
            "2001100",
            |_, draft| draft.timestamp = "2026-11-20T10:30:00Z".into(),
            untouched,
        ),
        (
            "ok",
            "2001100",
            |_, draft| draft.timestamp = "2026-11-20T19:30:00+09:00".into(),
            untouched,
        ),
        (
            "timestamp.fraction",
            "4001101",
            |_, draft| {
                draft.timestamp = "2026-11-20T10:30:00.000Z".into();
            },
            untouched,
        ),
        (
            "timestamp.format",
            "4001101",
            |_, draft| {
                draft.timestamp = "2026-11-20T10:30:00".into();
            },
            untouched,
        ),
        (
            "timestamp.format",
            "4001101",
            |_, draft| {
                draft.timestamp = "2026-11-20T17:30:00+0700".into();
            },
            untouched,
        ),
        (
            "ok",
            "2001100",
            |sandbox, draft| draft.timestamp = timestamp(sandbox, 900),
            untouched,
        ),
        (
            "ok",
            "2001100",
            |sandbox, draft| draft.timestamp = timestamp(sandbox, -900),
            untouched,
        ),
        (
            "timestamp.drift",
            "4011100",
            |sandbox, draft| {
                draft.timestamp = timestamp(sandbox, 901);
            },
            untouched,
        ),
        (
            "timestamp.drift",
            "4011100",
            |sandbox, draft| {
                draft.timestamp = timestamp(sandbox, -901);
            },
            untouched,
        ),
    ])
    .await;
}

#[tokio::test]
async fn a_wrong_body_or_external_id_is_refused_after_the_signature() {
    check_all(&[
        (
            "external-id.format",
            "4001101",
            |_, draft| draft.external_id = "4d1f-00".into(),
            untouched,
        ),
        (
            "body.not-json",
            "4001100",
            |_, draft| draft.body = "accountNo=A00001".into(),
            untouched,
        ),
        (
            "body.not-json",
            "4001100",
            |_, draft| draft.body.clear(),
            untouched,
        ),
        (
            "body.not-object",
            "4001100",
            |_, draft| draft.body = "[]".into(),
            untouched,
        ),
        (
            "field.missing",
            "4001102",
            |_, draft| draft.body = "{}".into(),
            untouched,
        ),
        (
            "field.missing",
            "4001102",
            |_, draft| draft.body = "{\"accountNo\":\"\"}".into(),
            untouched,
        ),
        (
            "field.missing",
            "4001102",
            |_, draft| {
                draft.body = "{\"accountNo\":null}".into();
            },
            untouched,
        ),
        (
            "field.format",
            "4001101",
            |_, draft| draft.body = "{\"accountNo\":1}".into(),
            untouched,
        ),
        (
            "field.too-long",
            "4001101",
            |_, draft| {
                draft.body = "{\"accountNo\":\"A0000100000000000\"}".into();
            },
            untouched,
        ),
        (
            "field.too-long",
            "4001101",
            |_, draft| {
                let reference = "r".repeat(65);
                draft.body =
                    format!("{{\"accountNo\":\"A00001\",\"partnerReferenceNo\":\"{reference}\"}}");
            },
            untouched,
        ),
        (
            "account.unknown",
            "4041108",
            |_, draft| {
                draft.body = "{\"accountNo\":\"A41879\"}".into();
            },
            untouched,
        ),
        (
            "ok",
            "2001100",
            |_, draft| {
                draft.body =
                    "{\"accountNo\":\"A00001\",\"partnerReferenceNo\":null,\"more\":[1]}".into();
            },
            untouched,
        ),
    ])
    .await;
}

#[tokio::test]
async fn a_refusal_says_which_header_or_member_it_is_about() {
    let sandbox = frozen().start().await.expect("starts");
    let token = token(&sandbox).await;
    let mut call = draft(&sandbox, &token, "1").sign(sandbox.merchant());
    call.headers.remove("channel-id");

    let reply = send(&sandbox, call).await;

    assert_eq!(
        reply.body["responseMessage"],
        "Invalid Mandatory Field CHANNEL-ID"
    );
}

#[tokio::test]
async fn anything_but_the_documented_methods_and_paths_is_not_found() {
    let cases: &[fn(&mut Call)] = &[
        |call| call.path = "/snap/v1.1/transfer/status".into(),
        |call| call.path.push('/'),
        |call| call.path = "/SNAP/v1.1/balance-inquiry".into(),
        |call| call.path = "/".into(),
        |call| call.method = reqwest::Method::GET,
        |call| call.method = reqwest::Method::PUT,
    ];
    let sandbox = frozen().start().await.expect("starts");
    let token = token(&sandbox).await;
    for change in cases {
        let mut call = draft(&sandbox, &token, "1").sign(sandbox.merchant());
        change(&mut call);

        let reply = send(&sandbox, call).await;

        assert_eq!(
            (reply.status, reply.verdict.as_str()),
            (404, "route.unknown")
        );
        assert!(reply.body.get("responseCode").is_none());
        assert!(
            reply.body["detail"]
                .as_str()
                .expect("text")
                .starts_with("No static resource")
        );
    }
}

#[tokio::test]
async fn a_body_over_64_kib_is_refused() {
    let sandbox = frozen().start().await.expect("starts");
    let token = token(&sandbox).await;
    let mut draft = draft(&sandbox, &token, "1");
    draft.body = " ".repeat(64 * 1024 + 1);

    let reply = send(&sandbox, draft.sign(sandbox.merchant())).await;

    assert_eq!(
        (reply.status, reply.verdict.as_str()),
        (413, "body.too-large")
    );
}
