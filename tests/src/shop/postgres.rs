use snap_core::{Amount, TransactionStatus};
use snap_inbound::OrderState;
use snap_resolve::OpenOrder;
use sqlx::{PgPool, Row, postgres::PgRow};

use super::books::{Books, BooksFuture, Message, Order};
use crate::SetUpError;

/// Books in PostgreSQL.
#[derive(Clone, Debug)]
pub struct PgBooks(PgPool);

impl PgBooks {
    /// Makes the tables that are not there.
    ///
    /// # Errors
    ///
    /// When the database refuses it.
    pub async fn open(pool: PgPool) -> Result<Self, SetUpError> {
        sqlx::raw_sql(SCHEMA).execute(&pool).await?;
        Ok(Self(pool))
    }
}

impl Books for PgBooks {
    fn place(&self, order: Order) -> BooksFuture<'_, ()> {
        Box::pin(async move {
            sqlx::query("INSERT INTO shop_order (reference, amount, sweep) VALUES ($1, $2, $3)")
                .bind(order.sweep.reference())
                .bind(order.state.amount().value())
                .bind(serde_json::to_string(&order.sweep)?)
                .execute(&self.0)
                .await?;
            Ok(())
        })
    }

    fn keep<'a>(&'a self, key: &'a str, body: &'a str) -> BooksFuture<'a, ()> {
        Box::pin(async move {
            let insert =
                "INSERT INTO shop_inbox (key, body) VALUES ($1, $2) ON CONFLICT DO NOTHING";
            sqlx::query(insert)
                .bind(key)
                .bind(body)
                .execute(&self.0)
                .await?;
            Ok(())
        })
    }

    fn inbox(&self) -> BooksFuture<'_, Vec<Message>> {
        Box::pin(async move {
            let open = "SELECT key, body FROM shop_inbox WHERE NOT done ORDER BY number";
            let rows = sqlx::query(open).fetch_all(&self.0).await?;
            let message = |row: &PgRow| Ok(Message::new(row.try_get(0)?, row.try_get(1)?));
            rows.iter().map(message).collect()
        })
    }

    fn done<'a>(&'a self, key: &'a str) -> BooksFuture<'a, ()> {
        Box::pin(async move {
            let update = "UPDATE shop_inbox SET done = true WHERE key = $1";
            sqlx::query(update).bind(key).execute(&self.0).await?;
            Ok(())
        })
    }

    fn order<'a>(&'a self, reference: &'a str) -> BooksFuture<'a, Option<Order>> {
        Box::pin(async move {
            let find = format!("{ORDERS} WHERE reference = $1");
            let row = sqlx::query(&find).bind(reference);
            let row = row.fetch_optional(&self.0).await?;
            row.as_ref().map(order).transpose()
        })
    }

    fn open_orders(&self) -> BooksFuture<'_, Vec<Order>> {
        Box::pin(async move {
            let open = format!("{ORDERS} WHERE NOT shipped ORDER BY reference");
            let rows = sqlx::query(&open).fetch_all(&self.0).await?;
            rows.iter().map(order).collect()
        })
    }

    fn swept<'a>(&'a self, sweep: &'a OpenOrder) -> BooksFuture<'a, ()> {
        Box::pin(async move {
            sqlx::query("UPDATE shop_order SET sweep = $2 WHERE reference = $1")
                .bind(sweep.reference())
                .bind(serde_json::to_string(sweep)?)
                .execute(&self.0)
                .await?;
            Ok(())
        })
    }

    fn settle<'a>(
        &'a self,
        reference: &'a str,
        state: &'a OrderState,
        ships: bool,
    ) -> BooksFuture<'a, bool> {
        Box::pin(async move {
            let mut transaction = self.0.begin().await?;
            sqlx::query("UPDATE shop_order SET status = $2 WHERE reference = $1")
                .bind(reference)
                .bind(state.status().map(TransactionStatus::as_str))
                .execute(&mut *transaction)
                .await?;
            let ship = "UPDATE shop_order SET shipped = true \
                WHERE reference = $1 AND $2 AND NOT shipped";
            let shipped = sqlx::query(ship).bind(reference).bind(ships);
            let shipped = shipped.execute(&mut *transaction).await?;
            transaction.commit().await?;
            Ok(shipped.rows_affected() > 0)
        })
    }
}

fn order(row: &PgRow) -> Result<Order, SetUpError> {
    let amount: &str = row.try_get(0)?;
    let mut state = OrderState::new(Amount::new(amount, "IDR")?);
    if let Some(status) = row.try_get::<Option<&str>, _>(1)? {
        state = state.with_status(serde_json::from_value(status.into())?);
    }
    let sweep = serde_json::from_str(row.try_get(3)?)?;
    Ok(Order::new(state, row.try_get(2)?, sweep))
}

const ORDERS: &str = "SELECT amount, status, shipped, sweep FROM shop_order";
const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS shop_order (
        reference text PRIMARY KEY,
        amount    text NOT NULL,
        status    text,
        shipped   boolean NOT NULL DEFAULT false,
        sweep     text NOT NULL
    );
    CREATE TABLE IF NOT EXISTS shop_inbox (
        number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        key    text NOT NULL UNIQUE,
        body   text NOT NULL,
        done   boolean NOT NULL DEFAULT false
    );";
