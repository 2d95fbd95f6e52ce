//! How the rule of a cell comes about.

use std::{sync::Arc, time::Duration};

use snap_core::{
    Event, Intent, OperationId, RecordError, RecordFuture, Recorder, transport::TransportStage,
};
use snap_sandbox::{Act, At, Fault};

use crate::{
    cells::{Cell, Met},
    subject::How,
    world::{Between, Unreachable, is_token},
};

/// One way to make a rule apply.
#[derive(Clone)]
pub struct Script {
    /// For messages.
    pub name: String,
    pub fault: Option<(At, Act)>,
    /// Whether the request takes effect all the same.
    pub effect: bool,
    /// How often the fault is played.
    pub times: u32,
    pub between: Between,
    pub how: How,
    /// The client's clock is wrong by that much.
    pub off_by: i64,
    /// It takes all the time there is, so that nothing can be tried after it.
    pub takes_all: bool,
    /// The response code is DOKU's word, and need not be true.
    pub is_word: bool,
}

impl Script {
    fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            fault: None,
            effect: false,
            times: u32::MAX,
            between: Between::default(),
            how: How::default(),
            off_by: 0,
            takes_all: false,
            is_word: false,
        }
    }

    fn fault(at: At, act: Act, effect: bool) -> Self {
        let label = format!("{act:?}");
        let act_name = label.get(..40).unwrap_or(&label);
        let with = if effect { "with" } else { "without" };
        Self {
            takes_all: matches!(act, Act::Hang | Act::Drip { .. }),
            fault: Some((at, act.clone())),
            effect,
            ..Self::new(format!("{at:?} {act_name}, {with} effect"))
        }
    }

    /// The same fault, and then all is well.
    pub fn once(self) -> Self {
        Self {
            name: format!("{}, once", self.name),
            times: 1,
            ..self
        }
    }

    pub fn with_wrong_clock(self) -> Self {
        Self {
            name: format!("{}, clock 5 min fast", self.name),
            off_by: FIVE_MINUTES,
            ..self
        }
    }

    /// The fault for this operation.
    pub fn for_operation(&self, operation: &str) -> Option<Fault> {
        let (at, act) = self.fault.clone()?;
        let fault = Fault::new(at, act)
            .with_apply_effect(self.effect)
            .times(self.times);
        // Before a connection is accepted nobody knows what it is for.
        let is_known = at != At::BeforeAccept;
        Some(if is_known {
            fault.for_operation(operation)
        } else {
            fault
        })
    }
}

/// Every way in which a cell is played. `code` makes a response code of the service.
pub fn scripts(cell: &Cell, code: impl Fn(u16, &str) -> String) -> Vec<Script> {
    match cell.met {
        Met::Code {
            http_part,
            case,
            http_status,
        } => {
            let answer = Act::Answer {
                http: http_status,
                code: code(http_part, case),
            };
            both(At::AfterRequest, answer)
                .map(|script| Script {
                    is_word: true,
                    ..script
                })
                .into()
        }
        Met::Stage(stage) => at_stage(stage),
    }
}

fn at_stage(stage: &str) -> Vec<Script> {
    match stage {
        "local" => vec![Script {
            how: How {
                header: Some(("X-Note", "two\r\nlines")),
                ..How::default()
            },
            ..Script::new("a header of two lines")
        }],
        "journal" => vec![Script {
            how: How {
                recorder: Some(Arc::new(FullDisk)),
                ..How::default()
            },
            ..Script::new("a full disk")
        }],
        "no-token" => vec![Script::new("no token")],
        "not-connected" => vec![
            Script::fault(At::BeforeAccept, Act::Reset, false),
            unreachable(TransportStage::NotConnected),
        ],
        "not-trusted" => vec![unreachable(TransportStage::NotTrusted)],
        "no-answer" => no_answer(),
        "unreadable" => unreadable(),
        "redirect" => redirected(),
        "proxy-auth" => vec![Script::fault(At::AfterRequest, Act::Status(407), false)],
        other => panic!("nobody knows how to play {other}"),
    }
}

/// No connection for any operation.
fn unreachable(stage: TransportStage) -> Script {
    let down = Unreachable {
        path: |path| !is_token(path),
        stage,
        after: Duration::from_millis(5),
        detail: "no connection: the test refuses it",
    };
    Script {
        between: Between::unreachable(down),
        ..Script::new(format!("{stage:?}"))
    }
}

fn no_answer() -> Vec<Script> {
    let mut scripts = Vec::new();
    for at in [At::AfterHead, At::MidBody] {
        for act in [Act::Reset, Act::Close] {
            scripts.push(Script::fault(at, act, false));
        }
    }
    for at in [At::AfterRequest, At::BeforeHead, At::MidHead] {
        for act in [Act::Reset, Act::Close, Act::Hang, Act::Garbage] {
            scripts.extend(both(at, act));
        }
    }
    scripts.extend(both(At::AfterRequest, SLOWLY));
    scripts
}

fn unreadable() -> Vec<Script> {
    let mut scripts = Vec::new();
    for act in [Act::Reset, Act::Close, Act::Hang, SLOWLY] {
        scripts.extend(both(At::MidResponse, act));
    }
    let acts = [
        Act::TruncateWithLength,
        Act::TruncateWithoutLength,
        Act::Html,
        Act::Status(200),
        Act::Status(404),
        Act::Status(502),
        Act::Huge(2 * 1024 * 1024),
        Act::Body {
            http: 200,
            content_type: "application/json".into(),
            bytes: br#"{"responseMessage":"Successful"}"#.to_vec(),
        },
    ];
    scripts.extend(acts.into_iter().flat_map(|act| both(At::AfterRequest, act)));
    scripts.extend(both(At::AfterResponse, Act::Garbage));
    scripts
}

fn redirected() -> Vec<Script> {
    let elsewhere = Act::Redirect("https://elsewhere.example/".to_owned());
    let statuses = [301, 302, 308].map(Act::Status);
    let acts = statuses.into_iter().chain([elsewhere]);
    acts.flat_map(|act| both(At::AfterRequest, act)).collect()
}

fn both(at: At, act: Act) -> [Script; 2] {
    [false, true].map(|effect| Script::fault(at, act.clone(), effect))
}

/// A journal that takes nothing.
#[derive(Debug)]
pub struct FullDisk;

impl Recorder for FullDisk {
    fn intent<'a>(&'a self, _: &'a Intent) -> RecordFuture<'a, ()> {
        Box::pin(async { Err(RecordError::new("no space left on device")) })
    }

    fn event<'a>(&'a self, _: &'a OperationId, _: &'a Event) -> RecordFuture<'a, ()> {
        Box::pin(async { Err(RecordError::new("no space left on device")) })
    }
}

const SLOWLY: Act = Act::Drip {
    bytes_per_second: 1,
};
const FIVE_MINUTES: i64 = 5 * 60 * 1000;
