//! What goes wrong on request.

use super::Sandbox;
use crate::{
    action::{Action, ActionError},
    exchange::{RawReply, RawRequest},
    fault::{Fault, FaultError},
};

impl Sandbox {
    /// Lets something go wrong for the next request that fits. Of several faults that fit, the one
    /// injected first is played, one per request.
    ///
    /// # Errors
    ///
    /// The fault contradicts itself, or names an operation that is not served.
    pub fn inject(&self, fault: Fault) -> Result<(), FaultError> {
        match self.judge.act(Action::Inject(fault)) {
            Err(ActionError::Fault(error)) => Err(error),
            _ => Ok(()),
        }
    }

    /// Forgets the faults that were injected and not played.
    pub fn clear_faults(&self) {
        let _ = self.judge.act(Action::ClearFaults);
    }

    /// Judges a request as the server does, without a socket: for a test that plays the transport
    /// itself. Faults come back as data; those of [`At::BeforeAccept`](crate::At::BeforeAccept) as if
    /// each product request had a connection of its own.
    #[must_use]
    pub fn exchange(&self, request: RawRequest) -> RawReply {
        self.judge.exchange(&request.into_arrived()).into()
    }
}
