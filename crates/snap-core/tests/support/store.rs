use std::{
    sync::atomic::{AtomicBool, AtomicU32, Ordering},
    time::Duration,
};

use snap_core::token::{
    Entry, Generation, Lease, MemoryTokenStore, NewEntry, Slot, StoreError, StoreFuture, TokenStore,
};

/// A store in memory that fails or hangs in some of its methods.
#[derive(Debug, Default)]
pub struct Faulty {
    pub memory: MemoryTokenStore,
    /// Everything fails as long as this is set.
    pub down: AtomicBool,
    /// How often it was asked anything.
    pub asked: AtomicU32,
    /// So many reads find nothing yet.
    pub late: AtomicU32,
    pub hangs: bool,
    pub load: bool,
    pub swap: bool,
    pub lease: bool,
    pub release: bool,
    pub forget: bool,
    /// Another process is always faster.
    pub beaten: bool,
}

impl Faulty {
    pub fn set_down(&self, down: bool) {
        self.down.store(down, Ordering::SeqCst);
    }

    pub fn times_asked(&self) -> u32 {
        self.asked.load(Ordering::SeqCst)
    }

    fn or<'a, T: 'a>(&self, fails: bool, answer: StoreFuture<'a, T>) -> StoreFuture<'a, T> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        match (fails || self.down.load(Ordering::SeqCst), self.hangs) {
            (false, _) => answer,
            (true, false) => Box::pin(async { Err(StoreError::new("connection refused")) }),
            (true, true) => Box::pin(std::future::pending()),
        }
    }
}

impl TokenStore for Faulty {
    fn load<'a>(&'a self, slot: &'a Slot) -> StoreFuture<'a, Option<Entry>> {
        if self.late.load(Ordering::SeqCst) > 0 {
            self.late.fetch_sub(1, Ordering::SeqCst);
            return Box::pin(async { Ok(None) });
        }
        self.or(self.load, self.memory.load(slot))
    }

    fn compare_and_swap<'a>(
        &'a self,
        slot: &'a Slot,
        seen: Option<Generation>,
        new: NewEntry,
    ) -> StoreFuture<'a, Option<Generation>> {
        if self.beaten {
            return Box::pin(async { Ok(None) });
        }
        self.or(self.swap, self.memory.compare_and_swap(slot, seen, new))
    }

    fn lease<'a>(&'a self, slot: &'a Slot, ttl: Duration) -> StoreFuture<'a, Option<Lease>> {
        self.or(self.lease, self.memory.lease(slot, ttl))
    }

    fn release<'a>(&'a self, slot: &'a Slot, lease: Lease) -> StoreFuture<'a, ()> {
        self.or(self.release, self.memory.release(slot, lease))
    }

    fn forget<'a>(&'a self, slot: &'a Slot) -> StoreFuture<'a, ()> {
        self.or(self.forget, self.memory.forget(slot))
    }
}

/// Stores that fail or hang in one method or in all, and what to call them.
pub fn every_fault() -> impl Iterator<Item = (Faulty, String)> {
    let hanging = [false, true].into_iter();
    hanging.flat_map(|hangs| (0..5).map(move |method| fault(hangs, method)))
}

fn fault(hangs: bool, method: u8) -> (Faulty, String) {
    let all = method == 4;
    let store = Faulty {
        hangs,
        load: all || method == 0,
        swap: all || method == 1,
        lease: all || method == 2,
        release: all || method == 3,
        ..Faulty::default()
    };
    (store, format!("hangs {hangs}, method {method}"))
}
