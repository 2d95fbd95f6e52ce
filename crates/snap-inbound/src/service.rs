use std::fmt;

/// A kind of message that DOKU sends to a merchant, and the service code of its answers.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Service {
    name: &'static str,
    code: &'static str,
    success: &'static str,
    question: bool,
}

impl Service {
    /// Notification of direct debit and e-wallet payments, service 56; documented path
    /// `/v1.0/debit/notify`.
    pub const DEBIT_NOTIFY: Self = Self {
        name: "debit notification",
        code: "56",
        success: "Request has been processed successfully",
        question: false,
    };
    /// Notification of a virtual account payment, service 25; documented path
    /// `/v1/transfer-va/payment`. Two of DOKU's libraries answer it with 27, which is *create VA*.
    pub const VA_PAYMENT: Self = Self {
        name: "virtual account payment",
        code: "25",
        success: "Successful",
        question: false,
    };
    /// Inquiry about a virtual account before it is paid, service 24; documented path
    /// `/v1.1/transfer-va/inquiry`. A question: it is answered anew each time.
    pub const VA_INQUIRY: Self = Self {
        name: "virtual account inquiry",
        code: "24",
        success: "Successful",
        question: true,
    };
    /// Request for a token, service 73.
    pub const TOKEN: Self = Self {
        name: "token request",
        code: "73",
        success: "Successful",
        question: false,
    };

    /// A notice of Kirim DOKU, which has no code.
    pub(crate) const KIRIM_NOTICE: Self = Self {
        name: "notice of Kirim DOKU",
        code: "",
        success: "",
        question: false,
    };
    /// A notification of a product beside SNAP, which has no code.
    pub(crate) const NON_SNAP: Self = Self {
        name: "non-SNAP notification",
        code: "",
        success: "",
        question: false,
    };

    /// The two digits inside response codes; empty for messages that are not SNAP.
    #[must_use]
    pub fn code(self) -> &'static str {
        self.code
    }

    /// Whether it is answered from the merchant's data each time, and so never a duplicate.
    #[must_use]
    pub fn is_question(self) -> bool {
        self.question
    }

    pub(crate) fn success_message(self) -> &'static str {
        self.success
    }
}

impl fmt::Debug for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Service({} {})", self.code, self.name)
    }
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}
