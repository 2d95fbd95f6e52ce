//! The columns of operations.

use snap_core::{Error, MoneyState};
use snap_sandbox::{Act, At, Fault};

use crate::{
    assert_no_complaints,
    cells::{Cell, Met},
    claims::{assert_comes_to, assert_stage, shown},
    column,
    script::{Script, scripts},
    subject::{Subject, Told},
    world::{Counts, Setting, World, claim, complaint, money},
};

/// A cell, played on one operation in one way.
#[derive(Clone)]
struct Case {
    cell: Cell,
    subject: Subject,
    script: Script,
    /// What it comes to; where the fault ends, what that success comes to.
    comes_to: &'static str,
    sends: u64,
}

pub async fn check(name: &'static str) {
    let mut complaints = Vec::new();
    let mut played = 0;
    for cell in column(name) {
        for subject in Subject::ALL.into_iter().filter(|of| of.column() == name) {
            for case in cases(cell, subject) {
                played += 1;
                let label = case.label();
                if let Some(complaint) = complaint(case.play()).await {
                    complaints.push(format!("{label}: {complaint}"));
                }
            }
        }
    }
    assert_no_complaints(&complaints, played);
}

fn cases(cell: Cell, subject: Subject) -> Vec<Case> {
    let scripts = scripts(&cell, |http_part, case| subject.code(http_part, case));
    let mut cases: Vec<Case> = scripts
        .into_iter()
        .flat_map(|script| variants(cell, script))
        .map(|script| Case {
            cell,
            subject,
            comes_to: cell.comes_to,
            sends: 1 + more_sends(&cell, subject, &script),
            script,
        })
        .collect();
    cases.extend(bare_first_answer(cell, subject));
    let once: Vec<Case> = cases.iter().filter_map(Case::ending).collect();
    cases.extend(once);
    cases
}

/// A wrong clock is told from a right one where the cell corrects it.
fn variants(cell: Cell, script: Script) -> Vec<Script> {
    if cell.tried.contains(&"clock") {
        vec![script.clone(), script.with_wrong_clock()]
    } else {
        vec![script]
    }
}

/// How often it is sent after the first time, if the same happens every time.
fn more_sends(cell: &Cell, subject: Subject, script: &Script) -> u64 {
    if script.takes_all {
        return 0;
    }
    let of = |tried: &&str| match *tried {
        "reconnect" | "retry" => 2,
        "retry-once" | "token" => 1,
        "clock" => u64::from(script.off_by != 0),
        "customer-token" => u64::from(subject.has_customer()),
        other => panic!("nobody knows how {other} is tried"),
    };
    cell.tried.iter().map(of).sum()
}

/// A first answer that does not name the reference proves nothing.
fn bare_first_answer(cell: Cell, subject: Subject) -> Option<Case> {
    let Met::Code {
        http_part,
        case,
        http_status,
    } = cell.met
    else {
        return None;
    };
    let code = subject.code(http_part, case);
    let bytes = format!(r#"{{"responseCode":"{code}","responseMessage":"Successful"}}"#);
    let body = Act::Body {
        http: http_status,
        content_type: "application/json".into(),
        bytes: bytes.into_bytes(),
    };
    let mut script = scripts(&cell, |_, _| code.clone()).pop()?;
    script.name = "an answer without a reference".to_owned();
    script.fault = Some((At::AfterRequest, body));
    (cell.comes_to == "first-answer").then_some(Case {
        cell,
        subject,
        script,
        comes_to: "confirm",
        sends: 1,
    })
}

impl Case {
    fn label(&self) -> String {
        let Cell {
            rule, met, column, ..
        } = &self.cell;
        let (subject, script) = (self.subject, &self.script.name);
        format!("{rule} ({met:?}), {column}, {subject:?}, {script}")
    }

    /// The same, and then all is well: what is tried helps.
    fn ending(&self) -> Option<Self> {
        let ends = self.sends > 1 && !self.script.effect && self.script.fault.is_some();
        ends.then(|| Self {
            comes_to: match self.subject.column() {
                "read" | "session" => "ok",
                "credit" => "accepted-later",
                _ => "accepted",
            },
            sends: 2,
            script: self.script.clone().once(),
            ..self.clone()
        })
    }

    async fn play(self) {
        let setting = Setting::default().sandbox(|builder| builder.accept_duplicates(true));
        let world = World::prepared(setting, self.subject).await;
        world.clock.set_off_by(self.script.off_by);
        world.put_between(self.script.between.clone());
        for fault in self.faults() {
            world.inject(fault);
        }
        let operation = self.subject.operation();
        let before = world.counts(operation);

        let result = world.call(self.subject, self.script.how.clone()).await;

        let happened = world.counts(operation).since(before);
        self.assert_result(&result);
        self.assert_sends(&happened, &result);
        self.assert_ledger(&world, &result);
    }

    fn faults(&self) -> Vec<Fault> {
        if self.cell.rule == "no-token" {
            let down = Fault::new(At::AfterRequest, Act::Status(503));
            return vec![down.for_operation("token.b2b").times(u32::MAX)];
        }
        let fault = self.script.for_operation(self.subject.operation());
        fault.into_iter().collect()
    }

    #[track_caller]
    fn assert_result(&self, result: &Result<Told, Error>) {
        let comes_to = match self.comes_to {
            // What cannot happen changes nothing: a journal is not asked about a read.
            "none" => "ok",
            comes_to => comes_to,
        };
        assert_comes_to(comes_to, self.subject, result);
        if comes_to == self.cell.comes_to {
            assert_stage(self.cell.met, result);
        }
    }

    /// Nothing is sent that the cell does not say.
    #[track_caller]
    fn assert_sends(&self, happened: &Counts, result: &Result<Told, Error>) {
        let (tokens, sends) = match self.cell.rule {
            "local" => (0, 0),
            "journal" if self.cell.comes_to != "none" => (1, 0),
            "no-token" => (1, 0),
            "token-refused" => (2, self.sends),
            _ => (1, self.sends),
        };
        assert_eq!(happened.connections, sends, "sends: {}", shown(result));
        assert_eq!(happened.tokens, tokens, "token requests: {}", shown(result));
        if let Err(error) = result {
            assert_eq!(error.attempts().len() as u64, sends, "attempts of {error}");
        }
    }

    #[track_caller]
    fn assert_ledger(&self, world: &World, result: &Result<Told, Error>) {
        let (Some(reference), Some(state)) = (self.subject.reference(), money(result)) else {
            return;
        };
        let ledger = world.sandbox.ledger();
        ledger.assert_balanced();
        if self.is_settled_by_effect() {
            let effects = ledger.effects(reference);
            assert_eq!(
                effects,
                usize::from(self.script.effect),
                "effects of the fault"
            );
        }
        if self.script.is_word && self.is_lie(state) {
            return;
        }
        ledger.assert_claims(&[(reference.to_owned(), claim(state))]);
        ledger.assert_no_double_effect();
        let is_success = self.comes_to == self.subject.accepted() || self.comes_to == "accepted";
        if is_success && self.script.times == 1 {
            assert_eq!(ledger.effects(reference), 1, "effects");
        }
    }

    /// Whether one whole request arrived, so that the fault alone decides what took effect.
    fn is_settled_by_effect(&self) -> bool {
        let fault = self.script.fault.as_ref();
        let is_whole = fault.is_some_and(|(at, _)| *at >= At::AfterRequest);
        is_whole && self.script.times != 1 && self.sends == 1
    }

    /// Whether the sandbox was made to say what is not true.
    fn is_lie(&self, state: &MoneyState) -> bool {
        if self.script.times == 1 {
            return false;
        }
        match state {
            MoneyState::Moved(_) => !self.script.effect,
            MoneyState::NotMoved(_) => self.script.effect,
            _ => false,
        }
    }
}
