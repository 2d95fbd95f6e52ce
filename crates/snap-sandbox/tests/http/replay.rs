//! The same inputs at the same times come to the same, whoever looks on meanwhile and however often the
//! sandbox is started again.

use std::time::Duration;

use serde_json::json;
use snap_sandbox::{Account, AdminClient, Amount, Clock, OperationState, Sandbox, SandboxBuilder};

use crate::{
    admin,
    merchant::MerchantServer,
    orders::{PAYMENT, reference, send, start},
    player::{Dice, Player, without_ports},
    specs::Caller,
    support::{frozen, moment},
};

/// The ports of one run, and what one can see of it.
struct Run {
    clock: Clock,
    sandbox: Sandbox,
    /// The whole run long the same.
    _merchant: MerchantServer,
}

fn builder(clock: &Clock, seed: u64) -> SandboxBuilder {
    let builder = frozen().clock(clock.clone()).seed(seed).unverified(true);
    builder
        .deposit(Amount::rupiah(100_000))
        .customer_balance(Amount::rupiah(30_000))
        .payout_fee(Amount::rupiah(500))
        .admin(([127, 0, 0, 1], 0).into())
}

impl Run {
    async fn start(seed: u64, folder: Option<&std::path::Path>) -> Self {
        let clock = Clock::fixed(moment("2026-11-20T10:30:00Z"));
        let builder = builder(&clock, seed);
        let builder = match folder {
            Some(folder) => builder.state_folder(folder),
            None => builder,
        };
        let sandbox = builder.start().await.expect("starts");
        let merchant = MerchantServer::of(&sandbox).await;
        let [unpaid, refund] = merchant.kirimdoku_addresses();
        sandbox.notify_kirimdoku(&unpaid, &refund).expect("plain");
        Self {
            clock,
            sandbox,
            _merchant: merchant,
        }
    }

    async fn again(self, seed: u64, folder: &std::path::Path) -> Self {
        self.sandbox.stop().await.expect("stops");
        let builder = builder(&self.clock, seed).state_folder(folder);
        let sandbox = builder.start().await.expect("starts again");
        Self { sandbox, ..self }
    }

    /// Everything that can be seen, without the ports of this run.
    async fn seen(&self) -> Vec<String> {
        let sandbox = &self.sandbox;
        let ledger = sandbox.ledger();
        ledger.assert_balanced();
        ledger.assert_no_double_effect();
        assert!(
            ledger.balance(Account::Merchant, "IDR") >= 0,
            "more went back than was paid"
        );
        let mut seen = vec![
            format!("{:#?}", sandbox.requests()),
            format!("{:#?}", ledger.movements()),
            format!("{:#?}", sandbox.notifications()),
            format!("{:#?}", sandbox.faults()),
            format!("{:?}", sandbox.clock().now()),
        ];
        for path in ["state", "ledger", "notifications"] {
            let json = admin::get(sandbox, &format!("/_sandbox/{path}")).await;
            seen.push(format!("{json:#}"));
        }
        let admin = AdminClient::new(sandbox.admin_url().expect("one")).expect("a URL");
        let timeline = admin.timeline(0, None).await.expect("a timeline");
        seen.push(timeline.replace("},{", "},\n{"));
        seen.iter().map(|text| without_ports(text)).collect()
    }
}

/// Looks at something, which must not matter.
fn look(sandbox: &Sandbox, dice: &mut Dice) {
    match dice.below(6) {
        0 => drop(sandbox.ledger()),
        1 => drop(sandbox.requests()),
        2 => drop(sandbox.notifications()),
        3 => drop(sandbox.otp("ord-1")),
        4 => drop(sandbox.explain_last()),
        _ => {}
    }
}

#[track_caller]
fn same(one: &[String], other: &[String], seed: u64, what: &str) {
    assert_eq!(one.len(), other.len(), "seed {seed}: {what}");
    for (index, (one, other)) in one.iter().zip(other).enumerate() {
        for (one, other) in one.lines().zip(other.lines()) {
            assert_eq!(one, other, "seed {seed}: {what}, {index}");
        }
        assert_eq!(one, other, "seed {seed}: {what}, {index}");
    }
}

const STEPS: usize = 250;

#[tokio::test]
async fn a_sandbox_that_is_watched_and_started_again_does_the_same_as_any_other() {
    let mut moved = 0;
    for seed in [1, 2, 35] {
        let folder = tempfile::tempdir().expect("a folder");
        let plain = Run::start(seed, None).await;
        let mut kept = Run::start(seed, Some(folder.path())).await;
        let (mut one, mut other) = (Player::new(seed), Player::new(seed));
        let mut looks = Dice(seed + 100);
        for step in 0..STEPS {
            one.step(&plain.sandbox).await;
            plain.sandbox.notifications_idle().await;
            other.step(&kept.sandbox).await;
            kept.sandbox.notifications_idle().await;
            look(&kept.sandbox, &mut looks);
            if step == 80 {
                for sandbox in [&plain.sandbox, &kept.sandbox] {
                    admin::act(sandbox, json!({"action": "reset"})).await;
                }
            }
            if step % 60 == 59 {
                kept = kept.again(seed, folder.path()).await;
            }
        }

        same(&one.heard, &other.heard, seed, "answers");
        same(&plain.seen().await, &kept.seen().await, seed, "seen");
        moved += plain.sandbox.ledger().movements().len();
    }
    assert!(moved > 15, "{moved}");
}

/// A binding waits for a day, and a payment that is over sooner fails sooner, whenever somebody looks.
#[tokio::test]
async fn what_falls_due_is_told_in_the_order_of_its_times() {
    let sandbox = start(frozen().admin(([127, 0, 0, 1], 0).into())).await;
    let caller = Caller::of(&sandbox, "cust-1").await;
    send(&caller, "direct-debit.accountBinding", json!({})).await;
    let mut body = reference("ord-1");
    body["validUpTo"] = json!("2026-11-20T17:40:00+07:00");
    send(&caller, PAYMENT, body).await.assert("ok", "2005400");

    sandbox.advance(Duration::from_secs(2 * 86_400));

    let told = admin::get(&sandbox, "/_sandbox/timeline?after=4").await;
    let times = told["events"].as_array().expect("events").iter();
    let times: Vec<_> = times.map(|event| event["at"].to_string()).collect();
    assert!(times.is_sorted(), "{told:#}");
    assert!(told.to_string().contains("did not consent in time"));
    assert_eq!(
        sandbox.ledger().state("ord-1"),
        Some(OperationState::Failed)
    );
}
