//! What goes wrong on request.

use super::Sandbox;
use crate::{
    action::{Action, ActionError},
    exchange::{RawReply, RawRequest},
    fault::{Fault, FaultError, Faults, WaitingFault},
    json::Json,
};

impl Sandbox {
    /// Lets something go wrong for the next request that fits. Of several faults that fit, the one
    /// injected first is played, one per request. Gives an id for [`remove_fault`](Self::remove_fault).
    ///
    /// # Errors
    ///
    /// The fault contradicts itself, or names an operation that is not served; or the state folder cannot be
    /// written.
    pub fn inject(&self, fault: Fault) -> Result<u64, FaultError> {
        self.injected(Action::Inject(fault))
    }

    /// Lets anything go wrong, by chance. Faults injected before it come first.
    ///
    /// # Errors
    ///
    /// The faults name an operation that is not served.
    pub fn inject_any(&self, faults: Faults) -> Result<u64, FaultError> {
        self.injected(Action::InjectAny(faults))
    }

    fn injected(&self, action: Action) -> Result<u64, FaultError> {
        let made = match self.judge.act(action) {
            Ok(made) => made,
            Err(ActionError::Fault(error)) => return Err(error),
            Err(_) => return Err(FaultError::NotKept),
        };
        match made.member("id") {
            Some(Json::Number(id)) => Ok(id.parse().unwrap_or_default()),
            _ => Ok(0),
        }
    }

    /// Forgets a fault; false if it was played as often as it should, or never injected.
    pub fn remove_fault(&self, id: u64) -> bool {
        self.judge.act(Action::RemoveFault(id)).is_ok()
    }

    /// The faults that wait to be played, in the order of their injection.
    #[must_use]
    pub fn faults(&self) -> Vec<WaitingFault> {
        self.judge.look(|state, _| state.faults.waiting())
    }

    /// Forgets the faults that were injected and not played.
    pub fn clear_faults(&self) {
        let _ = self.judge.act(Action::ClearFaults);
    }

    /// Judges a request as the server does, without a socket: for a test that plays the transport
    /// itself. Faults come back as data; those of [`At::BeforeAccept`](crate::At::BeforeAccept) and
    /// [`At::Tls`](crate::At::Tls) as if each product request had a connection of its own.
    #[must_use]
    pub fn exchange(&self, request: RawRequest) -> RawReply {
        self.judge.exchange(&request.into_arrived()).into()
    }
}
