//! The claim and the row of an inbox, in one transaction.

use snap_inbound::{Claimed, PgStore};
use sqlx::PgPool;

use crate::{
    claim, confirmed,
    conformance::{LONG, keys},
    is_duplicate, pool,
    support::NOW,
};

async fn inbox(pool: &PgPool) {
    sqlx::raw_sql("CREATE TABLE IF NOT EXISTS inbox (body text)")
        .execute(pool)
        .await
        .unwrap();
}

async fn rows(pool: &PgPool) -> i64 {
    let count = "SELECT count(*) FROM inbox";
    sqlx::query_scalar(count).fetch_one(pool).await.unwrap()
}

#[tokio::test]
async fn both_are_there_or_neither_is() {
    let server = server!();
    let pool = pool(&server, "one").await;
    inbox(&pool).await;
    let keys = keys("{}", "1", NOW).await;
    let insert = "INSERT INTO inbox VALUES ('x')";

    let mut transaction = pool.begin().await.unwrap();
    let claimed = PgStore::claim_in(&mut transaction, &keys).await.unwrap();
    assert_eq!(claimed, Claimed::New);
    sqlx::raw_sql(insert)
        .execute(&mut *transaction)
        .await
        .unwrap();
    transaction.rollback().await.unwrap();
    assert_eq!((rows(&pool).await, confirmed(&pool).await), (0, 0));

    let mut transaction = pool.begin().await.unwrap();
    let claimed = PgStore::claim_in(&mut transaction, &keys).await.unwrap();
    assert_eq!(claimed, Claimed::New);
    sqlx::raw_sql(insert)
        .execute(&mut *transaction)
        .await
        .unwrap();
    transaction.commit().await.unwrap();
    assert_eq!((rows(&pool).await, confirmed(&pool).await), (1, 1));

    let store = PgStore::new(pool);
    assert!(is_duplicate(claim(&store, &keys, 1, LONG).await));
}

#[tokio::test]
async fn another_one_waits_for_the_end_of_the_transaction() {
    let server = server!();
    let pool = pool(&server, "waits").await;
    let keys = keys("{}", "1", NOW).await;
    let mut first = pool.begin().await.unwrap();
    assert_eq!(
        PgStore::claim_in(&mut first, &keys).await.unwrap(),
        Claimed::New
    );

    let second = tokio::spawn({
        let (pool, keys) = (pool.clone(), keys.clone());
        async move {
            let mut second = pool.begin().await.unwrap();
            let claimed = PgStore::claim_in(&mut second, &keys).await.unwrap();
            second.commit().await.unwrap();
            claimed
        }
    });
    waiting(&pool).await;
    assert!(!second.is_finished());
    first.commit().await.unwrap();

    assert!(is_duplicate(second.await.unwrap()));
}

/// Until somebody waits for a lock.
async fn waiting(pool: &PgPool) {
    let count = "SELECT count(*) FROM pg_locks WHERE NOT granted";
    loop {
        let waiting: i64 = sqlx::query_scalar(count).fetch_one(pool).await.unwrap();
        if waiting > 0 {
            return;
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_claim_of_two_phases_is_not_overrun() {
    let server = server!();
    let pool = pool(&server, "phases").await;
    let store = PgStore::new(pool.clone());
    let keys = keys("{}", "1", NOW).await;
    assert_eq!(claim(&store, &keys, 1, LONG).await, Claimed::New);

    let mut transaction = pool.begin().await.unwrap();
    let claimed = PgStore::claim_in(&mut transaction, &keys).await.unwrap();

    assert_eq!(claimed, Claimed::Pending);
}
