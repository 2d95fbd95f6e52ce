//! Everything that changes what a sandbox remembers, in one place and in one order.

use chrono::{DateTime, Utc};

use super::{Judge, State};
use crate::{
    action::{Action, ActionError},
    answer::Answer,
    arrived::Arrived,
    fault::Fault,
    json::Json,
    timeline::What,
};

/// What arrives from outside.
pub(crate) enum Input<'a> {
    /// A connection.
    Connection,
    /// The head of a request.
    Head(&'a Arrived),
    /// A whole request.
    Whole(&'a Arrived),
    Action(Action),
}

/// What came of it.
pub(crate) enum Output {
    /// The fault that is played.
    Fault(Option<Fault>),
    /// Number, answer and fault of a request.
    Judged(u64, Answer, Option<Fault>),
    Done(Result<Json, ActionError>),
}

impl Judge {
    /// Takes an input in, by the sandbox's clock.
    pub(crate) fn take(&self, input: Input<'_>) -> Output {
        let clock = self.clock.utc();
        let mut state = self.state();
        self.apply(&mut state, clock, input)
    }

    /// Carries an action out.
    pub(crate) fn act(&self, action: Action) -> Result<Json, ActionError> {
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
            Input::Connection => Output::Fault(state.faults.take_connection()),
            Input::Head(head) => Output::Fault(self.fault_of_head(state, head)),
            Input::Whole(arrived) => {
                let (number, answer, fault) = self.judged(state, now, arrived);
                Output::Judged(number, answer, fault)
            }
            Input::Action(action) => Output::Done(action.carry_out(self, state, now)),
        };
        let now = state.times.schedule(clock);
        state.tick(now);
        output
    }

    /// Lets what is due happen, and gives the state to a reader.
    pub(crate) fn look<T>(&self, read: impl FnOnce(&State, DateTime<Utc>) -> T) -> T {
        let clock = self.clock.utc();
        let mut state = self.state();
        let now = state.times.schedule(clock);
        state.tick(now);
        read(&state, now)
    }
}

impl State {
    /// Lets what is due by the schedule happen, and tells the timeline what changed.
    pub(crate) fn tick(&mut self, now: DateTime<Utc>) {
        self.book.settle(now);
        self.expire_bindings(now);
        for change in self.book.take_changes() {
            let reference = Some(change.reference.clone());
            self.timeline
                .add(change.at, reference, What::Change(change));
        }
    }
}
