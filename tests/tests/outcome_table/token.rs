//! The columns of token requests.

use std::time::Duration;

use snap_core::{AuthCode, CustomerError, Error};
use snap_sandbox::Fault;

use crate::{
    assert_no_complaints,
    cells::{Cell, Met},
    column,
    script::{Script, scripts},
    subject::Subject,
    world::{WHOSE, World, complaint, is_token},
};

/// What a token is asked for with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grant {
    Merchant,
    Code,
    Refresh,
}

#[derive(Clone)]
struct Case {
    cell: Cell,
    grant: Grant,
    script: Script,
}

pub async fn check(name: &'static str, grant: Grant) {
    let mut complaints = Vec::new();
    let mut played = 0;
    for cell in column(name).filter(|cell| cell.comes_to != "none") {
        let scripts = scripts(&cell, |http, case| grant.code(http, case));
        for script in scripts
            .into_iter()
            .flat_map(|script| variants(cell, script))
        {
            played += 1;
            let case = Case {
                cell,
                grant,
                script,
            };
            let label = case.label();
            if let Some(complaint) = complaint(case.play()).await {
                complaints.push(format!("{label}: {complaint}"));
            }
        }
    }
    assert_no_complaints(&complaints, played);
}

fn variants(cell: Cell, script: Script) -> Vec<Script> {
    match cell.met {
        Met::Stage("local") => vec![Script {
            off_by: BEYOND_ALL_CALENDARS,
            ..script
        }],
        // A connection is not known to be for a token before it is made.
        Met::Stage("not-connected") if script.fault.is_some() => Vec::new(),
        _ if cell.tried.contains(&"clock") => vec![script.clone(), script.with_wrong_clock()],
        _ => vec![script],
    }
}

impl Grant {
    fn operation(self) -> &'static str {
        match self {
            Self::Merchant => "token.b2b",
            _ => "token.b2b2c",
        }
    }

    fn code(self, http_part: u16, case: &str) -> String {
        let service = if self == Self::Merchant { "73" } else { "74" };
        format!("{http_part}{service}{case}")
    }

    /// Asks for a token as an application does for the first time.
    async fn ask(self, world: &World) -> Result<(), Error> {
        match self {
            Self::Merchant => world.client.token(Duration::ZERO).await.map(drop),
            Self::Refresh => self.ask_again(world).await,
            Self::Code => {
                let code = AuthCode::new(world.sandbox.auth_code(WHOSE));
                world.client.customer(WHOSE).authorize(&code).await
            }
        }
    }

    /// As the next call does.
    async fn ask_again(self, world: &World) -> Result<(), Error> {
        match self {
            Self::Merchant => world.client.token(Duration::ZERO).await.map(drop),
            _ => {
                let session = world.client.customer(WHOSE);
                session.token(Duration::ZERO).await.map(drop)
            }
        }
    }

    fn requests(self, world: &World) -> u64 {
        match self {
            Self::Merchant => world.sandbox.token_requests(),
            _ => world.sandbox.customer_token_requests(),
        }
    }
}

impl Case {
    fn label(&self) -> String {
        let Cell {
            rule, met, column, ..
        } = &self.cell;
        format!(
            "{rule} ({met:?}), {column}, {:?}, {}",
            self.grant, self.script.name
        )
    }

    async fn play(self) {
        let world = World::new().await;
        if self.grant == Grant::Refresh {
            world.prepare(Subject::CustomersBalance).await;
            tokio::time::advance(A_LIFE).await;
        }
        self.set_up(&world);
        let before = self.grant.requests(&world);

        let result = self.grant.ask(&world).await;

        let requests = self.grant.requests(&world) - before;
        self.assert_result(&result);
        assert_eq!(requests, self.requests(), "requests: {result:?}");
        self.assert_next(&world).await;
    }

    fn set_up(&self, world: &World) {
        world.clock.set_off_by(self.script.off_by);
        let mut between = self.script.between.clone();
        if let Some(down) = &mut between.unreachable {
            down.path = is_token;
        }
        world.put_between(between);
        let Some((at, act)) = self.script.fault.clone() else {
            return;
        };
        let fault = Fault::new(at, act).with_apply_effect(self.script.effect);
        world.inject(fault.for_operation(self.grant.operation()).times(u32::MAX));
    }

    #[track_caller]
    fn assert_result(&self, result: &Result<(), Error>) {
        let error = match (self.cell.comes_to, result) {
            ("cache", Ok(())) => return,
            ("error" | "stop", Err(error)) => error,
            (comes_to, _) => panic!("expected {comes_to}, got {result:?}"),
        };
        assert_eq!(error.money(), None, "no money is concerned");
        let is_stopped = error.customer_error() == Some(&CustomerError::SessionUnknown);
        // A refresh token is not used up by being asked with.
        let stops = self.cell.comes_to == "stop" && self.grant == Grant::Code;
        assert_eq!(is_stopped, stops, "whether the session is unknown: {error}");
    }

    /// How many requests one call makes.
    fn requests(&self) -> u64 {
        let met = self.cell.met;
        let (never, head_only) = match (met, &self.script.fault) {
            (Met::Stage("local" | "not-connected" | "not-trusted"), _) => (true, false),
            (_, Some((at, _))) => (false, *at < snap_sandbox::At::AfterRequest),
            _ => (false, false),
        };
        if never || head_only {
            return 0;
        }
        let corrects = self.cell.tried.contains(&"clock") && self.script.off_by != 0;
        1 + u64::from(corrects || self.asks_once_more())
    }

    /// A renewal without a readable answer is asked for once more: repeating loses nothing.
    fn asks_once_more(&self) -> bool {
        let is_unanswered = match self.cell.met {
            Met::Stage(stage) => matches!(stage, "no-answer" | "unreadable" | "redirect"),
            Met::Code {
                http_part,
                http_status,
                ..
            } => http_part < 300 && http_status >= 300,
        };
        self.grant == Grant::Refresh && is_unanswered
    }

    /// A token serves the next call; after a failure DOKU is left alone where the cell says so.
    async fn assert_next(&self, world: &World) {
        let before = self.grant.requests(world);

        let next = self.grant.ask_again(world).await;

        let more = self.grant.requests(world) - before;
        let is_cached = self.cell.comes_to == "cache";
        assert_eq!(next.is_ok(), is_cached, "the next call: {next:?}");
        if is_cached || self.cell.tried.contains(&"back-off") {
            assert_eq!(more, 0, "requests of the next call: {next:?}");
        }
    }
}

/// In milliseconds: half a million years.
const BEYOND_ALL_CALENDARS: i64 = 500_000 * 365 * 24 * 3600 * 1000;
const A_LIFE: Duration = Duration::from_secs(901);
