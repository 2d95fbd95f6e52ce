use std::sync::atomic::{AtomicU32, Ordering};

/// How many reads may be sent again, over all calls of a client: one for every ten that succeed, and
/// ten to begin with.
///
/// While everything fails nothing is added, so an outage is not made worse: a hundred calls send at
/// most 110 requests, and a thousand 1,010.
#[derive(Debug)]
pub(crate) struct RetryBudget(AtomicU32);

impl RetryBudget {
    pub(crate) const fn new() -> Self {
        Self(AtomicU32::new(FULL))
    }

    /// Takes note of a call that succeeded.
    pub(crate) fn deposit(&self) {
        self.change(|tenths| Some((tenths + 1).min(FULL)));
    }

    /// Whether there is one more retry.
    pub(crate) fn withdraw(&self) -> bool {
        self.change(|tenths| tenths.checked_sub(ONE))
    }

    fn change(&self, change: impl FnMut(u32) -> Option<u32>) -> bool {
        let changed = self
            .0
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, change);
        changed.is_ok()
    }
}

/// In tenths of a retry.
const ONE: u32 = 10;
const FULL: u32 = 10 * ONE;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outage_uses_up_ten_retries_and_ten_successes_give_one_back() {
        let budget = RetryBudget::new();

        let granted = (0..1000).filter(|_| budget.withdraw()).count();
        (0..10).for_each(|_| budget.deposit());

        assert_eq!(
            (granted, budget.withdraw(), budget.withdraw()),
            (10, true, false)
        );
    }
}
