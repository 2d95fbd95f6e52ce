//! The ledger against what a client claims, and a sandbox that only counts.

use snap_sandbox::Claim;

use crate::{
    orders::{PAYMENT, REFUND, TRANSFER, merge, reference, refund, send, start, status},
    specs::{Caller, named},
    support::frozen,
};

/// Behaviour "state.off".
#[tokio::test]
async fn without_state_every_request_stands_alone_and_is_counted() {
    let sandbox = start(frozen().stateful(false).customers_approve(true)).await;
    let caller = Caller::of(&sandbox, "cust-1").await;

    status(&caller, "ord-0").await.assert("ok", "2005500");
    send(&caller, REFUND, refund("ord-0", "ref-0", "1.00"))
        .await
        .assert("ok", "2005800");
    for _ in 0..2 {
        send(&caller, PAYMENT, reference("ord-1"))
            .await
            .assert("ok", "2005400");
    }

    let ledger = sandbox.ledger();
    assert_eq!(ledger.double_effects(), ["ord-1"]);
    ledger.assert_balanced();
}

#[tokio::test]
#[should_panic(expected = "1 operations took effect more than once")]
async fn a_double_effect_fails_a_test() {
    let sandbox = start(frozen().accept_duplicates(true)).await;
    let caller = Caller::of(&sandbox, "cust-1").await;
    for _ in 0..2 {
        send(&caller, TRANSFER, reference("out-1")).await;
    }

    sandbox.ledger().assert_no_double_effect();
}

#[tokio::test]
async fn claims_are_compared_with_the_ledger() {
    let sandbox = start(frozen()).await;
    let caller = Caller::of(&sandbox, "cust-1").await;
    send(&caller, TRANSFER, reference("paid")).await;
    send(&caller, PAYMENT, reference("open")).await;
    let ledger = sandbox.ledger();
    let claim = |reference: &str, claim| (reference.to_owned(), claim);

    let right = [
        claim("paid", Claim::Moved),
        claim("none", Claim::NotMoved),
        claim("paid", Claim::Unknown),
        claim("none", Claim::Unknown),
        claim("none", Claim::InProgress),
        claim("open", Claim::InProgress),
    ];
    let wrong = [
        claim("paid", Claim::NotMoved),
        claim("none", Claim::Moved),
        claim("open", Claim::Moved),
        claim("open", Claim::NotMoved),
    ];

    ledger.assert_claims(&right);
    assert_eq!(ledger.false_claims(&right), []);
    assert_eq!(ledger.false_claims(&wrong), wrong);
}

#[tokio::test]
async fn a_false_claim_is_told_with_its_story() {
    let sandbox = start(frozen()).await;
    let caller = Caller::of(&sandbox, "cust-1").await;
    send(&caller, TRANSFER, reference("out-1")).await;
    send(&caller, TRANSFER, reference("out-1")).await;
    let ledger = sandbox.ledger();

    let claims = [("out-1".to_owned(), Claim::NotMoved)];
    let check = std::panic::AssertUnwindSafe(|| ledger.assert_claims(&claims));
    let panic = std::panic::catch_unwind(check).expect_err("is false");

    let message = panic.downcast_ref::<String>().expect("a message");
    for part in [
        "out-1: claimed NotMoved",
        "15000.00 IDR Succeeded, effects: 1",
        "kirimdoku.transferBank ok 2004300",
        "partner-reference.repeated 4094301",
    ] {
        assert!(message.contains(part), "{part}: {message}");
    }
}

#[tokio::test]
async fn requests_are_counted_without_being_kept() {
    let sandbox = start(frozen().keep_requests(false)).await;
    let caller = Caller::of(&sandbox, "cust-1").await;
    let spec = named(TRANSFER);
    let mut body = spec.body(&sandbox, false);
    merge(&mut body, reference("out-1"));

    let mut numbers = Vec::new();
    for external_id in ["1", "2"] {
        let mut call = caller.call(&spec, &body);
        call.set("x-external-id", external_id);
        numbers.push(crate::support::send(&sandbox, call).await.number);
    }

    assert_eq!(numbers, [3, 4], "after two token calls");
    assert!(sandbox.requests().is_empty());
    assert_eq!(sandbox.arrivals(&spec.path), 2);
    assert_eq!(sandbox.arrivals_of("out-1"), 2);
    sandbox.assert_token_requests(1);
    assert_eq!(sandbox.ledger().effects("out-1"), 1);
}
