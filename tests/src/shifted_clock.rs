use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, SystemTime},
};

use snap_core::{Clock, SystemClock};

/// 10:00 in Jakarta on a fixed day, and from there as fast as real time; moved forward by hand. Client
/// and sandbox follow the same one.
#[derive(Clone)]
pub struct ShiftedClock {
    system: SystemClock,
    shift_ms: Arc<AtomicU64>,
}

impl ShiftedClock {
    /// At ten.
    #[must_use]
    pub fn new() -> Self {
        Self {
            system: SystemClock::new(),
            shift_ms: Arc::default(),
        }
    }

    /// The same clock, for a sandbox.
    #[must_use]
    pub fn for_sandbox(&self) -> snap_sandbox::Clock {
        let clock = self.clone();
        snap_sandbox::Clock::from_fn(move || clock.now())
    }

    /// Moves it forward to a moment; a moment that is over leaves it.
    pub fn advance_to(&self, moment: SystemTime) {
        self.advance(moment.duration_since(self.now()).unwrap_or_default());
    }

    /// Moves it forward.
    pub fn advance(&self, by: Duration) {
        let millis = u64::try_from(by.as_millis()).unwrap_or(u64::MAX);
        self.shift_ms
            .fetch_add(millis.saturating_add(1), Ordering::Relaxed);
    }
}

impl Default for ShiftedClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for ShiftedClock {
    fn now(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + TEN_IN_JAKARTA + self.monotonic()
    }

    fn monotonic(&self) -> Duration {
        self.system.monotonic() + Duration::from_millis(self.shift_ms.load(Ordering::Relaxed))
    }
}

impl fmt::Debug for ShiftedClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ShiftedClock")
    }
}

/// 2026-11-26T10:00:00+07:00.
const TEN_IN_JAKARTA: Duration = Duration::from_secs(1_795_662_000);
