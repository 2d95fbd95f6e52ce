//! Requests that move money, as a merchant makes them.

use doku_direct_debit::{
    AccountBindingRequest, AccountBindingRequestAdditionalInfo, Channel, JumpAppPaymentRequest,
    JumpAppPaymentRequestAdditionalInfo, LineItem, PayOption, PaymentRequest,
    PaymentRequestAdditionalInfo, RefundRequest, RefundRequestAdditionalInfo, UrlParam,
};
use doku_kirimdoku::{BankCode, TransferBankRequest, TransferBankRequestAdditionalInfo};
use doku_wallet::{PurchaseRequest, PurchaseRequestUrlParamItem, TopUpRequest};
use snap_core::Amount;

/// Phone number of a customer and of a beneficiary.
pub const PHONE: &str = "628115678890";
/// Number of the identity card of a sender.
pub const PERSONAL_ID: &str = "3171234567890001";
/// Last name of a sender.
pub const LAST_NAME: &str = "SANTOSO";
/// Account of a beneficiary.
pub const ACCOUNT: &str = "8377388292";
/// Name of a beneficiary.
pub const BENEFICIARY: &str = "FHILEA HERMANUS";

/// A payout with Kirim DOKU, in a session of its own.
#[must_use]
pub fn transfer(reference: &str, rupiah: u32) -> TransferBankRequest {
    let info = TransferBankRequestAdditionalInfo::builder()
        .beneficiary_account_name(BENEFICIARY)
        .beneficiary_first_name("FHILEA")
        .beneficiary_last_name("HERMANUS")
        .beneficiary_phone_number(PHONE)
        .sender_country_code("ID")
        .sender_first_name("BUDI")
        .sender_last_name(LAST_NAME)
        .sender_personal_id(PERSONAL_ID)
        .sender_personal_id_type("KTP")
        .build();
    TransferBankRequest::builder(reference)
        .customer_number(PHONE)
        .beneficiary_account_number(ACCOUNT)
        .beneficiary_bank_code(BankCode::BCA)
        .amount(Amount::idr(rupiah))
        .session_id(session(reference))
        .additional_info(info)
        .build()
}

/// The session of a payout, of at most 25 characters.
#[must_use]
pub fn session(reference: &str) -> String {
    let from = reference.len().saturating_sub(23);
    format!("S-{}", reference.get(from..).unwrap_or_default())
}

/// A payment in the app of DANA, without a bound account.
#[must_use]
pub fn jump_app(reference: &str, rupiah: u32) -> JumpAppPaymentRequest {
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
        .amount(Amount::idr(rupiah))
        .url_param(vec![page])
        .additional_info(info)
        .build()
}

/// The binding of an ALLO account, which the customer agrees to on a page.
#[must_use]
pub fn allo_binding(customer: &str) -> AccountBindingRequest {
    let info = AccountBindingRequestAdditionalInfo::builder()
        .channel(Channel::DIRECT_DEBIT_ALLO_SNAP)
        .cust_id_merchant(customer)
        .success_registration_url("https://merchant.example/bound")
        .failed_registration_url("https://merchant.example/failed")
        .device_model("ios18")
        .os_type("ios")
        .channel_id("app")
        .build();
    AccountBindingRequest::builder()
        .phone_no("628238748728423")
        .additional_info(info)
        .build()
}

/// A payment with a bound account of ALLO, which the customer confirms on a page.
#[must_use]
pub fn payment(reference: &str, rupiah: u32) -> PaymentRequest {
    let item = LineItem::builder()
        .name("Coffee")
        .price(format!("{rupiah}.00"))
        .quantity("1")
        .build();
    let info = PaymentRequestAdditionalInfo::builder()
        .channel(Channel::DIRECT_DEBIT_ALLO_SNAP)
        .remarks("one coffee")
        .success_payment_url("https://merchant.example/paid")
        .failed_payment_url("https://merchant.example/failed")
        .line_items(vec![item])
        .build();
    paid_with("BALANCE", reference, rupiah, info)
}

/// A recurring payment with a bound account of OVO, which is settled at once.
#[must_use]
pub fn recurring(reference: &str, rupiah: u32) -> PaymentRequest {
    let info = PaymentRequestAdditionalInfo::builder()
        .channel(Channel::EMONEY_OVO_SNAP)
        .payment_type("RECURRING")
        .success_payment_url("https://merchant.example/paid")
        .failed_payment_url("https://merchant.example/failed")
        .build();
    paid_with("CASH", reference, rupiah, info)
}

fn paid_with(
    method: &str,
    reference: &str,
    rupiah: u32,
    info: PaymentRequestAdditionalInfo,
) -> PaymentRequest {
    let option = PayOption::builder()
        .pay_method(method)
        .trans_amount(Amount::idr(rupiah))
        .build();
    PaymentRequest::builder(reference)
        .amount(Amount::idr(rupiah))
        .pay_option_details(vec![option])
        .additional_info(info)
        .build()
}

/// A purchase with DOKU Wallet.
#[must_use]
pub fn purchase(reference: &str, rupiah: u32) -> PurchaseRequest {
    let url = PurchaseRequestUrlParamItem::builder()
        .url("https://merchant.example/paid")
        .merchant_id("MERCHANT-1")
        .build();
    PurchaseRequest::builder(reference)
        .amount(Amount::idr(rupiah))
        .url_param(url)
        .build()
}

/// Money to a customer's DOKU account.
#[must_use]
pub fn top_up(reference: &str, rupiah: u32) -> TopUpRequest {
    TopUpRequest::builder(reference)
        .amount(Amount::idr(rupiah))
        .customer_number(PHONE)
        .notes("a gift")
        .session_id(session(reference))
        .build()
}

/// A refund of a direct debit.
#[must_use]
pub fn refund(reference: &str, original: &str, rupiah: u32) -> RefundRequest {
    let info = RefundRequestAdditionalInfo::builder()
        .channel(Channel::EMONEY_OVO_SNAP)
        .build();
    RefundRequest::builder(reference)
        .original_partner_reference_no(original)
        .refund_amount(Amount::idr(rupiah))
        .additional_info(info)
        .build()
}
