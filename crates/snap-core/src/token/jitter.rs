use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use rand::{RngExt, SeedableRng, rngs::StdRng};

/// Spreads moments, so that many processes do not act at the same one.
#[derive(Debug)]
pub(crate) struct Jitter(Mutex<StdRng>);

impl Jitter {
    pub(crate) fn new() -> Self {
        Self(Mutex::new(StdRng::from_rng(&mut rand::rng())))
    }

    /// The span, longer or shorter by up to `percent` of it.
    pub(crate) fn spread(&self, span: Duration, percent: u32) -> Duration {
        let mut random = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        span * random.random_range(100 - percent..=100 + percent) / 100
    }

    /// Any span up to this one.
    pub(crate) fn up_to(&self, longest: Duration) -> Duration {
        let mut random = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        longest * random.random_range(0..=1000) / 1000
    }
}
