use std::{sync::LazyLock, time::SystemTime};

use redis::Script;
use snap_core::ClientId;
use snap_inbound::{Issued, IssuedTokenStore, StoreError, StoreFuture, TokenHash};

use super::{at, millis, since_1970};
use crate::{Redis, RedisError, names};

/// Remembers in Redis the tokens that were issued to DOKU, by their hash, for all processes of a
/// merchant. Each is forgotten when it ran out.
///
/// Where the server forgets anything, tokens are refused rather than accepted, and DOKU asks for
/// another.
#[derive(Clone, Debug)]
pub struct RedisIssuedTokenStore {
    redis: Redis,
    names: String,
}

impl RedisIssuedTokenStore {
    /// On this server. Contacts nobody.
    #[must_use]
    pub fn new(redis: Redis) -> Self {
        let names = names::inbound(redis.prefix());
        Self { redis, names }
    }

    async fn write(
        &self,
        token: &TokenHash,
        issued: &Issued,
        keep_until: SystemTime,
    ) -> Result<(), RedisError> {
        // Both are of the receiver's clock; the server's may say something else.
        let keep = keep_until.duration_since(issued.issued_at);
        let keep = millis(keep.unwrap_or_default()).max(1).to_string();
        let (at, end) = (
            since_1970(issued.issued_at).to_string(),
            since_1970(issued.expires_at).to_string(),
        );
        let keys = [
            self.token(token),
            self.epoch(&issued.environment, &issued.client_id),
        ];
        let args = [
            &*keep,
            &issued.environment,
            issued.client_id.as_str(),
            &at,
            &end,
        ];
        let keys = [keys[0].as_str(), &keys[1]];
        let link = self.redis.link();
        let _: bool = link.run(&ISSUE, &keys, &args.map(str::as_bytes)).await?;
        Ok(())
    }

    async fn read(&self, token: &TokenHash) -> Result<Option<Issued>, RedisError> {
        let key = self.token(token);
        let link = self.redis.link();
        let epochs = self.epochs();
        let found: Option<(String, String, u64, u64)> =
            link.run(&OWNER, &[&key], &[epochs.as_bytes()]).await?;
        let Some((environment, client_id, issued_at, expires_at)) = found else {
            return Ok(None);
        };
        let times = at(issued_at).zip(at(expires_at));
        let client_id = ClientId::new(client_id).ok();
        let issued = client_id
            .zip(times)
            .map(|(client_id, (from, until))| Issued::new(environment, client_id, from, until));
        let foreign = || RedisError::content(link.address(), &key, FOREIGN);
        issued.map(Some).ok_or_else(foreign)
    }

    async fn revoke(&self, environment: &str, client_id: &ClientId) -> Result<(), RedisError> {
        let epoch = self.epoch(environment, client_id);
        let _: bool = self.redis.link().run(&REVOKE, &[&epoch], &[]).await?;
        Ok(())
    }

    fn token(&self, token: &TokenHash) -> String {
        format!("{}t:{}", self.names, names::hex(token.as_bytes()))
    }

    fn epoch(&self, environment: &str, client_id: &ClientId) -> String {
        format!("{}{}", self.epochs(), names::whose(environment, client_id))
    }

    fn epochs(&self) -> String {
        format!("{}e:", self.names)
    }
}

impl IssuedTokenStore for RedisIssuedTokenStore {
    fn put<'a>(
        &'a self,
        token: &'a TokenHash,
        issued: &'a Issued,
        keep_until: SystemTime,
    ) -> StoreFuture<'a, ()> {
        Box::pin(async move {
            let written = self.write(token, issued, keep_until).await;
            written.map_err(StoreError::new)
        })
    }

    fn owner<'a>(&'a self, token: &'a TokenHash) -> StoreFuture<'a, Option<Issued>> {
        Box::pin(async move { self.read(token).await.map_err(StoreError::new) })
    }

    fn revoke_all<'a>(
        &'a self,
        environment: &'a str,
        client_id: &'a ClientId,
    ) -> StoreFuture<'a, ()> {
        Box::pin(async move {
            let revoked = self.revoke(environment, client_id).await;
            revoked.map_err(StoreError::new)
        })
    }

    /// It survives this process.
    fn is_durable(&self) -> bool {
        true
    }
}

static ISSUE: LazyLock<Script> =
    LazyLock::new(|| Script::new(include_str!("../scripts/issue.lua")));
static OWNER: LazyLock<Script> =
    LazyLock::new(|| Script::new(include_str!("../scripts/owner.lua")));
static REVOKE: LazyLock<Script> =
    LazyLock::new(|| Script::new("return redis.call('DEL', KEYS[1])"));

const FOREIGN: &str = "holds something that snap-redis did not write: give `Redis::with_prefix` another \
                       prefix, or delete the key";
