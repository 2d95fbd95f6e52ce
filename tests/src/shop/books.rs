use std::{
    collections::BTreeMap,
    fmt,
    pin::Pin,
    sync::{Mutex, MutexGuard, PoisonError},
};

use snap_inbound::OrderState;
use snap_resolve::OpenOrder;

use crate::SetUpError;

/// What the books answer, later.
pub type BooksFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, SetUpError>> + Send + 'a>>;

/// What a shop writes down: orders, and messages that were not worked on yet.
pub trait Books: fmt::Debug + Send + Sync {
    /// A new order.
    fn place(&self, order: Order) -> BooksFuture<'_, ()>;
    /// A message to work on. The same key twice is one message.
    fn keep<'a>(&'a self, key: &'a str, body: &'a str) -> BooksFuture<'a, ()>;
    /// The messages that were not worked on, in the order they came.
    fn inbox(&self) -> BooksFuture<'_, Vec<Message>>;
    /// A message was worked on.
    fn done<'a>(&'a self, key: &'a str) -> BooksFuture<'a, ()>;
    /// An order.
    fn order<'a>(&'a self, reference: &'a str) -> BooksFuture<'a, Option<Order>>;
    /// The orders that have not shipped.
    fn open_orders(&self) -> BooksFuture<'_, Vec<Order>>;
    /// Where a sweep stands.
    fn swept<'a>(&'a self, sweep: &'a OpenOrder) -> BooksFuture<'a, ()>;
    /// Keeps a state, and whether to ship. Says whether this very call made the order ship.
    fn settle<'a>(
        &'a self,
        reference: &'a str,
        state: &'a OrderState,
        ships: bool,
    ) -> BooksFuture<'a, bool>;
}

/// An order of the shop.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Order {
    /// Its amount, and what was heard of its payment.
    pub state: OrderState,
    /// Whether it was sent to the customer.
    pub shipped: bool,
    /// When DOKU is asked if it does not notify.
    pub sweep: OpenOrder,
}

impl Order {
    /// An order as it was kept.
    #[must_use]
    pub fn new(state: OrderState, shipped: bool, sweep: OpenOrder) -> Self {
        Self {
            state,
            shipped,
            sweep,
        }
    }
}

/// A message that was kept.
#[derive(Clone)]
#[non_exhaustive]
pub struct Message {
    /// What names it.
    pub key: String,
    /// Its bytes.
    pub body: String,
}

impl Message {
    /// A message as it was kept.
    #[must_use]
    pub fn new(key: String, body: String) -> Self {
        Self { key, body }
    }
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Message")
            .field("key", &self.key)
            .finish_non_exhaustive()
    }
}

/// Books that are gone with the process.
#[derive(Debug, Default)]
pub struct MemoryBooks(Mutex<Pages>);

#[derive(Debug, Default)]
struct Pages {
    orders: BTreeMap<String, Order>,
    inbox: Vec<(Message, bool)>,
}

impl MemoryBooks {
    fn pages(&self) -> MutexGuard<'_, Pages> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An answer that is there already.
fn ready<'a, T: Send + 'a>(value: T) -> BooksFuture<'a, T> {
    Box::pin(async move { Ok(value) })
}

impl Books for MemoryBooks {
    fn place(&self, order: Order) -> BooksFuture<'_, ()> {
        let reference = order.sweep.reference().to_owned();
        self.pages().orders.insert(reference, order);
        ready(())
    }

    fn keep<'a>(&'a self, key: &'a str, body: &'a str) -> BooksFuture<'a, ()> {
        let mut pages = self.pages();
        if !pages.inbox.iter().any(|(message, _)| message.key == key) {
            let message = Message::new(key.to_owned(), body.to_owned());
            pages.inbox.push((message, false));
        }
        ready(())
    }

    fn inbox(&self) -> BooksFuture<'_, Vec<Message>> {
        let pages = self.pages();
        let open = pages.inbox.iter().filter(|(_, done)| !done);
        ready(open.map(|(message, _)| message.clone()).collect())
    }

    fn done<'a>(&'a self, key: &'a str) -> BooksFuture<'a, ()> {
        let mut pages = self.pages();
        let mut messages = pages.inbox.iter_mut();
        if let Some((_, done)) = messages.find(|(message, _)| message.key == key) {
            *done = true;
        }
        ready(())
    }

    fn order<'a>(&'a self, reference: &'a str) -> BooksFuture<'a, Option<Order>> {
        ready(self.pages().orders.get(reference).cloned())
    }

    fn open_orders(&self) -> BooksFuture<'_, Vec<Order>> {
        let pages = self.pages();
        let open = pages.orders.values().filter(|order| !order.shipped);
        ready(open.cloned().collect())
    }

    fn swept<'a>(&'a self, sweep: &'a OpenOrder) -> BooksFuture<'a, ()> {
        if let Some(order) = self.pages().orders.get_mut(sweep.reference()) {
            order.sweep = sweep.clone();
        }
        ready(())
    }

    fn settle<'a>(
        &'a self,
        reference: &'a str,
        state: &'a OrderState,
        ships: bool,
    ) -> BooksFuture<'a, bool> {
        let mut pages = self.pages();
        let Some(order) = pages.orders.get_mut(reference) else {
            return ready(false);
        };
        order.state = state.clone();
        let made_it = ships && !order.shipped;
        order.shipped |= ships;
        ready(made_it)
    }
}
