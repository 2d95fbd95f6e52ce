//! The fault run: many operations that move money, most of them in trouble, judged by the ledger of
//! the local sandbox.
//!
//! Everything is drawn from one seed. A run is done in batches, each against a sandbox of its own, so
//! that its memory does not grow.

mod flow;
mod log;
mod report;
mod resolution;
mod transport;
mod trouble;

use std::sync::Arc;

use rand::{RngExt, SeedableRng, rngs::StdRng};
use snap_core::{Client, MoneyState};
use snap_resolve::{MemoryJournal, Outcomes, Resolver};
use snap_sandbox::{Amount, Claim, Sandbox};
use tokio::{sync::Semaphore, task::JoinSet};

use crate::{
    Captured, SetUpError, ShiftedClock, config_for,
    requests::{ACCOUNT, LAST_NAME, PERSONAL_ID, PHONE},
};

pub use report::Report;

use flow::{Flow, Marks, Sent, Shop};
use transport::Detour;
use trouble::Trouble;

/// What is run.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Plan {
    /// How many operations.
    pub operations: u64,
    /// What everything is drawn from.
    pub seed: u64,
}

impl Plan {
    /// So many operations, drawn from this seed.
    #[must_use]
    pub const fn new(operations: u64, seed: u64) -> Self {
        Self { operations, seed }
    }
}

/// Runs a plan.
///
/// # Errors
///
/// When a sandbox or a client cannot be set up, or an operation that nothing was done to fails.
///
/// # Panics
///
/// When a secret, or a member that names a person, is in a log or an error.
pub async fn run(plan: Plan) -> Result<Report, SetUpError> {
    let log = log::collect();
    let mut report = Report::default();
    let mut first = 0;
    while first < plan.operations {
        let operations = BATCH.min(plan.operations - first);
        let batch = Batch::start(plan.seed, first, log.clone()).await?;
        batch.run(operations, &mut report).await?;
        first += operations;
    }
    Ok(report)
}

/// One sandbox, one client, one journal.
struct Batch {
    seed: u64,
    first: u64,
    sandbox: Arc<Sandbox>,
    clock: ShiftedClock,
    shop: Arc<Shop>,
    journal: MemoryJournal,
    log: Captured,
}

/// What became of one operation.
struct Ended {
    reference: String,
    flow: Flow,
    trouble: Trouble,
    state: MoneyState,
    resolver: Option<Resolver>,
    deliveries: usize,
    /// Everything that could be printed of its result.
    shown: String,
}

impl Batch {
    async fn start(seed: u64, first: u64, log: Captured) -> Result<Self, SetUpError> {
        let clock = ShiftedClock::new();
        let sandbox = Sandbox::builder()
            .seed(seed ^ first)
            .clock(clock.for_sandbox())
            .customers_approve(true)
            .status_delay(trouble::STATUS_DELAY)
            .keep_requests(false)
            .sessions(false)
            .deposit(PLENTY)
            .customer_balance(PLENTY)
            .start()
            .await?;
        let config = config_for(&sandbox)?.with_clock(clock.clone());
        let detour = Detour::new(&config)?;
        let client = Client::with_transport(config, detour.clone())?;
        let journal = MemoryJournal::new();
        let marks = Marks::default();
        let failing = trouble::Failing::over(journal.clone(), marks.clone());
        let outcomes = Outcomes::new(client.clone(), failing)
            .with_clock(clock.clone())
            .with_inquiries_per_second(1_000_000);
        let shop = Shop::open(client, outcomes, (detour, clock.clone()), marks, &sandbox).await?;
        Ok(Self {
            seed,
            first,
            sandbox: Arc::new(sandbox),
            clock,
            shop: Arc::new(shop),
            journal,
            log,
        })
    }

    async fn run(self, operations: u64, report: &mut Report) -> Result<(), SetUpError> {
        let ended = self.send_all(operations).await?;
        report.sent(&ended, &self.sandbox);
        let claims = resolution::resolve_all(&self, ended, report).await;
        report.resolved(&claims, &self.sandbox);
        let log = self.log.take();
        report.logged += log.len() as u64;
        self.sandbox.assert_absent_from(&log);
        for personal in PERSONAL {
            assert!(!log.contains(personal), "a log or an error names a person");
        }
        Ok(())
    }

    async fn send_all(&self, operations: u64) -> Result<Vec<Ended>, SetUpError> {
        let at_once = Arc::new(Semaphore::new(AT_ONCE));
        let mut tasks = JoinSet::new();
        let mut ended = Vec::new();
        for number in self.first..self.first + operations {
            let permit = Arc::clone(&at_once).acquire_owned().await?;
            let (shop, sandbox) = (Arc::clone(&self.shop), Arc::clone(&self.sandbox));
            let (journal, log) = (self.journal.clone(), self.log.clone());
            let random = StdRng::seed_from_u64(self.seed ^ number.wrapping_mul(GOLDEN));
            tasks.spawn(async move {
                let one = one(number, random, &shop, &sandbox, &journal).await;
                if let Ok(Ended { shown, .. }) = &one {
                    log.add(shown);
                }
                drop(permit);
                one
            });
            while let Some(done) = tasks.try_join_next() {
                ended.push(done??);
            }
        }
        while let Some(done) = tasks.join_next().await {
            ended.push(done??);
        }
        Ok(ended)
    }
}

/// One operation, and the trouble that is made for it.
async fn one(
    number: u64,
    mut random: StdRng,
    shop: &Shop,
    sandbox: &Sandbox,
    journal: &MemoryJournal,
) -> Result<Ended, SetUpError> {
    let reference = format!("{number:012}");
    let flow = Flow::draw(&mut random);
    flow.prepare(&reference, shop).await?;
    let trouble = Trouble::draw(&mut random, flow);
    let external_id = shop.client.new_external_id();
    trouble.make(sandbox, shop, (flow, &reference), &external_id)?;
    let external_id = trouble.is_of_one_delivery().then_some(external_id);
    let given_up_after = random.random_range(0..20);
    let result = trouble
        .while_sending(flow.send(shop, &reference, external_id), given_up_after)
        .await;
    let Sent {
        state,
        resolver,
        deliveries,
        shown,
    } = match result {
        Some(sent) => sent,
        None => flow::from_journal(journal, shop, flow, &reference).await?,
    };
    Ok(Ended {
        reference,
        flow,
        trouble,
        state,
        resolver,
        deliveries,
        shown,
    })
}

/// What a state claims.
fn claim(state: &MoneyState) -> Claim {
    match state {
        MoneyState::Moved(_) => Claim::Moved,
        MoneyState::NotMoved(_) => Claim::NotMoved,
        MoneyState::InProgress(_) => Claim::InProgress,
        _ => Claim::Unknown,
    }
}

/// What no log may hold beside secrets.
const PERSONAL: [&str; 4] = [PHONE, PERSONAL_ID, LAST_NAME, ACCOUNT];
const BATCH: u64 = 20_000;
/// Enough for every operation of a batch.
const PLENTY: Amount = Amount::rupiah(1_000_000_000_000);
const AT_ONCE: usize = 48;
const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;
