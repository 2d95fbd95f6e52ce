//! Latencies in fixed memory.

use std::time::Duration;

/// Counts by microseconds, to one part in sixteen.
pub(crate) struct Latencies([u64; 1024]);

impl Default for Latencies {
    fn default() -> Self {
        Self([0; 1024])
    }
}

impl Latencies {
    pub(crate) fn record(&mut self, latency: Duration) {
        let micros = u64::try_from(latency.as_micros()).unwrap_or(u64::MAX);
        // Four bits below the highest one decide; the others are shifted out.
        let shift = 59_u32.saturating_sub(micros.leading_zeros());
        let bucket = u64::from(shift) * 16 + (micros >> shift);
        let bucket = usize::try_from(bucket).unwrap_or(usize::MAX).min(1023);
        self.0[bucket] += 1;
    }

    pub(crate) fn add(&mut self, other: &Self) {
        for (count, more) in self.0.iter_mut().zip(other.0) {
            *count += more;
        }
    }

    pub(crate) fn count(&self) -> u64 {
        self.0.iter().sum()
    }

    pub(crate) fn print(&self) {
        for (name, share) in [
            ("50", 500),
            ("90", 900),
            ("99", 990),
            ("99.9", 999),
            ("100", 1000),
        ] {
            println!("{name:>5} % within {:>8} µs", self.at(share));
        }
    }

    /// The latency that so many of a thousand do not exceed.
    fn at(&self, share: u64) -> u64 {
        let wanted = (self.count() * share).div_ceil(1000);
        let mut seen = 0;
        let bucket = self.0.iter().position(|count| {
            seen += count;
            seen >= wanted
        });
        let bucket = bucket.unwrap_or(0) as u64;
        match bucket / 16 {
            0 | 1 => bucket,
            above => (bucket % 16 + 17) << (above - 1),
        }
    }
}
