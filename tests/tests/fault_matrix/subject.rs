//! One operation of each kind, and one of each kind for a customer.

use std::{net::Ipv4Addr, sync::Arc, time::Duration};

use doku_direct_debit::{
    AccountBindingRequest, AccountBindingRequestAdditionalInfo, Channel, DirectDebit,
    RequestOtpRequest,
};
use doku_kirimdoku::{BalanceInquiryRequest, Kirimdoku};
use doku_wallet::{BalanceInquiryRequest as WalletBalanceRequest, PurchaseRefundRequest, Wallet};
use snap_core::{
    Attempt, Call, Client, CustomerKey, Error, ExternalId, MoneyState, Operation, Pending, Recorder,
};
use snap_suite::requests::{self, PHONE};

/// An operation that is played.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// Kirim DOKU balance inquiry.
    Balance,
    /// DOKU Wallet balance inquiry.
    CustomersBalance,
    /// Direct-debit account binding.
    Binding,
    /// Direct-debit request for an OTP, for a customer.
    CustomersOtp,
    /// Direct-debit jump-app payment.
    JumpApp,
    /// Direct-debit payment from a bound account.
    Payment,
    /// The same, recurring, with OVO: nobody has to confirm it.
    Recurring,
    /// DOKU Wallet purchase.
    Purchase,
    /// Kirim DOKU transfer.
    Transfer,
    /// DOKU Wallet top-up.
    TopUp,
    /// Direct-debit refund, without a customer.
    Refund,
    /// Direct-debit refund, for a customer.
    CustomersRefund,
    /// DOKU Wallet refund.
    PurchaseRefund,
}

/// How a call is made, beyond its request.
#[derive(Clone, Debug, Default)]
pub struct How {
    pub timeout: Option<Duration>,
    pub recorder: Option<Arc<dyn Recorder>>,
    pub header: Option<(&'static str, &'static str)>,
    pub external_id: Option<ExternalId>,
    /// Instead of the subject's own.
    pub reference: Option<String>,
}

/// What is kept of a success.
#[derive(Clone, Debug)]
pub struct Told {
    pub money: Option<MoneyState>,
    pub pending: Option<Pending>,
    pub attempts: Vec<Attempt>,
    pub external_id: ExternalId,
    /// What `Debug` shows of the answer.
    pub text: String,
}

impl Subject {
    /// The first of each kind is the merchant's own where there is such.
    pub const ALL: [Self; 13] = [
        Self::Balance,
        Self::CustomersBalance,
        Self::Binding,
        Self::CustomersOtp,
        Self::JumpApp,
        Self::Payment,
        Self::Recurring,
        Self::Purchase,
        Self::Transfer,
        Self::TopUp,
        Self::Refund,
        Self::CustomersRefund,
        Self::PurchaseRefund,
    ];

    /// The column of the outcome table.
    pub fn column(self) -> &'static str {
        match self {
            Self::Balance | Self::CustomersBalance => "read",
            Self::Binding | Self::CustomersOtp => "session",
            Self::JumpApp | Self::Payment | Self::Recurring | Self::Purchase => "debit",
            Self::Transfer | Self::TopUp => "credit",
            Self::Refund | Self::CustomersRefund | Self::PurchaseRefund => "reversal",
        }
    }

    pub fn is_money(self) -> bool {
        !matches!(self.column(), "read" | "session")
    }

    pub fn has_customer(self) -> bool {
        !matches!(
            self,
            Self::Balance | Self::Binding | Self::JumpApp | Self::Transfer | Self::Refund
        )
    }

    /// The name in the local sandbox, and the service code.
    fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::Balance => ("kirimdoku.balanceInquiry", "11"),
            Self::CustomersBalance => ("wallet.balanceInquiry", "11"),
            Self::Binding => ("direct-debit.accountBinding", "07"),
            Self::CustomersOtp => ("direct-debit.requestOtp", "81"),
            Self::JumpApp => ("direct-debit.jumpAppPayment", "54"),
            Self::Payment | Self::Recurring => ("direct-debit.payment", "54"),
            Self::Purchase => ("wallet.purchase", "54"),
            Self::Transfer => ("kirimdoku.transferBank", "43"),
            Self::TopUp => ("wallet.topUp", "38"),
            Self::Refund | Self::CustomersRefund => ("direct-debit.refund", "58"),
            Self::PurchaseRefund => ("wallet.purchaseRefund", "58"),
        }
    }

    /// As the local sandbox names it.
    pub fn operation(self) -> &'static str {
        self.names().0
    }

    /// A response code of this operation.
    pub fn code(self, http_part: u16, case: &str) -> String {
        format!("{http_part}{}{case}", self.names().1)
    }

    /// The payment that a reversal needs to have been made.
    pub fn original(self) -> Option<Self> {
        match self {
            Self::Refund | Self::CustomersRefund => Some(Self::JumpApp),
            Self::PurchaseRefund => Some(Self::Purchase),
            _ => None,
        }
    }

    /// The state after the sandbox's success.
    pub fn accepted(self) -> &'static str {
        match self {
            Self::JumpApp | Self::Payment | Self::Purchase => "in-progress:customer-redirect",
            Self::Transfer | Self::TopUp => "in-progress:settlement",
            _ => "moved:accepted",
        }
    }

    /// The merchant's reference, if money is concerned.
    pub fn reference(self) -> Option<&'static str> {
        match self {
            Self::JumpApp => Some(ORDER),
            Self::Payment => Some(PAYMENT),
            Self::Recurring => Some("ORDER-OVO-1"),
            Self::Purchase => Some(PURCHASE),
            Self::Transfer => Some("PAYOUT-1"),
            Self::TopUp => Some("TOPUP-1"),
            Self::Refund | Self::CustomersRefund | Self::PurchaseRefund => Some("REFUND-1"),
            _ => None,
        }
    }

    /// Sends it.
    pub async fn call(self, client: &Client, whose: &str, how: How) -> Result<Told, Error> {
        let own = || self.reference().unwrap_or_default().to_owned();
        let reference = how.reference.clone().unwrap_or_else(own);
        let kirim = Kirimdoku::from(client.clone());
        let debit = DirectDebit::from(client.clone());
        let wallet = Wallet::from(client.clone());
        let key = CustomerKey::new(whose);
        let (debits, wallets) = (debit.customer(key.clone()), wallet.customer(key));
        match self {
            Self::Balance => how.send(kirim.balance_inquiry(&balance())).await,
            Self::CustomersBalance => how.send(wallets.balance_inquiry(&wallet_balance())).await,
            Self::Binding => how.send(debit.account_binding(&binding())).await,
            Self::CustomersOtp => how.send(debits.request_otp(&otp())).await,
            Self::JumpApp => {
                how.send(debit.jump_app_payment(&requests::jump_app(&reference, RUPIAH)))
                    .await
            }
            Self::Payment => {
                let call = debits.payment(&requests::payment(&reference, RUPIAH));
                how.send(call.with_ip_address(ADDRESS)).await
            }
            Self::Recurring => {
                how.send(debits.payment(&requests::recurring(&reference, RUPIAH)))
                    .await
            }
            Self::Purchase => {
                how.send(wallets.purchase(&requests::purchase(&reference, RUPIAH)))
                    .await
            }
            Self::Transfer => {
                how.send(kirim.transfer_bank(&requests::transfer(&reference, RUPIAH)))
                    .await
            }
            Self::TopUp => {
                how.send(wallets.top_up(&requests::top_up(&reference, RUPIAH)))
                    .await
            }
            Self::Refund => {
                how.send(debit.refund(&requests::refund(&reference, ORDER, RUPIAH)))
                    .await
            }
            Self::CustomersRefund => {
                how.send(debits.refund(&requests::refund(&reference, ORDER, RUPIAH)))
                    .await
            }
            Self::PurchaseRefund => {
                let request = purchase_refund(&reference);
                how.send(wallets.purchase_refund(&request)).await
            }
        }
    }
}

impl How {
    async fn send<O: Operation<Response: std::fmt::Debug>>(
        self,
        mut call: Call<'_, O>,
    ) -> Result<Told, Error> {
        if let Some(limit) = self.timeout {
            call = call.with_timeout(limit);
        }
        if let Some(recorder) = self.recorder {
            call = call.with_recorder(recorder);
        }
        if let Some((name, value)) = self.header {
            call = call.with_header(name, value);
        }
        if let Some(id) = self.external_id {
            call = call.with_external_id(id);
        }
        let response = call.await?;
        Ok(Told {
            money: response.money().cloned(),
            pending: response.pending().cloned(),
            attempts: response.attempts().to_vec(),
            external_id: response.external_id().clone(),
            text: format!("{response:?} {response:#?}"),
        })
    }
}

fn balance() -> BalanceInquiryRequest {
    BalanceInquiryRequest::builder()
        .account_no(AGENT_KEY)
        .build()
}

fn wallet_balance() -> WalletBalanceRequest {
    WalletBalanceRequest::builder()
        .partner_reference_no("BALANCE-1")
        .build()
}

fn binding() -> AccountBindingRequest {
    let info = AccountBindingRequestAdditionalInfo::builder()
        .channel(Channel::EMONEY_OVO_SNAP)
        .cust_id_merchant("cust-001")
        .success_registration_url("https://merchant.example/bound")
        .failed_registration_url("https://merchant.example/failed")
        .build();
    AccountBindingRequest::builder()
        .phone_no(PHONE)
        .additional_info(info)
        .build()
}

fn otp() -> RequestOtpRequest {
    RequestOtpRequest::builder()
        .journey_id("JOURNEY-1")
        .partner_reference_no(PAYMENT)
        .build()
}

fn purchase_refund(reference: &str) -> PurchaseRefundRequest {
    PurchaseRefundRequest::builder(reference)
        .original_partner_reference_no(PURCHASE)
        .reason("out of stock")
        .build()
}

const ADDRESS: Ipv4Addr = Ipv4Addr::new(203, 0, 113, 100);
const ORDER: &str = "ORDER-1";
const PAYMENT: &str = "ORDER-2026-0042-00000000000000001";
const PURCHASE: &str = "PURCHASE-1";

/// That of every local sandbox.
pub const AGENT_KEY: &str = "A00001";
const RUPIAH: u32 = 25_000;
