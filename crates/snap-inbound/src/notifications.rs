//! What this crate knows about the generated bodies.

use bytes::Bytes;
use http::{Response, StatusCode};

use crate::{
    DebitNotification, DebitNotificationAnswer, Message, Notification, Service, Unreadable,
    VaInquiry, VaInquiryAnswer, VaPaymentNotification, VaPaymentNotificationAnswer,
    VaPaymentNotificationAnswerVirtualAccountData, Verified, answer,
};

impl Message for DebitNotification {
    const SERVICE: Service = Service::DEBIT_NOTIFY;

    fn check(&self) -> Result<(), Unreadable> {
        let reference = self.original_partner_reference_no.as_deref();
        Unreadable::unless_there("originalPartnerReferenceNo", reference)?;
        let status = self.latest_transaction_status.as_ref();
        let status = status.map(|status| status.as_str());
        Unreadable::unless_there("latestTransactionStatus", status)?;
        Unreadable::unless_amount("amount", self.amount.as_ref())
    }
}

impl Notification for DebitNotification {
    type Acknowledgement = DebitNotificationAnswer;

    fn acknowledgement(&self) -> DebitNotificationAnswer {
        DebitNotificationAnswer::builder().build()
    }
}

impl Message for VaPaymentNotification {
    const SERVICE: Service = Service::VA_PAYMENT;

    fn check(&self) -> Result<(), Unreadable> {
        let id = self.payment_request_id.as_deref();
        Unreadable::unless_there("paymentRequestId", id)?;
        Unreadable::unless_amount("paidAmount", self.paid_amount.as_ref())
    }
}

impl Notification for VaPaymentNotification {
    type Acknowledgement = VaPaymentNotificationAnswer;

    fn acknowledgement(&self) -> VaPaymentNotificationAnswer {
        let account = VaPaymentNotificationAnswerVirtualAccountData::builder()
            .maybe_partner_service_id(self.partner_service_id.as_deref())
            .maybe_customer_no(self.customer_no.as_deref())
            .maybe_virtual_account_no(self.virtual_account_no.as_deref())
            .maybe_virtual_account_name(self.virtual_account_name.as_deref())
            .maybe_payment_request_id(self.payment_request_id.as_deref())
            .build();
        VaPaymentNotificationAnswer::builder()
            .virtual_account_data(account)
            .build()
    }
}

impl Message for VaInquiry {
    const SERVICE: Service = Service::VA_INQUIRY;
}

/// What the merchant says about a virtual account.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum VaAnswer {
    /// It can be paid: `2002400`.
    Payable(VaInquiryAnswer),
    /// There is none: `4042412`.
    NotFound,
    /// It is paid: `4042414`.
    Paid,
    /// It has expired: `4042419`.
    Expired,
}

impl Verified<VaInquiry> {
    /// The answer to an inquiry: anew each time, from the merchant's data.
    ///
    /// A negative one holds response code and message only, as DOKU asks for.
    #[must_use]
    pub fn answer(&self, answer: &VaAnswer) -> Response<Bytes> {
        let (status, case, message) = match answer {
            VaAnswer::Payable(_) => (StatusCode::OK, "00", Service::VA_INQUIRY.success_message()),
            VaAnswer::NotFound => (StatusCode::NOT_FOUND, "12", "Invalid Bill/Virtual Account"),
            VaAnswer::Paid => (StatusCode::NOT_FOUND, "14", "Paid Bill"),
            VaAnswer::Expired => (StatusCode::NOT_FOUND, "19", "Invalid Bill/Virtual Account"),
        };
        let code = answer::response_code(status, Service::VA_INQUIRY, case);
        match answer {
            VaAnswer::Payable(account) => answer::with(status, &code, message, account),
            _ => answer::plain(status, &code, message),
        }
    }
}
