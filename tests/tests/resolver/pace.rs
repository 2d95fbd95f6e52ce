//! How often inquiries leave, and where they go.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use futures_util::future::join_all;
use snap_resolve::{Inquiries, InquiryPace, Outcomes, PaceError, PaceFuture};
use tokio::time::Instant;

use crate::{
    operation::Op,
    shop::{MINUTE, Shop, assert_waits},
};

const REF: &str = "REF-1";

/// When the inquiries about so many transfers left, that were due together, over two clones.
async fn paced(outcomes: impl FnOnce(Outcomes) -> Outcomes, count: usize) -> Vec<Instant> {
    let shop = Shop::open().await;
    let mut resolvers = Vec::new();
    for number in 0..count {
        resolvers.push(shop.lose(Op::Transfer, &format!("R-{number}"), true).await);
    }
    let one = outcomes(Outcomes::new(shop.client.clone(), shop.journal.clone()));
    let one = one.with_clock(shop.clock.clone());
    let other = one.clone();
    shop.sleep_until(shop.now() + 5 * MINUTE).await;
    let steps = resolvers.iter_mut().enumerate().map(|(turn, resolver)| {
        let outcomes = if turn % 2 == 0 { &one } else { &other };
        outcomes.step(resolver)
    });

    join_all(steps).await;

    let sent = shop.wire.sent_to(Op::Transfer.inquiry_path());
    sent.into_iter().map(|sent| sent.at).collect()
}

#[track_caller]
fn assert_most_in_a_second(moments: &[Instant], most: usize) {
    for first in moments {
        let second = |moment: &&Instant| {
            let since = moment.checked_duration_since(*first);
            since.is_some_and(|since| since < Duration::from_secs(1))
        };
        let sent = moments.iter().filter(second).count();
        assert!(sent <= most, "{sent} in one second");
    }
}

#[tokio::test(start_paused = true)]
async fn five_inquiries_leave_in_a_second_over_all_clones() {
    let moments = paced(|outcomes| outcomes, 23).await;

    assert_eq!(moments.len(), 23);
    assert_most_in_a_second(&moments, 5);
}

#[tokio::test(start_paused = true)]
async fn inquiries_wait_no_longer_than_they_have_to() {
    let moments = paced(|outcomes| outcomes, 11).await;

    let took = *moments.last().unwrap() - moments[0];
    assert!(took <= Duration::from_millis(2_020), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn another_pace_can_be_set() {
    let moments = paced(|outcomes| outcomes.with_inquiries_per_second(2), 7).await;

    assert_most_in_a_second(&moments, 2);
}

/// One after another, as processes share it; nothing where it fails.
#[derive(Clone, Debug)]
struct Shared(Option<Arc<Mutex<Instant>>>);

impl InquiryPace for Shared {
    fn reserve(&self, interval: Duration) -> PaceFuture<'_> {
        let Some(next) = &self.0 else {
            return Box::pin(async { Err(PaceError::new("connection refused")) });
        };
        let now = now();
        let mut next = next.lock().unwrap();
        let moment = (*next).max(now);
        *next = moment + interval;
        Box::pin(async move { Ok(moment - now) })
    }
}

fn now() -> Instant {
    tokio::time::sleep(Duration::ZERO).deadline()
}

#[tokio::test(start_paused = true)]
async fn two_processes_share_one_pace() {
    let shared = Shared(Some(Arc::new(Mutex::new(now()))));
    let (one, other) = (shared.clone(), shared);

    let (mut moments, of_other) = tokio::join!(
        paced(|outcomes| outcomes.with_pace(one), 12),
        paced(|outcomes| outcomes.with_pace(other), 12)
    );

    moments.extend(of_other);
    assert_eq!(moments.len(), 24);
    assert_most_in_a_second(&moments, 5);
}

#[tokio::test(start_paused = true)]
async fn a_process_that_cannot_ask_for_the_pace_asks_doku_every_five_seconds() {
    let moments = paced(|outcomes| outcomes.with_pace(Shared(None)), 4).await;

    assert_eq!(moments.len(), 4);
    let took = *moments.last().unwrap() - moments[0];
    assert!(took >= Duration::from_secs(15), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn an_inquiry_that_hangs_does_not_hold_up_the_others() {
    let shop = Shop::open().await;
    let mut hanging = shop.lose(Op::Transfer, "HANGS", true).await;
    let mut other = shop.lose(Op::Transfer, REF, true).await;
    let hang = snap_sandbox::Fault::new(snap_sandbox::At::AfterRequest, snap_sandbox::Act::Hang);
    let hang = hang.for_operation(Op::Transfer.inquiry());
    shop.inject(hang.for_reference("HANGS"));
    let outcomes = Outcomes::new(shop.client.clone(), shop.journal.clone());
    let outcomes = outcomes.with_clock(shop.clock.clone());
    shop.sleep_until(other.due().unwrap()).await;
    let before = shop.now();

    let (_, took) = tokio::join!(outcomes.step(&mut hanging), async {
        outcomes.step(&mut other).await;
        shop.now().duration_since(before).unwrap()
    });

    assert!(took < Duration::from_secs(1), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn an_inquiry_goes_to_the_path_that_is_set_for_it() {
    const ELSEWHERE: &str = "/snap/v1.1/emoney/transfer-status";
    let shop = Shop::open().await;
    let mut resolver = shop.lose(Op::Transfer, REF, true).await;
    let path = Op::Transfer.intent(&shop, REF).path;
    let inquiries = Inquiries::documented().with_path(&path, ELSEWHERE);
    let outcomes = shop.outcomes.clone().with_inquiries(inquiries);
    shop.sleep_until(resolver.due().unwrap()).await;

    let step = outcomes.step(&mut resolver).await;

    // The local sandbox serves nothing there.
    assert_waits(&step);
    assert_eq!(shop.wire.last_to(ELSEWHERE).body["serviceCode"], "43");
    assert_eq!(shop.wire.sent_to(Op::Transfer.inquiry_path()).len(), 0);
}

#[tokio::test(start_paused = true)]
async fn an_inquiry_names_the_service_code_that_is_set_for_it() {
    let shop = Shop::open().await;
    let mut resolver = shop.lose(Op::Payment, REF, true).await;
    let path = Op::Payment.intent(&shop, REF).path;
    let inquiries = Inquiries::documented().with_service_code(&path, "54");
    let outcomes = shop.outcomes.clone().with_inquiries(inquiries);
    shop.sleep_until(resolver.due().unwrap()).await;

    outcomes.step(&mut resolver).await;

    let asked = shop.wire.last_to(Op::Payment.inquiry_path());
    assert_eq!(asked.body["serviceCode"], "54");
}
