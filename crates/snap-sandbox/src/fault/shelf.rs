//! The faults that wait for a request.

use super::{At, Fault};

/// Faults in the order they were injected.
#[derive(Debug, Default)]
pub(crate) struct Shelf(Vec<Fault>);

/// What is known of a request when a fault is looked for.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Asked<'a> {
    /// The operations that it may be.
    pub(crate) operations: &'a [&'a str],
    pub(crate) reference: Option<&'a str>,
    pub(crate) external_id: Option<&'a str>,
}

impl Shelf {
    pub(crate) fn add(&mut self, fault: Fault) {
        self.0.push(fault);
    }

    /// Those that wait, in the order they were injected.
    pub(crate) fn waiting(&self) -> impl Iterator<Item = &Fault> {
        self.0.iter()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    /// The first fault for the next connection.
    pub(crate) fn take_connection(&mut self) -> Option<Fault> {
        self.take(|fault| fault.at == At::BeforeAccept)
    }

    /// The first fault for a request of which only the head is known.
    pub(crate) fn take_head(&mut self, asked: Asked<'_>) -> Option<Fault> {
        self.take(|fault| matches!(fault.at, At::AfterHead | At::MidBody) && fault.fits(asked))
    }

    /// The first fault for a whole request.
    pub(crate) fn take_whole(&mut self, asked: Asked<'_>) -> Option<Fault> {
        self.take(|fault| fault.at >= At::AfterRequest && fault.fits(asked))
    }

    fn take(&mut self, fits: impl Fn(&Fault) -> bool) -> Option<Fault> {
        let at = self
            .0
            .iter()
            .position(|fault| fault.times > 0 && fits(fault))?;
        let fault = self.0.get_mut(at)?;
        fault.times -= 1;
        if fault.times > 0 {
            return Some(fault.clone());
        }
        Some(self.0.remove(at))
    }
}

impl Fault {
    fn fits(&self, asked: Asked<'_>) -> bool {
        let operation = match self.operation.as_deref() {
            Some(operation) => asked.operations.contains(&operation),
            None => asked.operations.iter().any(|id| !id.starts_with("token.")),
        };
        let is_same = |wanted: &Option<String>, found: Option<&str>| {
            wanted.is_none() || wanted.as_deref() == found
        };
        operation
            && is_same(&self.reference, asked.reference)
            && is_same(&self.external_id, asked.external_id)
    }
}
