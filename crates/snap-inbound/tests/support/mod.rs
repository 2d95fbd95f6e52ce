//! A merchant on a clock that stands still, and what DOKU sends to it.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    reason = "helpers of tests, of which each target uses a part"
)]

use std::{
    sync::{Arc, Mutex},
    time::{Duration, SystemTime},
};

use serde::{Deserialize, Serialize};
use snap_inbound::{
    ClientId, Clock, Issued, IssuedTokenStore, Message, Notification, Service, StoreFuture,
    TokenHash, Unreadable,
};

/// 2026-11-20T17:30:00+07:00, the moment of the vectors.
pub const NOW: u64 = 1_795_170_600;

/// A clock that is moved by hand.
#[derive(Clone, Debug)]
pub struct ManualClock(Arc<Mutex<SystemTime>>);

impl ManualClock {
    pub fn at(unix_seconds: u64) -> Self {
        let time = SystemTime::UNIX_EPOCH + Duration::from_secs(unix_seconds);
        Self(Arc::new(Mutex::new(time)))
    }

    pub fn advance(&self, by: Duration) {
        *self.0.lock().unwrap() += by;
    }
}

impl Clock for ManualClock {
    fn now(&self) -> SystemTime {
        *self.0.lock().unwrap()
    }

    fn monotonic(&self) -> Duration {
        self.now().duration_since(SystemTime::UNIX_EPOCH).unwrap()
    }
}

/// Any JSON as a debit notification.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
pub struct Anything(pub serde_json::Value);

#[derive(Debug, Serialize)]
pub struct NoMembers {}

impl Message for Anything {
    const SERVICE: Service = Service::DEBIT_NOTIFY;

    fn check(&self) -> Result<(), Unreadable> {
        Ok(())
    }
}

impl Notification for Anything {
    type Acknowledgement = NoMembers;

    fn acknowledgement(&self) -> NoMembers {
        NoMembers {}
    }
}

/// A store that never answers.
#[derive(Debug)]
pub struct Hanging;

impl IssuedTokenStore for Hanging {
    fn put<'a>(&'a self, _: &'a TokenHash, _: &'a Issued, _: SystemTime) -> StoreFuture<'a, ()> {
        Box::pin(std::future::pending())
    }

    fn owner<'a>(&'a self, _: &'a TokenHash) -> StoreFuture<'a, Option<Issued>> {
        Box::pin(std::future::pending())
    }

    fn revoke_all<'a>(&'a self, _: &'a str, _: &'a ClientId) -> StoreFuture<'a, ()> {
        Box::pin(std::future::pending())
    }

    fn is_durable(&self) -> bool {
        true
    }
}

/// The vectors of one kind: this crate's, and those of `snap-sign`, which concern signatures.
pub fn vectors(kind: &str) -> Vec<serde_json::Value> {
    let own = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/vectors");
    let signing = concat!(env!("CARGO_MANIFEST_DIR"), "/../snap-sign/testdata/vectors");
    let mut found: Vec<serde_json::Value> = [own, signing]
        .into_iter()
        .flat_map(|folder| std::fs::read_dir(folder).unwrap())
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|end| end == "json"))
        .map(|path| serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap())
        .filter(|vector: &serde_json::Value| vector["kind"] == kind)
        .collect();
    found.sort_by_key(|vector| vector["name"].to_string());
    found
}
