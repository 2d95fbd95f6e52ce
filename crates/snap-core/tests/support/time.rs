use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use http::{HeaderMap, Request, header};
use snap_core::Clock;
use snap_sign::Timestamp;
use tokio::time::Instant;

use super::{money::service_at, refusal, virtual_now};

/// The time of a test: it goes on with that of the runtime.
#[derive(Clone, Copy, Debug)]
pub struct World {
    start: Instant,
}

impl World {
    pub fn new() -> Self {
        Self {
            start: virtual_now(),
        }
    }

    pub fn now(self) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000) + self.start.elapsed()
    }

    pub fn unix_seconds(self) -> i64 {
        let since = self.now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
        since.as_secs().try_into().unwrap()
    }
}

/// The clock of a host that is so many seconds ahead of the world.
#[derive(Clone, Debug)]
pub struct WrongClock {
    world: World,
    ahead: Arc<AtomicI64>,
}

impl WrongClock {
    pub fn new(world: World, ahead: i64) -> Self {
        Self {
            world,
            ahead: Arc::new(AtomicI64::new(ahead)),
        }
    }

    /// Somebody sets it.
    pub fn jump(&self, ahead: i64) {
        self.ahead.store(ahead, Ordering::SeqCst);
    }
}

impl Clock for WrongClock {
    fn now(&self) -> SystemTime {
        let ahead = self.ahead.load(Ordering::SeqCst);
        let span = Duration::from_secs(ahead.unsigned_abs());
        if ahead < 0 {
            self.world.now() - span
        } else {
            self.world.now() + span
        }
    }

    fn monotonic(&self) -> Duration {
        self.world.start.elapsed()
    }
}

/// The clock by which the scripted DOKU refuses requests, and what it tells of it.
#[derive(Clone, Debug)]
pub struct DokusClock {
    pub world: World,
    /// What `X-TIMESTAMP` may differ by.
    pub tolerance: Duration,
    pub tells_date: bool,
    /// Its answers come from a cache.
    pub tells_age: bool,
}

impl DokusClock {
    pub fn new(world: World) -> Self {
        Self {
            world,
            tolerance: Duration::from_secs(60),
            tells_date: true,
            tells_age: false,
        }
    }

    /// The refusal, if the request is too far off; and the headers of the answer.
    pub fn judge(&self, request: &Request<Bytes>) -> (Option<String>, HeaderMap) {
        let timestamp = request.headers()["x-timestamp"].to_str().unwrap();
        let theirs = Timestamp::parse(timestamp).unwrap().unix_seconds();
        let off = theirs.abs_diff(self.world.unix_seconds());
        let refused = (off > self.tolerance.as_secs()).then(|| {
            let code = format!("401{}00", service_at(request.uri().path()));
            refusal(&code, "Unauthorized. [Signature]")
        });
        let mut headers = HeaderMap::new();
        if self.tells_date {
            let date = httpdate::fmt_http_date(self.world.now());
            headers.insert(header::DATE, date.parse().unwrap());
        }
        if self.tells_age {
            headers.insert(header::AGE, "7".parse().unwrap());
        }
        (refused, headers)
    }
}
