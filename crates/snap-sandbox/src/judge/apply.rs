//! Everything that changes what a sandbox remembers, in one place and in one order.

use std::{
    io,
    sync::{MutexGuard, PoisonError},
};

use chrono::{DateTime, Utc};

use super::{Judge, State};
use crate::{
    action::{Action, ActionError},
    answer::Answer,
    arrived::Arrived,
    check::Check,
    fault::{Fault, Stage},
    json::Json,
    state_folder::StateFile,
    timeline::What,
};

/// What arrives from outside.
pub(crate) enum Input<'a> {
    /// A connection.
    Connection,
    /// The first word of a client that speaks TLS.
    Handshake,
    /// The head of a request.
    Head(&'a Arrived),
    /// A whole request.
    Whole(&'a Arrived),
    Action(Action),
    /// Time went by, and something fell due.
    Time,
}

/// What came of it.
pub(crate) enum Output {
    /// The fault that is played.
    Fault(Option<Fault>),
    /// Number, answer and fault of a request, and the time of the door.
    Judged(u64, Answer, Option<Fault>, DateTime<Utc>),
    Done(Result<Json, ActionError>),
}

impl Judge {
    /// Takes an input in, by the sandbox's clock.
    pub(crate) fn take(&self, input: Input<'_>) -> Output {
        let clock = self.clock.utc();
        let mut state = self.state();
        if let Err(error) = self.keep(clock, &input) {
            let now = state.times.schedule(clock);
            return input.not_kept(&error, state.times.door(now));
        }
        let before = state.next_due();
        let output = self.apply(&mut state, clock, input);
        if state.next_due() != before {
            self.bell.ring();
        }
        self.ring_if_due(&state, state.times.schedule(clock));
        output
    }

    /// Takes an input in that was kept.
    pub(crate) fn replay(&self, clock: DateTime<Utc>, input: Input<'_>) {
        let mut state = self.state();
        self.apply(&mut state, clock, input);
    }

    /// Keeps all that comes from now on in a state folder.
    pub(crate) fn keep_in(&self, file: StateFile) {
        *self.kept() = Some(file);
    }

    fn keep(&self, clock: DateTime<Utc>, input: &Input<'_>) -> io::Result<()> {
        match &mut *self.kept() {
            Some(file) => file.write(clock, input),
            None => Ok(()),
        }
    }

    fn kept(&self) -> MutexGuard<'_, Option<StateFile>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Carries an action out.
    pub(crate) fn act(&self, action: Action) -> Result<Json, ActionError> {
        action.check(self)?;
        match self.take(Input::Action(action)) {
            Output::Done(done) => done,
            _ => Ok(Json::Null),
        }
    }

    /// The same state, time and input give the same state and output.
    pub(crate) fn apply(
        &self,
        state: &mut State,
        clock: DateTime<Utc>,
        input: Input<'_>,
    ) -> Output {
        let now = state.times.schedule(clock);
        state.tick(now);
        let output = match input {
            Input::Connection => Output::Fault(state.faults.take(Stage::Connection, None)),
            Input::Handshake => Output::Fault(state.faults.take(Stage::Handshake, None)),
            Input::Head(head) => Output::Fault(self.fault_of_head(state, head)),
            Input::Whole(arrived) => {
                let (number, answer, fault) = self.judged(state, now, arrived);
                Output::Judged(number, answer, fault, state.times.door(now))
            }
            Input::Action(action) => Output::Done(action.carry_out(self, state, now)),
            Input::Time => Output::Done(Ok(Json::Null)),
        };
        let now = state.times.schedule(clock);
        state.tick(now);
        output
    }

    /// Lets what is due happen, and gives the state to a reader.
    ///
    /// What happens is kept like any input, since the clock may be set back afterwards. If that cannot be
    /// done, the reader sees what was before.
    pub(crate) fn look<T>(&self, read: impl FnOnce(&State, DateTime<Utc>) -> T) -> T {
        let clock = self.clock.utc();
        let mut state = self.state();
        let now = state.times.schedule(clock);
        if state.has_due(now) && self.keep(clock, &Input::Time).is_ok() {
            self.apply(&mut state, clock, Input::Time);
        }
        self.ring_if_due(&state, now);
        read(&state, now)
    }

    /// Lets a test write what otherwise only inputs write.
    #[cfg(test)]
    pub(crate) fn prepare(&self, write: impl FnOnce(&mut State)) {
        write(&mut self.state());
    }

    /// Wakes the one who sends notifications.
    fn ring_if_due(&self, state: &State, now: DateTime<Utc>) {
        if state.notifications.is_due(now) {
            self.bell.ring();
        }
    }
}

impl Input<'_> {
    /// What cannot be kept is not taken in: it would be forgotten.
    fn not_kept(&self, error: &io::Error, door: DateTime<Utc>) -> Output {
        match self {
            Self::Connection | Self::Handshake | Self::Head(_) => Output::Fault(None),
            Self::Whole(arrived) => {
                let answer = Answer::foreign(Check::StateNotKept, arrived.path());
                Output::Judged(0, answer, None, door)
            }
            Self::Action(_) | Self::Time => Output::Done(Err(ActionError::NotKept(error.kind()))),
        }
    }
}

impl State {
    /// Lets what is due by the schedule happen, in the order of its times: who looks when must not matter.
    pub(crate) fn tick(&mut self, now: DateTime<Utc>) {
        self.tell_changes();
        while let Some(due) = self.due().filter(|due| *due <= now) {
            self.expire_bindings(due);
            if !self.book.is_idle(due) {
                self.book.settle(due);
            }
            self.tell_changes();
        }
    }

    /// Tells the timeline and the merchant what changed in the ledger.
    fn tell_changes(&mut self) {
        // To ask changes nothing, so a book that somebody looks at is not copied.
        if !self.book.has_changes() {
            return;
        }
        for change in self.book.take_changes() {
            let reference = Some(change.reference.clone());
            self.timeline
                .add(change.at, reference, What::Change(change.clone()));
            self.announce(&change);
        }
    }

    fn has_due(&self, now: DateTime<Utc>) -> bool {
        self.due().is_some_and(|due| due <= now)
    }

    /// When a binding expires or an operation goes on by itself the next time.
    fn due(&self) -> Option<DateTime<Utc>> {
        let next = [self.bindings.next_due(), self.book.next_due()];
        next.into_iter().flatten().min()
    }

    /// When something happens by itself the next time.
    pub(crate) fn next_due(&self) -> Option<DateTime<Utc>> {
        let next = [self.book.next_due(), self.notifications.next_due()];
        next.into_iter().flatten().min()
    }
}
