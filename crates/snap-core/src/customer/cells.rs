use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime},
};

use snap_sign::AccessToken;

use super::{AuthCode, CustomerError, CustomerKey, CustomerToken, CustomerTokenPair};
use crate::{
    Config, Error,
    error::Failure,
    skew::Skew,
    token::{
        self, CUSTOMER_TOKEN, Entry, LIFE_UNKNOWN, NewEntry, Refresh, StoreError, TokenCell,
        TokenError, is_usable,
    },
};

/// The cells of a client's customers, one for each key. Nothing goes from one to another.
pub(crate) struct CustomerCells {
    config: Arc<Config>,
    merchant: TokenCell,
    skew: Skew,
    cells: Mutex<HashMap<CustomerKey, TokenCell>>,
}

impl CustomerCells {
    pub(crate) fn new(config: Arc<Config>, merchant: TokenCell, skew: Skew) -> Self {
        Self {
            config,
            merchant,
            skew,
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
        let failed = |failure: Failure| {
            let failure = failure.headed("there is no token of the customer");
            Error::from(failure).on(CUSTOMER_TOKEN)
        };
        let token = async { self.cell(key)?.token(min_life).await };
        let token = token::within(self.config.timeout, token).await;
        token.map(CustomerToken).map_err(failed)
    }

    pub(crate) async fn authorize(&self, key: &CustomerKey, code: &AuthCode) -> Result<(), Error> {
        let limited = async {
            let cell = self.cell(key)?;
            let authorized = tokio::time::timeout(self.config.timeout, cell.authorize(code));
            authorized.await.ok().transpose()
        };
        let failure = match limited.await {
            Ok(Some(())) => return Ok(()),
            Ok(None) => {
                let within = self.config.timeout.as_millis();
                let failure = Failure::no_answer(format!("none came within {within} ms"));
                failure
                    .of_customer(CustomerError::SessionUnknown)
                    .timed_out()
            }
            Err(error) => Failure::of_token_request(error),
        };
        Err(Error::from(failure).on(CUSTOMER_TOKEN))
    }

    pub(crate) async fn export(
        &self,
        key: &CustomerKey,
    ) -> Result<Option<CustomerTokenPair>, Error> {
        let failed = failing_with("the customer's tokens were not read");
        let cell = self.cell(key).map_err(Failure::no_token).map_err(failed)?;
        let entry = cell.newest().await.map_err(store_failed).map_err(failed)?;
        Ok(entry.map(|entry| pair(entry, self.skew.now())))
    }

    pub(crate) async fn import(
        &self,
        key: &CustomerKey,
        pair: CustomerTokenPair,
    ) -> Result<(), Error> {
        let failed = failing_with("the customer's tokens were not taken over");
        let cell = self.cell(key).map_err(Failure::no_token).map_err(failed)?;
        let new = entry(pair, self.skew.now());
        let new = new.map_err(Failure::not_sent).map_err(failed)?;
        let imported = cell.import(new).await;
        if imported.map_err(store_failed).map_err(failed)? {
            return Ok(());
        }
        Err(failed(Failure::not_sent(
            "other tokens of the customer were written at the same moment; import again if yours \
             are newer",
        )))
    }

    pub(crate) async fn forget(&self, key: &CustomerKey) -> Result<(), Error> {
        let failed = failing_with("the customer's tokens were not forgotten");
        let cell = self.cell(key).map_err(Failure::no_token).map_err(failed)?;
        let forgotten = cell.forget().await;
        self.cells().remove(key);
        forgotten.map_err(store_failed).map_err(failed)
    }

    fn cells(&self) -> MutexGuard<'_, HashMap<CustomerKey, TokenCell>> {
        // Nothing that holds the lock can leave the map half written.
        self.cells.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for CustomerCells {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CustomerCells({})", self.cells().len())
    }
}

/// What is exported of an entry.
fn pair(entry: Entry, now: SystemTime) -> CustomerTokenPair {
    // A store may hold anything.
    let end = |life: Duration, remaining: Duration| {
        let known = (life < LIFE_UNKNOWN).then_some(remaining.min(life));
        known.and_then(|remaining| now.checked_add(remaining))
    };
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

fn store_failed(error: StoreError) -> Failure {
    Failure::not_sent(error.to_string()).with_source(Some(Arc::new(error)))
}

fn failing_with(head: &'static str) -> impl Fn(Failure) -> Error + Copy {
    move |failure| failure.headed(head).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{RefreshToken, token::Generation};

    #[test]
    fn a_life_that_no_clock_can_show_is_exported_as_the_life_the_token_was_issued_for() {
        let life = Duration::from_secs(900);
        let refresh = Refresh::new(RefreshToken::new("r"), life, Duration::MAX);
        let token = AccessToken::new("a");
        let entry = Entry::new(token, Generation(1), life, Duration::MAX);
        let now = SystemTime::UNIX_EPOCH;

        let pair = pair(entry.with_refresh(Some(refresh)), now);

        assert_eq!(pair.expires_at, Some(now + life));
        assert_eq!(pair.refresh_expires_at, Some(now + life));
    }
}
