//! Carries out what is due, one errand at a time.

use std::{sync::Arc, time::Duration};

use tokio::sync::{Notify, watch};

use crate::{
    action::{Action, ActionError},
    judge::Judge,
    server::ended,
};

/// How the worker and those who wait for it find each other.
#[derive(Debug, Default)]
pub(crate) struct Bell {
    /// Something may be due.
    rung: Notify,
    /// Nothing is due, and nothing is under way.
    idle: Notify,
}

impl Bell {
    pub(crate) fn ring(&self) {
        self.rung.notify_one();
    }
}

/// Works until the sender of `stopped` is gone.
///
/// One errand at a time: the order in which a merchant hears of things is then the same in every run.
pub(crate) async fn run(judge: Arc<Judge>, stopped: watch::Receiver<()>) {
    tokio::select! {
        () = work(&judge) => {}
        () = ended(stopped) => {}
    }
}

async fn work(judge: &Judge) {
    loop {
        let renewed = judge.rules.renew_timestamps;
        let errand = judge.look(|state, now| {
            let errand = state.notifications.errand(now, &state.times, renewed);
            errand.ok_or_else(|| state.next_due().map(|due| due - now))
        });
        match errand {
            Ok(errand) => {
                let hearing = errand.carry_out(judge).await;
                // An error of another kind says that the notification was forgotten meanwhile.
                if let Err(ActionError::NotKept(_)) = judge.act(Action::Hear(hearing)) {
                    // It will be sent again, and must not be at once, again and again.
                    tokio::time::sleep(A_WHILE).await;
                }
            }
            Err(next) => {
                judge.bell.idle.notify_waiters();
                let next = next.map(|wait| wait.to_std().unwrap_or_default());
                until(judge, next).await;
            }
        }
    }
}

/// Waits until somebody rings, or that much time has passed. By a clock that stands still something may
/// be due soon for ever, so it is not asked too often.
async fn until(judge: &Judge, next: Option<Duration>) {
    let timer = async {
        match next {
            Some(wait) => tokio::time::sleep(wait.max(SHORTEST)).await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        () = judge.bell.rung.notified() => {}
        () = timer => {}
    }
}

impl Judge {
    /// Waits until no notification is due and none is under way.
    pub(crate) async fn notifications_idle(&self) {
        loop {
            let mut idle = std::pin::pin!(self.bell.idle.notified());
            idle.as_mut().enable();
            if !self.look(|state, now| state.notifications.is_due(now)) {
                return;
            }
            self.bell.ring();
            idle.await;
        }
    }
}

/// The pause after an outcome that the state folder could not keep.
const A_WHILE: Duration = Duration::from_secs(5);
const SHORTEST: Duration = Duration::from_millis(50);
