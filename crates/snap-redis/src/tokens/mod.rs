mod entry;

use std::{sync::LazyLock, time::Duration};

use rand::RngExt;
use redis::Script;
use snap_core::token::{
    Changes, Entry, Generation, Lease, NewEntry, Slot, StoreError, StoreFuture, TokenStore,
};

use crate::{Redis, RedisError, TokenKey, names::SlotNames, seal::Opened};

/// Keeps tokens where every process of a client id sees them, sealed; see
/// [`snap_core::Config::with_token_store`].
///
/// A process reads it when it needs a token, in the last tenth of a token's life, and when DOKU
/// refused one: a call with a good token costs no round trip. Lives are counted by the server's
/// clock, so that clocks of processes need not agree.
///
/// ```no_run
/// use snap_core::Config;
/// use snap_redis::{Redis, RedisTokenStore, TokenKey};
///
/// # fn shared(config: Config) -> Result<Config, Box<dyn std::error::Error>> {
/// let redis = Redis::open(&std::env::var("REDIS_URL")?)?;
/// let key = TokenKey::from_base64(&std::env::var("SNAP_TOKEN_KEY")?)?;
/// let config = config.with_token_store(RedisTokenStore::new(redis, key));
/// # Ok(config) }
/// ```
#[derive(Debug)]
pub struct RedisTokenStore {
    redis: Redis,
    key: TokenKey,
    second_key: Option<TokenKey>,
}

impl RedisTokenStore {
    /// On this server, sealed with this key. Contacts nobody.
    #[must_use]
    pub fn new(redis: Redis, key: TokenKey) -> Self {
        Self {
            redis,
            key,
            second_key: None,
        }
    }

    /// Opens also what a second key sealed, and seals nothing with it.
    ///
    /// To change keys without an outage, first give every process the new key here, then the new key
    /// as the key and the old one here, then the new one alone once no token of a customer is sealed
    /// with the old one.
    #[must_use]
    pub fn with_second_key(mut self, key: TokenKey) -> Self {
        self.second_key = Some(key);
        self
    }

    async fn read(&self, slot: &Slot) -> Result<Option<Entry>, RedisError> {
        let names = self.names(slot);
        let link = self.redis.link();
        let stored: Option<(Vec<u8>, i64)> = link.run(&LOAD, &[&names.token], &[]).await?;
        let Some((value, left)) = stored else {
            return Ok(None);
        };
        let broken = |because| RedisError::content(link.address(), &names.token, because);
        let (generation, sealed) = split(&value).ok_or(broken(FOREIGN))?;
        let left = u64::try_from(left).map_err(|_| broken(ENDLESS))?;
        let plain = match (self.key.open(&names.token, sealed), &self.second_key) {
            (Opened::OtherKey, Some(second)) => second.open(&names.token, sealed),
            (opened, _) => opened,
        };
        match plain {
            Opened::Plain(plain) => {
                entry::read(&plain, generation, Duration::from_millis(left)).ok_or(broken(FOREIGN))
            }
            Opened::OtherKey => Err(broken(OTHER_KEY)),
            Opened::Broken => Err(broken(CHANGED)),
        }
    }

    async fn write(
        &self,
        slot: &Slot,
        seen: Option<Generation>,
        new: &NewEntry,
    ) -> Result<Option<Generation>, RedisError> {
        let names = self.names(slot);
        let link = self.redis.link();
        let failed = |because| RedisError::content(link.address(), &names.token, because);
        let plain = entry::write(new).ok_or(failed(UNWRITABLE))?;
        let sealed = self.key.seal(&names.token, &plain);
        let sealed = sealed.ok_or(failed(UNWRITABLE))?;
        let seen = seen.map(|Generation(seen)| seen.to_string());
        let keep = entry::keep(new).to_string();
        let args = [
            seen.as_deref().unwrap_or_default().as_bytes(),
            &sealed,
            keep.as_bytes(),
        ];
        let keys = [names.token.as_str(), &names.generation];
        let written: Option<u64> = link.run(&SWAP, &keys, &args).await?;
        Ok(written.map(Generation))
    }

    async fn grant(&self, slot: &Slot, ttl: Duration) -> Result<Option<Lease>, RedisError> {
        let owner: u128 = rand::rng().random();
        let (text, life) = (owner.to_string(), millis(ttl).to_string());
        let args = [text.as_bytes(), life.as_bytes()];
        let lease = self.names(slot).lease;
        let granted = self
            .redis
            .link()
            .run::<bool>(&LEASE, &[&lease], &args)
            .await?;
        Ok(granted.then(|| Lease::new(owner)))
    }

    async fn take_back(&self, slot: &Slot, lease: &Lease) -> Result<(), RedisError> {
        let owner = lease.owner.to_string();
        let key = self.names(slot).lease;
        let link = self.redis.link();
        let _: bool = link.run(&RELEASE, &[&key], &[owner.as_bytes()]).await?;
        Ok(())
    }

    async fn empty(&self, slot: &Slot) -> Result<(), RedisError> {
        let names = self.names(slot);
        let keys = [names.token.as_str(), &names.generation];
        let _: bool = self.redis.link().run(&FORGET, &keys, &[]).await?;
        Ok(())
    }

    fn names(&self, slot: &Slot) -> SlotNames {
        SlotNames::of(self.redis.prefix(), slot)
    }
}

impl TokenStore for RedisTokenStore {
    fn load<'a>(&'a self, slot: &'a Slot) -> StoreFuture<'a, Option<Entry>> {
        Box::pin(async move { self.read(slot).await.map_err(StoreError::new) })
    }

    fn compare_and_swap<'a>(
        &'a self,
        slot: &'a Slot,
        seen: Option<Generation>,
        new: NewEntry,
    ) -> StoreFuture<'a, Option<Generation>> {
        Box::pin(async move { self.write(slot, seen, &new).await.map_err(StoreError::new) })
    }

    fn lease<'a>(&'a self, slot: &'a Slot, ttl: Duration) -> StoreFuture<'a, Option<Lease>> {
        Box::pin(async move { self.grant(slot, ttl).await.map_err(StoreError::new) })
    }

    fn release<'a>(&'a self, slot: &'a Slot, lease: Lease) -> StoreFuture<'a, ()> {
        Box::pin(async move { self.take_back(slot, &lease).await.map_err(StoreError::new) })
    }

    fn forget<'a>(&'a self, slot: &'a Slot) -> StoreFuture<'a, ()> {
        Box::pin(async move { self.empty(slot).await.map_err(StoreError::new) })
    }

    fn changes(&self, slot: &Slot) -> Changes {
        self.redis.link().changes(&self.names(slot).token)
    }
}

/// `generation:sealed`.
fn split(value: &[u8]) -> Option<(Generation, &[u8])> {
    let colon = value.iter().position(|byte| *byte == b':')?;
    let (generation, rest) = value.split_at(colon);
    let generation = std::str::from_utf8(generation).ok()?.parse().ok()?;
    Some((Generation(generation), rest.get(1..)?))
}

/// Within what the server takes: not nothing, and not beyond its calendar.
fn millis(span: Duration) -> u64 {
    let millis = u64::try_from(span.as_millis()).unwrap_or(u64::MAX);
    millis.clamp(1, HUNDRED_YEARS)
}

static LOAD: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("../scripts/load.lua")));
static SWAP: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("../scripts/swap.lua")));
static FORGET: LazyLock<Script> =
    LazyLock::new(|| Script::new(include_str!("../scripts/forget.lua")));
static LEASE: LazyLock<Script> =
    LazyLock::new(|| Script::new(include_str!("../scripts/lease.lua")));
static RELEASE: LazyLock<Script> =
    LazyLock::new(|| Script::new(include_str!("../scripts/release.lua")));

const HUNDRED_YEARS: u64 = 100 * 365 * 24 * 60 * 60 * 1000;
const FOREIGN: &str = "holds something that snap-redis did not write: give `Redis::with_prefix` another \
                       prefix, or delete the key";
const ENDLESS: &str = "has no end, so somebody else wrote it: delete the key";
const OTHER_KEY: &str = "is sealed with another key: give every process the same `TokenKey`, and both \
                         with `with_second_key` while you change it";
const CHANGED: &str = "was changed or moved by somebody else, and is not used: delete the key";
const UNWRITABLE: &str = "was not written: the token cannot be sealed";
