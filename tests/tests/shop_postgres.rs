//! The story of the shop with its books, tokens and deliveries in PostgreSQL. Without a server program it
//! says that it was skipped.
#![cfg(all(unix, feature = "postgres"))]
#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "helpers of tests, and the story that the tour tells"
)]

#[path = "../../crates/snap-resolve/tests/server/mod.rs"]
mod server;
#[path = "../examples/merchant/story.rs"]
mod story;

use std::sync::Arc;

use snap_inbound::PgStore;
use snap_suite::{
    ShiftedClock,
    shop::{PgBooks, Shop},
};
use sqlx::PgPool;

#[tokio::test]
async fn the_shop_ships_each_order_once_and_the_books_say_so() {
    let Some(server) = server::Server::start() else {
        println!("skipped: no PostgreSQL server binary");
        return;
    };
    let pool = PgPool::connect_with(server.options()).await.unwrap();
    let store = PgStore::new(pool.clone());
    store.migrate().await.unwrap();
    let books = PgBooks::open(pool.clone()).await.unwrap();
    let clock = ShiftedClock::new();
    let sandbox = story::sandbox(&clock).await.unwrap();
    let shop = Shop::open_with(&sandbox, &clock, Arc::new(books), Arc::new(store));
    let shop = shop.await.unwrap();

    story::tell(&shop, &sandbox, &clock, "0042").await.unwrap();

    let count = async |what: &str| -> i64 {
        let query = format!("SELECT count(*) FROM {what}");
        sqlx::query_scalar(&query).fetch_one(&pool).await.unwrap()
    };
    assert_eq!(count("shop_order WHERE shipped AND status = '00'").await, 4);
    assert_eq!(count("shop_inbox WHERE done").await, 3);
    let confirmed = "snap_inbound_claim WHERE confirmed_at IS NOT NULL";
    assert_eq!(count(confirmed).await, 3);
}
