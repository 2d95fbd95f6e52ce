use std::{sync::LazyLock, time::Duration};

use redis::Script;
use snap_core::{ClientId, Environment};
use snap_resolve::{InquiryPace, PaceError, PaceFuture};

use crate::{Redis, names};

/// The pace of inquiries of one client id, over all its processes; see
/// [`snap_resolve::Outcomes::with_pace`].
///
/// The server's clock says when the next inquiry may leave. Every process has to ask for the same
/// number of inquiries per second. A process that ends leaves the moment it had reserved unused.
#[derive(Clone, Debug)]
pub struct RedisPace {
    redis: Redis,
    key: String,
}

impl RedisPace {
    /// For this client id in this environment. Contacts nobody.
    #[must_use]
    pub fn new(redis: Redis, environment: &Environment, client_id: &ClientId) -> Self {
        let base_url = environment.base_url();
        let key = names::of_client(redis.prefix(), base_url, client_id, "pace");
        Self { redis, key }
    }
}

impl InquiryPace for RedisPace {
    fn reserve(&self, interval: Duration) -> PaceFuture<'_> {
        Box::pin(async move {
            let interval = interval.as_micros().to_string();
            let args = [interval.as_bytes()];
            let wait = self
                .redis
                .link()
                .run::<u64>(&PACE, &[&self.key], &args)
                .await;
            wait.map(Duration::from_micros).map_err(PaceError::new)
        })
    }
}

static PACE: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("scripts/pace.lua")));
