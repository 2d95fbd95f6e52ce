//! Inquiries that fail: the operation stays open, and the schedule goes on.

use std::time::Duration;

use snap_core::{CustomerToken, CustomerTokens, MoneyState, MovedProof, UnknownReason};
use snap_resolve::{Resolver, Review, Step};
use snap_sandbox::Act;

use crate::{
    operation::{How, Op},
    shop::{CUSTOMER, Shop, assert_waits, final_state, over},
};

const REF: &str = "REF-1";
const MOVED: MoneyState = MoneyState::Moved(MovedProof::StatusSuccess);
const LOST: MoneyState = MoneyState::Unknown(UnknownReason::ConnectionLost);

/// An operation that took effect, and a first inquiry that fails.
async fn after_failure(op: Op, act: Act) -> (Shop, Resolver, Step) {
    let shop = Shop::open().await;
    let mut resolver = shop.lose(op, REF, true).await;
    shop.fail_inquiries(op, act, u32::MAX);
    let step = shop.step(&mut resolver).await;
    shop.sandbox.clear_faults();
    (shop, resolver, step)
}

/// After a failure it is open as before, and the next inquiry finds it.
async fn goes_on(act: Act) {
    for op in [Op::Transfer, Op::Payment, Op::Purchase, Op::TopUp] {
        let (shop, mut resolver, step) = after_failure(op, act.clone()).await;
        assert_waits(&step);
        assert_eq!(resolver.state(), &LOST, "{op:?}, {act:?}");
        let wait = resolver.due().unwrap().duration_since(over(&resolver));
        assert_eq!(wait.unwrap(), Duration::from_secs(120), "{op:?}");

        let step = shop.step(&mut resolver).await;

        assert_eq!(final_state(step), MOVED, "{op:?}, {act:?}");
        assert_eq!(shop.arrivals(op, REF), 1, "{op:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_error_without_a_body_says_nothing() {
    goes_on(Act::Status(503)).await;
}

#[tokio::test(start_paused = true)]
async fn a_server_error_of_doku_says_nothing() {
    let code = Op::Payment.code(500, "00");
    goes_on(Act::Answer { http: 500, code }).await;
}

#[tokio::test(start_paused = true)]
async fn an_inquiry_without_an_answer_says_nothing() {
    goes_on(Act::Hang).await;
}

#[tokio::test(start_paused = true)]
async fn a_page_in_place_of_an_answer_says_nothing() {
    goes_on(Act::Html).await;
}

#[tokio::test(start_paused = true)]
async fn half_an_answer_says_nothing() {
    goes_on(Act::TruncateWithoutLength).await;
}

#[tokio::test(start_paused = true)]
async fn an_answer_about_another_operation_says_nothing() {
    goes_on(Act::Swap).await;
}

#[tokio::test(start_paused = true)]
async fn a_gateway_that_knows_no_such_path_does_not_say_that_there_is_no_such_operation() {
    goes_on(Act::Status(404)).await;
}

#[tokio::test(start_paused = true)]
async fn inquiries_that_fail_all_day_prove_nothing() {
    let shop = Shop::open().await;
    let mut resolver = shop.lose(Op::Transfer, REF, false).await;
    shop.fail_inquiries(Op::Transfer, Act::Html, u32::MAX);

    let (minutes, step) = shop.follow(&mut resolver).await;

    assert!(matches!(step, Step::ManualReview(Review::HorizonPassed)));
    assert_eq!((minutes.len(), resolver.inquiries()), (31, 0));
    assert_eq!(resolver.state(), &LOST);
}

#[tokio::test(start_paused = true)]
async fn another_refusal_of_an_inquiry_does_not_say_that_there_is_no_such_operation() {
    for case in ["00", "04", "18"] {
        let shop = Shop::open().await;
        let mut resolver = shop.lose(Op::Payment, REF, false).await;
        let code = Op::Payment.code(404, case);
        let refusal = Act::Answer { http: 404, code };
        shop.fail_inquiries(Op::Payment, refusal, u32::MAX);

        let (_, step) = shop.follow(&mut resolver).await;

        let passed = matches!(step, Step::ManualReview(Review::HorizonPassed));
        assert!(passed, "{case}: {step:?}");
    }
}

/// A purchase under a token that the client does not manage.
async fn plain_purchase(shop: &Shop) -> (Resolver, CustomerTokens) {
    let session = shop.client.customer(CUSTOMER);
    let token: CustomerToken = session.token(Duration::ZERO).await.unwrap();
    let tokens = CustomerTokens::from(token);
    shop.lose_next(Op::Purchase, true);
    let how = How {
        customer: Some(tokens.clone()),
        ..How::default()
    };
    let told = Op::Purchase.send_so(shop, REF, &how).await;
    (told.into_resolver(), tokens)
}

#[tokio::test(start_paused = true)]
async fn without_the_customers_token_nothing_is_asked_and_it_stays_open() {
    let shop = Shop::open().await;
    let (mut resolver, _) = plain_purchase(&shop).await;

    let step = shop.step(&mut resolver).await;

    assert_waits(&step);
    let asked = shop.wire.sent_to(Op::Purchase.inquiry_path());
    assert_eq!((asked.len(), resolver.state()), (0, &LOST));
}

#[tokio::test(start_paused = true)]
async fn with_the_customers_token_in_hand_it_is_found() {
    let shop = Shop::open().await;
    let (mut resolver, tokens) = plain_purchase(&shop).await;
    shop.step(&mut resolver).await;
    shop.sleep_until(resolver.due().unwrap()).await;

    let step = shop.outcomes.step_as(&mut resolver, &tokens).await;

    assert_eq!(final_state(step), MOVED);
}

#[tokio::test(start_paused = true)]
async fn an_operation_without_an_inquiry_is_for_a_person_at_once() {
    let shop = Shop::open().await;
    shop.lose_next(Op::Transfer, true);
    let how = How {
        path: Some("/snap/v1.1/emoney/transfer-elsewhere"),
        ..How::default()
    };
    let told = Op::Transfer.send_so(&shop, REF, &how).await;

    let resolver = told.into_resolver();

    let review = Step::ManualReview(Review::NoInquiry);
    assert_eq!(format!("{:?}", resolver.standing()), format!("{review:?}"));
    assert_eq!(resolver.due(), None);
}

#[tokio::test(start_paused = true)]
async fn a_notification_does_not_make_an_inquiry_out_of_none() {
    let shop = Shop::open().await;
    let how = How {
        path: Some("/snap/v1.1/emoney/transfer-elsewhere"),
        ..How::default()
    };
    let mut resolver = Op::Transfer.send_so(&shop, REF, &how).await.into_resolver();

    resolver.notified();
    let step = shop.outcomes.step(&mut resolver).await;

    assert!(matches!(step, Step::ManualReview(Review::NoInquiry)));
    assert_eq!(resolver.due(), None, "there is nothing to come back for");
}
