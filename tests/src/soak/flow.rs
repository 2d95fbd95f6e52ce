use std::{
    collections::HashSet,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use doku_direct_debit::{DirectDebit, JumpAppPayment, Payment, Refund};
use doku_kirimdoku::{Kirimdoku, TransferBank};
use doku_wallet::{Purchase, TopUp, Wallet};
use rand::{Rng, RngExt};
use snap_core::{
    AuthCode, Client, Error, ExternalId, MoneyState, NotMovedProof, Operation, OperationId,
    Response,
};
use snap_resolve::{
    Journal, MemoryJournal, NotFoundProof, Outcome, Outcomes, Resolver, ResubmitError,
};
use snap_sandbox::Sandbox;

use super::transport::Detour;
use crate::{SetUpError, ShiftedClock, requests};

/// The call of a flow, whatever its type, and what is done with it.
macro_rules! made {
    ($flow:expr, $shop:expr, $reference:expr, $call:ident => $then:expr) => {
        match $flow {
            Flow::Transfer => {
                let request = requests::transfer($reference, AMOUNT);
                let $call = $shop.kirim.transfer_bank(&request);
                $then
            }
            Flow::JumpApp => {
                let request = requests::jump_app($reference, AMOUNT);
                let $call = $shop.debit.jump_app_payment(&request);
                $then
            }
            Flow::Recurring => {
                let request = requests::recurring($reference, AMOUNT);
                let $call = $shop.debit_customer.payment(&request);
                $then
            }
            Flow::Purchase => {
                let request = requests::purchase($reference, AMOUNT);
                let $call = $shop.wallet_customer.purchase(&request);
                $then
            }
            Flow::TopUp => {
                let request = requests::top_up($reference, AMOUNT);
                let $call = $shop.wallet_customer.top_up(&request);
                $then
            }
            Flow::Refund => {
                let request = requests::refund($reference, &original($reference), AMOUNT);
                let $call = $shop.debit.refund(&request);
                $then
            }
        }
    };
}

/// An operation that moves money.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flow {
    Transfer,
    JumpApp,
    Recurring,
    Purchase,
    TopUp,
    Refund,
}

/// What a call came to.
pub(super) struct Sent {
    pub(super) state: MoneyState,
    pub(super) resolver: Option<Resolver>,
    /// How often it was delivered.
    pub(super) deliveries: usize,
    /// Everything that could be printed of it.
    pub(super) shown: String,
}

/// What the operations are made with.
pub(super) struct Shop {
    pub(super) client: Client,
    pub(super) outcomes: Outcomes,
    pub(super) detour: Detour,
    pub(super) clock: ShiftedClock,
    pub(super) without_journal: Marks,
    kirim: Kirimdoku,
    debit: DirectDebit,
    debit_customer: doku_direct_debit::Customer,
    wallet_customer: doku_wallet::Customer,
    client_id: String,
}

/// References that something is to happen to, once each.
#[derive(Clone, Debug, Default)]
pub(super) struct Marks(Arc<Mutex<HashSet<String>>>);

impl Marks {
    pub(super) fn add(&self, reference: &str) {
        let mut marks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        marks.insert(reference.to_owned());
    }

    pub(super) fn take(&self, reference: &str) -> bool {
        let mut marks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        marks.remove(reference)
    }
}

impl Shop {
    pub(super) async fn open(
        client: Client,
        outcomes: Outcomes,
        (detour, clock): (Detour, ShiftedClock),
        without_journal: Marks,
        sandbox: &Sandbox,
    ) -> Result<Self, SetUpError> {
        let session = client.customer("customer-1");
        let code = AuthCode::new(sandbox.auth_code("customer-1"));
        session.authorize(&code).await?;
        let debit = DirectDebit::from(client.clone());
        Ok(Self {
            kirim: Kirimdoku::from(client.clone()),
            debit_customer: debit.customer(&session),
            debit,
            wallet_customer: Wallet::from(client.clone()).customer(&session),
            client_id: sandbox.merchant().client_id.clone(),
            client,
            outcomes,
            detour,
            clock,
            without_journal,
        })
    }
}

impl Flow {
    pub(super) fn draw(random: &mut impl Rng) -> Self {
        match random.random_range(0..6) {
            0 => Self::Transfer,
            1 => Self::JumpApp,
            2 => Self::Recurring,
            3 => Self::Purchase,
            4 => Self::TopUp,
            _ => Self::Refund,
        }
    }

    pub(super) const fn service(self) -> &'static str {
        match self {
            Self::Transfer => "43",
            Self::JumpApp | Self::Recurring | Self::Purchase => "54",
            Self::TopUp => "38",
            Self::Refund => "58",
        }
    }

    /// A refund needs a payment.
    pub(super) async fn prepare(self, reference: &str, shop: &Shop) -> Result<(), SetUpError> {
        if self != Self::Refund {
            return Ok(());
        }
        let request = requests::recurring(&original(reference), AMOUNT);
        let mut tries = 0;
        // Other operations' trouble may be that the tokens die, and then the client leaves the token
        // endpoint alone for a while.
        while let Err(error) = shop.debit_customer.payment(&request).await {
            tries += 1;
            if tries == TRIES {
                return Err(error.into());
            }
            shop.clock.advance(A_WHILE);
        }
        Ok(())
    }

    pub(super) async fn send(self, shop: &Shop, reference: &str, id: Option<ExternalId>) -> Sent {
        made!(self, shop, reference, call => {
            let call = call.with_timeout(LIMIT);
            let call = match id {
                Some(id) => call.with_external_id(id),
                None => call,
            };
            told(shop.outcomes.send(call).await)
        })
    }

    /// Sends it again, on a proof that DOKU does not know it.
    pub(super) async fn resubmit(
        self,
        shop: &Shop,
        reference: &str,
        proof: NotFoundProof,
    ) -> Result<Sent, ResubmitError> {
        made!(self, shop, reference, call => {
            let response = shop.outcomes.resubmit(proof, call).await?;
            Ok(told(Ok(response)))
        })
    }

    fn path(self) -> &'static str {
        match self {
            Self::Transfer => TransferBank::INFO.path(),
            Self::JumpApp => JumpAppPayment::INFO.path(),
            Self::Recurring => Payment::INFO.path(),
            Self::Purchase => Purchase::INFO.path(),
            Self::TopUp => TopUp::INFO.path(),
            Self::Refund => Refund::INFO.path(),
        }
    }
}

/// What the journal says of an operation whose answer nobody waited for. Waits until it is there: the
/// call goes on to its end.
pub(super) async fn from_journal(
    journal: &MemoryJournal,
    shop: &Shop,
    flow: Flow,
    reference: &str,
) -> Result<Sent, SetUpError> {
    let id = format!("{} {} {reference}", shop.client_id, flow.path());
    let id: OperationId = serde_json::from_value(id.into())?;
    for _ in 0..LOOKS {
        match journal.find(&id).await? {
            Some(record) if record.state.is_some() => {
                return Ok(Sent {
                    shown: format!("{record:?}"),
                    deliveries: record.external_ids.len(),
                    resolver: record.pending().map(Resolver::new),
                    state: record.state.unwrap_or(NEVER_SENT),
                });
            }
            _ => tokio::time::sleep(BETWEEN_LOOKS).await,
        }
    }
    Ok(Sent {
        state: NEVER_SENT,
        resolver: None,
        deliveries: 0,
        shown: String::new(),
    })
}

/// Given up before its intent: nothing has left.
const NEVER_SENT: MoneyState = MoneyState::NotMoved(NotMovedProof::Local);

fn told<T: std::fmt::Debug>(result: Result<Response<T>, Error>) -> Sent {
    let resolver = result.resolver();
    let (state, deliveries, shown) = match &result {
        Ok(response) => {
            let shown = format!("{response:?} {:?}", response.pending());
            (response.money(), response.attempts().len(), shown)
        }
        Err(error) => {
            let shown = format!(
                "{error} {error:?} {:?} {:?}",
                error.attempts(),
                error.pending()
            );
            (error.money(), error.attempts().len(), shown)
        }
    };
    Sent {
        // Every call that moves money has a state; a missing one shows as a false claim.
        state: state.cloned().unwrap_or(NEVER_SENT),
        resolver,
        deliveries,
        shown,
    }
}

fn original(refund: &str) -> String {
    format!("O{refund}")
}

/// In rupiah.
const AMOUNT: u32 = 25_000;
/// The limit of a call: short, because many of them hang.
const LIMIT: Duration = Duration::from_millis(1000);
const TRIES: u32 = 20;
const A_WHILE: Duration = Duration::from_secs(31);
const BETWEEN_LOOKS: Duration = Duration::from_millis(10);
/// Longer than a call may take.
const LOOKS: u32 = 200;
