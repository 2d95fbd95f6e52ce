//! A fleet of processes, and what the sandbox saw of it.

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader},
    process::Child,
    sync::mpsc::{Receiver, Sender, channel},
    time::Duration,
};

use rand::RngExt;
use snap_core::{Clock as _, SystemClock};
use snap_sandbox::{Clock, Sandbox};
use tokio::time::Instant;

use crate::{
    fast::{FACTOR, FastClock},
    server::Server,
    worker::Orders,
};

#[derive(Clone)]
pub(crate) struct Plan {
    processes: usize,
    callers: usize,
    kills: bool,
    restarts: u32,
    skews: Vec<i64>,
    store: bool,
    lives: u32,
}

impl Plan {
    pub(crate) fn of(processes: usize, callers: usize) -> Self {
        Self {
            processes,
            callers,
            kills: false,
            restarts: 0,
            skews: vec![0],
            store: true,
            lives: 20,
        }
    }

    /// One process is killed each second, and another one takes its place.
    pub(crate) fn with_kills(mut self) -> Self {
        self.kills = true;
        self
    }

    pub(crate) fn with_restarts(mut self, restarts: u32) -> Self {
        self.restarts = restarts;
        self
    }

    pub(crate) fn with_skews(mut self, skews: &[i64]) -> Self {
        self.skews = skews.to_vec();
        self
    }

    pub(crate) fn without_store(mut self) -> Self {
        self.store = false;
        self
    }

    pub(crate) fn for_lives(mut self, lives: u32) -> Self {
        self.lives = lives;
        self
    }
}

pub(crate) struct Fleet {
    plan: Plan,
    server: Option<Server>,
    sandbox: Sandbox,
    orders: Orders,
    processes: Vec<Child>,
    said: (Sender<String>, Receiver<String>),
}

/// What became of it.
#[derive(Debug, Default)]
pub(crate) struct Report {
    lives: usize,
    /// When token requests arrived, in real time.
    tokens: Vec<Duration>,
    /// What failed calls said, and how many said it.
    failed: BTreeMap<String, u32>,
    calls: u64,
    kills: u32,
    /// Calls that the sandbox refused for their token.
    refused: usize,
}

impl Fleet {
    pub(crate) async fn start(plan: Plan) -> Self {
        let server = plan.store.then(Server::start);
        let began = SystemClock::new().now();
        let clock = FastClock::since(began, 0);
        let sandbox = Sandbox::builder()
            .clock(Clock::from_fn(move || clock.now()))
            .start()
            .await
            .unwrap();
        let url = server.as_ref().map(Server::url);
        let mut orders = Orders::of(&sandbox, url, began);
        orders.callers = plan.callers;
        Self {
            plan,
            server,
            sandbox,
            orders,
            processes: Vec::new(),
            said: channel(),
        }
    }

    pub(crate) async fn run(mut self) -> Report {
        for number in 0..self.plan.processes {
            let process = self.launch(number);
            self.processes.push(process);
        }
        let mut report = Report {
            lives: usize::try_from(self.plan.lives).unwrap(),
            ..Report::default()
        };
        let began = now();
        let whole = USED_LIFE * self.plan.lives;
        let mut next_kill = began + Duration::from_secs(1);
        let mut restarts = 0;
        // A process that is killed while it fetches keeps the others waiting: then it takes longer.
        let longest = whole * 3 / 2;
        while now() < began + whole || report.tokens.len() < report.lives && now() < began + longest
        {
            // In real time, because the processes live in it.
            tokio::time::sleep(Duration::from_millis(2)).await;
            let requests = self.sandbox.token_requests();
            while report.tokens.len() < usize::try_from(requests).unwrap() {
                report.tokens.push(now() - began);
            }
            if self.plan.kills && now() >= next_kill {
                next_kill += Duration::from_secs(1);
                report.kills += 1;
                self.kill_one();
            }
            let due = began + whole * (restarts + 1) / (self.plan.restarts + 1);
            if restarts < self.plan.restarts && now() >= due {
                restarts += 1;
                self.restart_server().await;
            }
        }
        self.end(&mut report);
        report
    }

    fn launch(&self, number: usize) -> Child {
        let mut orders = self.orders.clone();
        orders.skew_s = self.plan.skews[number % self.plan.skews.len()];
        let mut process = orders.start();
        let stdout = process.stdout.take().unwrap();
        let said = self.said.0.clone();
        std::thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                let _ = said.send(line);
            }
        });
        process
    }

    fn kill_one(&mut self) {
        let number = rand::rng().random_range(0..self.processes.len());
        self.processes[number].kill().unwrap();
        self.processes[number].wait().unwrap();
        self.processes[number] = self.launch(number);
    }

    async fn restart_server(&mut self) {
        let mut server = self.server.take().unwrap();
        let restarted = tokio::task::spawn_blocking(move || {
            server.kill();
            std::thread::sleep(Duration::from_millis(300));
            server.launch();
            server
        });
        self.server = Some(restarted.await.unwrap());
    }

    fn end(mut self, report: &mut Report) {
        for process in &mut self.processes {
            // The end of its input is the end of its work.
            drop(process.stdin.take());
        }
        for process in &mut self.processes {
            assert!(process.wait().unwrap().success());
        }
        drop(self.said.0);
        for line in self.said.1 {
            if let Some(calls) = line.strip_prefix("calls ") {
                report.calls += calls.parse::<u64>().unwrap();
            } else if line.starts_with("failed ") {
                *report.failed.entry(line).or_default() += 1;
            }
        }
        let requests = self.sandbox.requests();
        let refused = |code: &Option<String>| {
            let code = code.as_deref().unwrap_or_default();
            code.starts_with("401") && (code.ends_with("01") || code.ends_with("03"))
        };
        report.refused = requests
            .iter()
            .filter(|it| refused(&it.response_code))
            .count();
        println!("{report:?}");
    }
}

impl Report {
    /// How many tokens were asked for before the one before them was due.
    pub(crate) fn short_lives(&self) -> usize {
        let pairs = self.tokens.windows(2);
        pairs.filter(|pair| pair[1] - pair[0] < SHORTEST).count()
    }

    #[track_caller]
    pub(crate) fn assert_one_token_at_a_time(&self) {
        assert!(self.short_lives() <= 1, "{self:?}");
        // And that it ran at all.
        let expected = self.lives..=self.lives + 2;
        assert!(expected.contains(&self.tokens.len()), "{self:?}");
    }

    #[track_caller]
    pub(crate) fn assert_no_call_failed(&self) {
        assert!(self.failed.is_empty(), "{self:?}");
        assert!(self.calls > 1_000, "{self:?}");
    }
}

fn now() -> Instant {
    tokio::time::sleep(Duration::ZERO).deadline()
}

const LIFE: Duration = Duration::from_millis(900_000 / FACTOR as u64);
/// A token is replaced in the last tenth of its life, at 87 % at the earliest.
const USED_LIFE: Duration = Duration::from_millis(LIFE.as_millis() as u64 * 90 / 100);
const SHORTEST: Duration = Duration::from_millis(LIFE.as_millis() as u64 * 80 / 100);
