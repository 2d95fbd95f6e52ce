//! A sandbox that notifies a merchant, and what it says about it: shorthands of the tests.

use std::time::Duration;

use snap_sandbox::{
    Decision, MerchantMistake, Notification, NotificationState, Sandbox, SandboxBuilder,
};

use crate::{
    merchant::MerchantServer,
    orders::{PAYMENT, reference, send, start},
    specs::Caller,
};

/// A sandbox, and a merchant whom it tells of things.
pub(crate) async fn pair(builder: SandboxBuilder) -> (Sandbox, MerchantServer) {
    let sandbox = start(builder).await;
    let merchant = MerchantServer::of(&sandbox).await;
    (sandbox, merchant)
}

/// A payment that its customer approves.
pub(crate) async fn pay(sandbox: &Sandbox, order: &str) {
    begin(sandbox, order).await;
    assert!(sandbox.decide(order, Decision::Succeed));
}

pub(crate) async fn begin(sandbox: &Sandbox, order: &str) {
    let caller = Caller::of(sandbox, "cust-1").await;
    let reply = send(&caller, PAYMENT, reference(order)).await;
    reply.assert("ok", "2005400");
}

/// The only notification.
#[track_caller]
pub(crate) fn only(sandbox: &Sandbox) -> Notification {
    let all = sandbox.notifications();
    assert_eq!(all.len(), 1, "{all:#?}");
    all.into_iter().next().expect("one")
}

pub(crate) fn states(sandbox: &Sandbox) -> Vec<NotificationState> {
    let all = sandbox.notifications();
    all.iter().map(|one| one.state).collect()
}

pub(crate) fn http_statuses(notification: &Notification) -> Vec<Option<u16>> {
    let attempts = notification.attempts.iter();
    attempts.map(|attempt| attempt.http_status).collect()
}

pub(crate) fn mistakes(notification: &Notification) -> Vec<MerchantMistake> {
    let attempts = notification.attempts.iter();
    attempts
        .flat_map(|attempt| attempt.mistakes.clone())
        .collect()
}

/// Waits until the merchant has been told of something.
pub(crate) async fn arrived(merchant: &MerchantServer) {
    let arrived = async {
        while merchant.notified().is_empty() {
            tokio::task::yield_now().await;
        }
    };
    let patience = Duration::from_secs(20);
    tokio::time::timeout(patience, arrived).await.expect("told");
}

pub(crate) fn hours(hours: u64) -> Duration {
    Duration::from_secs(hours * 3600)
}
