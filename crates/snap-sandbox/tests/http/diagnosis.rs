//! What a sandbox says about a request that it refused.

use std::time::Duration;

use snap_sandbox::{Diagnosis, DigestModel, Sandbox};

use crate::support::{
    BALANCE_PATH, Call, Draft, Reply, draft, frozen, rsa, send, timestamp, token, token_call,
};

/// The diagnosis of one inquiry: changed before it is signed, after it, or both.
async fn explained(before: fn(&mut Draft), after: fn(&mut Call)) -> Diagnosis {
    let sandbox = frozen().start().await.expect("starts");
    let token = token(&sandbox).await;
    let mut draft = draft(&sandbox, &token, "1");
    before(&mut draft);
    let mut call = draft.sign(sandbox.merchant());
    after(&mut call);

    let reply = send(&sandbox, call).await;

    of(&sandbox, &reply)
}

/// The diagnosis of an answer; it gives no secret away, and the last one is the same.
#[track_caller]
fn of(sandbox: &Sandbox, reply: &Reply) -> Diagnosis {
    let diagnosis = sandbox.explain(reply.number).expect("a refused request");
    assert_eq!(diagnosis.verdict, reply.verdict);
    assert_eq!(sandbox.explain_last().as_ref(), Some(&diagnosis));
    sandbox.assert_absent_from(&format!(
        "{diagnosis} {diagnosis:?} {}",
        diagnosis.to_json()
    ));
    diagnosis
}

#[track_caller]
fn says(diagnosis: &Diagnosis, part: &str, says: &str) {
    let mistake = diagnosis.first_difference();
    let mistake = mistake.unwrap_or_else(|| panic!("no mistake found: {diagnosis}"));
    assert_eq!(mistake.part, part, "{diagnosis}");
    assert!(mistake.says.contains(says), "{diagnosis}");
}

#[track_caller]
fn advises(diagnosis: &Diagnosis, parts: &[&str]) {
    for part in parts {
        assert!(diagnosis.advice.contains(part), "{part}: {diagnosis}");
    }
}

#[tokio::test]
async fn the_mistake_in_a_signature_is_named() {
    let host = explained(
        |draft| draft.path.insert_str(0, "https://api.example"),
        |call| BALANCE_PATH.clone_into(&mut call.path),
    );
    let bearer = explained(
        |draft| draft.token.insert_str(0, "Bearer "),
        |call| {
            let doubled = call.value("authorization");
            call.set("authorization", &doubled.replacen("Bearer ", "", 1));
        },
    );
    let other_operation = explained(
        |draft| "/snap/v1.1/emoney/transfer-bank".clone_into(&mut draft.path),
        |call| BALANCE_PATH.clone_into(&mut call.path),
    );
    let zone = explained(
        |_| {},
        |call| call.set("x-timestamp", "2026-11-20T10:30:00Z"),
    );
    let method = explained(
        |draft| draft.method = "PUT",
        |call| call.method = reqwest::Method::POST,
    );

    says(&bearer.await, "access token", "`Bearer ` before it");
    says(
        &zone.await,
        "timestamp",
        "signed as `2026-11-20T17:30:00+07:00`",
    );
    says(&method.await, "method", "`PUT`");
    assert!(
        host.await.mistakes.is_empty(),
        "a host that the sandbox does not have"
    );
    says(
        &other_operation.await,
        "path",
        "another operation was signed, `/snap/v1.1/emoney/transfer-bank`",
    );
}

#[tokio::test]
async fn a_token_that_is_not_the_one_sent_is_named_by_its_end() {
    let sandbox = frozen().start().await.expect("starts");
    let older = token(&sandbox).await;
    let newer = token(&sandbox).await;
    let mut call = draft(&sandbox, &older, "1").sign(sandbox.merchant());
    call.set("authorization", &format!("Bearer {newer}"));

    let reply = send(&sandbox, call).await;

    let last = &older[older.len() - 4..];
    says(
        &of(&sandbox, &reply),
        "access token",
        &format!("another token was signed, …{last}"),
    );
}

#[tokio::test]
async fn spaces_outside_strings_are_counted() {
    let diagnosis = explained(
        |draft| draft.body = "{\"accountNo\": \"A00001\", \"x\": 1}".to_owned(),
        |_| {},
    );

    let diagnosis = diagnosis.await;

    assert_eq!(diagnosis.verdict, "digest.disagreement");
    says(
        &diagnosis,
        "body",
        "31 bytes hashed, 28 after minification: 3 spaces outside strings",
    );
    advises(
        &diagnosis,
        &[
            "3 spaces outside strings",
            "compact",
            "--danger-official-libraries",
        ],
    );
}

#[tokio::test]
async fn every_diagnosis_says_which_request_it_is_about() {
    let bad_signature = explained(|_| {}, |call| call.set("x-signature", "AAAA"));
    let no_partner = explained(|_| {}, |call| call.set("x-partner-id", ""));

    for diagnosis in [bad_signature.await, no_partner.await] {
        let first = diagnosis.steps.first().expect("steps");
        assert_eq!((&*first.name, &*first.value), ("request", "2"));
    }
}

#[tokio::test]
async fn a_signature_that_another_reading_accepts_is_not_called_right() {
    let model = DigestModel::Raw;
    let sandbox = frozen().digest_model(model).start().await.expect("starts");
    let token = token(&sandbox).await;
    for (sent, signed, says) in [
        ("{\"a\": 1}", "{\"a\":1}", "1 space outside strings"),
        ("not json", "notjson", "is no JSON"),
    ] {
        let mut draft = draft(&sandbox, &token, "1");
        draft.body = sent.to_owned();
        let call = draft.sign_over(sandbox.merchant(), signed);

        let reply = send(&sandbox, call).await;

        let diagnosis = of(&sandbox, &reply);
        assert_eq!(diagnosis.verdict, "signature.mismatch");
        advises(&diagnosis, &["one reading", says]);
    }
}

#[tokio::test]
async fn a_token_request_is_taken_apart_as_well() {
    let sandbox = frozen().start().await.expect("starts");
    let merchant = sandbox.merchant();
    let now = timestamp(&sandbox, 0);
    let client = &merchant.client_id;
    for (signed, part, what) in [
        (format!("{client}:{now}"), "order", "`client id:timestamp`"),
        (format!("{now}|{client}"), "order", "`timestamp|client id`"),
        (
            format!("{client}|2026-11-20T10:30:00Z"),
            "timestamp",
            "another form",
        ),
        (format!("{client}\n|{now}"), "client id", "line end"),
    ] {
        let mut call = token_call(merchant, &now);
        call.set("x-signature", &rsa(merchant, &signed));

        let reply = send(&sandbox, call).await;

        says(&of(&sandbox, &reply), part, what);
    }
}

#[tokio::test]
async fn a_signature_of_the_other_kind_is_known_by_its_length() {
    let sandbox = frozen().start().await.expect("starts");
    let merchant = sandbox.merchant();
    let bearer = token(&sandbox).await;
    let right = draft(&sandbox, &bearer, "1").sign(merchant);
    let mut by_hmac = token_call(merchant, &timestamp(&sandbox, 0));
    by_hmac.set("x-signature", &right.value("x-signature"));
    let mut by_rsa = draft(&sandbox, &bearer, "2").sign(merchant);
    by_rsa.set("x-signature", &rsa(merchant, "whatever"));

    let by_hmac = send(&sandbox, by_hmac).await;
    let by_hmac = of(&sandbox, &by_hmac);
    let by_rsa = send(&sandbox, by_rsa).await;

    advises(&by_hmac, &["length of an HMAC-SHA512"]);
    advises(&of(&sandbox, &by_rsa), &["length of an RSA signature"]);
}

#[tokio::test]
async fn the_key_of_another_sandbox_is_recognized() {
    let sandbox = frozen().seed(1).start().await.expect("starts");
    let other = frozen().seed(2).start().await.expect("starts");
    let now = timestamp(&sandbox, 0);
    let mut call = token_call(sandbox.merchant(), &now);
    let text = format!("{}|{now}", sandbox.merchant().client_id);
    call.set("x-signature", &rsa(other.merchant(), &text));

    let reply = send(&sandbox, call).await;

    says(&of(&sandbox, &reply), "key", "another local sandbox");
}

#[tokio::test]
async fn a_timestamp_says_by_how_much_it_is_wrong_and_keeps_saying_so() {
    let sandbox = frozen().start().await.expect("starts");
    let token = token(&sandbox).await;
    let mut draft = draft(&sandbox, &token, "1");
    draft.timestamp = timestamp(&sandbox, -1000);
    let reply = send(&sandbox, draft.sign(sandbox.merchant())).await;

    sandbox.advance(Duration::from_secs(3600));

    advises(
        &of(&sandbox, &reply),
        &["16 min 40 s behind", "2026-11-20T17:30:00+07:00"],
    );
}

#[tokio::test]
async fn a_token_that_ended_says_when_and_by_whom() {
    let sandbox = frozen().start().await.expect("starts");
    let older = token(&sandbox).await;
    sandbox.advance(Duration::from_secs(60));
    let newer = token(&sandbox).await;
    let call = |token: &str, id: &str| draft(&sandbox, token, id).sign(sandbox.merchant());

    let superseded = send(&sandbox, call(&older, "1")).await;
    let superseded = of(&sandbox, &superseded);
    sandbox.advance(Duration::from_secs(905));
    let expired = send(&sandbox, call(&newer, "2")).await;

    advises(
        &superseded,
        &["issued to request 2 at 2026-11-20T17:31:00+07:00"],
    );
    advises(&of(&sandbox, &expired), &["expired 5 s before", "17:46:00"]);
}

#[tokio::test]
async fn an_external_id_says_which_request_used_it() {
    let sandbox = frozen().start().await.expect("starts");
    let token = token(&sandbox).await;
    let call = || draft(&sandbox, &token, "77").sign(sandbox.merchant());
    let mut broken = call();
    broken.body.push(b' ');
    // Refused for its signature, it has not used the id.
    send(&sandbox, broken).await;
    let first = send(&sandbox, call()).await;

    let again = send(&sandbox, call()).await;

    let by = format!("by request {} at", first.number);
    advises(&of(&sandbox, &again), &["`77`", &by]);
}

#[tokio::test]
async fn a_path_that_nothing_is_served_at_has_a_nearest_one() {
    let near = explained(
        |draft| "/snap/v1.1/balance-inquiri/".clone_into(&mut draft.path),
        |_| {},
    );
    let method = explained(|_| {}, |call| call.method = reqwest::Method::PUT);
    let unverified = explained(
        |draft| "/snap-adapter/b2b2c/v1.0/auth/payment".clone_into(&mut draft.path),
        |_| {},
    );

    advises(&unverified.await, &["has not confirmed", "--unverified"]);
    advises(
        &near.await,
        &["The nearest one is `/snap/v1.1/balance-inquiry`"],
    );
    advises(&method.await, &["served with POST, not with PUT"]);
}

#[tokio::test]
async fn a_missing_header_or_member_is_named() {
    let header = explained(|_| {}, |call| drop(call.headers.remove("x-external-id")));
    let member = explained(|draft| draft.body = "{}".to_owned(), |_| {});

    advises(
        &header.await,
        &["`X-EXTERNAL-ID` of kirimdoku.balanceInquiry is required"],
    );
    advises(&member.await, &["`accountNo`", "is required"]);
}

#[tokio::test]
async fn every_other_refusal_says_what_its_row_says() {
    let diagnosis = explained(|_| {}, |call| call.set("x-partner-id", "BRN-LOCAL-1"));

    let diagnosis = diagnosis.await;

    assert_eq!(diagnosis.verdict, "client.unknown");
    assert!(diagnosis.advice.len() > 20, "{diagnosis}");
}

#[tokio::test]
async fn a_secret_in_the_wrong_place_is_not_shown() {
    let sandbox = frozen().start().await.expect("starts");
    let token = token(&sandbox).await;
    let secret = sandbox.merchant().client_secret.clone();
    for put in [&secret, &token] {
        let mut in_path = draft(&sandbox, &token, "1");
        in_path.path = format!("/snap/{secret}?token={put}");
        let mut in_query = draft(&sandbox, &token, "2").sign(sandbox.merchant());
        in_query.path.push_str(&format!("?token={put}"));
        let mut in_signature = draft(&sandbox, &token, "3").sign(sandbox.merchant());
        in_signature.set("x-signature", put);
        for call in [in_path.sign(sandbox.merchant()), in_query, in_signature] {
            let reply = send(&sandbox, call).await;

            // Looks for secrets in what it gives.
            of(&sandbox, &reply);
        }
    }
}

#[tokio::test]
async fn what_was_accepted_or_never_came_has_no_diagnosis() {
    let sandbox = frozen().start().await.expect("starts");
    let token = token(&sandbox).await;
    let call = draft(&sandbox, &token, "1").sign(sandbox.merchant());

    let reply = send(&sandbox, call).await;

    assert_eq!(reply.verdict, "ok");
    assert_eq!(sandbox.explain(reply.number), None);
    assert_eq!(sandbox.explain(99), None);
    assert_eq!(sandbox.explain_last(), None);
}
