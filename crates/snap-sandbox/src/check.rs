//! What the sandbox checks: every refusal it can give, in one table.

use std::borrow::Cow;

/// Declares the checks: name, id in `behaviours.toml`, HTTP status, case code, message.
///
/// An empty case code stands for an answer that is not SNAP. `{}` in a message is replaced by the
/// header or member concerned.
macro_rules! checks {
    ($($name:ident $id:literal $http:literal $case:literal $message:literal;)+) => {
        /// A check that a request can fail.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Check { $($name),+ }

        impl Check {
            #[cfg(test)]
            pub(crate) const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The verdict that answers carry, and the id in the behaviour registry.
            pub(crate) fn id(self) -> &'static str {
                match self { $(Self::$name => $id),+ }
            }

            /// HTTP status, which is also the first three digits of the response code.
            pub(crate) fn http(self) -> u16 {
                match self { $(Self::$name => $http),+ }
            }

            /// Case code, the last two digits of the response code; empty outside SNAP.
            pub(crate) fn case(self) -> &'static str {
                match self { $(Self::$name => $case),+ }
            }

            fn message(self) -> &'static str {
                match self { $(Self::$name => $message),+ }
            }
        }
    };
}

checks! {
    RouteUnknown        "route.unknown"         404 ""   "No static resource";
    BodyTooLarge        "body.too-large"        413 ""   "Request Entity Too Large";
    StateNotKept        "state.not-kept"        503 ""   "State Folder Not Writable";
    HeaderMissing       "header.missing"        400 "02" "Invalid Mandatory Field {}";
    HeaderDuplicate     "header.duplicate"      400 "01" "Invalid Field Format {}";
    HeaderUnreadable    "header.unreadable"     400 "01" "Invalid Field Format {}";
    HeaderTooLong       "header.too-long"       400 "01" "Invalid Field Format {}";
    ContentTypeNotJson  "content-type.not-json" 400 "01" "Invalid Field Format {}";
    AuthorizationScheme "authorization.scheme"  400 "01" "Invalid Field Format {}";
    ClientNotLocal      "client.not-local"      401 "00" "Unauthorized. Not A Client Of A Local Sandbox";
    ClientUnknown       "client.unknown"        401 "00" "Unauthorized. Unknown Client";
    TimestampFormat     "timestamp.format"      400 "01" "Invalid Field Format {}";
    TimestampFraction   "timestamp.fraction"    400 "01" "Invalid Field Format {}";
    TimestampDrift      "timestamp.drift"       401 "00" "Unauthorized. Timestamp Outside Tolerance";
    TokenUnknown        "token.unknown"         401 "03" "Token Not Found (B2B)";
    TokenSuperseded     "token.superseded"      401 "01" "Invalid Token (B2B)";
    TokenExpired        "token.expired"         401 "01" "Invalid Token (B2B)";
    TokenInvalidated    "token.invalidated"     401 "01" "Invalid Token (B2B)";
    SignatureEncoding   "signature.encoding"    401 "00" "Unauthorized. Invalid Signature";
    SignatureMismatch   "signature.mismatch"    401 "00" "Unauthorized. Invalid Signature";
    DigestDisagreement  "digest.disagreement"   401 "00" "Unauthorized. Invalid Signature";
    ExternalIdFormat    "external-id.format"    400 "01" "Invalid Field Format {}";
    ExternalIdRepeated  "external-id.repeated"  409 "00" "Conflict";
    CustomerTokenUnknown     "customer-token.unknown"     401 "04" "Customer Token Not Found";
    CustomerTokenSuperseded  "customer-token.superseded"  401 "02" "Invalid Customer Token";
    CustomerTokenExpired     "customer-token.expired"     401 "02" "Invalid Customer Token";
    CustomerTokenInvalidated "customer-token.invalidated" 401 "02" "Invalid Customer Token";
    CustomerTokenElsewhere   "customer-token.elsewhere"   401 "02" "Invalid Customer Token";
    BodyNotJson         "body.not-json"         400 "00" "Bad Request";
    BodyNotObject       "body.not-object"       400 "00" "Bad Request";
    FieldMissing        "field.missing"         400 "02" "Invalid Mandatory Field {}";
    FieldFormat         "field.format"          400 "01" "Invalid Field Format {}";
    FieldTooLong        "field.too-long"        400 "01" "Invalid Field Format {}";
    FieldTooShort       "field.too-short"       400 "01" "Invalid Field Format {}";
    AmountFormat        "amount.format"         400 "01" "Invalid Field Format {}";
    GrantType           "grant.type"            400 "01" "Invalid Field Format {}";
    AuthCodeUnknown     "auth-code.unknown"     401 "00" "Unauthorized. Unknown Auth Code";
    AuthCodePending     "auth-code.pending"     401 "00" "Unauthorized. Customer Has Not Consented";
    AuthCodeRejected    "auth-code.rejected"    401 "00" "Unauthorized. Customer Rejected The Binding";
    AuthCodeUsed        "auth-code.used"        401 "00" "Unauthorized. Auth Code Used Before";
    AuthCodeExpired     "auth-code.expired"     401 "00" "Unauthorized. Auth Code Expired";
    RefreshUnknown      "refresh-token.unknown" 401 "00" "Unauthorized. Unknown Refresh Token";
    RefreshReplaced     "refresh-token.replaced" 401 "00" "Unauthorized. Refresh Token Replaced";
    RefreshExpired      "refresh-token.expired" 401 "00" "Unauthorized. Refresh Token Expired";
    CustomerUnlinked    "customer.unlinked"     401 "00" "Unauthorized. Customer Unlinked";
    BindingNone         "binding.none"          404 "11" "Invalid Card/Account/Customer";
    OtpWrong            "otp.wrong"             404 "15" "Invalid OTP";
    OtpBlocked          "otp.blocked"           403 "11" "OTP Has Been Blocked";
    OtpExpired          "otp.expired"           403 "12" "OTP Expired";
    OtpNotRequested     "otp.not-requested"     404 "06" "Need To Request OTP";
    CardData            "card-data.unreadable"  400 "01" "Invalid Field Format {}";
    ChannelUnknown      "channel.unknown"       400 "01" "Invalid Field Format {}";
    ChannelHeader       "channel.header"        400 "02" "Invalid Mandatory Field {}";
    ChannelMember       "channel.member"        400 "02" "Invalid Mandatory Field {}";
    ChannelValue        "channel.value"         400 "01" "Invalid Field Format {}";
    ChannelReference    "channel.reference"     400 "01" "Invalid Field Format {}";
    AccountUnknown      "account.unknown"       404 "08" "Invalid Merchant";
    ReferenceRepeated   "partner-reference.repeated"     409 "01" "Duplicate partnerReferenceNo";
    ReferenceInconsistent "partner-reference.inconsistent" 404 "18" "Inconsistent Request";
    TransactionUnknown  "transaction.unknown"   404 "01" "Transaction Not Found";
    TransactionStatus   "transaction.status"    404 "00" "Invalid Transaction Status";
    TransactionCancelled "transaction.cancelled" 404 "04" "Transaction Cancelled";
    RefundTooMuch       "refund.too-much"       404 "13" "Invalid Amount";
    FundsInsufficient   "funds.insufficient"    403 "14" "Insufficient Funds";
    SessionUnknown      "session.unknown"       400 "01" "Invalid Field Format {}";
    SessionExpired      "session.expired"       400 "01" "Invalid Field Format {}";
    SessionMismatch     "session.mismatch"      400 "01" "Invalid Field Format {}";
    SessionUsed         "session.used"          409 "02" "Transaction Has Been Processed";
    HistoryRange        "history.range"         400 "01" "Invalid Field Format {}";
}

/// A failed check, and the header or member it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) check: Check,
    /// A name from a table or a specification, never a value that was received.
    subject: Cow<'static, str>,
}

impl Refusal {
    pub(crate) fn message(&self) -> String {
        self.check.message().replace("{}", &self.subject)
    }
}

impl Check {
    /// This check failed because of a header or member.
    pub(crate) fn of(self, subject: impl Into<Cow<'static, str>>) -> Refusal {
        Refusal {
            check: self,
            subject: subject.into(),
        }
    }
}

impl From<Check> for Refusal {
    fn from(check: Check) -> Self {
        check.of("")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_names_its_subject_exactly_when_it_has_a_place_for_it() {
        for check in Check::ALL {
            let names_it = check.of("X-THING").message().contains("X-THING");

            assert_eq!(names_it, check.message().contains("{}"), "{}", check.id());
            assert!(check.message().len() <= 100, "{}", check.id());
        }
    }
}
