use std::sync::LazyLock;

use rand::RngExt;
use redis::Script;
use snap_inbound::{ClaimId, Claimed, DeliveryKeys, ReplayStore, StoreError, StoreFuture, Terms};

use super::{at, millis};
use crate::{Redis, RedisError, names};

/// Remembers in Redis which notifications were claimed, for all processes of a merchant.
///
/// A claim takes one round trip, a confirmation another. While the server is away nothing is accepted,
/// and DOKU comes back. A server that loses its last writes, as an asynchronous failover does, may
/// give the same delivery out as new once more: whoever cannot bear that takes
/// [`snap_inbound`]'s store in PostgreSQL, in the transaction of the effect itself.
#[derive(Clone, Debug)]
pub struct RedisReplayStore {
    redis: Redis,
    names: String,
}

impl RedisReplayStore {
    /// On this server. Contacts nobody.
    #[must_use]
    pub fn new(redis: Redis) -> Self {
        let names = names::inbound(redis.prefix());
        Self { redis, names }
    }

    async fn ask(
        &self,
        delivery: &DeliveryKeys,
        claim: &ClaimId,
        terms: &Terms,
    ) -> Result<Claimed, RedisError> {
        let replay = delivery.replay().to_hex();
        let keys = [self.replay(&replay), self.delivery(delivery)];
        let (holder, names) = (names::hex(claim.as_bytes()), self.claims());
        let (keep, lease) = (
            millis(terms.keep).to_string(),
            millis(terms.lease).to_string(),
        );
        let question = rand::rng().random::<u64>().to_string();
        let args = [
            &*replay,
            &holder,
            delivery.body_digest(),
            &keep,
            &lease,
            &names,
            &question,
        ];
        let link = self.redis.link();
        let keys = [keys[0].as_str(), &keys[1]];
        let said: (String, u64) = link.run(&CLAIM, &keys, &args.map(str::as_bytes)).await?;
        let foreign = |because| RedisError::content(link.address(), keys[0], because);
        match said.0.as_str() {
            "new" => Ok(Claimed::New),
            "conflict" => Ok(Claimed::ConflictDifferentBody),
            "pending" => Ok(Claimed::Pending),
            "duplicate" => {
                let first_seen = at(said.1).ok_or(foreign(FOREIGN))?;
                Ok(Claimed::DuplicateSame { first_seen })
            }
            "lost" => Err(foreign(LOST)),
            _ => Err(foreign(FOREIGN)),
        }
    }

    async fn settle(&self, delivery: &DeliveryKeys, claim: &ClaimId) -> Result<bool, RedisError> {
        let key = self.replay(&delivery.replay().to_hex());
        let (holder, names) = (names::hex(claim.as_bytes()), self.claims());
        let args = [holder.as_bytes(), names.as_bytes()];
        self.redis.link().run(&CONFIRM, &[&key], &args).await
    }

    fn replay(&self, replay: &str) -> String {
        format!("{}r:{replay}", self.names)
    }

    fn delivery(&self, keys: &DeliveryKeys) -> String {
        format!("{}d:{}", self.names, keys.delivery().to_hex())
    }

    fn claims(&self) -> String {
        format!("{}c:", self.names)
    }
}

impl ReplayStore for RedisReplayStore {
    fn claim<'a>(
        &'a self,
        delivery: &'a DeliveryKeys,
        claim: &'a ClaimId,
        terms: &'a Terms,
    ) -> StoreFuture<'a, Claimed> {
        Box::pin(async move {
            let claimed = self.ask(delivery, claim, terms).await;
            claimed.map_err(StoreError::new)
        })
    }

    fn confirm<'a>(
        &'a self,
        delivery: &'a DeliveryKeys,
        claim: &'a ClaimId,
    ) -> StoreFuture<'a, bool> {
        Box::pin(async move { self.settle(delivery, claim).await.map_err(StoreError::new) })
    }

    /// It survives this process. Whether it survives the server's own end is for
    /// [`Redis::check`] to say.
    fn is_durable(&self) -> bool {
        true
    }
}

static CLAIM: LazyLock<Script> =
    LazyLock::new(|| Script::new(include_str!("../scripts/claim.lua")));
static CONFIRM: LazyLock<Script> =
    LazyLock::new(|| Script::new(include_str!("../scripts/confirm.lua")));

const LOST: &str = "leads to a claim that the server no longer has, so nobody knows whether the delivery \
                    was handled: set maxmemory-policy to noeviction";
const FOREIGN: &str = "leads to a claim that snap-redis did not write: give `Redis::with_prefix` another \
                       prefix";
