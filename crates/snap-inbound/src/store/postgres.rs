use std::{
    fmt,
    time::{Duration, SystemTime},
};

use snap_core::ClientId;
use sqlx::{PgConnection, PgPool, Row, postgres::PgRow};

use super::{
    ClaimId, Claimed, DeliveryKeys, Issued, IssuedTokenStore, KEEP, ReplayStore, StoreError,
    StoreFuture, StoreKey, Terms, TokenHash,
};

/// Keeps deliveries and issued tokens in a PostgreSQL database, which several machines can share.
///
/// The time of claims is the database's, so that machines whose clocks differ agree.
/// [`SCHEMA`](Self::SCHEMA) is the whole of it: hashes, client ids and times, no secret and no body.
///
/// Best is a claim that commits together with the row of your inbox:
///
/// ```no_run
/// # async fn on_notify(pool: sqlx::PgPool, authentic: snap_inbound::Authentic<snap_inbound::DebitNotification>)
/// # -> Result<snap_inbound::http::Response<bytes::Bytes>, Box<dyn std::error::Error>> {
/// use snap_inbound::{Claimed, PgStore};
///
/// let mut transaction = pool.begin().await?;
/// let claimed = PgStore::claim_in(&mut transaction, authentic.keys()).await?;
/// if matches!(claimed, Claimed::New | Claimed::ConflictDifferentBody) {
///     sqlx::query("INSERT INTO inbox (body) VALUES ($1)")
///         .bind(&authentic.raw()[..])
///         .execute(&mut *transaction)
///         .await?;
/// }
/// transaction.commit().await?;
/// // Only now: whatever is acknowledged is kept.
/// let response = match authentic.claimed(claimed) {
///     Ok(verified) => verified.acknowledge().await.unwrap_or_else(|reject| reject.response()),
///     Err(reject) => reject.response(),
/// };
/// # Ok(response)
/// # }
/// ```
#[derive(Clone)]
pub struct PgStore {
    pool: PgPool,
}

impl PgStore {
    /// The tables, for migrations of your own. Every statement can run again.
    pub const SCHEMA: &str = include_str!("schema.sql");

    /// Keeps them in the database of this pool. Contacts nobody.
    ///
    /// TLS, time-outs and the number of connections are the pool's.
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
    pub async fn migrate(&self) -> Result<(), StoreError> {
        let mut transaction = self.pool.begin_with(BEGIN).await.map_err(unavailable)?;
        // `IF NOT EXISTS` alone fails in one of two processes that start together.
        lock(&mut transaction, MIGRATION).await?;
        let schema = sqlx::raw_sql(Self::SCHEMA);
        let made = schema.execute(&mut *transaction).await;
        made.map_err(unavailable)?;
        transaction.commit().await.map_err(unavailable)
    }

    /// Claims a delivery and confirms it, in the caller's transaction: both are there if and when that one
    /// commits. Others that come meanwhile wait for its end. Then give the result to
    /// [`Authentic::claimed`](crate::Authentic::claimed).
    ///
    /// The transaction has to be of the isolation level `READ COMMITTED`, PostgreSQL's default.
    ///
    /// # Errors
    ///
    /// When the database fails. The transaction is to be rolled back then.
    pub async fn claim_in(
        connection: &mut PgConnection,
        delivery: &DeliveryKeys,
    ) -> Result<Claimed, StoreError> {
        let holder = ClaimId::new([0; 16]);
        let claim = Claim {
            holder: &holder,
            keep: KEEP,
            lease: Duration::ZERO,
            confirmed: true,
        };
        claim.of(connection, delivery).await
    }

    /// Forgets deliveries and tokens that need not be kept any longer, and says how many. Call it now and
    /// then, such as once an hour; `now` is for tokens, by the receiver's clock.
    ///
    /// # Errors
    ///
    /// When the database fails.
    pub async fn forget_old(&self, now: SystemTime) -> Result<u64, StoreError> {
        let mut forgotten = 0;
        loop {
            let claims = sqlx::query(FORGET_CLAIMS).execute(&self.pool).await;
            let tokens = sqlx::query(FORGET_TOKENS).bind(millis(now));
            let tokens = tokens.execute(&self.pool).await.map_err(unavailable)?;
            let batch = claims.map_err(unavailable)?.rows_affected() + tokens.rows_affected();
            forgotten += batch;
            if batch == 0 {
                return Ok(forgotten);
            }
        }
    }

    async fn claim(
        &self,
        delivery: &DeliveryKeys,
        claim: &Claim<'_>,
    ) -> Result<Claimed, StoreError> {
        // Most repetitions are of what was confirmed: one question, and no lock.
        let known = find(&mut *self.connection().await?, delivery).await?;
        if let Some(Known {
            is_replay: true,
            confirmed: true,
            first_seen,
            ..
        }) = known
        {
            return Ok(Claimed::DuplicateSame { first_seen });
        }
        let begun = self.pool.begin_with(BEGIN).await;
        let mut transaction = begun.map_err(unavailable)?;
        let claimed = claim.of(&mut transaction, delivery).await?;
        transaction.commit().await.map_err(unavailable)?;
        Ok(claimed)
    }

    async fn connection(&self) -> Result<sqlx::pool::PoolConnection<sqlx::Postgres>, StoreError> {
        self.pool.acquire().await.map_err(unavailable)
    }

    async fn write(
        &self,
        query: sqlx::query::Query<'_, sqlx::Postgres, sqlx::postgres::PgArguments>,
    ) -> Result<u64, StoreError> {
        let begun = self.pool.begin_with(BEGIN).await;
        let mut transaction = begun.map_err(unavailable)?;
        let done = query
            .execute(&mut *transaction)
            .await
            .map_err(unavailable)?;
        transaction.commit().await.map_err(unavailable)?;
        Ok(done.rows_affected())
    }
}

impl fmt::Debug for PgStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PgStore").finish_non_exhaustive()
    }
}

impl ReplayStore for PgStore {
    fn claim<'a>(
        &'a self,
        delivery: &'a DeliveryKeys,
        claim: &'a ClaimId,
        terms: &'a Terms,
    ) -> StoreFuture<'a, Claimed> {
        let claim = Claim {
            holder: claim,
            keep: terms.keep,
            lease: terms.lease,
            confirmed: false,
        };
        Box::pin(async move { self.claim(delivery, &claim).await })
    }

    fn confirm<'a>(
        &'a self,
        delivery: &'a DeliveryKeys,
        claim: &'a ClaimId,
    ) -> StoreFuture<'a, bool> {
        Box::pin(async move {
            let query = sqlx::query(CONFIRM)
                .bind(&delivery.replay().as_bytes()[..])
                .bind(&claim.as_bytes()[..]);
            Ok(self.write(query).await? > 0)
        })
    }

    fn is_durable(&self) -> bool {
        true
    }
}

impl IssuedTokenStore for PgStore {
    fn put<'a>(
        &'a self,
        token: &'a TokenHash,
        issued: &'a Issued,
        keep_until: SystemTime,
    ) -> StoreFuture<'a, ()> {
        Box::pin(async move {
            let query = sqlx::query(PUT)
                .bind(&token.as_bytes()[..])
                .bind(&issued.environment)
                .bind(issued.client_id.as_str())
                .bind(millis(issued.issued_at))
                .bind(millis(issued.expires_at))
                .bind(millis(keep_until));
            self.write(query).await?;
            Ok(())
        })
    }

    fn owner<'a>(&'a self, token: &'a TokenHash) -> StoreFuture<'a, Option<Issued>> {
        Box::pin(async move {
            let query = sqlx::query(OWNER).bind(&token.as_bytes()[..]);
            let row = query
                .fetch_optional(&self.pool)
                .await
                .map_err(unavailable)?;
            row.as_ref().map(issued).transpose()
        })
    }

    fn revoke_all<'a>(
        &'a self,
        environment: &'a str,
        client_id: &'a ClientId,
    ) -> StoreFuture<'a, ()> {
        Box::pin(async move {
            let query = sqlx::query(REVOKE).bind(environment);
            self.write(query.bind(client_id.as_str())).await?;
            Ok(())
        })
    }

    fn is_durable(&self) -> bool {
        true
    }
}

/// A claim to be made.
struct Claim<'a> {
    holder: &'a ClaimId,
    keep: Duration,
    lease: Duration,
    /// Makes and confirms it in one.
    confirmed: bool,
}

impl Claim<'_> {
    /// Decides as [`ReplayStore::claim`] says, while nobody else decides about either key.
    async fn of(
        &self,
        connection: &mut PgConnection,
        delivery: &DeliveryKeys,
    ) -> Result<Claimed, StoreError> {
        let mut locks = [delivery.replay(), delivery.delivery()].map(lock_number);
        // In one order, so that two of them cannot wait for each other.
        locks.sort_unstable();
        for number in locks {
            lock(connection, number).await?;
        }
        let Some(known) = find(connection, delivery).await? else {
            let keys = [delivery.replay(), delivery.delivery()];
            self.add(connection, delivery, &keys, false).await?;
            return Ok(Claimed::New);
        };
        if !known.is_replay {
            if known.body_digest != delivery.body_digest() {
                self.add(connection, delivery, &[delivery.replay()], true)
                    .await?;
                return Ok(Claimed::ConflictDifferentBody);
            }
            link(connection, delivery.replay(), known.number).await?;
        }
        if known.confirmed {
            return Ok(Claimed::DuplicateSame {
                first_seen: known.first_seen,
            });
        }
        if known.is_held {
            return Ok(Claimed::Pending);
        }
        self.take_over(connection, known.number).await?;
        if known.conflict {
            Ok(Claimed::ConflictDifferentBody)
        } else {
            Ok(Claimed::New)
        }
    }

    async fn add(
        &self,
        connection: &mut PgConnection,
        delivery: &DeliveryKeys,
        keys: &[&StoreKey],
        conflict: bool,
    ) -> Result<(), StoreError> {
        let keys: Vec<&[u8]> = keys.iter().map(|key| &key.as_bytes()[..]).collect();
        let query = sqlx::query(ADD)
            .bind(delivery.body_digest())
            .bind(conflict)
            .bind(&self.holder.as_bytes()[..])
            .bind(span(self.lease))
            .bind(span(self.keep))
            .bind(self.confirmed)
            .bind(keys);
        query.execute(connection).await.map_err(unavailable)?;
        Ok(())
    }

    async fn take_over(
        &self,
        connection: &mut PgConnection,
        number: i64,
    ) -> Result<(), StoreError> {
        let query = sqlx::query(TAKE_OVER)
            .bind(number)
            .bind(&self.holder.as_bytes()[..])
            .bind(span(self.lease))
            .bind(self.confirmed);
        query.execute(connection).await.map_err(unavailable)?;
        Ok(())
    }
}

/// A claim that is there.
struct Known {
    number: i64,
    is_replay: bool,
    body_digest: String,
    conflict: bool,
    confirmed: bool,
    /// Its lease lasts.
    is_held: bool,
    first_seen: SystemTime,
}

/// The claim that the replay key leads to, or else the delivery key.
async fn find(
    connection: &mut PgConnection,
    delivery: &DeliveryKeys,
) -> Result<Option<Known>, StoreError> {
    let query = sqlx::query(FIND)
        .bind(&delivery.replay().as_bytes()[..])
        .bind(&delivery.delivery().as_bytes()[..]);
    let row = query
        .fetch_optional(connection)
        .await
        .map_err(unavailable)?;
    let known = |row: PgRow| -> Result<Known, sqlx::Error> {
        Ok(Known {
            number: row.try_get(0)?,
            is_replay: row.try_get(1)?,
            body_digest: row.try_get(2)?,
            conflict: row.try_get(3)?,
            confirmed: row.try_get(4)?,
            is_held: row.try_get(5)?,
            first_seen: moment(row.try_get(6)?),
        })
    };
    row.map(known).transpose().map_err(unavailable)
}

async fn link(
    connection: &mut PgConnection,
    key: &StoreKey,
    number: i64,
) -> Result<(), StoreError> {
    let query = sqlx::query(LINK).bind(&key.as_bytes()[..]).bind(number);
    query.execute(connection).await.map_err(unavailable)?;
    Ok(())
}

async fn lock(connection: &mut PgConnection, number: i64) -> Result<(), StoreError> {
    let query = sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(number);
    query.execute(connection).await.map_err(unavailable)?;
    Ok(())
}

/// Two keys that share a number wait for each other without need, and no more.
fn lock_number(key: &StoreKey) -> i64 {
    let [a, b, c, d, e, f, g, h, ..] = *key.as_bytes();
    i64::from_be_bytes([a, b, c, d, e, f, g, h])
}

fn issued(row: &PgRow) -> Result<Issued, StoreError> {
    let client_id: &str = row.try_get(1).map_err(unavailable)?;
    Ok(Issued::new(
        row.try_get::<String, _>(0).map_err(unavailable)?,
        ClientId::new(client_id).map_err(StoreError::new)?,
        moment(row.try_get(2).map_err(unavailable)?),
        moment(row.try_get(3).map_err(unavailable)?),
    ))
}

fn millis(time: SystemTime) -> i64 {
    let since = time.duration_since(SystemTime::UNIX_EPOCH);
    span(since.unwrap_or_default())
}

fn span(span: Duration) -> i64 {
    i64::try_from(span.as_millis()).unwrap_or(i64::MAX)
}

fn moment(millis: i64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_millis(millis.unsigned_abs())
}

/// Only the message of a database: its details repeat the row.
fn unavailable(error: sqlx::Error) -> StoreError {
    match &error {
        sqlx::Error::Database(refusal) => {
            let code = refusal.code().unwrap_or_default();
            let hint = match &*code {
                "42P01" => ": run PgStore::migrate",
                _ => "",
            };
            StoreError::new(format!(
                "the database refused it: {} ({code}){hint}",
                refusal.message()
            ))
        }
        other => StoreError::new(format!("the database did not take it: {other}")),
    }
}

/// Two machines agree by waiting for each other, whatever the database does by default; and what was
/// claimed is on disk, also where the database does not see to that by default.
const BEGIN: &str = "BEGIN ISOLATION LEVEL READ COMMITTED; \
    SELECT set_config('synchronous_commit', 'on', true) \
    WHERE current_setting('synchronous_commit') = 'off'";
/// `clock_timestamp`, because a transaction that has waited for a lock began earlier.
const FIND: &str = "\
    SELECT c.number, k.key = $1, c.body_digest, c.conflict, c.confirmed_at IS NOT NULL, \
        c.lease_until > clock_timestamp(), (extract(epoch FROM c.first_seen) * 1000)::bigint \
    FROM snap_inbound_key k JOIN snap_inbound_claim c ON c.number = k.claim \
    WHERE k.key IN ($1, $2) AND c.keep_until > clock_timestamp() \
    ORDER BY k.key = $1 DESC LIMIT 1";
const ADD: &str = "\
    WITH added AS ( \
        INSERT INTO snap_inbound_claim \
            (body_digest, conflict, holder, first_seen, lease_until, keep_until, confirmed_at) \
        VALUES ($1, $2, $3, clock_timestamp(), \
            clock_timestamp() + $4 * interval '1 millisecond', \
            clock_timestamp() + $5 * interval '1 millisecond', \
            CASE WHEN $6 THEN clock_timestamp() END) \
        RETURNING number) \
    INSERT INTO snap_inbound_key (key, claim) \
    SELECT key, number FROM added, unnest($7::bytea[]) AS key \
    ON CONFLICT (key) DO UPDATE SET claim = excluded.claim";
const LINK: &str = "\
    INSERT INTO snap_inbound_key (key, claim) VALUES ($1, $2) \
    ON CONFLICT (key) DO UPDATE SET claim = excluded.claim";
const TAKE_OVER: &str = "\
    UPDATE snap_inbound_claim SET holder = $2, \
        lease_until = clock_timestamp() + $3 * interval '1 millisecond', \
        confirmed_at = CASE WHEN $4 THEN clock_timestamp() END \
    WHERE number = $1";
const CONFIRM: &str = "\
    UPDATE snap_inbound_claim SET confirmed_at = coalesce(confirmed_at, clock_timestamp()) \
    WHERE number = (SELECT claim FROM snap_inbound_key WHERE key = $1) AND holder = $2";
const PUT: &str = "\
    INSERT INTO snap_inbound_token (hash, environment, client_id, issued_at, expires_at, keep_until) \
    VALUES ($1, $2, $3, $4, $5, $6)";
const OWNER: &str = "\
    SELECT environment, client_id, issued_at, expires_at FROM snap_inbound_token WHERE hash = $1";
const REVOKE: &str = "DELETE FROM snap_inbound_token WHERE environment = $1 AND client_id = $2";
const FORGET_CLAIMS: &str = "\
    DELETE FROM snap_inbound_claim WHERE number IN ( \
        SELECT number FROM snap_inbound_claim WHERE keep_until < now() LIMIT 1000)";
const FORGET_TOKENS: &str = "\
    DELETE FROM snap_inbound_token WHERE hash IN ( \
        SELECT hash FROM snap_inbound_token WHERE keep_until < $1 LIMIT 1000)";
/// Any number that nobody else locks: "snapinbd" in ASCII.
const MIGRATION: i64 = 0x736e_6170_696e_6264;
