//! One row of the matrix, and everything that has to hold in each.

use std::{error::Error as _, fmt::Write as _, sync::Arc, time::Duration};

use snap_core::{Clock, Error, MoneyState, Stage};
use snap_sandbox::{Act, At, Fault};
use snap_suite::{
    Captured,
    requests::{ACCOUNT, PERSONAL_ID, PHONE},
};
use tokio::{runtime::Handle, time::sleep};

use crate::{
    subject::{AGENT_KEY, How, Subject, Told},
    world::{Between, Setting, WHOSE, World, claim, complaint, money, name},
};

/// A fault, and what each kind of operation comes to.
#[derive(Clone)]
pub struct Row {
    pub number: &'static str,
    at: At,
    act: Option<Arc<dyn Fn(Subject) -> Act + Send + Sync>>,
    effects: &'static [bool],
    times: u32,
    pub setting: Setting,
    pub between: Between,
    pub how: How,
    /// The answer is DOKU's word, and the ledger is asked only where it is true.
    is_word: bool,
    money: Option<Expected>,
    read: Option<Expected>,
    session: Option<Expected>,
}

/// What a call comes to.
#[derive(Clone, Copy, Debug)]
struct Expected {
    /// `ok`, `error`, the name of a state, or `accepted`.
    comes_to: &'static str,
    sends: u64,
    /// Of the error.
    stage: Option<Stage>,
}

impl Row {
    /// A row without a fault.
    pub fn new(number: &'static str) -> Self {
        Self {
            number,
            at: At::AfterRequest,
            act: None,
            effects: &[false],
            times: u32::MAX,
            setting: Setting::default(),
            between: Between::default(),
            how: How::default(),
            is_word: false,
            money: None,
            read: None,
            session: None,
        }
    }

    /// A fault that is played every time.
    pub fn fault(number: &'static str, at: At, act: Act) -> Self {
        Self::per_subject(number, at, move |_| act.clone())
    }

    /// A SNAP answer, which is DOKU's word.
    pub fn answer(number: &'static str, http: u16, http_part: u16, case: &'static str) -> Self {
        let act = move |subject: Subject| Act::Answer {
            http,
            code: subject.code(http_part, case),
        };
        Self {
            is_word: true,
            ..Self::per_subject(number, At::AfterRequest, act)
        }
    }

    pub fn per_subject(
        number: &'static str,
        at: At,
        act: impl Fn(Subject) -> Act + Send + Sync + 'static,
    ) -> Self {
        let can_arrive = at >= At::AfterRequest;
        Self {
            at,
            act: Some(Arc::new(act)),
            effects: if can_arrive { &[false, true] } else { &[false] },
            ..Self::new(number)
        }
    }

    /// It cannot have taken effect, whatever the sandbox could play.
    pub fn without_effect(mut self) -> Self {
        self.effects = &[false];
        self
    }

    pub fn with_effect(mut self) -> Self {
        self.effects = &[true];
        self
    }

    pub fn times(mut self, times: u32) -> Self {
        self.times = times;
        self
    }

    pub fn money(mut self, comes_to: &'static str, stage: impl Into<Option<Stage>>) -> Self {
        self.money = Some(Expected::new(comes_to, 1, stage.into()));
        self
    }

    pub fn read(mut self, comes_to: &'static str, sends: u64) -> Self {
        self.read = Some(Expected::new(comes_to, sends, None));
        self
    }

    pub fn session(mut self, comes_to: &'static str) -> Self {
        self.session = Some(Expected::new(comes_to, 1, None));
        self
    }

    /// Money calls and sessions are sent that often, where it is not once.
    pub fn sends(mut self, sends: u64) -> Self {
        for expected in [&mut self.money, &mut self.session].into_iter().flatten() {
            expected.sends = sends;
        }
        self
    }

    /// Plays the row for all that it is about.
    pub async fn check(self) {
        let (logs, _guard) = Captured::on_this_thread();
        let mut complaints = Vec::new();
        let mut played = 0;
        for subject in Subject::ALL {
            let Some(expected) = self.expected(subject) else {
                continue;
            };
            for effect in self.effects {
                played += 1;
                let case = Case {
                    row: self.clone(),
                    subject,
                    effect: *effect,
                    expected,
                };
                let label = format!("row {}, {subject:?}, effect {effect}", self.number);
                if let Some(complaint) = complaint(case.play(logs.clone())).await {
                    complaints.push(format!("{label}: {complaint}"));
                }
            }
        }
        let told = complaints.join("\n");
        assert!(
            complaints.is_empty(),
            "{} of {played}:\n{told}",
            complaints.len()
        );
        assert_ne!(played, 0, "nothing was played");
    }

    fn expected(&self, subject: Subject) -> Option<Expected> {
        match subject.column() {
            "read" => self.read,
            "session" => self.session,
            _ => self.money,
        }
    }
}

impl Expected {
    fn new(comes_to: &'static str, sends: u64, stage: Option<Stage>) -> Self {
        Self {
            comes_to,
            sends,
            stage,
        }
    }
}

struct Case {
    row: Row,
    subject: Subject,
    effect: bool,
    expected: Expected,
}

impl Case {
    async fn play(self, logs: Captured) {
        let world = World::prepared(self.setting(), self.subject).await;
        world.put_between(self.row.between.clone());
        if let Some(act) = &self.row.act {
            let fault = Fault::new(self.row.at, act(self.subject)).times(self.row.times);
            let fault = match self.row.at {
                At::BeforeAccept => fault,
                _ => fault.for_operation(self.subject.operation()),
            };
            world.inject(fault.with_apply_effect(self.effect));
        }
        let operation = self.subject.operation();
        let (before, tasks) = (world.counts(operation), tasks());
        let started = world.clock.monotonic();

        let result = world.call(self.subject, self.row.how.clone()).await;

        let took = world.clock.monotonic() - started;
        assert!(took <= LIMIT + SLACK, "it took {took:?}");
        let sends = world.counts(operation).since(before).connections;
        assert_eq!(sends, self.expected.sends, "sends: {}", shown(&result));
        self.assert_result(&result);
        self.assert_ledger(&world, &result);
        assert_nothing_shown(&world, &result, &logs.take());
        sleep(Duration::from_secs(1)).await;
        assert!(self::tasks() <= tasks, "tasks are left");
    }

    /// An operation that arrives twice takes effect twice.
    fn setting(&self) -> Setting {
        let own = self.row.setting.clone();
        if own.has_sandbox() {
            return own;
        }
        own.sandbox(|builder| builder.accept_duplicates(true))
    }

    #[track_caller]
    fn assert_result(&self, result: &Result<Told, Error>) {
        let name = match (money(result), result) {
            (Some(state), _) => name(state),
            (None, Ok(_)) => "ok",
            (None, Err(_)) => "error",
        };
        let expected = match self.expected.comes_to {
            "accepted" => self.subject.accepted(),
            comes_to => comes_to,
        };
        assert_eq!(name, expected, "{}", shown(result));
        if let Err(error) = result {
            self.assert_error(error);
        }
    }

    /// How far it got, and under which names.
    #[track_caller]
    fn assert_error(&self, error: &Error) {
        if let Some(stage) = self.expected.stage {
            assert_eq!(error.stage(), stage, "{error}");
        }
        let attempts = error.attempts();
        assert_eq!(
            attempts.len() as u64,
            self.expected.sends,
            "attempts of {error}"
        );
        assert_eq!(
            error.reference(),
            self.subject.reference(),
            "reference of {error}"
        );
        if let Some(reference) = error.reference() {
            assert!(error.to_string().contains(reference), "{error}");
        }
        let Some(last) = attempts.last() else { return };
        assert_eq!(error.external_id(), Some(&last.external_id), "{error}");
        assert!(
            error.to_string().contains(last.external_id.as_str()),
            "{error}"
        );
    }

    #[track_caller]
    fn assert_ledger(&self, world: &World, result: &Result<Told, Error>) {
        let (Some(reference), Some(state)) = (self.subject.reference(), money(result)) else {
            return;
        };
        let ledger = world.sandbox.ledger();
        ledger.assert_balanced();
        ledger.assert_no_double_effect();
        if self.is_settled_by_effect() {
            let effects = ledger.effects(reference);
            assert_eq!(effects, usize::from(self.effect), "effects of the fault");
        }
        if !self.is_lie(state) {
            ledger.assert_claims(&[(reference.to_owned(), claim(state))]);
        }
    }

    /// Whether one whole request arrived, so that the fault alone decides what took effect.
    fn is_settled_by_effect(&self) -> bool {
        let is_whole = self.row.act.is_some() && self.row.at >= At::AfterRequest;
        is_whole && self.row.times != 1 && self.expected.sends == 1
    }

    /// Whether the sandbox was made to say what is not true.
    fn is_lie(&self, state: &MoneyState) -> bool {
        self.row.is_word
            && match state {
                MoneyState::Moved(_) => !self.effect,
                MoneyState::NotMoved(_) => self.effect,
                _ => false,
            }
    }
}

/// Neither in the error nor in any log.
#[track_caller]
pub fn assert_nothing_shown(world: &World, result: &Result<Told, Error>, logs: &str) {
    let mut text = logs.to_owned();
    match result {
        Ok(told) => text.push_str(&told.text),
        Err(error) => {
            // Writing to a String does not fail.
            let _ = write!(text, "{error} {error:?} {error:#?} {:?}", error.pending());
            let mut source = error.source();
            while let Some(cause) = source {
                let _ = write!(text, " {cause} {cause:?}");
                source = cause.source();
            }
        }
    }
    assert!(text.contains("snap_core"), "nothing was captured");
    world.sandbox.assert_absent_from(&text);
    for personal in [WHOSE, PHONE, PERSONAL_ID, ACCOUNT, AGENT_KEY] {
        assert!(!text.contains(personal), "{personal} is shown: {text}");
    }
}

pub fn shown(result: &Result<Told, Error>) -> String {
    match result {
        Ok(told) => format!("ok, {:?}", told.money),
        Err(error) => error.to_string(),
    }
}

fn tasks() -> usize {
    Handle::current().metrics().num_alive_tasks()
}

/// The default one of a call.
pub const LIMIT: Duration = Duration::from_secs(30);
pub const SLACK: Duration = Duration::from_millis(50);
