use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use crate::{Error, ExternalId, error::Failure, response::Answer, transport::Sending};

/// What a call that runs out of time had done by then.
#[derive(Default)]
pub(crate) struct Progress(Mutex<Done>);

#[derive(Default)]
pub(crate) enum Done {
    #[default]
    Nothing,
    Sending(ExternalId, Arc<Sending>),
    /// DOKU refused the token; the replay waits for another one.
    Refused(Answer),
}

impl Progress {
    pub(crate) fn set(&self, done: Done) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = done;
    }

    pub(crate) fn timed_out(self, limit: Duration) -> Error {
        let within = format!("within {} ms", limit.as_millis());
        let failure = match self.0.into_inner().unwrap_or_else(PoisonError::into_inner) {
            Done::Nothing => Failure::not_sent(format!("there was no access token {within}")),
            Done::Refused(answer) => {
                Failure::refused(answer).adding(&format!("; there was no new token {within}"))
            }
            Done::Sending(id, sending) => match sending.http_status() {
                Some(status) => Failure::unreadable(format!("HTTP {status}, not whole {within}"))
                    .with_http(status, None),
                None => Failure::no_answer(format!("none came {within}")),
            }
            .with_external_id(id),
        };
        failure.timed_out().into()
    }
}
