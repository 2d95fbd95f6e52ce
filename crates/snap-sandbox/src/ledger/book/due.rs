//! What happens by itself when its time has come.

use std::cmp::Reverse;

use chrono::{DateTime, Utc};

use super::{Account, Action, Book, Cause, OperationState};

/// What happens to an operation by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Step {
    /// What is pending takes effect.
    Succeed,
    /// What is pending fails: the bank refuses, or the customer let the time go by.
    Fail,
    /// The money of a payout comes back.
    Return,
}

impl Book {
    /// Lets everything happen whose time has come, in the order of the times.
    pub(crate) fn settle(&mut self, now: DateTime<Utc>) {
        while let Some(Reverse((due, at, step))) = self.due.peek().copied() {
            if due > now {
                return;
            }
            self.due.pop();
            if self.entries[at].due == Some((due, step)) {
                self.take_step(at, step, due);
            }
        }
    }

    /// When something may happen by itself the next time.
    pub(crate) fn next_due(&self) -> Option<DateTime<Utc>> {
        self.due.peek().map(|Reverse((due, ..))| *due)
    }

    pub(super) fn schedule(&mut self, at: usize, step: Step, when: DateTime<Utc>) {
        self.entries[at].due = Some((when, step));
        self.due.push(Reverse((when, at, step)));
    }

    fn take_step(&mut self, at: usize, step: Step, now: DateTime<Utc>) {
        self.entries[at].due = None;
        match step {
            Step::Succeed if self.is_pending(at) => self.succeed(at, Cause::Settled, now),
            Step::Fail if self.is_pending(at) => self.end(at, OperationState::Failed, now),
            Step::Return => self.return_all(at, now),
            Step::Succeed | Step::Fail => {}
        }
    }

    /// A payout that took effect is undone by the bank. What a customer got stays: it may be spent.
    fn return_all(&mut self, at: usize, now: DateTime<Utc>) {
        let entry = &self.entries[at];
        let (amount, fee) = (entry.amount, entry.fee);
        let Action::PayOut(from, to @ Account::Beneficiary) = entry.order.action else {
            return;
        };
        if entry.state == OperationState::Succeeded {
            self.post_between(at, amount, (to, from), Cause::Returned);
            self.post_between(at, fee, (Account::Fees, from), Cause::Returned);
            self.entries[at].state = OperationState::Refunded;
            self.changed(at, now);
        }
    }
}
