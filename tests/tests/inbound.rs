//! The receiving side against notifications that the local sandbox makes and signs by itself.
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{Router, body::to_bytes, extract::State, response::Response, routing::post};
use doku_direct_debit::DirectDebit;
use snap_core::{Amount, TransactionStatus};
use snap_inbound::{
    AesNoticeCheck, Delivery, EncryptionKey, Environment, KirimReceiver, MemoryStore,
    axum::IntoAnswer,
};
use snap_sandbox::{MerchantMistake, Notification, Sandbox, Variation, Vary};
use snap_suite::{
    ShiftedClock,
    requests::{jump_app, transfer},
    shop::Shop,
};

struct Town {
    clock: ShiftedClock,
    sandbox: Sandbox,
    shop: Shop,
}

impl Town {
    async fn new() -> Self {
        let clock = ShiftedClock::new();
        let builder = Sandbox::builder().clock(clock.for_sandbox());
        let sandbox = builder.start().await.unwrap();
        let shop = Shop::open(&sandbox, &clock).await.unwrap();
        Self {
            clock,
            sandbox,
            shop,
        }
    }

    /// A payment that the customer approves.
    async fn paid(&self, reference: &str) {
        let amount = Amount::idr(10_000);
        self.shop.place(reference, amount).await.unwrap();
        let debit = DirectDebit::from(self.shop.client.clone());
        let begun = debit.jump_app_payment(&jump_app(reference, 10_000)).await;
        let page = begun.unwrap().into_body().web_redirect_url.unwrap();
        self.sandbox.approve(&page).unwrap();
        self.sandbox.notifications_idle().await;
    }

    async fn later(&self, minutes: u64) {
        self.clock.advance(Duration::from_secs(minutes * 60));
        self.sandbox.notifications_idle().await;
    }

    /// Pays with one variation, and lets half a day pass.
    async fn varied(&self, vary: Vary) -> Notification {
        self.sandbox
            .vary_notifications(Variation::new(vary).for_reference("ord-1"));
        self.paid("ord-1").await;
        for minutes in [1, 30, 360, 360] {
            self.later(minutes).await;
        }
        let mut notifications = self.sandbox.notifications();
        notifications.retain(|it| &*it.reference == "ord-1");
        notifications.pop().unwrap()
    }

    async fn shipped(&self, reference: &str) -> usize {
        let report = self.shop.work().await.unwrap();
        let ships = format!("{reference}: status 00, shipped");
        report.iter().filter(|line| **line == ships).count()
    }
}

fn statuses(notification: &Notification) -> Vec<Option<u16>> {
    let attempts = notification.attempts.iter();
    attempts.map(|attempt| attempt.http_status).collect()
}

fn mistakes(notification: &Notification) -> Vec<MerchantMistake> {
    let attempts = notification.attempts.iter();
    attempts
        .flat_map(|attempt| attempt.mistakes.clone())
        .collect()
}

#[track_caller]
fn taken(notification: &Notification, expected: &[u16]) {
    let expected: Vec<_> = expected.iter().copied().map(Some).collect();
    assert_eq!(statuses(notification), expected, "{notification:?}");
    assert_eq!(mistakes(notification), [], "{notification:?}");
}

#[tokio::test]
async fn a_payment_is_told_acknowledged_and_shipped() {
    let town = Town::new().await;
    town.paid("ord-1").await;

    taken(&town.sandbox.notifications()[0], &[200]);
    assert_eq!(town.shipped("ord-1").await, 1);
    assert_eq!(town.shop.receiver.counts().new, 1);
    assert_eq!(town.shop.receiver.counts().tokens_issued, 1);
}

#[tokio::test]
async fn the_same_bytes_twice_ship_once() {
    let town = Town::new().await;

    taken(&town.varied(Vary::Duplicate).await, &[200, 200]);
    assert_eq!(town.shipped("ord-1").await, 1);
    assert_eq!(town.shop.receiver.counts().duplicates, 1);
}

#[tokio::test]
async fn a_wrong_signature_is_refused_and_the_right_one_half_an_hour_later_is_taken() {
    let town = Town::new().await;

    taken(&town.varied(Vary::WrongSignature).await, &[401, 200]);
    assert_eq!(town.shipped("ord-1").await, 1);
}

#[tokio::test]
async fn a_timestamp_a_day_old_is_refused() {
    let town = Town::new().await;

    taken(&town.varied(Vary::StaleTimestamp).await, &[401, 200]);
    assert_eq!(town.shipped("ord-1").await, 1);
}

#[tokio::test]
async fn a_token_that_was_never_issued_is_refused_and_a_right_one_fetched() {
    let town = Town::new().await;

    // DOKU's sender asks for another token within the same attempt.
    taken(&town.varied(Vary::UnknownToken).await, &[200]);
    assert_eq!(town.shop.receiver.counts().refused, 1);
    assert_eq!(town.shipped("ord-1").await, 1);
}

#[tokio::test]
async fn a_notification_in_another_order_or_late_ships_once() {
    for vary in [Vary::Reorder, Vary::Delay(Duration::from_secs(11 * 3600))] {
        let town = Town::new().await;
        town.sandbox
            .vary_notifications(Variation::new(vary).for_reference("ord-1"));
        town.paid("ord-1").await;
        town.paid("ord-2").await;
        town.later(12 * 60).await;

        let report = town.shop.work().await.unwrap();
        for reference in ["ord-1", "ord-2"] {
            let ships = format!("{reference}: status 00, shipped");
            let count = report.iter().filter(|line| **line == ships).count();
            assert_eq!(count, 1, "{vary:?}: {report:?}");
        }
    }
}

#[tokio::test]
async fn what_contradicts_the_truth_ships_once_because_doku_is_asked() {
    let town = Town::new().await;
    town.sandbox
        .vary_notifications(Variation::new(Vary::Contradiction).for_reference("ord-1"));
    town.paid("ord-1").await;

    let report = town.shop.work().await.unwrap();

    assert_eq!(report.len(), 2, "{report:?}");
    assert_eq!(report[0], "ord-1: status 00, shipped");
    assert_eq!(report[1], "ord-1: Same, nothing to do");
    let order = town.shop.order("ord-1").await.unwrap().unwrap();
    assert_eq!(order.state.status(), Some(&TransactionStatus::SUCCESS));
}

#[tokio::test]
async fn an_external_id_that_changes_with_each_attempt_is_still_one_delivery() {
    let town = Town::new().await;
    let vary = Variation::new(Vary::OtherExternalId).for_reference("ord-1");
    town.sandbox.vary_notifications(vary);
    town.paid("ord-1").await;
    let id = town.sandbox.notifications()[0].id;
    // As by hand in the dashboard: another timestamp and another external id, so another delivery.
    assert!(town.sandbox.resend(id));
    town.sandbox.notifications_idle().await;

    assert_eq!(town.shipped("ord-1").await, 1);
}

#[tokio::test]
async fn what_never_comes_is_found_by_the_sweep() {
    let town = Town::new().await;
    town.sandbox
        .vary_notifications(Variation::new(Vary::Drop).for_reference("ord-1"));
    town.paid("ord-1").await;
    assert_eq!(town.shipped("ord-1").await, 0);
    assert_eq!(town.shop.sweep().await.unwrap(), Vec::<String>::new());

    town.later(30).await;

    let swept = town.shop.sweep().await.unwrap();
    assert_eq!(swept, ["swept: ord-1: status 00, shipped"]);
    assert_eq!(town.shop.sweep().await.unwrap(), Vec::<String>::new());
}

/// A retry keeps its first timestamp in the sandbox, as nobody knows what DOKU does.
#[tokio::test]
async fn a_notification_of_twelve_hours_ago_is_still_taken() {
    let clock = ShiftedClock::new();
    let builder = Sandbox::builder().clock(clock.for_sandbox());
    let sandbox = builder.start().await.unwrap();
    // A shop that is not there: nobody listens.
    let nobody = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = nobody.local_addr().unwrap();
    drop(nobody);
    let url = |path: &str| format!("http://{address}{path}");
    sandbox.notify(&url("/notify"), &url("/token")).unwrap();
    let client = snap_core::Client::new(
        snap_suite::config_for(&sandbox)
            .unwrap()
            .with_clock(clock.clone()),
    )
    .unwrap();
    let debit = DirectDebit::from(client);
    let begun = debit.jump_app_payment(&jump_app("ord-1", 10_000)).await;
    let page = begun.unwrap().into_body().web_redirect_url.unwrap();
    sandbox.approve(&page).unwrap();
    for minutes in [0, 30, 330] {
        clock.advance(Duration::from_secs(minutes * 60));
        sandbox.notifications_idle().await;
    }
    // Queued notifications keep the address they were queued for only until the shop says another.
    let shop = Shop::open(&sandbox, &clock).await.unwrap();
    shop.place("ord-1", Amount::idr(10_000)).await.unwrap();
    clock.advance(Duration::from_secs(6 * 3600 + 60));
    sandbox.notifications_idle().await;

    let notification = sandbox.notifications().remove(0);
    assert_eq!(
        statuses(&notification).last(),
        Some(&Some(200)),
        "{notification:?}"
    );
    let report = shop.work().await.unwrap();
    assert_eq!(report, ["ord-1: status 00, shipped"]);
}

/// What the tests of Kirim DOKU's notices have heard.
type Heard = Arc<Mutex<Vec<(Delivery, Option<String>, String)>>>;

#[tokio::test]
async fn notices_of_kirim_doku_are_checked_and_stay_hints() {
    let clock = ShiftedClock::new();
    let builder = Sandbox::builder()
        .clock(clock.for_sandbox())
        .sessions(false);
    let sandbox = builder.start().await.unwrap();
    let merchant = sandbox.merchant();
    let key = EncryptionKey::new(&merchant.encryption_key).unwrap();
    let check = AesNoticeCheck::new(&merchant.agent_key, key);
    let store = Arc::new(MemoryStore::new());
    let receiver = KirimReceiver::new(Environment::sandbox(), "/kirim", check, store).unwrap();
    let heard = Heard::default();
    let state = (Arc::new(receiver), Arc::clone(&heard));
    let app = Router::new()
        .route("/kirim", post(on_notice))
        .with_state(state);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/kirim", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, app).await });
    sandbox.notify_kirimdoku(&url, &url).unwrap();
    let config = snap_suite::config_for(&sandbox).unwrap();
    let client = snap_core::Client::new(config.with_clock(clock.clone())).unwrap();
    let mut request = transfer("out-1", 10_000);
    // An account that DOKU documents as unpaid at first.
    request.beneficiary_account_number = "12345".into();
    let kirim = doku_kirimdoku::Kirimdoku::from(client);
    kirim.transfer_bank(&request).await.unwrap();

    clock.advance(Duration::from_secs(301));
    sandbox.notifications_idle().await;

    let heard = heard.lock().unwrap().clone();
    assert_eq!(heard.len(), 1, "{heard:?}");
    let (delivery, reference, message) = &heard[0];
    assert_eq!(*delivery, Delivery::New);
    assert_eq!(reference.as_deref(), Some("out-1"));
    assert_eq!(message, "Transaction is Success");
    taken(&sandbox.notifications()[0], &[200]);
}

async fn on_notice(
    State((receiver, heard)): State<(Arc<KirimReceiver>, Heard)>,
    request: axum::extract::Request,
) -> Response {
    let (head, body) = request.into_parts();
    let body = to_bytes(body, 65_536).await.unwrap();
    let request = http::Request::from_parts(head, body);
    match receiver.receive(request).await {
        Ok(notice) => {
            let body = notice.parse().unwrap();
            let message = body.message.unwrap_or_default();
            let told = (notice.delivery(), body.send_trx_id, message);
            heard.lock().unwrap().push(told);
            notice.acknowledge().await.unwrap().into_answer()
        }
        Err(reject) => panic!("{reject}"),
    }
}
