//! Requests, and the faults that wait for them.

use super::Judge;
use crate::{
    arrived::Arrived,
    fault::{Asked, Fault, Played},
    operations::{Served, TokenCall},
    response::Response,
    transaction::{CUSTOMER, EXTERNAL_ID},
};

impl Judge {
    /// Judges one request, records it, and gives what its client gets.
    pub(crate) fn transact(&self, arrived: &Arrived) -> Played {
        let (number, answer, fault) = self.judged(arrived);
        let response = Response::new(answer, number, self.clock.utc());
        match fault {
            Some(fault) => fault.play(response),
            None => Played::Whole(response),
        }
    }

    /// As [`transact`](Self::transact), with the faults that strike before a request is whole.
    pub(crate) fn exchange(&self, arrived: &Arrived) -> Played {
        let is_token = TokenCall::find(&arrived.method, arrived.path()).is_some();
        let early = if is_token {
            None
        } else {
            self.fault_of_connection()
        };
        let early = early.or_else(|| self.fault_of_head(arrived));
        match early {
            Some(fault) => fault.play(Response::none(self.clock.utc())),
            None => self.transact(arrived),
        }
    }

    /// The fault of the next connection.
    pub(crate) fn fault_of_connection(&self) -> Option<Fault> {
        self.state().faults.take_connection()
    }

    /// The fault of a request of which the head has arrived; it is counted then, and goes no further.
    pub(crate) fn fault_of_head(&self, head: &Arrived) -> Option<Fault> {
        if self.state().faults.is_empty() {
            return None;
        }
        let with_customer = head.has(CUSTOMER);
        let here = self
            .catalogue
            .here(head.path(), with_customer, self.rules.unverified);
        let mut operations: Vec<&str> = here.map(|operation| operation.id.as_str()).collect();
        let call = TokenCall::find(&head.method, head.path());
        operations.extend(call.map(|call| Served::Token(call).id()));
        let mut state = self.state();
        let fault = state.faults.take_head(Asked {
            operations: &operations,
            reference: None,
            external_id: head.first(EXTERNAL_ID),
        })?;
        state.record.arrive(head);
        Some(fault)
    }
}
