//! The operations of all products, read from the specifications that the crate carries.
//!
//! The files are copies of what the product crates are generated from. They are read here by a reader
//! of the sandbox's own, so that a mistake of the generator does not cancel itself out. Patterns and
//! rules of single channels are not enforced.

mod schema;

use std::sync::LazyLock;

use self::schema::Components;
pub(crate) use self::schema::{Kind, Member, Schema};
use crate::{body, json::Json, ledger::MoneyKind};

/// An operation of a product, as its specification describes it.
#[derive(Clone, Debug)]
pub(crate) struct Operation {
    /// Product and operation: `wallet.balanceInquiry`.
    pub(crate) id: String,
    /// Path on the wire.
    pub(crate) path: String,
    pub(crate) token: Token,
    /// Two digits of the response code.
    pub(crate) service: String,
    /// None where no money is concerned.
    pub(crate) money: Option<Money>,
    /// Headers of the operation beyond those of every transaction.
    pub(crate) headers: Vec<Listed>,
    /// DOKU has not confirmed it.
    pub(crate) unverified: bool,
    pub(crate) request: Schema,
    pub(crate) response: Schema,
    /// The example answer of the page.
    pub(crate) example: Option<Json>,
}

/// What an operation does to money.
#[derive(Clone, Debug)]
pub(crate) struct Money {
    pub(crate) kind: MoneyKind,
    /// The member of the request that is the merchant's identity of it.
    pub(crate) reference: String,
}

/// Whose token an operation asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Token {
    /// The merchant's only.
    B2b,
    /// The customer's as well.
    B2b2c,
    /// The customer's too, if there is one.
    Either,
}

/// A header that an operation lists.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Listed {
    pub(crate) name: &'static str,
    /// Longest value: the standard for `CHANNEL-ID`, DOKU's direct-debit pages and libraries for the
    /// other two.
    pub(crate) max: usize,
    pub(crate) required: bool,
}

/// All operations, in the order of the specifications.
#[derive(Debug)]
pub(crate) struct Catalogue(Vec<Operation>);

impl Catalogue {
    /// The embedded specifications, read once per process; None if one is not understood, which a
    /// test excludes.
    pub(crate) fn embedded() -> Option<&'static Self> {
        static EMBEDDED: LazyLock<Option<Catalogue>> =
            LazyLock::new(|| Catalogue::read(SPECIFICATIONS).ok());
        EMBEDDED.as_ref()
    }

    fn read(specifications: &[(&str, &str)]) -> Result<Self, String> {
        let mut operations = Vec::new();
        for (product, text) in specifications {
            let document = Json::read(text.as_bytes()).ok_or(format!("{product}: not JSON"))?;
            operations_of(product, &document, &mut operations)
                .map_err(|error| format!("{product}: {error}"))?;
        }
        operations.extend(mobile_bank_account_inquiry(&operations));
        Ok(Self(operations))
    }

    /// Operations in their order, without those that are not confirmed unless they are asked for.
    pub(crate) fn served(&self, unverified: bool) -> impl Iterator<Item = &Operation> {
        let served = move |operation: &&Operation| unverified || !operation.unverified;
        self.0.iter().filter(served)
    }

    /// The operations that a request at a path may mean, by what its head says.
    pub(crate) fn here(
        &self,
        path: &str,
        with_customer: bool,
        unverified: bool,
    ) -> impl Iterator<Item = &Operation> {
        let here = move || {
            self.served(unverified)
                .filter(move |operation| operation.path == path)
        };
        let rank = move |operation: &Operation| operation.token.rank(with_customer);
        let best = here().map(rank).min();
        here().filter(move |operation| Some(rank(operation)) == best)
    }

    /// The operation that a request at a path means.
    ///
    /// Several operations may share a path. A customer token decides first; then the one that asks
    /// for most among those whose required members are all there, so that the more special one is
    /// found; else the first.
    pub(crate) fn find(
        &self,
        path: &str,
        with_customer: bool,
        body: Option<&Json>,
        unverified: bool,
    ) -> Option<&Operation> {
        let fitting = || self.here(path, with_customer, unverified);
        let best = fitting()
            .filter_map(|operation| {
                Some((
                    body::required_present(&operation.request, body?)?,
                    operation,
                ))
            })
            .reduce(|best, next| if next.0 > best.0 { next } else { best });
        best.map(|(_, operation)| operation)
            .or_else(|| fitting().next())
    }
}

impl Operation {
    fn read(product: &str, path: &str, given: &Json, schemas: &Json) -> Result<Self, String> {
        let snap = given.member("x-snap").ok_or("no x-snap")?;
        let text = |json: &Json, key: &str| json.member(key)?.as_text().map(ToOwned::to_owned);
        let components = Components(schemas);
        let request = schema_in(given.member("requestBody")).ok_or("no request schema")?;
        let response = given.member("responses").and_then(|all| all.member("200"));
        let response = schema_in(response).ok_or("no response schema")?;
        let id = text(given, "operationId").ok_or("no operationId")?;
        Ok(Self {
            id: format!("{product}.{id}"),
            // Operations of one path are told apart by a fragment, which is not sent.
            path: path.split('#').next().unwrap_or_default().to_owned(),
            token: snap
                .member("token")
                .and_then(Json::as_text)
                .and_then(Token::read)
                .ok_or("no token")?,
            service: text(snap, "service-code").ok_or("no service code")?,
            money: Money::read(snap)?,
            headers: listed(snap.member("headers"))?,
            unverified: snap.member("unverified") == Some(&Json::Bool(true)),
            request: components.schema(request)?,
            response: components.schema(response)?,
            example: given.member("x-example-response").cloned(),
        })
    }
}

impl Money {
    fn read(snap: &Json) -> Result<Option<Self>, String> {
        let text = |key: &str| snap.member(key).and_then(Json::as_text);
        let kind = match text("kind") {
            Some("debit") => MoneyKind::Debit,
            Some("credit") => MoneyKind::Credit,
            Some("reversal") => MoneyKind::Reversal,
            None | Some("read" | "session") => return Ok(None),
            Some(other) => return Err(format!("an unknown kind: {other}")),
        };
        let reference = text("reference").ok_or("money without a reference")?;
        Ok(Some(Self {
            kind,
            reference: reference.to_owned(),
        }))
    }
}

impl Token {
    fn read(text: &str) -> Option<Self> {
        match text {
            "b2b" => Some(Self::B2b),
            "b2b2c" => Some(Self::B2b2c),
            "either" => Some(Self::Either),
            _ => None,
        }
    }

    /// How well a request with or without a customer token fits; the smaller the better.
    fn rank(self, with_customer: bool) -> u8 {
        match (self, with_customer) {
            (Self::B2b, false) | (Self::B2b2c, true) => 0,
            (Self::Either, _) => 1,
            (Self::B2b, true) | (Self::B2b2c, false) => 2,
        }
    }
}

fn operations_of(
    product: &str,
    document: &Json,
    operations: &mut Vec<Operation>,
) -> Result<(), String> {
    let none = Json::Object(Vec::new());
    let schemas = document.member("components");
    let schemas = schemas.and_then(|components| components.member("schemas"));
    let paths = document.member("paths").ok_or("no paths")?;
    for (path, methods) in paths.members() {
        let at = |error: String| format!("{path}: {error}");
        let given = methods.member("post");
        let given = given.ok_or_else(|| at("not a POST".to_owned()))?;
        let operation = Operation::read(product, path, given, schemas.unwrap_or(&none));
        operations.push(operation.map_err(at)?);
    }
    Ok(())
}

fn schema_in(body: Option<&Json>) -> Option<&Json> {
    body?
        .member("content")?
        .member("application/json")?
        .member("schema")
}

fn listed(headers: Option<&Json>) -> Result<Vec<Listed>, String> {
    let headers = headers.map_or(&[][..], Json::members).iter();
    headers
        .map(|(name, presence)| {
            let (name, max) = KNOWN_HEADERS
                .iter()
                .find(|(known, _)| known == name)
                .ok_or_else(|| format!("a header that is not known: {name}"))?;
            Ok(Listed {
                name,
                max: *max,
                required: presence.as_text() == Some("required"),
            })
        })
        .collect()
}

/// DOKU's mobile libraries ask for a bank account without a customer token, at a path of their own.
fn mobile_bank_account_inquiry(operations: &[Operation]) -> Option<Operation> {
    let documented = operations
        .iter()
        .find(|operation| operation.id == "wallet.bankAccountInquiry")?;
    Some(Operation {
        path: "/snap-adapter/b2b/v1.0/emoney/bank-account-inquiry".to_owned(),
        token: Token::B2b,
        ..documented.clone()
    })
}

/// Headers that operations list, and their longest value.
const KNOWN_HEADERS: &[(&str, usize)] =
    &[("CHANNEL-ID", 5), ("X-IP-ADDRESS", 15), ("X-DEVICE-ID", 64)];

const SPECIFICATIONS: &[(&str, &str)] = &[
    ("kirimdoku", include_str!("../specs/kirimdoku.json")),
    ("wallet", include_str!("../specs/wallet.json")),
    ("direct-debit", include_str!("../specs/direct-debit.json")),
];

#[cfg(test)]
mod tests;
