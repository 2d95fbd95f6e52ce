//! A small shop on axum: it takes payments, is told about them, and ships each order once.
//!
//! The handler only keeps what was verified. A worker asks DOKU for the status and moves the order; a
//! sweep asks about orders whose notification never came. All three may run twice, late, or in another
//! order: the books ship once.

mod books;
#[cfg(feature = "postgres")]
mod postgres;

use std::{net::SocketAddr, sync::Arc};

use axum::{
    Router,
    extract::{FromRef, State},
    middleware::from_fn,
    response::Response,
    routing::post,
};
use doku_direct_debit::{CheckStatusRequest, CheckStatusResponse, DirectDebit};
use snap_core::{Amount, Client, Clock, TransactionStatus};
use snap_inbound::{
    DebitNotification, Delivery, Heard, IssuedTokenStore, MemoryStore, OrderState, PublicKey,
    Receiver, Reject, ReplayStore, Route, Service, Verified,
    axum::{IntoAnswer, limit_body, token_endpoint},
    testing,
};
use snap_resolve::{MemoryJournal, OpenOrder, Outcomes};
use snap_sandbox::Sandbox;

pub use books::{Books, BooksFuture, MemoryBooks, Message, Order};
#[cfg(feature = "postgres")]
pub use postgres::PgBooks;

use crate::{SetUpError, ShiftedClock, config_for};

/// A shop, its books, and its way to DOKU.
#[derive(Debug)]
pub struct Shop {
    /// What takes DOKU's messages.
    pub receiver: Arc<Receiver>,
    /// The way to DOKU.
    pub client: Client,
    books: Arc<dyn Books>,
    outcomes: Outcomes,
    clock: ShiftedClock,
}

/// What the handlers need.
#[derive(Clone)]
struct App {
    receiver: Arc<Receiver>,
    books: Arc<dyn Books>,
}

impl FromRef<App> for Arc<Receiver> {
    fn from_ref(app: &App) -> Self {
        Arc::clone(&app.receiver)
    }
}

impl Shop {
    /// Opens a shop whose DOKU is this sandbox, with books and what was delivered kept in memory.
    ///
    /// # Errors
    ///
    /// When no port of this machine is free.
    pub async fn open(sandbox: &Sandbox, clock: &ShiftedClock) -> Result<Self, SetUpError> {
        let books = Arc::new(MemoryBooks::default());
        Self::open_with(sandbox, clock, books, Arc::new(MemoryStore::new())).await
    }

    /// Opens a shop with other books and another store.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open).
    pub async fn open_with(
        sandbox: &Sandbox,
        clock: &ShiftedClock,
        books: Arc<dyn Books>,
        store: Arc<impl ReplayStore + IssuedTokenStore + 'static>,
    ) -> Result<Self, SetUpError> {
        let merchant = sandbox.merchant();
        let key = PublicKey::from_pem(sandbox.doku_public_key_pem().as_bytes())?;
        let receiver = testing::receiver(&merchant.client_id, &merchant.client_secret, key)?
            .token_route(TOKEN)
            .route(Route::new(Service::DEBIT_NOTIFY, NOTIFY))
            .issued_tokens(store.clone())
            .replays(store)
            .clock(clock.clone())
            .build()?;
        let client = Client::new(config_for(sandbox)?.with_clock(clock.clone()))?;
        let outcomes = Outcomes::new(client.clone(), MemoryJournal::new());
        let shop = Self {
            receiver: Arc::new(receiver),
            client,
            books,
            outcomes: outcomes
                .with_clock(clock.clone())
                .with_inquiries_per_second(100), // five are kept to outside an example
            clock: clock.clone(),
        };
        let address = shop.serve().await?;
        let url = |path: &str| format!("http://{address}{path}");
        sandbox.notify(&url(NOTIFY), &url(TOKEN))?;
        Ok(shop)
    }

    async fn serve(&self) -> Result<SocketAddr, SetUpError> {
        let app = Router::new()
            .route(TOKEN, post(token_endpoint))
            .route(NOTIFY, post(on_notify))
            .layer(from_fn(limit_body))
            .with_state(App {
                receiver: Arc::clone(&self.receiver),
                books: Arc::clone(&self.books),
            });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        // Ends with the runtime.
        tokio::spawn(async move { axum::serve(listener, app).await });
        Ok(address)
    }

    /// Writes an order down before its payment is begun.
    ///
    /// # Errors
    ///
    /// When the books fail.
    pub async fn place(&self, reference: &str, amount: Amount) -> Result<(), SetUpError> {
        let order = Order {
            state: OrderState::new(amount),
            shipped: false,
            sweep: OpenOrder::new(reference, self.clock.now()),
        };
        self.books.place(order).await
    }

    /// Works through the inbox, and returns what came of each message.
    ///
    /// # Errors
    ///
    /// When the books fail. What was not done stays in the inbox.
    pub async fn work(&self) -> Result<Vec<String>, SetUpError> {
        let mut report = Vec::new();
        for message in self.books.inbox().await? {
            report.push(self.handle(&message.body).await?);
            self.books.done(&message.key).await?;
        }
        Ok(report)
    }

    /// Asks about the orders that are due and were not settled by a notification.
    ///
    /// # Errors
    ///
    /// When the books fail.
    pub async fn sweep(&self) -> Result<Vec<String>, SetUpError> {
        let mut report = Vec::new();
        for mut order in self.books.open_orders().await? {
            let reference = order.sweep.reference().to_owned();
            let asked = self
                .outcomes
                .sweep(&mut order.sweep, || self.ask(&reference));
            let asked = asked.await;
            self.books.swept(&order.sweep).await?;
            if let Some(Ok(answer)) = asked {
                report.push(format!(
                    "swept: {}",
                    self.settle(&reference, &answer).await?
                ));
            }
        }
        Ok(report)
    }

    /// The order under a reference.
    ///
    /// # Errors
    ///
    /// When the books fail.
    pub async fn order(&self, reference: &str) -> Result<Option<Order>, SetUpError> {
        self.books.order(reference).await
    }

    async fn handle(&self, body: &str) -> Result<String, SetUpError> {
        let Ok(notification) = serde_json::from_str::<DebitNotification>(body) else {
            return Ok("parked: it cannot be read".to_owned());
        };
        let reference = notification.original_partner_reference_no;
        let reference = reference.unwrap_or_default();
        if self.books.order(&reference).await?.is_none() {
            return Ok(format!("parked: there is no order {reference:?}"));
        }
        // What it says is a reason to ask, and nothing more.
        let answer = self.ask(&reference).await?;
        self.settle(&reference, &answer).await
    }

    async fn ask(&self, reference: &str) -> Result<CheckStatusResponse, snap_core::Error> {
        let request = CheckStatusRequest::builder()
            .original_partner_reference_no(reference)
            .build();
        let debit = DirectDebit::from(self.client.clone());
        Ok(debit.check_status(&request).await?.into_body())
    }

    async fn settle(
        &self,
        reference: &str,
        answer: &CheckStatusResponse,
    ) -> Result<String, SetUpError> {
        let Some(status) = &answer.latest_transaction_status else {
            return Ok(format!("{reference}: DOKU names no status"));
        };
        let Some(mut order) = self.books.order(reference).await? else {
            return Ok(format!("{reference}: there is no such order"));
        };
        let heard = order.state.hear(status, answer.trans_amount.as_ref());
        if heard == Heard::OtherAmount {
            return Ok(format!("{reference}: parked, the amount is another one"));
        }
        let ships = heard == Heard::Advanced && *status == TransactionStatus::SUCCESS;
        if !self.books.settle(reference, &order.state, ships).await? {
            return Ok(format!("{reference}: {heard:?}, nothing to do"));
        }
        Ok(format!("{reference}: status {}, shipped", status.as_str()))
    }
}

/// Keeps what was verified, and acknowledges it.
async fn on_notify(
    State(app): State<App>,
    notification: Verified<DebitNotification>,
) -> Result<Response, Reject> {
    // A duplicate was kept by whoever had it first.
    if !matches!(notification.delivery(), Delivery::DuplicateSame { .. }) {
        let key = notification.keys().replay().to_hex();
        let body = String::from_utf8_lossy(notification.raw()).into_owned();
        if let Err(error) = app.books.keep(&key, &body).await {
            // Not acknowledged: DOKU comes back.
            tracing::error!("the inbox failed: {error}");
            let mut response = Response::default();
            *response.status_mut() = http::StatusCode::SERVICE_UNAVAILABLE;
            return Ok(response);
        }
    }
    Ok(notification.acknowledge().await?.into_answer())
}

const TOKEN: &str = "/doku/token";
const NOTIFY: &str = "/doku/notify";
