//! What a sandbox serves: the two token calls, and the operations of the products.

pub(crate) mod balance_inquiry;
pub(crate) mod customer_token_request;
mod history;
pub(crate) mod inquiry;
mod money;
mod payment_otp;
pub(crate) mod product;
mod registration;
pub(crate) mod session;
pub(crate) mod token_request;

use std::sync::Arc;

use crate::{
    arrived::Arrived,
    judge::State,
    spec::{Money, Operation, Token},
    transaction::CUSTOMER,
};

/// What is served at a method and path.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Served<'a> {
    Token(TokenCall),
    Product(&'a Operation),
}

/// A call for a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenCall {
    B2b,
    B2b2c,
}

impl<'a> Served<'a> {
    /// The service code: digits four and five of a response code.
    pub(crate) fn service(self) -> &'a str {
        match self {
            Self::Token(TokenCall::B2b) => "73",
            Self::Token(TokenCall::B2b2c) => "74",
            Self::Product(operation) => &operation.service,
        }
    }

    /// What it does to money.
    pub(crate) fn money(self) -> Option<&'a Money> {
        match self {
            Self::Token(_) => None,
            Self::Product(operation) => operation.money.as_ref(),
        }
    }

    /// Whether its answer gives out tokens or auth codes.
    pub(crate) fn issues(self) -> bool {
        match self {
            Self::Token(_) => true,
            Self::Product(operation) => operation.response.mentions("authCode"),
        }
    }

    /// Product and operation.
    pub(crate) fn id(self) -> &'a str {
        match self {
            Self::Token(TokenCall::B2b) => "token.b2b",
            Self::Token(TokenCall::B2b2c) => "token.b2b2c",
            Self::Product(operation) => &operation.id,
        }
    }
}

impl TokenCall {
    pub(crate) const ALL: [Self; 2] = [Self::B2b, Self::B2b2c];

    /// The token call at exactly this method and path.
    pub(crate) fn find(method: &str, path: &str) -> Option<Self> {
        let mut calls = Self::ALL.into_iter();
        calls.find(|call| method == METHOD && call.path() == path)
    }

    /// Paths as documented:
    /// <https://developers.doku.com/accept-payments/direct-api/snap/integration-guide/get-token-api/b2b>
    /// and <https://developers.doku.com/accept-payment/direct-api/snap/integration-guide/get-token-api/b2b2c>.
    pub(crate) fn path(self) -> &'static str {
        match self {
            Self::B2b => "/authorization/v1/access-token/b2b",
            Self::B2b2c => "/authorization/v1/access-token/b2b2c",
        }
    }
}

/// The label of the customer whose token a request carries, if its operation asks for one.
fn customer_of(state: &State, operation: &Operation, arrived: &Arrived) -> Option<Arc<str>> {
    if operation.token == Token::B2b {
        return None;
    }
    let token = arrived.first(CUSTOMER)?.rsplit(' ').next()?;
    state.customers.label_of(token).map(Arc::from)
}

/// The method of every operation.
pub(crate) const METHOD: &str = "POST";
