//! A small shop on axum that takes payments, is notified by the local sandbox, and ships each order once:
//!
//! ```sh
//! cargo run -p snap-suite --example merchant
//! cargo run -p snap-suite --features postgres --example merchant -- --database postgres://…
//! ```
//!
//! The shop itself is `snap_suite::shop`. With a database, orders, inbox, tokens and deliveries are in
//! it, so that any number of processes can share the work.
#![expect(clippy::print_stdout, reason = "the example speaks to a person")]

mod story;

use snap_suite::SetUpError;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), SetUpError> {
    let mut arguments = std::env::args().skip(1);
    match (arguments.next().as_deref(), arguments.next()) {
        (None, _) => {
            story::tell_in_memory().await?;
            println!(
                "\nThe books were in memory. With a database: --features postgres, --database URL."
            );
            Ok(())
        }
        (Some("--database"), Some(url)) => in_postgres(&url).await,
        _ => Err("usage: merchant [--database postgres://user:password@host/name]".into()),
    }
}

#[cfg(not(feature = "postgres"))]
async fn in_postgres(_: &str) -> Result<(), SetUpError> {
    Err(
        "built without PostgreSQL: cargo run -p snap-suite --features postgres --example merchant"
            .into(),
    )
}

#[cfg(feature = "postgres")]
async fn in_postgres(url: &str) -> Result<(), SetUpError> {
    use std::sync::Arc;

    use snap_inbound::PgStore;
    use snap_suite::{
        ShiftedClock,
        shop::{PgBooks, Shop},
    };

    let pool = sqlx::PgPool::connect(url).await?;
    let store = PgStore::new(pool.clone());
    store.migrate().await?;
    let books = PgBooks::open(pool).await?;
    let clock = ShiftedClock::new();
    let sandbox = story::sandbox(&clock).await?;
    let shop = Shop::open_with(&sandbox, &clock, Arc::new(books), Arc::new(store)).await?;
    let run = rand::random_range(1000..10_000).to_string();
    story::tell(&shop, &sandbox, &clock, &run).await?;
    println!("\nThe books are in the database: shop_order, shop_inbox, snap_inbound_claim.");
    Ok(())
}

#[tokio::test]
async fn the_shop_ships_each_order_once() {
    story::tell_in_memory().await.unwrap();
}
