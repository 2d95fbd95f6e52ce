//! One operation of each kind, and one of each kind for a customer.

use std::{net::Ipv4Addr, sync::Arc, time::Duration};

use doku_direct_debit::{
    AccountBindingRequest, AccountBindingRequestAdditionalInfo, Channel, DirectDebit,
    JumpAppPaymentRequest, JumpAppPaymentRequestAdditionalInfo, LineItem, PayOption,
    PaymentRequest, PaymentRequestAdditionalInfo, RefundRequest, RefundRequestAdditionalInfo,
    RequestOtpRequest, UrlParam,
};
use doku_kirimdoku::{
    BalanceInquiryRequest, BankCode, Kirimdoku, TransferBankRequest,
    TransferBankRequestAdditionalInfo,
};
use doku_wallet::{
    BalanceInquiryRequest as WalletBalanceRequest, PurchaseRefundRequest, PurchaseRequest,
    PurchaseRequestUrlParamItem, TopUpRequest, Wallet,
};
use snap_core::{
    Amount, Attempt, Call, Client, CustomerKey, Error, ExternalId, MoneyState, Operation, Pending,
    Recorder,
};

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
            Self::Payment => Some("ORDER-2026-0042-00000000000000001"),
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
                how.send(debit.jump_app_payment(&jump_app(&reference)))
                    .await
            }
            Self::Payment => {
                let call = debits.payment(&payment(&reference));
                how.send(call.with_ip_address(ADDRESS)).await
            }
            Self::Recurring => how.send(debits.payment(&recurring(&reference))).await,
            Self::Purchase => how.send(wallets.purchase(&purchase(&reference))).await,
            Self::Transfer => how.send(kirim.transfer_bank(&transfer(&reference))).await,
            Self::TopUp => how.send(wallets.top_up(&top_up(&reference))).await,
            Self::Refund => how.send(debit.refund(&refund(&reference))).await,
            Self::CustomersRefund => how.send(debits.refund(&refund(&reference))).await,
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
        .partner_reference_no("OTP-1")
        .build()
}

fn jump_app(reference: &str) -> JumpAppPaymentRequest {
    let info = JumpAppPaymentRequestAdditionalInfo::builder()
        .channel(Channel::EMONEY_DANA_SNAP)
        .order_title("coffee")
        .build();
    let page = UrlParam::builder()
        .url("https://merchant.example/paid")
        .type_("PAY_RETURN")
        .is_deep_link("N")
        .build();
    JumpAppPaymentRequest::builder(reference)
        .amount(Amount::idr(25_000))
        .url_param(vec![page])
        .additional_info(info)
        .build()
}

fn payment(reference: &str) -> PaymentRequest {
    let item = LineItem::builder()
        .name("Coffee")
        .price("25000.00")
        .quantity("1")
        .build();
    let info = PaymentRequestAdditionalInfo::builder()
        .channel(Channel::DIRECT_DEBIT_ALLO_SNAP)
        .remarks("one coffee")
        .success_payment_url("https://merchant.example/paid")
        .failed_payment_url("https://merchant.example/failed")
        .line_items(vec![item])
        .build();
    let option = PayOption::builder()
        .pay_method("BALANCE")
        .trans_amount(Amount::idr(25_000))
        .build();
    PaymentRequest::builder(reference)
        .amount(Amount::idr(25_000))
        .pay_option_details(vec![option])
        .additional_info(info)
        .build()
}

fn recurring(reference: &str) -> PaymentRequest {
    let info = PaymentRequestAdditionalInfo::builder()
        .channel(Channel::EMONEY_OVO_SNAP)
        .payment_type("RECURRING")
        .success_payment_url("https://merchant.example/paid")
        .failed_payment_url("https://merchant.example/failed")
        .build();
    let option = PayOption::builder()
        .pay_method("CASH")
        .trans_amount(Amount::idr(25_000))
        .fee_amount(Amount::idr(0))
        .build();
    PaymentRequest::builder(reference)
        .fee_type("OUR")
        .amount(Amount::idr(25_000))
        .pay_option_details(vec![option])
        .additional_info(info)
        .build()
}

fn purchase(reference: &str) -> PurchaseRequest {
    let url = PurchaseRequestUrlParamItem::builder()
        .url("https://merchant.example/paid")
        .merchant_id("MERCHANT-1")
        .build();
    PurchaseRequest::builder(reference)
        .amount(Amount::idr(25_000))
        .url_param(url)
        .build()
}

fn transfer(reference: &str) -> TransferBankRequest {
    let info = TransferBankRequestAdditionalInfo::builder()
        .beneficiary_account_name("FHILEA HERMANUS")
        .beneficiary_first_name("FHILEA")
        .beneficiary_last_name("HERMANUS")
        .beneficiary_phone_number(PHONE)
        .sender_country_code("ID")
        .sender_first_name("BUDI")
        .sender_last_name("SANTOSO")
        .sender_personal_id(PERSONAL_ID)
        .sender_personal_id_type("KTP")
        .build();
    TransferBankRequest::builder(reference)
        .customer_number(PHONE)
        .beneficiary_account_number(ACCOUNT)
        .beneficiary_bank_code(BankCode::BCA)
        .amount(Amount::idr(50_000))
        .session_id("session-1")
        .additional_info(info)
        .build()
}

fn top_up(reference: &str) -> TopUpRequest {
    TopUpRequest::builder(reference)
        .amount(Amount::idr(50_000))
        .customer_number(PHONE)
        .notes("a gift")
        .session_id("session-2")
        .build()
}

fn refund(reference: &str) -> RefundRequest {
    let info = RefundRequestAdditionalInfo::builder()
        .channel(Channel::EMONEY_DANA_SNAP)
        .build();
    RefundRequest::builder(reference)
        .original_partner_reference_no(ORDER)
        .refund_amount(Amount::idr(25_000))
        .additional_info(info)
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
const PURCHASE: &str = "PURCHASE-1";

/// That of every local sandbox.
pub const AGENT_KEY: &str = "A00001";
pub const PHONE: &str = "6281299887766";
pub const PERSONAL_ID: &str = "3171234567890001";
pub const ACCOUNT: &str = "8377388292";
