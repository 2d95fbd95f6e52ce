use std::sync::Arc;

use tokio::sync::watch;

use super::error::TokenError;
use crate::{AuthCode, CustomerError, Stage};

/// The exchange of one auth code, as those see it who wait for it.
#[derive(Debug)]
pub(super) struct Exchange {
    code: AuthCode,
    result: watch::Receiver<Option<Exchanged>>,
}

pub(super) type Exchanged = Result<(), TokenError>;

impl Exchange {
    /// An exchange that runs until something is sent, or the sender is gone.
    pub(super) fn new(code: AuthCode) -> (watch::Sender<Option<Exchanged>>, Arc<Self>) {
        let (sender, result) = watch::channel(None);
        (sender, Arc::new(Self { code, result }))
    }

    /// Whether sending this code would be sending it twice: it is under way, or DOKU took it and
    /// whoever sent it does not know.
    pub(super) fn serves(&self, code: &AuthCode) -> bool {
        let succeeded = || matches!(&*self.result.borrow(), Some(Ok(())));
        self.code.0 == code.0 && (self.is_running() || succeeded())
    }

    pub(super) fn is_running(&self) -> bool {
        self.result.borrow().is_none() && self.result.has_changed().is_ok()
    }

    pub(super) async fn result(&self) -> Exchanged {
        let mut result = self.result.clone();
        let ended = result.wait_for(Option::is_some).await;
        let ended = ended.ok().and_then(|ended| ended.clone());
        ended.unwrap_or_else(|| {
            let error = TokenError::abandoned().at(Stage::NoAnswer);
            Err(error.because_of(CustomerError::SessionUnknown))
        })
    }
}
