//! Requests, and the faults that wait for them.

use chrono::{DateTime, Utc};

use super::{
    Judge, State,
    apply::{Input, Output},
};
use crate::{
    arrived::Arrived,
    fault::{Asked, Fault, Played, Stage},
    operations::{Served, TokenCall},
    response::Response,
    transaction::{CUSTOMER, EXTERNAL_ID},
};

impl Judge {
    /// Judges one request, records it, and gives what its client gets.
    pub(crate) fn transact(&self, arrived: &Arrived) -> Played {
        let Output::Judged(number, answer, fault, door) = self.take(Input::Whole(arrived)) else {
            return Played::Whole(self.no_response());
        };
        let response = Response::new(answer, number, door);
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
                .or_else(|| self.fault_of_handshake())
        };
        let early = early.or_else(|| self.fault_of(arrived));
        match early {
            Some(fault) => fault.play(self.no_response()),
            None => self.transact(arrived),
        }
    }

    /// The fault of the next connection.
    pub(crate) fn fault_of_connection(&self) -> Option<Fault> {
        self.early_fault(Stage::Connection, Input::Connection)
    }

    /// The fault of the next handshake.
    pub(crate) fn fault_of_handshake(&self) -> Option<Fault> {
        self.early_fault(Stage::Handshake, Input::Handshake)
    }

    /// The fault of a request of which the head has arrived; it is counted then, and goes no further.
    pub(crate) fn fault_of(&self, head: &Arrived) -> Option<Fault> {
        self.early_fault(Stage::Head, Input::Head(head))
    }

    /// Without a fault that waits, nothing is done at all.
    fn early_fault(&self, stage: Stage, input: Input<'_>) -> Option<Fault> {
        if !self.state().faults.waits_at(stage) {
            return None;
        }
        match self.take(input) {
            Output::Fault(fault) => fault,
            _ => None,
        }
    }

    /// Stands for an answer that is never sent whole.
    pub(crate) fn no_response(&self) -> Response {
        Response::none(self.door())
    }

    /// The time of the door.
    fn door(&self) -> DateTime<Utc> {
        self.look(|state, now| state.times.door(now))
    }

    pub(super) fn fault_of_head(&self, state: &mut State, head: &Arrived) -> Option<Fault> {
        let with_customer = head.has(CUSTOMER);
        let here = self
            .catalogue
            .here(head.path(), with_customer, self.rules.unverified);
        let mut operations: Vec<&str> = here.map(|operation| operation.id.as_str()).collect();
        let call = TokenCall::find(&head.method, head.path());
        operations.extend(call.map(|call| Served::Token(call).id()));
        let asked = Asked {
            operations: &operations,
            ..asked(head)
        };
        let fault = state.faults.take(Stage::Head, Some(asked))?;
        state.record.arrive(head);
        Some(fault)
    }
}

/// What the head of a request says to faults, apart from its operation.
pub(super) fn asked(head: &Arrived) -> Asked<'_> {
    Asked {
        operations: &[],
        path: head.path(),
        client: head.first(PARTNER_ID).or_else(|| head.first(CLIENT_KEY)),
        reference: None,
        external_id: head.first(EXTERNAL_ID),
    }
}

/// The client id of a transaction request, and that of a token request.
const PARTNER_ID: &str = "X-PARTNER-ID";
const CLIENT_KEY: &str = "X-CLIENT-KEY";

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;
    use crate::{
        action::Action,
        clock::Clock,
        fault::{Act, At, Faults},
        judge::Rules,
    };

    fn judge() -> Judge {
        Judge::new(1, Clock::fixed(UNIX_EPOCH), Rules::default()).expect("bundled files")
    }

    fn exchange(judge: &Judge) -> Played {
        judge.exchange(&Arrived {
            method: "POST".to_owned(),
            target: "/snap/v1.1/balance-inquiry".to_owned(),
            headers: Vec::new(),
            body: Some(Vec::new()),
        })
    }

    /// The header `Date` of the next answer.
    fn date(judge: &Judge) -> String {
        match exchange(judge) {
            Played::Whole(response) => response.header("date").expect("a date").to_owned(),
            broken => panic!("{broken:?}"),
        }
    }

    /// As a state folder plays them again.
    #[test]
    fn faults_that_were_written_down_strike_the_same_requests_again() {
        let page = Fault::new(At::AfterRequest, Act::Status(503))
            .with_probability(0.5)
            .from_nth(7)
            .times(20);
        let actions = [Action::Inject(page), Action::InjectAny(Faults::all(0.2))];
        let run = |actions: [Action; 2]| {
            let judge = judge();
            for action in actions {
                judge.act(action).expect("possible");
            }
            let played = |_| match exchange(&judge) {
                Played::Whole(response) => response.status.to_string(),
                Played::Broken(broken) => format!("{:?} {:?}", broken.at, broken.act),
            };
            (0..200).map(played).collect::<Vec<_>>()
        };
        let again = actions
            .clone()
            .map(|action| Action::read(&action.to_json()).expect("readable"));

        let (first, second) = (run(actions), run(again));

        assert_eq!(first, second);
        let kinds: std::collections::BTreeSet<_> = first.into_iter().collect();
        assert!(kinds.len() > 5 && kinds.contains("503"), "{kinds:?}");
    }

    #[test]
    fn a_wrong_date_is_off_the_time_of_the_door() {
        let judge = judge();
        let act = |action| judge.act(action).expect("possible");
        act(Action::Skip(Duration::from_secs(13 * 3600)));
        act(Action::DoorOffset(-60));
        act(Action::Inject(Fault::new(At::AfterRequest, Act::Date(90))));
        judge.clock.advance(Duration::from_secs(3600));

        let (wrong, right) = (date(&judge), date(&judge));

        assert_eq!(wrong, "Thu, 01 Jan 1970 01:00:30 GMT");
        assert_eq!(right, "Thu, 01 Jan 1970 00:59:00 GMT");
    }

    #[test]
    fn a_date_beyond_the_calendar_is_the_right_one() {
        let judge = judge();
        for seconds in [i64::MAX, i64::MIN] {
            let fault = Fault::new(At::AfterRequest, Act::Date(seconds));
            judge.act(Action::Inject(fault)).expect("possible");

            assert_eq!(date(&judge), "Thu, 01 Jan 1970 00:00:00 GMT");
        }
    }
}
