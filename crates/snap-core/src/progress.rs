use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use crate::{Attempt, ExternalId, Stage, error::Failure, transport::Sending};

/// What a call has done so far: all that is known when its time runs out.
#[derive(Default)]
pub(crate) struct Progress(Mutex<Log>);

#[derive(Default)]
struct Log {
    done: Done,
    attempts: Vec<Attempt>,
}

#[derive(Default)]
pub(crate) enum Done {
    #[default]
    Nothing,
    Sending {
        id: ExternalId,
        sending: Arc<Sending>,
        started: Duration,
    },
    /// It failed, and waits before it is sent again.
    Paused(Box<Failure>),
    /// DOKU refused the token or the signature, and the replay waits.
    Refused {
        failure: Box<Failure>,
        /// What it waits for.
        lacking: &'static str,
    },
}

impl Progress {
    pub(crate) fn set(&self, done: Done) {
        self.log().done = done;
    }

    /// The delivery that was under way has ended.
    pub(crate) fn end(
        &self,
        now: Duration,
        stage: Option<Stage>,
        http_status: Option<u16>,
    ) -> Option<Attempt> {
        let mut log = self.log();
        let Done::Sending { id, started, .. } = &log.done else {
            return None;
        };
        let attempt = Attempt {
            external_id: id.clone(),
            stage,
            http_status,
            elapsed: now.saturating_sub(*started),
        };
        log.attempts.push(attempt.clone());
        log.done = Done::Nothing;
        Some(attempt)
    }

    /// Every delivery, the one that is still under way too.
    pub(crate) fn attempts(&self, now: Duration) -> Vec<Attempt> {
        let open = match &self.log().done {
            Done::Sending { sending, .. } => Some(Arc::clone(sending)),
            _ => None,
        };
        if let Some(sending) = open {
            let stage = match sending.http_status() {
                Some(_) => Stage::Unreadable,
                None if sending.departure().is_certainly_ahead() => Stage::NotSent,
                None => Stage::NoAnswer,
            };
            self.end(now, Some(stage), sending.http_status());
        }
        self.log().attempts.clone()
    }

    pub(crate) fn timed_out(&self, limit: Duration) -> Failure {
        let within = format!("within {} ms", limit.as_millis());
        let mut log = self.log();
        let failure = match &log.done {
            Done::Nothing => Failure::no_token_yet(&within),
            Done::Sending { id, sending, .. } => match sending.http_status() {
                Some(status) => Failure::unreadable(format!("HTTP {status}, not whole {within}"))
                    .with_http(status, None)
                    .broken_off(),
                None if sending.departure().is_certainly_ahead() => {
                    Failure::not_connected(format!("there was no connection {within}"))
                }
                None => Failure::no_answer(format!("none came {within}")),
            }
            .with_external_id(id.clone()),
            Done::Paused(_) | Done::Refused { .. } => match std::mem::take(&mut log.done) {
                Done::Paused(failure) => *failure,
                Done::Refused { failure, lacking } => {
                    failure.adding(&format!("; {lacking} {within}"))
                }
                _ => Failure::no_token_yet(&within),
            },
        };
        failure.timed_out()
    }

    fn log(&self) -> MutexGuard<'_, Log> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
