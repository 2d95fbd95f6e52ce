use std::fmt;

use snap_core::{Event, Intent, MoneyState, OperationId, RecordError, RecordFuture, Recorder};
use sqlx::{PgConnection, PgPool, Row, postgres::PgRow};

use super::{
    Journal,
    record::{Entry, Record, alert},
};

/// Keeps operations in a PostgreSQL database, which several processes can share.
///
/// An operation is one row, and a change of it holds that row's lock: of two processes that begin
/// the same operation one is refused. The column `state` is `open`, `moved` or `not_moved`, and
/// `conflicts` counts what contradicted a final state; the table `snap_journal_event` has every
/// change. [`SCHEMA`](Self::SCHEMA) is the whole of it.
///
/// The tables hold amounts, references and customer keys, but no secret.
///
/// ```no_run
/// # async fn pay(pool: sqlx::PgPool, intent: &snap_core::Intent) -> Result<(), Box<dyn std::error::Error>> {
/// use snap_resolve::PgJournal;
///
/// let journal = PgJournal::new(pool.clone());
/// journal.migrate().await?;
///
/// // The order and the intent to pay it are there together, or not at all.
/// let mut transaction = pool.begin().await?;
/// sqlx::query("UPDATE orders SET status = 'paying' WHERE id = 7")
///     .execute(&mut *transaction)
///     .await?;
/// journal.intent_in(&mut transaction, intent).await?;
/// transaction.commit().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct PgJournal {
    pool: PgPool,
}

impl PgJournal {
    /// The tables, for migrations of your own. Every statement can run again.
    pub const SCHEMA: &str = include_str!("schema.sql");

    /// Keeps operations in the database of this pool. Contacts nobody.
    ///
    /// TLS, time-outs and the number of connections are the pool's: a call that moves money waits
    /// for one before it is sent.
    #[must_use]
    pub fn new(pool: PgPool) -> Self {
        Self { pool }
    }

    /// Makes the tables that are not there, in the first schema of the connection's `search_path`.
    /// Several processes can do so at the same time.
    ///
    /// # Errors
    ///
    /// When the database cannot be reached or refuses it.
    pub async fn migrate(&self) -> Result<(), RecordError> {
        let mut transaction = self.pool.begin_with(BEGIN).await.map_err(unavailable)?;
        // `IF NOT EXISTS` alone fails in one of two processes that start together.
        let lock = sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(MIGRATION);
        lock.execute(&mut *transaction).await.map_err(unavailable)?;
        let schema = sqlx::raw_sql(Self::SCHEMA);
        schema
            .execute(&mut *transaction)
            .await
            .map_err(unavailable)?;
        transaction.commit().await.map_err(unavailable)
    }

    /// Takes an intent down in the caller's transaction: it is there if and when that one commits.
    ///
    /// Send nothing before. The call that is sent then takes the same intent down again
    /// ([`snap_core::Call::intent`] chooses its external id), and from there on it may have left.
    ///
    /// # Errors
    ///
    /// As [`Recorder::intent`]. After an error of the database the transaction is to be rolled back;
    /// a refusal ([`RecordError::earlier`]) leaves it usable.
    pub async fn intent_in(
        &self,
        connection: &mut PgConnection,
        intent: &Intent,
    ) -> Result<(), RecordError> {
        take(connection, &Entry::prepared(intent)).await
    }

    /// Adds an event in the caller's transaction.
    ///
    /// # Errors
    ///
    /// As [`Recorder::event`], and as [`intent_in`](Self::intent_in).
    pub async fn event_in(
        &self,
        connection: &mut PgConnection,
        id: &OperationId,
        event: &Event,
    ) -> Result<(), RecordError> {
        take(connection, &Entry::event(id, event)).await
    }

    async fn take(&self, entry: &Entry) -> Result<(), RecordError> {
        let begun = self.pool.begin_with(BEGIN).await;
        let mut transaction = begun.map_err(unavailable)?;
        take(&mut transaction, entry).await?;
        transaction.commit().await.map_err(unavailable)
    }
}

impl fmt::Debug for PgJournal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PgJournal").finish_non_exhaustive()
    }
}

impl Recorder for PgJournal {
    fn earlier<'a>(&'a self, intent: &'a Intent) -> RecordFuture<'a, Option<MoneyState>> {
        Box::pin(async move {
            let record = self.find(&intent.id).await?;
            Ok(record.and_then(|record| record.earlier()))
        })
    }

    fn intent<'a>(&'a self, intent: &'a Intent) -> RecordFuture<'a, ()> {
        Box::pin(async move { self.take(&Entry::intent(intent)).await })
    }

    fn event<'a>(&'a self, id: &'a OperationId, event: &'a Event) -> RecordFuture<'a, ()> {
        Box::pin(async move { self.take(&Entry::event(id, event)).await })
    }
}

impl Journal for PgJournal {
    fn open<'a>(&'a self) -> RecordFuture<'a, Vec<Record>> {
        Box::pin(async move {
            let rows = sqlx::query(OPEN).fetch_all(&self.pool).await;
            rows.map_err(unavailable)?.iter().map(record).collect()
        })
    }

    fn find<'a>(&'a self, id: &'a OperationId) -> RecordFuture<'a, Option<Record>> {
        Box::pin(async move {
            let query = sqlx::query(FIND).bind(id.as_str());
            let row = query.fetch_optional(&self.pool).await;
            row.map_err(unavailable)?.as_ref().map(record).transpose()
        })
    }
}

async fn take(connection: &mut PgConnection, entry: &Entry) -> Result<(), RecordError> {
    for _ in 0..ATTEMPTS {
        if let Entry::Intent(_) | Entry::Prepared(_) = entry {
            let new = Record::fold(None, entry)?;
            if let Some(new) = new
                && write(connection, INSERT, &new, entry).await?
            {
                return Ok(());
            }
        }
        let query = sqlx::query(FIND_AND_LOCK).bind(entry.id().as_str());
        let row = query.fetch_optional(&mut *connection).await;
        let before = row.map_err(unavailable)?.as_ref().map(record).transpose()?;
        if before.is_none() && matches!(entry, Entry::Intent(_) | Entry::Prepared(_)) {
            // Somebody deleted it between the two statements.
            continue;
        }
        let Some(after) = Record::fold(before.as_ref(), entry)? else {
            return Ok(());
        };
        write(connection, UPDATE, &after, entry).await?;
        alert(before.as_ref(), &after);
        return Ok(());
    }
    Err(RecordError::new("the operation is being deleted"))
}

/// Whether a row was written.
async fn write(
    connection: &mut PgConnection,
    statement: &'static str,
    record: &Record,
    entry: &Entry,
) -> Result<bool, RecordError> {
    let conflicts = i32::try_from(record.conflicts.len()).unwrap_or(i32::MAX);
    let query = sqlx::query(statement)
        .bind(record.id().as_str())
        .bind(state(record))
        .bind(&record.reference_no)
        .bind(&record.intent.amount)
        .bind(&record.intent.currency)
        .bind(conflicts)
        .bind(json(record)?)
        .bind(json(entry)?)
        .bind(&record.intent.operation)
        .bind(&record.intent.path)
        .bind(&record.intent.reference);
    let done = query.execute(&mut *connection).await.map_err(unavailable)?;
    Ok(done.rows_affected() > 0)
}

fn state(record: &Record) -> &'static str {
    match &record.state {
        Some(MoneyState::Moved(_)) => "moved",
        Some(MoneyState::NotMoved(_)) => "not_moved",
        _ => "open",
    }
}

fn record(row: &PgRow) -> Result<Record, RecordError> {
    let text: &str = row.try_get(0).map_err(unavailable)?;
    serde_json::from_str(text).map_err(|_| {
        RecordError::new(
            "a row of snap_journal is of a version that this one cannot read: upgrade snap-resolve",
        )
    })
}

fn json(value: &impl serde::Serialize) -> Result<String, RecordError> {
    serde_json::to_string(value).map_err(RecordError::new)
}

/// Only the message of a database: its details repeat the row.
fn unavailable(error: sqlx::Error) -> RecordError {
    match &error {
        sqlx::Error::Database(refusal) => {
            let code = refusal.code().unwrap_or_default();
            let hint = match &*code {
                "42P01" => ": run PgJournal::migrate",
                _ => "",
            };
            RecordError::new(format!(
                "the database refused it: {} ({code}){hint}",
                refusal.message()
            ))
        }
        other => RecordError::new(format!("the database did not take it: {other}")),
    }
}

/// Two processes agree by waiting for each other, whatever the database does by default; and what
/// was taken down is on disk, also where the database does not see to that by default.
const BEGIN: &str = "BEGIN ISOLATION LEVEL READ COMMITTED; \
    SELECT set_config('synchronous_commit', 'on', true) \
    WHERE current_setting('synchronous_commit') = 'off'";
const OPEN: &str = "SELECT record::text FROM snap_journal WHERE state = 'open' ORDER BY opened";
const FIND: &str = "SELECT record::text FROM snap_journal WHERE id = $1";
const FIND_AND_LOCK: &str = "SELECT record::text FROM snap_journal WHERE id = $1 FOR UPDATE";
const INSERT: &str = "\
    WITH written AS ( \
        INSERT INTO snap_journal (id, opened, state, reference_no, amount, currency, conflicts, \
            record, operation, path, reference) \
        VALUES ($1, nextval('snap_journal_opened'), $2, $3, $4, $5, $6, $7::jsonb, $9, $10, $11) \
        ON CONFLICT (id) DO NOTHING RETURNING id) \
    INSERT INTO snap_journal_event (id, entry) SELECT id, $8::jsonb FROM written";
const UPDATE: &str = "\
    WITH written AS ( \
        UPDATE snap_journal SET state = $2, reference_no = $3, amount = $4, currency = $5, \
            conflicts = $6, record = $7::jsonb, operation = $9, path = $10, reference = $11, \
            changed_at = now(), \
            opened = CASE WHEN state <> 'open' AND $2 = 'open' \
                THEN nextval('snap_journal_opened') ELSE opened END \
        WHERE id = $1 RETURNING id) \
    INSERT INTO snap_journal_event (id, entry) SELECT id, $8::jsonb FROM written";
const ATTEMPTS: usize = 3;
/// Any number that nobody else locks: "snap" in ASCII.
const MIGRATION: i64 = 0x736e_6170;
