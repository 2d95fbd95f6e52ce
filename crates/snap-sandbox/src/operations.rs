//! The operations a sandbox serves, one module each.

pub(crate) mod balance_inquiry;
pub(crate) mod token_request;

/// An operation, its place on the wire and its service code.
pub(crate) struct Route {
    pub(crate) method: &'static str,
    pub(crate) path: &'static str,
    pub(crate) service: &'static str,
    pub(crate) operation: Operation,
}

/// What is served at a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operation {
    TokenRequest,
    BalanceInquiry,
}

impl Route {
    /// The operation at exactly this method and path.
    pub(crate) fn find(method: &str, path: &str) -> Option<&'static Self> {
        ROUTES
            .iter()
            .find(|route| route.method == method && route.path == path)
    }
}

/// Paths as documented: <https://developers.doku.com/accept-payments/direct-api/snap/integration-guide/get-token-api/b2b>
/// and <https://developers.doku.com/payout/kirim-doku/balance-inquiry>.
const ROUTES: &[Route] = &[
    Route {
        method: "POST",
        path: "/authorization/v1/access-token/b2b",
        service: "73",
        operation: Operation::TokenRequest,
    },
    Route {
        method: "POST",
        path: "/snap/v1.1/balance-inquiry",
        service: "11",
        operation: Operation::BalanceInquiry,
    },
];
