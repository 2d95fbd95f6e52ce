//! A merchant: a client of a local sandbox of its own, a journal, and what went over the wire.

use std::{
    fmt,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use http::Request;
use serde_json::{Value, json};
use snap_core::{
    AuthCode, Client, Clock, Event, Intent, MoneyState, OperationId, RecordError, RecordFuture,
    Recorder,
    transport::{Sending, Transport, TransportFuture},
};
use snap_resolve::{Journal, MemoryJournal, Outcomes, Record, Resolver, Step};
use snap_sandbox::{Act, At, Claim, Fault, Sandbox, SandboxBuilder};
use snap_suite::{InMemory, VirtualClock, config_for};
use tokio::time::Instant;

use crate::operation::{Op, Told};

pub const CUSTOMER: &str = "customer-1";

pub struct Shop {
    pub clock: VirtualClock,
    pub sandbox: Arc<Sandbox>,
    pub wire: Wire,
    pub journal: MemoryJournal,
    pub client: Client,
    pub outcomes: Outcomes,
}

impl Shop {
    /// With customers who approve at once.
    pub async fn open() -> Self {
        Self::open_on(|sandbox| sandbox.customers_approve(true)).await
    }

    /// With payments that are pending until they are decided, and payouts that take two hours.
    pub async fn of_slow_payers() -> Self {
        Self::open_on(|sandbox| sandbox.settle_after(2 * HOUR)).await
    }

    pub async fn open_on(change: impl FnOnce(SandboxBuilder) -> SandboxBuilder) -> Self {
        let clock = VirtualClock::starting_at(ten());
        let builder = Sandbox::builder().clock(clock.for_sandbox());
        let sandbox = change(builder.unverified(true).sessions(false))
            .start()
            .await
            .unwrap();
        let sandbox = Arc::new(sandbox);
        let wire = Wire::to(&sandbox);
        let client = client(&sandbox, &clock, &wire);
        let code = AuthCode::new(sandbox.auth_code(CUSTOMER));
        client.customer(CUSTOMER).authorize(&code).await.unwrap();
        let journal = MemoryJournal::new();
        let outcomes = outcomes(&client, &clock, journal.clone());
        Self {
            clock,
            sandbox,
            wire,
            journal,
            client,
            outcomes,
        }
    }

    pub fn inject(&self, fault: Fault) {
        self.sandbox.inject(fault).unwrap();
    }

    /// Sends an operation whose answer is lost, with or without effect. A reversal finds its payment.
    pub async fn lose(&self, op: Op, reference: &str, effect: bool) -> Resolver {
        self.prepare(op, reference).await;
        self.lose_next(op, effect);
        let told = op.send(self, reference).await;
        assert!(matches!(told.money, MoneyState::Unknown(_)), "{told:?}");
        told.resolver.unwrap()
    }

    pub fn lose_next(&self, op: Op, effect: bool) {
        let lost = Fault::new(At::AfterRequest, Act::Reset).with_apply_effect(effect);
        self.inject(lost.for_operation(op.name()));
    }

    /// The next call of an operation is answered with this code, with or without effect.
    pub fn answer_next(&self, op: Op, (http, case): (u16, &str), effect: bool) {
        let act = Act::Answer {
            http,
            code: op.code(http, case),
        };
        let answer = Fault::new(At::AfterRequest, act).with_apply_effect(effect);
        self.inject(answer.for_operation(op.name()));
    }

    /// Inquiries about an operation go wrong so many times.
    pub fn fail_inquiries(&self, op: Op, act: Act, times: u32) {
        let fault = Fault::new(At::AfterRequest, act).times(times);
        self.inject(fault.for_operation(op.inquiry()));
    }

    /// Inquiries about an operation are answered with these members.
    pub fn tell_inquiries(&self, op: Op, mut answer: Value, times: u32) {
        answer["responseCode"] = "2000000".into();
        answer["responseMessage"] = "Successful".into();
        let act = Act::Body {
            http: 200,
            content_type: "application/json".into(),
            bytes: answer.to_string().into_bytes(),
        };
        self.fail_inquiries(op, act, times);
    }

    /// The next inquiry does not find it.
    pub fn tell_nothing_found_once(&self, op: Op) {
        let answer = json!({"latestTransactionStatus": "07"});
        self.tell_inquiries(op, answer, 1);
    }

    /// The next inquiry finds that it failed.
    pub fn tell_failed_once(&self, op: Op, reference: &str) {
        let answer = json!({
            "originalPartnerReferenceNo": reference, "latestTransactionStatus": "06",
        });
        self.tell_inquiries(op, answer, 1);
    }

    /// Pays what a reversal undoes.
    pub async fn prepare(&self, op: Op, reference: &str) {
        if let Some((payment, reference)) = op.original(reference) {
            payment.send_plainly(self, &reference).await;
        }
    }

    /// Asks once, when it is time to.
    pub async fn step(&self, resolver: &mut Resolver) -> Step {
        if let Some(due) = resolver.due() {
            self.sleep_until(due).await;
        }
        self.outcomes.step(resolver).await
    }

    /// Asks on the schedule until there is something else to do than wait: at which minutes after the
    /// end of the call, and what there is in the end.
    pub async fn follow(&self, resolver: &mut Resolver) -> (Vec<u64>, Step) {
        let over = over(resolver);
        let mut minutes = Vec::new();
        loop {
            let due = resolver.due().unwrap();
            let step = self.step(resolver).await;
            minutes.push(due.duration_since(over).unwrap().as_secs() / 60);
            if !matches!(step, Step::Wait(_)) {
                return (minutes, step);
            }
        }
    }

    /// Waits for that moment, by the clock of the client.
    pub async fn sleep_until(&self, moment: SystemTime) {
        let wait = moment.duration_since(self.clock.now()).unwrap_or_default();
        tokio::time::sleep(wait).await;
    }

    pub fn now(&self) -> SystemTime {
        self.clock.now()
    }

    /// The next midnight in Jakarta after ten.
    pub fn midnight(&self) -> SystemTime {
        ten() + 14 * HOUR
    }

    /// The same, but the journal takes down no events.
    pub fn outcomes_with_broken_journal(&self) -> Outcomes {
        let (journal, broken) = breaking(self.journal.clone());
        broken.store(true, Ordering::Relaxed);
        outcomes(&self.client, &self.clock, journal)
    }

    pub async fn record(&self, op: Op, reference: &str) -> Record {
        let id = id_of(self, op, reference);
        self.journal.find(&id).await.unwrap().unwrap()
    }

    /// How often it took effect, whatever became of it.
    pub fn effects(&self, op: Op, reference: &str) -> usize {
        self.sandbox.ledger().effects_of(op.money(), reference)
    }

    pub fn arrivals(&self, op: Op, reference: &str) -> u64 {
        self.sandbox.arrivals_of_kind(op.money(), reference)
    }

    /// What is claimed of an operation agrees with the ledger.
    #[track_caller]
    pub fn assert_true(&self, reference: &str, state: &MoneyState) {
        let claim = match state {
            MoneyState::NotMoved(_) => Claim::NotMoved,
            MoneyState::Moved(_) => Claim::Moved,
            MoneyState::InProgress(_) => Claim::InProgress,
            _ => Claim::Unknown,
        };
        let ledger = self.sandbox.ledger();
        ledger.assert_claims(&[(reference.to_owned(), claim)]);
        ledger.assert_no_double_effect();
    }
}

/// A client of the sandbox that this merchant has beside the first one.
pub fn client(sandbox: &Sandbox, clock: &VirtualClock, wire: &Wire) -> Client {
    let config = config_for(sandbox).unwrap().with_clock(clock.clone());
    Client::with_transport(config, wire.clone()).unwrap()
}

pub fn outcomes(
    client: &Client,
    clock: &VirtualClock,
    journal: impl Journal + 'static,
) -> Outcomes {
    Outcomes::new(client.clone(), journal)
        .with_clock(clock.clone())
        .with_inquiries_per_second(1_000_000)
}

pub fn id_of(shop: &Shop, op: Op, reference: &str) -> OperationId {
    op.intent(shop, reference).id
}

/// A journal that takes no more events down once it is told so.
#[derive(Debug)]
pub struct Breaking<J> {
    journal: J,
    broken: Arc<AtomicBool>,
}

pub fn breaking<J: Journal>(journal: J) -> (Breaking<J>, Arc<AtomicBool>) {
    let broken = Arc::new(AtomicBool::new(false));
    let breaking = Breaking {
        journal,
        broken: Arc::clone(&broken),
    };
    (breaking, broken)
}

impl<J: Journal> Recorder for Breaking<J> {
    fn earlier<'a>(&'a self, intent: &'a Intent) -> RecordFuture<'a, Option<MoneyState>> {
        self.journal.earlier(intent)
    }

    fn intent<'a>(&'a self, intent: &'a Intent) -> RecordFuture<'a, ()> {
        self.journal.intent(intent)
    }

    fn event<'a>(&'a self, id: &'a OperationId, event: &'a Event) -> RecordFuture<'a, ()> {
        if self.broken.load(Ordering::Relaxed) {
            return Box::pin(async { Err(RecordError::new("the disk is full")) });
        }
        self.journal.event(id, event)
    }
}

impl<J: Journal> Journal for Breaking<J> {
    fn open<'a>(&'a self) -> RecordFuture<'a, Vec<Record>> {
        self.journal.open()
    }

    fn find<'a>(&'a self, id: &'a OperationId) -> RecordFuture<'a, Option<Record>> {
        self.journal.find(id)
    }
}

/// When the call was over.
pub fn over(resolver: &Resolver) -> SystemTime {
    let intent = &resolver.pending().intent;
    intent.at + Duration::from_millis(intent.limit_ms)
}

/// The final state of a step.
#[track_caller]
pub fn final_state(step: Step) -> MoneyState {
    match step {
        Step::Final(state) => state,
        step => panic!("it is not closed: {step:?}"),
    }
}

#[track_caller]
pub fn assert_waits(step: &Step) {
    assert!(matches!(step, Step::Wait(_)), "{step:?}");
}

impl Told {
    #[track_caller]
    pub fn into_resolver(self) -> Resolver {
        let told = format!("{self:?}");
        self.resolver
            .unwrap_or_else(|| panic!("nothing to resolve: {told}"))
    }
}

/// The sandbox without sockets, and what was sent to it.
#[derive(Clone)]
pub struct Wire {
    sandbox: InMemory,
    sent: Arc<Mutex<Vec<Sent>>>,
}

/// A request to a product.
#[derive(Clone, Debug)]
pub struct Sent {
    pub path: String,
    pub external_id: String,
    pub channel_id: Option<String>,
    pub body: Value,
    pub at: Instant,
}

impl Wire {
    pub fn to(sandbox: &Arc<Sandbox>) -> Self {
        Self {
            sandbox: InMemory::new(Arc::clone(sandbox)),
            sent: Arc::default(),
        }
    }

    /// Everything that was sent to a path.
    pub fn sent_to(&self, path: &str) -> Vec<Sent> {
        let sent = self.sent.lock().unwrap();
        sent.iter()
            .filter(|sent| sent.path == path)
            .cloned()
            .collect()
    }

    #[track_caller]
    pub fn last_to(&self, path: &str) -> Sent {
        self.sent_to(path).pop().unwrap()
    }

    /// How many requests to products there were.
    pub fn count(&self) -> usize {
        self.sent.lock().unwrap().len()
    }
}

impl Transport for Wire {
    #[expect(clippy::disallowed_methods, reason = "the runtime's paused time")]
    fn send<'a>(&'a self, request: Request<Bytes>, sending: &'a Sending) -> TransportFuture<'a> {
        let path = request.uri().path();
        if !path.starts_with("/authorization/") {
            let header = |name: &str| {
                let value = request.headers().get(name)?;
                Some(value.to_str().unwrap().to_owned())
            };
            self.sent.lock().unwrap().push(Sent {
                path: path.to_owned(),
                external_id: header("x-external-id").unwrap(),
                channel_id: header("channel-id"),
                body: serde_json::from_slice(request.body()).unwrap(),
                at: Instant::now(),
            });
        }
        self.sandbox.send(request, sending)
    }
}

impl fmt::Debug for Wire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Wire")
    }
}

/// 2026-11-26T10:00:00+07:00, a Thursday.
pub fn ten() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_662_000)
}

pub const MINUTE: Duration = Duration::from_secs(60);
pub const HOUR: Duration = Duration::from_secs(60 * 60);
