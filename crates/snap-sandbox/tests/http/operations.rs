//! Every operation of the embedded specifications: answered when its body is right, refused member by
//! member when it is not.

use serde_json::{Value, json};
use snap_sandbox::Sandbox;

use crate::{
    specs::{Caller, Found, Spec, all},
    support::{Reply, frozen},
};

async fn sandbox() -> Sandbox {
    let builder = frozen().seed(7).unverified(true).stateful(false);
    builder.start().await.expect("starts")
}

#[track_caller]
fn assert_refused(reply: &Reply, spec: &Spec, verdict: &str, case: &str, name: &str) {
    let code = format!("400{}{case}", spec.service);
    let found = (reply.verdict.as_str(), reply.code());

    assert_eq!(
        found,
        (verdict, code),
        "{}: {name}: {}",
        spec.id,
        reply.body
    );
    let message = reply.text("responseMessage");
    assert!(
        message.ends_with(&format!(" {name}")),
        "{}: {message}",
        spec.id
    );
}

/// Sends one body per member and operation: `change` makes it from a right one, or passes.
async fn check_members(
    verdict: &str,
    case: &str,
    change: fn(&Found, &mut Value) -> Option<String>,
) {
    let sandbox = sandbox().await;
    let caller = Caller::of(&sandbox, "cust-1").await;
    let mut checked = 0;
    for spec in all().iter().filter(|spec| !spec.is_ambiguous()) {
        for member in spec.members() {
            let mut body = spec.body(&sandbox, true);
            let Some(name) = change(&member, &mut body) else {
                continue;
            };

            let reply = caller.send(spec, &body).await;

            assert_refused(&reply, spec, verdict, case, &name);
            checked += 1;
        }
    }
    assert!(checked > 0, "no operation has such a member");
}

fn set(member: &Found, body: &mut Value, value: Value) {
    *body.pointer_mut(&member.pointer()).expect("is there") = value;
}

fn remove(member: &Found, body: &mut Value) {
    let (last, parents) = member.steps.split_last().expect("a name");
    let parent: String = parents.iter().map(|step| format!("/{step}")).collect();
    let parent = body.pointer_mut(&parent).expect("is there");
    parent.as_object_mut().expect("an object").remove(last);
}

#[tokio::test]
async fn every_operation_is_answered_with_its_code_for_a_right_body() {
    let sandbox = sandbox().await;
    let caller = Caller::of(&sandbox, "cust-1").await;
    for spec in all() {
        for with_all in [false, true] {
            let mut body = spec.body(&sandbox, with_all);
            body["aMemberThatNoPageNames"] = json!([1]);

            let reply = caller.send(spec, &body).await;

            reply.assert("ok", &format!("200{}00", spec.service));
            let recorded = sandbox.requests().pop().expect("recorded");
            if !spec.is_ambiguous() {
                assert_eq!(recorded.operation.as_deref(), Some(spec.id.as_str()));
            }
        }
    }
}

#[tokio::test]
async fn every_required_member_that_is_removed_is_named() {
    check_members("field.missing", "02", |member, body| {
        remove(member, body);
        member.required.then(|| member.name())
    })
    .await;
}

#[tokio::test]
async fn a_required_member_that_is_null_or_empty_is_missing() {
    let nothings: [fn(&Found, &mut Value) -> Option<String>; 3] = [
        |member, body| {
            set(member, body, Value::Null);
            member.required.then(|| member.name())
        },
        |member, body| {
            set(member, body, json!(""));
            member.required.then(|| member.name())
        },
        |member, body| {
            let is_list = body.pointer(&member.pointer())?.is_array();
            set(member, body, json!([]));
            (is_list && member.required).then(|| member.name())
        },
    ];
    for nothing in nothings {
        check_members("field.missing", "02", nothing).await;
    }
}

#[tokio::test]
async fn every_member_of_a_wrong_type_is_named() {
    check_members("field.format", "01", |member, body| {
        set(member, body, member.wrong.clone()?);
        Some(member.name())
    })
    .await;
}

#[tokio::test]
async fn every_member_that_is_too_long_is_named() {
    check_members("field.too-long", "01", |member, body| {
        set(member, body, json!("7".repeat(member.limits.1? + 1)));
        Some(member.name())
    })
    .await;
}

#[tokio::test]
async fn every_member_that_is_too_short_is_named() {
    check_members("field.too-short", "01", |member, body| {
        let length = member
            .limits
            .0
            .checked_sub(1)
            .filter(|length| *length > 0)?;
        set(member, body, json!("7".repeat(length)));
        Some(member.name())
    })
    .await;
}

#[tokio::test]
async fn every_amount_has_two_decimals_and_a_currency() {
    let cases: &[AmountCase] = &[
        (
            "amount.format",
            "01",
            |amount| amount["value"] = json!("15000"),
            "value",
        ),
        (
            "amount.format",
            "01",
            |amount| amount["value"] = json!("15,000.00"),
            "value",
        ),
        (
            "amount.format",
            "01",
            |amount| amount["currency"] = json!("idr"),
            "currency",
        ),
        (
            "field.format",
            "01",
            |amount| amount["value"] = json!(15000),
            "value",
        ),
        (
            "field.missing",
            "02",
            |amount| amount["value"] = json!(""),
            "value",
        ),
        (
            "field.missing",
            "02",
            |amount| amount["currency"] = Value::Null,
            "currency",
        ),
    ];
    let sandbox = sandbox().await;
    let caller = Caller::of(&sandbox, "cust-1").await;
    for spec in all().iter().filter(|spec| !spec.is_ambiguous()) {
        for member in spec.members().iter().filter(|member| member.amount) {
            for (verdict, case, change, part) in cases {
                let mut body = spec.body(&sandbox, true);
                change(body.pointer_mut(&member.pointer()).expect("is there"));

                let reply = caller.send(spec, &body).await;

                let name = format!("{}.{part}", member.name());
                assert_refused(&reply, spec, verdict, case, &name);
            }
        }
    }
}

#[tokio::test]
async fn the_operations_served_are_those_of_the_specifications_and_the_token_calls() {
    let sandbox = sandbox().await;

    let listed = sandbox.operations();

    assert_eq!(
        listed[..2],
        [
            "token.b2b POST /authorization/v1/access-token/b2b",
            "token.b2b2c POST /authorization/v1/access-token/b2b2c",
        ]
    );
    for spec in all() {
        let line = format!("{} POST {}", spec.id, spec.path);
        assert!(listed.contains(&line), "{line}");
    }
}

/// Expected verdict and case, a change of an amount, and the part of it that is named.
type AmountCase = (&'static str, &'static str, fn(&mut Value), &'static str);
