//! The order and the intent to pay it are written in one transaction, and the call is sent after it.

mod doku;

use snap_core::{Error, ExternalId, Intent, MoneyState, NotMovedProof, OperationId, UnknownReason};
use snap_resolve::{Journal, Outcome, Outcomes, PgJournal, Record};
use sqlx::{PgPool, Row};

use self::doku::{Doku, Says, Transfer, order};
use super::{Server, journal, references};

/// A merchant with a table of orders beside the journal.
struct Merchant {
    journal: PgJournal,
    pool: PgPool,
    doku: Doku,
    outcomes: Outcomes,
}

impl Merchant {
    async fn open(server: &Server, schema: &str) -> Self {
        let (journal, pool) = journal(server, schema).await;
        sqlx::raw_sql("CREATE TABLE IF NOT EXISTS orders (reference text PRIMARY KEY)")
            .execute(&pool)
            .await
            .unwrap();
        let doku = Doku::default();
        let outcomes = Outcomes::new(doku.client(), journal.clone());
        Self {
            journal,
            pool,
            doku,
            outcomes,
        }
    }

    /// Writes order and intent together, and sends the call if that is committed.
    async fn pay(&self, reference: &str, commits: bool) -> Option<Result<(), Error>> {
        let client = self.doku.client();
        let request = order(reference);
        let mut call = client.call::<Transfer>(&request);
        let intent = call.intent().unwrap().unwrap();
        self.prepare(reference, &intent, commits).await;
        if !commits {
            return None;
        }
        Some(self.outcomes.send(call).await.map(drop))
    }

    async fn prepare(&self, reference: &str, intent: &Intent, commits: bool) {
        let mut transaction = self.pool.begin().await.unwrap();
        sqlx::query("INSERT INTO orders VALUES ($1)")
            .bind(reference)
            .execute(&mut *transaction)
            .await
            .unwrap();
        let taken = self.journal.intent_in(&mut transaction, intent).await;
        taken.unwrap();
        if commits {
            transaction.commit().await.unwrap();
        } else {
            transaction.rollback().await.unwrap();
        }
    }

    async fn orders(&self) -> i64 {
        let count = sqlx::query("SELECT count(*) FROM orders");
        count.fetch_one(&self.pool).await.unwrap().get(0)
    }

    async fn record(&self, id: &OperationId) -> Option<Record> {
        self.journal.find(id).await.unwrap()
    }
}

/// The intent of a call that is never sent.
fn intent_of(merchant: &Merchant, reference: &str) -> Intent {
    let client = merchant.doku.client();
    let request = order(reference);
    let mut call = client.call::<Transfer>(&request);
    call.intent().unwrap().unwrap()
}

/// Sends what another process prepared, as that would have.
async fn send_prepared(merchant: &Merchant, reference: &str, id: &ExternalId) -> Result<(), Error> {
    let client = merchant.doku.client();
    let request = order(reference);
    let call = client.call::<Transfer>(&request);
    let sent = merchant.outcomes.send(call.with_external_id(id.clone()));
    sent.await.map(drop)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_committed_is_sent_under_the_external_id_of_its_intent() {
    let server = server!();
    let merchant = Merchant::open(&server, "outbox_sent").await;

    merchant.pay("A", true).await.unwrap().unwrap();

    let record = merchant.journal.open().await.unwrap().remove(0);
    assert_eq!(
        merchant.doku.deliveries(),
        [record.intent.external_id.as_str()]
    );
    assert!(!record.prepared, "it has left");
    assert!(matches!(record.state, Some(MoneyState::InProgress(_))));
    assert_eq!(merchant.orders().await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_rolled_back_leaves_nothing() {
    let server = server!();
    let merchant = Merchant::open(&server, "outbox_rolled_back").await;

    merchant.pay("A", false).await;

    assert_eq!(references(&merchant.journal).await, [""; 0]);
    assert_eq!(merchant.record(&intent_of(&merchant, "A").id).await, None);
    assert_eq!(
        (merchant.orders().await, merchant.doku.deliveries().len()),
        (0, 0)
    );
    merchant.pay("A", true).await.unwrap().unwrap();
    assert_eq!(merchant.doku.deliveries().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_committed_and_not_sent_before_a_crash_is_listed() {
    let server = server!();
    let merchant = Merchant::open(&server, "outbox_crash").await;
    let intent = intent_of(&merchant, "A");
    merchant.prepare("A", &intent, true).await;
    drop(merchant);

    let restarted = Merchant::open(&server, "outbox_crash").await;

    let open = restarted.journal.open().await.unwrap();
    assert_eq!(
        (open.len(), &open[0].intent, open[0].prepared),
        (1, &intent, true)
    );
    let recovered = restarted.outcomes.recover().await.unwrap();
    assert_eq!(recovered[0].pending().intent, intent);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_not_sent_before_a_crash_is_sent_after_it() {
    let server = server!();
    let merchant = Merchant::open(&server, "outbox_later").await;
    let intent = intent_of(&merchant, "A");
    merchant.prepare("A", &intent, true).await;
    let restarted = Merchant::open(&server, "outbox_later").await;

    let id = &intent.external_id;
    send_prepared(&restarted, "A", id).await.unwrap();

    assert_eq!(restarted.doku.deliveries(), [id.as_str()]);
    let record = restarted.record(&intent.id).await.unwrap();
    assert!(!record.prepared);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_prepared_is_not_sent_under_another_external_id() {
    let server = server!();
    let merchant = Merchant::open(&server, "outbox_other").await;
    let intent = intent_of(&merchant, "A");
    merchant.prepare("A", &intent, true).await;

    let other = merchant.doku.client().new_external_id();
    let error = send_prepared(&merchant, "A", &other).await.unwrap_err();

    assert_eq!(merchant.doku.deliveries(), [""; 0]);
    let recovered = MoneyState::Unknown(UnknownReason::Recovered);
    assert_eq!(error.money(), Some(&recovered));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_delivery_that_cannot_connect_did_not_move_the_money() {
    let server = server!();
    let merchant = Merchant::open(&server, "outbox_unsent").await;
    merchant.doku.say(Says::NoConnection);

    let error = merchant.pay("A", true).await.unwrap().unwrap_err();

    let not_sent = MoneyState::NotMoved(NotMovedProof::NotSent);
    assert_eq!(error.money(), Some(&not_sent));
    let record = merchant.record(&intent_of(&merchant, "A").id).await;
    assert_eq!(record.unwrap().state, Some(not_sent));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_delivery_that_cannot_connect_proves_nothing_about_the_first() {
    let server = server!();
    let merchant = Merchant::open(&server, "outbox_twice").await;
    merchant.doku.say(Says::Nothing);
    let lost = merchant.pay("A", true).await.unwrap().unwrap_err();
    merchant.doku.say(Says::NoConnection);

    let id = lost.external_id().unwrap();
    let error = send_prepared(&merchant, "A", id).await.unwrap_err();

    let unknown = MoneyState::Unknown(UnknownReason::ConnectionLost);
    assert_eq!(error.money(), Some(&unknown));
    let record = merchant.record(&intent_of(&merchant, "A").id).await;
    assert_eq!(record.unwrap().state, Some(unknown));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_answer_stays_open_in_the_database() {
    let server = server!();
    let merchant = Merchant::open(&server, "outbox_lost").await;
    merchant.doku.say(Says::Nothing);

    let lost = merchant.pay("A", true).await.unwrap().unwrap_err();

    assert!(lost.resolver().is_some());
    assert_eq!(references(&merchant.journal).await, ["A"]);
    let other = merchant.doku.client().new_external_id();
    let again = send_prepared(&merchant, "A", &other).await.unwrap_err();
    assert_eq!(again.money(), lost.money());
    assert_eq!(merchant.doku.deliveries().len(), 1);
}
