use std::{
    collections::HashMap,
    fmt,
    future::Future,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime},
};

use snap_sign::AccessToken;

use super::{AuthCode, CustomerError, CustomerKey, CustomerToken, CustomerTokenPair};
use crate::{
    Config, Error,
    error::Failure,
    token::{
        CUSTOMER_TOKEN, Entry, LIFE_UNKNOWN, NewEntry, Refresh, StoreError, TokenCell, TokenError,
        is_usable,
    },
};

/// The cells of a client's customers, one for each key. Nothing goes from one to another.
pub(crate) struct CustomerCells {
    config: Arc<Config>,
    merchant: TokenCell,
    cells: Mutex<HashMap<CustomerKey, TokenCell>>,
}

impl CustomerCells {
    pub(crate) fn new(config: Arc<Config>, merchant: TokenCell) -> Self {
        Self {
            config,
            merchant,
            cells: Mutex::default(),
        }
    }

    /// The cell of one customer. An empty key is a name that was not filled in: everybody without a
    /// name would share one slot.
    pub(crate) fn cell(&self, key: &CustomerKey) -> Result<TokenCell, TokenError> {
        if key.as_str().trim().is_empty() {
            return Err(TokenError::local("the customer's key is empty"));
        }
        let mut cells = self.cells();
        if let Some(cell) = cells.get(key) {
            return Ok(cell.clone());
        }
        let cell = self.merchant.customer(key.clone());
        cells.insert(key.clone(), cell.clone());
        Ok(cell)
    }

    pub(crate) async fn token(
        &self,
        key: &CustomerKey,
        min_life: Duration,
    ) -> Result<CustomerToken, Error> {
        let cell = self.cell(key).map_err(no_token)?;
        match self.limited(cell.token(min_life)).await {
            Some(Ok(token)) => Ok(CustomerToken(token)),
            Some(Err(error)) => Err(no_token(error)),
            None => {
                let detail = format!("there was no token of the customer {}", self.within());
                Err(failed(Failure::not_sent(detail).timed_out()))
            }
        }
    }

    pub(crate) async fn authorize(&self, key: &CustomerKey, code: &AuthCode) -> Result<(), Error> {
        let cell = self.cell(key).map_err(no_token)?;
        match self.limited(cell.authorize(code)).await {
            Some(Ok(())) => Ok(()),
            Some(Err(error)) => Err(failed(Failure::of_token_request(error))),
            None => {
                let failure = Failure::no_answer(format!("none came {}", self.within()));
                let unknown = CustomerError::SessionUnknown;
                Err(failed(failure.of_customer(unknown).timed_out()))
            }
        }
    }

    pub(crate) async fn export(
        &self,
        key: &CustomerKey,
    ) -> Result<Option<CustomerTokenPair>, Error> {
        let cell = self.cell(key).map_err(no_token)?;
        let entry = cell.newest().await.map_err(store_failed)?;
        Ok(entry.map(|entry| pair(entry, self.config.clock.now())))
    }

    pub(crate) async fn import(
        &self,
        key: &CustomerKey,
        pair: CustomerTokenPair,
    ) -> Result<(), Error> {
        let cell = self.cell(key).map_err(no_token)?;
        let new = entry(pair, self.config.clock.now()).map_err(not_sent)?;
        if cell.import(new).await.map_err(store_failed)? {
            return Ok(());
        }
        Err(not_sent(
            "other tokens of the customer were written at the same moment; import again if yours \
             are newer",
        ))
    }

    pub(crate) async fn forget(&self, key: &CustomerKey) -> Result<(), Error> {
        let cell = self.cell(key).map_err(no_token)?;
        let forgotten = cell.forget().await;
        self.cells().remove(key);
        forgotten.map_err(store_failed)
    }

    fn cells(&self) -> MutexGuard<'_, HashMap<CustomerKey, TokenCell>> {
        // Nothing that holds the lock can leave the map half written.
        self.cells.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn limited<T>(&self, future: impl Future<Output = T>) -> Option<T> {
        tokio::time::timeout(self.config.timeout, future).await.ok()
    }

    fn within(&self) -> String {
        format!("within {} ms", self.config.timeout.as_millis())
    }
}

impl fmt::Debug for CustomerCells {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CustomerCells({})", self.cells().len())
    }
}

/// What is exported of an entry.
fn pair(entry: Entry, now: SystemTime) -> CustomerTokenPair {
    let end = |life, remaining| (life < LIFE_UNKNOWN).then(|| now + remaining);
    let mut pair = CustomerTokenPair::new(CustomerToken(entry.access_token));
    pair.expires_at = end(entry.life, entry.remaining);
    match entry.refresh {
        Some(refresh) => {
            let expires_at = end(refresh.life, refresh.remaining);
            pair.with_refresh_token(refresh.token, expires_at)
        }
        None => pair,
    }
}

/// What is kept of an imported pair.
fn entry(pair: CustomerTokenPair, now: SystemTime) -> Result<NewEntry, &'static str> {
    let left = |end: Option<SystemTime>| {
        let left = end.map(|end| end.duration_since(now).unwrap_or_default());
        left.unwrap_or(LIFE_UNKNOWN).min(LIFE_UNKNOWN)
    };
    let CustomerToken(access_token): CustomerToken = pair.access_token;
    let refresh_life = left(pair.refresh_expires_at);
    let refresh = pair.refresh_token.filter(|_| !refresh_life.is_zero());
    let refresh = refresh.map(|token| Refresh::new(token, refresh_life, refresh_life));
    let life = left(pair.expires_at);
    check(&access_token)?;
    if life.is_zero() && refresh.is_none() {
        return Err("the customer's tokens have run out; bind the account again");
    }
    Ok(NewEntry::new(access_token, life).with_refresh(refresh))
}

fn check(token: &AccessToken) -> Result<(), &'static str> {
    if is_usable(token.expose()) {
        Ok(())
    } else {
        Err("the customer's token is empty or cannot stand in a header")
    }
}

fn no_token(error: TokenError) -> Error {
    failed(Failure::not_sent("").for_want_of_token(error))
}

fn store_failed(error: StoreError) -> Error {
    let failure = Failure::not_sent(error.to_string());
    failed(failure.with_source(Some(Arc::new(error))))
}

fn not_sent(because: &'static str) -> Error {
    failed(Failure::not_sent(because))
}

fn failed(failure: Failure) -> Error {
    Error::from(failure).on(CUSTOMER_TOKEN)
}
