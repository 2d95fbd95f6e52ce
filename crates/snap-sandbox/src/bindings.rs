//! What customers have bound: accounts and cards, and whether they consented.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
    time::Duration,
};

use chrono::{DateTime, Utc};

use crate::{
    channels,
    check::Check,
    clock::later,
    customers::Customer,
    json::Json,
    judge::{Judge, State},
    ledger::entry::product,
    timeline::What,
};

/// Every binding that was begun.
#[derive(Clone, Debug, Default)]
pub(crate) struct Bindings {
    all: Vec<Binding>,
    /// The binding that a customer has now.
    bound: HashMap<Customer, BindingId>,
    links: HashMap<String, BindingId>,
    /// When which binding expires unless its customer consents.
    due: BTreeSet<(DateTime<Utc>, BindingId)>,
}

/// A binding, for as long as the sandbox lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct BindingId(usize);

/// One binding.
#[derive(Clone, Debug)]
pub(crate) struct Binding {
    pub(crate) customer: Customer,
    pub(crate) state: BindingState,
    /// The auth code that its answer gave out.
    pub(crate) code: Option<String>,
    /// The link id that an answer gave out.
    pub(crate) link: Option<String>,
    /// The reference under which the timeline tells of it.
    pub(crate) reference: Option<Arc<str>>,
}

/// Where a binding stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BindingState {
    /// The customer has not consented yet.
    Pending,
    Bound,
    Rejected,
    /// The customer did nothing until it was too late.
    Expired,
    /// Bound, and an OTP is to confirm that it ends.
    Unbinding,
    Unbound,
}

impl Binding {
    pub(crate) fn new(customer: Customer) -> Self {
        Self {
            customer,
            state: BindingState::Pending,
            code: None,
            link: None,
            reference: None,
        }
    }
}

impl Bindings {
    pub(crate) fn get(&self, id: BindingId) -> Option<&Binding> {
        self.all.get(id.0)
    }

    pub(crate) fn is_pending(&self, id: BindingId) -> bool {
        let binding = self.get(id);
        binding.is_some_and(|binding| binding.state == BindingState::Pending)
    }

    /// Is its customer bound, the end of it being under way or not?
    pub(crate) fn is_bound(&self, id: BindingId) -> bool {
        let binding = self.get(id);
        binding.is_some_and(|binding| {
            matches!(binding.state, BindingState::Bound | BindingState::Unbinding)
        })
    }

    /// What this customer has bound.
    pub(crate) fn of(&self, customer: &Customer) -> Option<BindingId> {
        self.bound.get(customer).copied()
    }

    /// What a link id stands for.
    pub(crate) fn linked(&self, link: &str) -> Option<BindingId> {
        self.links.get(link).copied()
    }

    /// A binding whose customer is to consent.
    pub(crate) fn open(&mut self, binding: Binding, now: DateTime<Utc>) -> BindingId {
        let id = BindingId(self.all.len());
        self.due.insert((later(now, LINK_LIFE), id));
        let link = binding.link.clone();
        self.all.push(binding);
        if let Some(link) = link {
            self.link(id, link);
        }
        id
    }

    /// Gives a binding its link id.
    pub(crate) fn link(&mut self, id: BindingId, link: String) {
        if let Some(binding) = self.all.get_mut(id.0) {
            binding.link = Some(link.clone());
            self.links.insert(link, id);
        }
    }

    /// An OTP is to confirm the end of a binding.
    pub(crate) fn begin_end(&mut self, id: BindingId) {
        self.set(id, BindingState::Unbinding);
    }

    /// The end of a binding is not confirmed.
    pub(crate) fn keep(&mut self, id: BindingId) {
        self.set(id, BindingState::Bound);
    }

    /// When a binding may expire the next time.
    pub(crate) fn next_due(&self) -> Option<DateTime<Utc>> {
        self.due.first().map(|(due, _)| *due)
    }

    /// A binding whose time is over and whose customer has not chosen.
    fn take_due(&mut self, now: DateTime<Utc>) -> Option<(DateTime<Utc>, BindingId)> {
        while let Some((due, id)) = self.due.first().copied().filter(|(due, _)| *due <= now) {
            self.due.remove(&(due, id));
            if self.is_pending(id) {
                return Some((due, id));
            }
        }
        None
    }

    /// Takes over from the binding that the customer had.
    fn bind(&mut self, id: BindingId) {
        let Some(customer) = self.get(id).map(|binding| binding.customer.clone()) else {
            return;
        };
        if let Some(older) = self.bound.insert(customer, id) {
            self.set(older, BindingState::Unbound);
        }
        self.set(id, BindingState::Bound);
    }

    fn set(&mut self, id: BindingId, state: BindingState) {
        if let Some(binding) = self.all.get_mut(id.0) {
            binding.state = state;
        }
    }
}

impl State {
    /// The customer consents to a binding that is pending: its auth code can be exchanged now.
    pub(crate) fn consent(&mut self, id: BindingId, now: DateTime<Utc>) {
        self.bindings.bind(id);
        if let Some(code) = self.code_of(id) {
            self.customers.release_code(&code, now);
        }
        self.note_binding(id, now, "The customer consented to the binding");
    }

    /// The customer refuses a binding that is pending.
    pub(crate) fn refuse(&mut self, id: BindingId, now: DateTime<Utc>) {
        self.drop_binding(id, BindingState::Rejected, Check::AuthCodeRejected);
        self.note_binding(id, now, "The customer rejected the binding");
    }

    /// Ends what customers have waited with for too long.
    pub(crate) fn expire_bindings(&mut self, now: DateTime<Utc>) {
        while let Some((due, id)) = self.bindings.take_due(now) {
            self.drop_binding(id, BindingState::Expired, Check::AuthCodeExpired);
            self.note_binding(id, due, "The customer did not consent in time");
        }
    }

    /// Binds a customer without an answer that asked for it, as a test does.
    pub(crate) fn bind_at_once(&mut self, customer: &Customer, now: DateTime<Utc>) {
        if self.bindings.of(customer).is_none() {
            let id = self.bindings.open(Binding::new(customer.clone()), now);
            self.bindings.bind(id);
        }
    }

    /// Ends a binding that its customer has, with its codes and tokens.
    pub(crate) fn unbind(&mut self, id: BindingId, now: DateTime<Utc>) {
        let Some(binding) = self.bindings.get(id) else {
            return;
        };
        let customer = binding.customer.clone();
        self.customers.unlink(|owner| *owner == customer);
        self.bindings.bound.remove(&customer);
        self.bindings.set(id, BindingState::Unbound);
        self.note_binding(id, now, "The binding ended");
    }

    /// Ends every binding of a customer's label, whatever was bound.
    pub(crate) fn unlink(&mut self, client_id: &str, label: &str, now: DateTime<Utc>) {
        let is_meant = |owner: &Customer| owner.client_id == client_id && owner.label == label;
        self.customers.unlink(is_meant);
        let bound = self.bindings.bound.iter();
        let mut ids: Vec<BindingId> = bound
            .filter(|(owner, _)| is_meant(owner))
            .map(|(_, id)| *id)
            .collect();
        // A map has no order of its own, and the timeline must have one.
        ids.sort_by_key(|id| id.0);
        self.bindings.bound.retain(|owner, _| !is_meant(owner));
        for id in ids {
            self.bindings.set(id, BindingState::Unbound);
            self.note_binding(id, now, "The customer unlinked the merchant");
        }
    }

    fn drop_binding(&mut self, id: BindingId, state: BindingState, reason: Check) {
        self.bindings.set(id, state);
        if let Some(code) = self.code_of(id) {
            self.customers.end_code(&code, reason);
        }
    }

    fn code_of(&self, id: BindingId) -> Option<String> {
        self.bindings.get(id)?.code.clone()
    }

    fn note_binding(&mut self, id: BindingId, at: DateTime<Utc>, words: &str) {
        if let Some(binding) = self.bindings.get(id) {
            let place = binding.customer.at.as_deref().unwrap_or("any channel");
            let note = match binding.customer.name() {
                Some(name) => format!("{words}: {place}, {name}."),
                None => format!("{words}: {place}."),
            };
            let reference = binding.reference.clone();
            self.timeline.add(at, reference, What::Note(note));
        }
    }
}

impl Judge {
    /// A customer of the merchant, whom a test bound itself.
    pub(crate) fn customer(&self, label: &str) -> Customer {
        self.customer_at(label, None)
    }

    /// A customer of the merchant, at what is bound.
    pub(crate) fn customer_at(&self, label: &str, at: Option<&str>) -> Customer {
        Customer {
            client_id: self.merchant.client_id.clone(),
            label: label.to_owned(),
            at: at.map(ToOwned::to_owned),
        }
    }
}

impl Customer {
    /// As the merchant calls the customer. The wallet knows accounts, phone numbers and e-mail addresses
    /// only, which are not shown.
    pub(crate) fn name(&self) -> Option<&str> {
        (self.at.as_deref() != Some(WALLET)).then_some(&self.label)
    }
}

/// What a request is about: a channel of direct debit, or the wallet. None where it does not say.
pub(crate) fn place<'a>(operation: &str, request: &'a Json) -> Option<&'a str> {
    match product(operation) {
        WALLET => Some(WALLET),
        _ => channels::of(request),
    }
}

/// The merchant's own identifier of the binding, as far as the request says it.
pub(crate) fn label(request: &Json) -> &str {
    let at = |path: &[&str]| {
        let found = path.iter().try_fold(request, |at, name| at.member(name));
        found
            .and_then(Json::as_text)
            .filter(|text| !text.is_empty())
    };
    [
        &["additionalInfo", "custIdMerchant"][..],
        &["custIdMerchant"],
        &["additionalInfo", "accountId"],
        &["successParams", "accountId"],
        &["phoneNo"],
    ]
    .into_iter()
    .find_map(at)
    .unwrap_or("unnamed")
}

const WALLET: &str = "wallet";

/// As long as the token in the address of the DOKU Wallet page's example, whose claims `created` and
/// `exp` are a day apart; that direct debit has the same is assumed.
const LINK_LIFE: Duration = Duration::from_secs(24 * 60 * 60);

#[cfg(test)]
mod tests {
    use super::*;

    /// As when the computer's clock was set back between them.
    #[test]
    fn a_binding_that_was_begun_later_may_expire_sooner() {
        let customer = |label: &str| Customer {
            client_id: "one".to_owned(),
            label: label.to_owned(),
            at: None,
        };
        let mut bindings = Bindings::default();
        let start = DateTime::UNIX_EPOCH;
        let late = later(start, Duration::from_secs(3600));
        bindings.open(Binding::new(customer("cust-1")), late);
        let sooner = bindings.open(Binding::new(customer("cust-2")), start);
        let due = later(start, LINK_LIFE);

        assert_eq!(bindings.take_due(due), Some((due, sooner)));
        assert_eq!(bindings.next_due(), Some(later(late, LINK_LIFE)));
    }

    #[test]
    fn a_customer_is_named_by_the_first_identifier_of_the_request() {
        let request = |text: &str| Json::read(text.as_bytes()).expect("JSON");

        let both = request(r#"{"phoneNo":"62811","additionalInfo":{"custIdMerchant":"cust-1"}}"#);
        assert_eq!(label(&both), "cust-1");
        assert_eq!(label(&request(r#"{"phoneNo":"62811"}"#)), "62811");
        assert_eq!(label(&request("{}")), "unnamed");
    }
}
