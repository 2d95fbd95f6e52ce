use std::{sync::LazyLock, time::Duration};

use redis::Script;
use snap_core::{ExternalIdGuard, GuardError, GuardFuture, NamedDelivery};

use crate::{Redis, names};

/// Sees to it that the processes of a client id use an external id once a day, where callers bring
/// their own; see [`snap_core::Config::with_external_id_guard`].
///
/// Costs one round trip for each call that brings an id. While the server is away such calls are not
/// sent: the money has not moved.
#[derive(Clone, Debug)]
pub struct RedisExternalIds {
    redis: Redis,
}

impl RedisExternalIds {
    /// On this server. Contacts nobody.
    #[must_use]
    pub fn new(redis: Redis) -> Self {
        Self { redis }
    }
}

impl ExternalIdGuard for RedisExternalIds {
    fn take<'a>(&'a self, delivery: &'a NamedDelivery) -> GuardFuture<'a> {
        Box::pin(async move {
            let what = format!("xid:{}:{}", delivery.day, delivery.external_id);
            let key = names::of_client(
                self.redis.prefix(),
                &delivery.base_url,
                &delivery.client_id,
                &what,
            );
            let keep = KEEP.as_millis().to_string();
            let args = [delivery.body_digest.as_bytes(), keep.as_bytes()];
            let taken = self.redis.link().run::<bool>(&TAKE, &[&key], &args).await;
            taken.map_err(GuardError::new)
        })
    }
}

static TAKE: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("scripts/take_id.lua")));
/// The day in Jakarta, whatever a clock says that is up to a day off.
const KEEP: Duration = Duration::from_secs(48 * 60 * 60);
