//! Time that goes three hundred times as fast, for processes and for what they write.

use std::{
    fmt,
    time::{Duration, SystemTime},
};

use snap_core::{
    Clock, SystemClock,
    token::{
        Changes, Entry, Generation, LIFE_UNKNOWN, Lease, NewEntry, Slot, StoreFuture, TokenStore,
    },
};

/// 900 s in 3 s.
pub(crate) const FACTOR: u32 = 300;

/// The same time in every process: so many times as far from a common moment as real time is.
#[derive(Clone)]
pub(crate) struct FastClock {
    system: SystemClock,
    began: SystemTime,
    skew_s: i64,
}

impl FastClock {
    pub(crate) fn since(began: SystemTime, skew_s: i64) -> Self {
        let system = SystemClock::new();
        Self {
            system,
            began,
            skew_s,
        }
    }
}

impl Clock for FastClock {
    fn now(&self) -> SystemTime {
        let elapsed = self.system.now().duration_since(self.began);
        let now = self.began + elapsed.unwrap_or_default() * FACTOR;
        let skew = Duration::from_secs(self.skew_s.unsigned_abs());
        if self.skew_s < 0 {
            now - skew
        } else {
            now + skew
        }
    }

    fn monotonic(&self) -> Duration {
        self.system.monotonic() * FACTOR
    }
}

impl fmt::Debug for FastClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FastClock")
    }
}

/// A store whose server lives in real time.
#[derive(Debug)]
pub(crate) struct Fast<S>(pub(crate) S);

impl<S: TokenStore> TokenStore for Fast<S> {
    fn load<'a>(&'a self, slot: &'a Slot) -> StoreFuture<'a, Option<Entry>> {
        Box::pin(async move {
            let entry = self.0.load(slot).await?;
            Ok(entry.map(|mut entry| {
                entry.life *= FACTOR;
                entry.remaining *= FACTOR;
                entry
            }))
        })
    }

    fn compare_and_swap<'a>(
        &'a self,
        slot: &'a Slot,
        seen: Option<Generation>,
        mut new: NewEntry,
    ) -> StoreFuture<'a, Option<Generation>> {
        assert!(new.life < LIFE_UNKNOWN && new.refresh.is_none());
        new.life /= FACTOR;
        self.0.compare_and_swap(slot, seen, new)
    }

    /// As much longer than a token request here as it is outside.
    fn lease<'a>(&'a self, slot: &'a Slot, ttl: Duration) -> StoreFuture<'a, Option<Lease>> {
        self.0.lease(slot, ttl / 5)
    }

    fn release<'a>(&'a self, slot: &'a Slot, lease: Lease) -> StoreFuture<'a, ()> {
        self.0.release(slot, lease)
    }

    fn forget<'a>(&'a self, slot: &'a Slot) -> StoreFuture<'a, ()> {
        self.0.forget(slot)
    }

    fn changes(&self, slot: &Slot) -> Changes {
        self.0.changes(slot)
    }
}
