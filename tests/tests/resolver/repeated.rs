//! The same reference is sent a second time.

use snap_core::{ExternalId, MoneyState, MovedProof, NotMovedProof, UnknownReason};
use snap_sandbox::{Act, At, Decision, Fault};

use crate::{
    operation::{How, Op, Told},
    shop::{Shop, assert_waits, final_state},
};

const REF: &str = "REF-1";
const MOVED: MoneyState = MoneyState::Moved(MovedProof::StatusSuccess);
const LOST: MoneyState = MoneyState::Unknown(UnknownReason::ConnectionLost);

fn under(id: &ExternalId) -> How {
    How {
        external_id: Some(id.clone()),
        ..How::default()
    }
}

#[tokio::test(start_paused = true)]
async fn while_the_first_is_open_the_second_is_not_sent() {
    for op in Op::ALL {
        let shop = Shop::open().await;
        shop.lose(op, REF, true).await;
        let sent = shop.wire.count();

        let told = op.send(&shop, REF).await;

        assert_eq!(told.money, LOST, "{op:?}");
        assert_eq!((shop.wire.count(), told.attempts), (sent, 0), "{op:?}");
        assert_eq!(shop.effects(op, REF), 1, "{op:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn while_the_first_is_open_another_amount_is_not_sent() {
    let shop = Shop::open().await;
    shop.lose(Op::Transfer, REF, true).await;
    let sent = shop.wire.count();
    let other = How {
        amount: Some(1_000),
        ..How::default()
    };

    let told = Op::Transfer.send_so(&shop, REF, &other).await;

    assert_eq!((told.money, shop.wire.count()), (LOST, sent));
}

#[tokio::test(start_paused = true)]
async fn after_it_moved_the_second_is_not_sent() {
    let shop = Shop::open().await;
    let mut resolver = shop.lose(Op::Transfer, REF, true).await;
    shop.step(&mut resolver).await;
    let sent = shop.wire.count();

    let told = Op::Transfer.send(&shop, REF).await;

    assert_eq!((&told.money, shop.wire.count()), (&MOVED, sent));
    assert!(told.resolver.is_none(), "{told:?}");
    assert!(told.error.contains("has not failed"), "{}", told.error);
}

#[tokio::test(start_paused = true)]
async fn after_it_did_not_move_the_second_is_sent() {
    let shop = Shop::open().await;
    shop.answer_next(Op::Transfer, (400, "01"), false);
    let refused = Op::Transfer.send(&shop, REF).await;
    assert!(matches!(
        refused.money,
        MoneyState::NotMoved(NotMovedProof::Rejected(_))
    ));

    let told = Op::Transfer.send(&shop, REF).await;

    assert!(matches!(told.money, MoneyState::InProgress(_)), "{told:?}");
    assert_eq!(shop.effects(Op::Transfer, REF), 1);
}

#[tokio::test(start_paused = true)]
async fn what_a_second_call_left_pending_is_found_by_the_first_delivery() {
    for op in [Op::TopUp, Op::Payment, Op::Transfer] {
        let shop = Shop::open().await;
        shop.lose(op, REF, true).await;
        let told = op.send(&shop, REF).await;

        let step = shop.step(&mut told.into_resolver()).await;

        assert_eq!(final_state(step), MOVED, "{op:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_second_call_left_pending_closes_the_operation() {
    let shop = Shop::of_slow_payers().await;
    shop.lose(Op::JumpApp, REF, true).await;
    let told = Op::JumpApp.send(&shop, REF).await;
    assert!(shop.sandbox.decide(REF, Decision::Fail));

    shop.step(&mut told.into_resolver()).await;

    let failed = MoneyState::NotMoved(NotMovedProof::StatusFailed);
    assert_eq!(shop.record(Op::JumpApp, REF).await.state, Some(failed));
}

/// A delivery is lost, and the same one, under the same external id, comes to nothing.
async fn after_a_second_delivery(op: Op, effect: bool, trouble: Trouble) -> (Shop, Told) {
    let shop = Shop::open().await;
    let resolver = shop.lose(op, REF, effect).await;
    match trouble {
        Trouble::Refused(http, case) => shop.answer_next(op, (http, case), false),
        Trouble::NotConnected => {
            let fault = Fault::new(At::BeforeAccept, Act::Reset);
            shop.inject(fault.times(3));
        }
    }
    let id = &resolver.pending().external_ids[0];
    let told = op.send_so(&shop, REF, &under(id)).await;
    (shop, told)
}

#[derive(Clone, Copy, Debug)]
enum Trouble {
    Refused(u16, &'static str),
    NotConnected,
}

const TROUBLES: [Trouble; 5] = [
    Trouble::Refused(400, "01"),
    Trouble::Refused(403, "14"),
    Trouble::Refused(404, "01"),
    Trouble::Refused(429, "00"),
    Trouble::NotConnected,
];

#[tokio::test(start_paused = true)]
async fn a_repetition_that_comes_to_nothing_proves_nothing_about_the_first() {
    for trouble in TROUBLES {
        let (shop, told) = after_a_second_delivery(Op::Transfer, true, trouble).await;

        assert_eq!(told.money, LOST, "{trouble:?}");
        assert!(told.attempts > 0, "{trouble:?}: it was sent");
        let record = shop.record(Op::Transfer, REF).await;
        assert_eq!(record.state, Some(LOST), "{trouble:?}: in the journal");
    }
}

#[tokio::test(start_paused = true)]
async fn after_a_repetition_that_came_to_nothing_the_first_is_found() {
    for op in [Op::Transfer, Op::Payment, Op::TopUp] {
        for trouble in TROUBLES {
            let (shop, told) = after_a_second_delivery(op, true, trouble).await;

            let step = shop.step(&mut told.into_resolver()).await;

            assert_eq!(final_state(step), MOVED, "{op:?}, {trouble:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn one_inquiry_does_not_settle_a_repetition_that_is_refused_as_not_found() {
    let trouble = Trouble::Refused(404, "01");
    let (shop, told) = after_a_second_delivery(Op::Transfer, false, trouble).await;

    let step = shop.step(&mut told.into_resolver()).await;

    assert_waits(&step);
}

#[tokio::test(start_paused = true)]
async fn a_repetition_under_the_same_external_id_takes_no_second_effect() {
    let shop = Shop::open().await;
    let resolver = shop.lose(Op::Transfer, REF, true).await;
    let id = &resolver.pending().external_ids[0];

    let told = Op::Transfer.send_so(&shop, REF, &under(id)).await;

    assert!(!told.money.is_final(), "{told:?}");
    assert_eq!(shop.effects(Op::Transfer, REF), 1);
    assert_eq!(shop.arrivals(Op::Transfer, REF), 2);
}
