//! Every operation that moves money and has an inquiry, with one request each.

use doku_direct_debit::{
    CancelRequest, CancelRequestAdditionalInfo, Channel, DirectDebit, RefundRequest,
};
use doku_kirimdoku::Kirimdoku;
use doku_wallet::{PurchaseCancelRequest, PurchaseRefundRequest, Wallet};
use snap_core::{
    Amount, Call, CustomerKey, CustomerTokens, Error, ExternalId, Intent, MoneyState, Pending,
    Response,
};
use snap_resolve::{NotFoundProof, Outcome, Outcomes, Resolver, ResubmitError};
use snap_sandbox::MoneyKind;
use snap_suite::requests;

use crate::shop::{CUSTOMER, Shop};

/// An operation that is played.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    Transfer,
    /// From a bound account, recurring: nobody has to confirm it.
    Payment,
    JumpApp,
    Refund,
    /// A cancellation by direct debit, which DOKU has not confirmed.
    Cancel,
    Purchase,
    PurchaseCancel,
    /// With an amount.
    PurchaseRefund,
    /// Without one: of all there is.
    WholeRefund,
    TopUp,
    WalletTransfer,
}

/// What a call came to.
#[derive(Debug)]
pub struct Told {
    pub money: MoneyState,
    pub pending: Option<Pending>,
    pub resolver: Option<Resolver>,
    /// How often it was delivered.
    pub attempts: usize,
    /// What the error says; nothing for a success.
    pub error: String,
}

/// What is different from the usual call.
#[derive(Clone, Debug, Default)]
pub struct How {
    pub external_id: Option<ExternalId>,
    /// Instead of the usual amount, in rupiah.
    pub amount: Option<u32>,
    /// Instead of the tokens that the client manages.
    pub customer: Option<CustomerTokens>,
    pub path: Option<&'static str>,
}

/// Makes the call of an operation, whatever its type, and does something with it.
macro_rules! made {
    ($op:expr, $shop:expr, $reference:expr, $how:expr, $call:ident => $then:expr) => {{
        let (reference, how): (&str, &How) = ($reference, $how);
        let tokens = how.customer.clone();
        let tokens = tokens.unwrap_or_else(|| CustomerKey::new(CUSTOMER).into());
        let debit = DirectDebit::from($shop.client.clone());
        let debits = debit.customer(tokens.clone());
        let wallets = Wallet::from($shop.client.clone()).customer(tokens);
        let kirim = Kirimdoku::from($shop.client.clone());
        match $op {
            Op::Transfer => {
                let $call = how
                    .apply(kirim.transfer_bank(&requests::transfer(reference, how.whole(50_000))));
                $then
            }
            Op::Payment => {
                let $call =
                    how.apply(debits.payment(&requests::recurring(reference, how.whole(25_000))));
                $then
            }
            Op::JumpApp => {
                let $call = how.apply(
                    debit.jump_app_payment(&requests::jump_app(reference, how.whole(25_000))),
                );
                $then
            }
            Op::Refund => {
                let $call = how.apply(debit.refund(&refund(reference, how)));
                $then
            }
            Op::Cancel => {
                let $call = how.apply(debits.cancel(&cancel(reference)));
                $then
            }
            Op::Purchase => {
                let $call =
                    how.apply(wallets.purchase(&requests::purchase(reference, how.whole(25_000))));
                $then
            }
            Op::PurchaseCancel => {
                let $call = how.apply(wallets.purchase_cancel(&purchase_cancel(reference)));
                $then
            }
            Op::PurchaseRefund | Op::WholeRefund => {
                let amount = ($op == Op::PurchaseRefund).then(|| how.rupiah(25_000));
                let request = purchase_refund(reference, amount);
                let $call = how.apply(wallets.purchase_refund(&request));
                $then
            }
            Op::TopUp => {
                let $call =
                    how.apply(wallets.top_up(&requests::top_up(reference, how.whole(10_000))));
                $then
            }
            Op::WalletTransfer => {
                let $call = how.apply(wallets.transfer_bank(&wallet_transfer(reference, how)));
                $then
            }
        }
    }};
}

impl Op {
    pub const ALL: [Self; 11] = [
        Self::Transfer,
        Self::Payment,
        Self::JumpApp,
        Self::Refund,
        Self::Cancel,
        Self::Purchase,
        Self::PurchaseCancel,
        Self::PurchaseRefund,
        Self::WholeRefund,
        Self::TopUp,
        Self::WalletTransfer,
    ];

    /// The operation as the local sandbox names it, its service code, its inquiry, and where that is.
    const fn names(self) -> (&'static str, &'static str, &'static str, &'static str) {
        const DEBIT: (&str, &str) = ("direct-debit.checkStatus", "/orders/v1.0/debit/status");
        const WALLET: (&str, &str) = (
            "wallet.purchaseStatus",
            "/snap-adapter/b2b2c/v1.0/debit/status",
        );
        match self {
            Self::Transfer => (
                "kirimdoku.transferBank",
                "43",
                "kirimdoku.checkStatus",
                "/snap/v1.1/qr/qr-mpm-status",
            ),
            Self::Payment => ("direct-debit.payment", "54", DEBIT.0, DEBIT.1),
            Self::JumpApp => ("direct-debit.jumpAppPayment", "54", DEBIT.0, DEBIT.1),
            Self::Refund => ("direct-debit.refund", "58", DEBIT.0, DEBIT.1),
            Self::Cancel => ("direct-debit.cancel", "57", DEBIT.0, DEBIT.1),
            Self::Purchase => ("wallet.purchase", "54", WALLET.0, WALLET.1),
            Self::PurchaseCancel => ("wallet.purchaseCancel", "57", WALLET.0, WALLET.1),
            Self::PurchaseRefund | Self::WholeRefund => {
                ("wallet.purchaseRefund", "58", WALLET.0, WALLET.1)
            }
            Self::TopUp => (
                "wallet.topUp",
                "38",
                "wallet.topUpStatus",
                "/snap-adapter/b2b2c/v1.0/emoney/topup-status",
            ),
            Self::WalletTransfer => (
                "wallet.transferBank",
                "43",
                "wallet.transactionHistoryDetail",
                "/snap-adapter/b2b2c/v1.0/transaction-history-detail",
            ),
        }
    }

    /// As the local sandbox names it.
    pub const fn name(self) -> &'static str {
        self.names().0
    }

    /// A response code of this operation.
    pub fn code(self, http_part: u16, case: &str) -> String {
        format!("{http_part}{}{case}", self.names().1)
    }

    /// The inquiry about it, as the local sandbox names it.
    pub const fn inquiry(self) -> &'static str {
        self.names().2
    }

    pub const fn inquiry_path(self) -> &'static str {
        self.names().3
    }

    pub const fn money(self) -> MoneyKind {
        match self {
            Self::Payment | Self::JumpApp | Self::Purchase => MoneyKind::Debit,
            Self::Transfer | Self::TopUp | Self::WalletTransfer => MoneyKind::Credit,
            _ => MoneyKind::Reversal,
        }
    }

    /// The payment that a reversal needs, and its reference.
    pub fn original(self, reference: &str) -> Option<(Self, String)> {
        match self {
            Self::Refund => Some((Self::JumpApp, original(reference))),
            Self::Cancel => Some((Self::JumpApp, reference.to_owned())),
            Self::PurchaseRefund | Self::WholeRefund => Some((Self::Purchase, original(reference))),
            Self::PurchaseCancel => Some((Self::Purchase, reference.to_owned())),
            _ => None,
        }
    }

    /// Sends it with the journal.
    pub async fn send(self, shop: &Shop, reference: &str) -> Told {
        self.send_so(shop, reference, &How::default()).await
    }

    pub async fn send_so(self, shop: &Shop, reference: &str, how: &How) -> Told {
        made!(self, shop, reference, how, call => told(shop.outcomes.send(call).await))
    }

    /// Sends it past the journal.
    pub async fn send_plainly(self, shop: &Shop, reference: &str) -> Told {
        self.send_plainly_so(shop, reference, &How::default()).await
    }

    pub async fn send_plainly_so(self, shop: &Shop, reference: &str, how: &How) -> Told {
        made!(self, shop, reference, how, call => told(call.await))
    }

    pub async fn resubmit(
        self,
        outcomes: &Outcomes,
        proof: NotFoundProof,
        shop: &Shop,
        (reference, how): (&str, &How),
    ) -> Result<Told, ResubmitError> {
        made!(self, shop, reference, how, call => {
            match outcomes.resubmit(proof, call).await {
                Ok(response) => Ok(told(Ok(response))),
                Err(ResubmitError::Call(error)) => Ok(told::<()>(Err(error))),
                Err(refused) => Err(refused),
            }
        })
    }

    /// What the journal would take down.
    pub fn intent(self, shop: &Shop, reference: &str) -> Intent {
        let how = How::default();
        made!(self, shop, reference, &how, call => {
            let mut call = call;
            call.intent().unwrap().unwrap()
        })
    }
}

impl How {
    fn apply<'c, O: snap_core::Operation>(&self, mut call: Call<'c, O>) -> Call<'c, O> {
        if let Some(id) = &self.external_id {
            call = call.with_external_id(id.clone());
        }
        if let Some(path) = self.path {
            call = call.with_path(path);
        }
        call
    }

    fn whole(&self, usual: u32) -> u32 {
        self.amount.unwrap_or(usual)
    }

    fn rupiah(&self, usual: u32) -> Amount {
        Amount::idr(self.whole(usual))
    }
}

fn told<T>(result: Result<Response<T>, Error>) -> Told {
    let resolver = result.resolver();
    match result {
        Ok(response) => Told {
            money: response.money().unwrap().clone(),
            pending: response.pending().cloned(),
            attempts: response.attempts().len(),
            error: String::new(),
            resolver,
        },
        Err(error) => Told {
            money: error.money().unwrap().clone(),
            pending: error.pending().cloned(),
            attempts: error.attempts().len(),
            error: error.to_string(),
            resolver,
        },
    }
}

/// The payment that a refund is of.
pub fn original(refund: &str) -> String {
    format!("O-{refund}")
}

fn refund(reference: &str, how: &How) -> RefundRequest {
    let mut request = requests::refund(reference, &original(reference), how.whole(25_000));
    request.additional_info.channel = Channel::EMONEY_DANA_SNAP;
    request.original_external_id = Some("20261126000001".to_owned());
    request
}

fn cancel(reference: &str) -> CancelRequest {
    let info = CancelRequestAdditionalInfo::builder()
        .channel(Channel::EMONEY_DANA_SNAP)
        .build();
    CancelRequest::builder(reference)
        .original_reference_no("DOKU-1")
        .original_external_id("20261126000001")
        .additional_info(info)
        .build()
}

fn purchase_cancel(reference: &str) -> PurchaseCancelRequest {
    PurchaseCancelRequest::builder(reference)
        .reason("out of stock")
        .build()
}

fn purchase_refund(reference: &str, amount: Option<Amount>) -> PurchaseRefundRequest {
    PurchaseRefundRequest::builder(reference)
        .original_partner_reference_no(original(reference))
        .reason("out of stock")
        .maybe_refund_amount(amount)
        .build()
}

fn wallet_transfer(reference: &str, how: &How) -> doku_wallet::TransferBankRequest {
    let info = doku_wallet::TransferBankRequestAdditionalInfo::builder()
        .reference_no("INQUIRY-1")
        .build();
    doku_wallet::TransferBankRequest::builder(reference)
        .account_type("SAVING")
        .additional_info(info)
        .amount(how.rupiah(50_000))
        .beneficiary_account_number("8377388292")
        .beneficiary_bank_code("014")
        .customer_number(PHONE)
        .build()
}

const PHONE: &str = "6281299887766";
