//! Builds the answer of an operation from its specification, the request and the page's example.

mod made_up;
mod overlay;
mod printed;

use chrono::{DateTime, Utc};

pub(crate) use self::overlay::Overlay;
use self::printed::{number, sane, two_decimals};
use crate::{
    clock::jakarta,
    json::Json,
    judge::State,
    quirks::{JsonForm, ListShape, MemberSpelling, Quirks},
    spec::{Kind, Member, Operation, Schema},
};

/// Answers one request.
///
/// A member repeats the request's member of that name. Else it is the value of the page's example, else
/// a documented value, else something made up. References that DOKU gives out are new each time.
pub(crate) struct Composer<'a> {
    pub(crate) operation: &'a Operation,
    pub(crate) request: &'a Json,
    pub(crate) quirks: &'a Quirks,
    pub(crate) now: DateTime<Utc>,
    pub(crate) state: &'a mut State,
    /// Scheme, host and port of the sandbox.
    pub(crate) public_url: &'a str,
    /// The auth code of this answer, if it has one.
    pub(crate) code: Option<String>,
    /// The page that this answer sends the customer to, once it has one.
    pub(crate) page: Option<String>,
}

/// An answer, composed.
pub(crate) struct Composed {
    /// The members, in the order of the specification.
    pub(crate) members: Vec<(String, Json)>,
    /// The page that it sends the customer to: the last segment of the address.
    pub(crate) page: Option<String>,
}

/// Where in the answer a member stands, and what stands there in the request and in the example.
#[derive(Clone, Copy)]
struct Place<'a> {
    request: Option<&'a Json>,
    example: Option<&'a Json>,
}

impl<'a> Composer<'a> {
    /// The answer.
    pub(crate) fn compose(mut self) -> Composed {
        let operation = self.operation;
        let place = Place {
            request: Some(self.request),
            example: operation.example.as_ref(),
        };
        let members = self.object(operation.response.members(), place);
        Composed {
            members,
            page: self.page,
        }
    }

    fn object(&mut self, members: &'a [Member], place: Place<'a>) -> Vec<(String, Json)> {
        let quirk = self.quirks.member_spelling;
        let name = |member: &'a Member| match (quirk, member.aliases.first()) {
            (MemberSpelling::Alias, Some(alias)) => alias,
            _ => &member.name,
        };
        members
            .iter()
            .map(|member| (name(member).clone(), self.member(member, place)))
            .collect()
    }

    fn member(&mut self, member: &'a Member, place: Place<'a>) -> Json {
        let example = place.example.and_then(|example| {
            let mut names = [&member.name].into_iter().chain(&member.aliases);
            names.find_map(|name| example.member(name))
        });
        let here = Place {
            request: place
                .request
                .and_then(|request| request.member(&member.name)),
            example,
        };
        self.value(&member.name, &member.schema, place, here)
    }

    /// The value at `here`, which stands `around`.
    fn value(
        &mut self,
        name: &str,
        schema: &'a Schema,
        around: Place<'a>,
        here: Place<'a>,
    ) -> Json {
        let example = here.example;
        match &schema.kind {
            Kind::Text => self.text(name, schema, around, example),
            Kind::Status => self.printed("00", example),
            Kind::Time => Json::text(jakarta(self.now)),
            Kind::Amount => self.amount(name, around, example),
            Kind::Boolean => here
                .request
                .or(example)
                .cloned()
                .filter(is_bool)
                .unwrap_or(Json::Bool(true)),
            Kind::Free => free(example),
            Kind::Object(members) => Json::Object(self.object(members, here)),
            Kind::List { items, one_or_many } => self.list(items, *one_or_many, here),
        }
    }

    fn text(
        &mut self,
        name: &str,
        schema: &Schema,
        place: Place<'_>,
        example: Option<&Json>,
    ) -> Json {
        if schema.secret {
            return Json::Text(self.secret(name));
        }
        if let Some(text) = self.repeated(name, place) {
            return self.printed(&text, example);
        }
        if made_up::is_address(name, example) {
            return Json::Text(self.address());
        }
        let text = match made_up::fresh(name, example, &mut self.state.stream) {
            Some(fresh) => fresh,
            None => sane(example)
                .or_else(|| schema.example.clone())
                .unwrap_or_else(|| made_up::value(name, self.operation, &mut self.state.stream)),
        };
        let longest = schema.max.unwrap_or(usize::MAX);
        let text: String = text.chars().take(longest).collect();
        self.printed(&text, example)
    }

    /// The text of the request that this member repeats: at the same place, else at its top or in its
    /// `additionalInfo`. `originalX` repeats `X`, and `X` repeats `originalX`.
    fn repeated(&self, name: &str, place: Place<'_>) -> Option<String> {
        let plain = made_up::lower_first(name);
        let bare = made_up::bare(&plain);
        let original = format!("original{}", made_up::upper_first(&plain));
        let is_reference = made_up::is_reference(bare.as_deref().unwrap_or(&plain));
        let names = [Some(plain.as_str()), bare.as_deref(), Some(&original)];
        let found = |at: Option<&Json>, name: Option<&str>| {
            let text = at?.member(name?)?.as_text()?;
            (!text.is_empty()).then(|| text.to_owned())
        };
        if let Some(same) = found(place.request, Some(&plain)) {
            return Some(same);
        }
        // A reference that DOKU gives out is not another one of the request.
        if is_reference {
            return None;
        }
        let anywhere = [
            place.request,
            Some(self.request),
            self.request.member("additionalInfo"),
        ];
        anywhere
            .into_iter()
            .find_map(|at| names.iter().find_map(|name| found(at, *name)))
    }

    /// The request's amount if there is one, in its currency, else the example's in rupiah.
    fn amount(&mut self, name: &str, place: Place<'_>, example: Option<&Json>) -> Json {
        let related = AMOUNTS.contains(&name).then_some(AMOUNTS);
        let names = [name]
            .into_iter()
            .chain(related.into_iter().flatten().copied());
        let asked = names
            .filter_map(|name| {
                let at = place.request.unwrap_or(self.request);
                at.member(name).or_else(|| self.request.member(name))
            })
            .find_map(|amount| Some((amount.member("value")?.as_text()?, amount)));
        let currency = asked.and_then(|(_, amount)| amount.member("currency")?.as_text());
        let printed = example.and_then(|example| example.member("value"));
        let value = asked
            .map(|(value, _)| value.to_owned())
            .or_else(|| printed.and_then(two_decimals))
            .unwrap_or_else(|| "10000.00".to_owned());
        Json::object([
            ("value", self.printed(&value, printed)),
            ("currency", Json::text(currency.unwrap_or("IDR"))),
        ])
    }

    fn list(&mut self, items: &'a Schema, one_or_many: bool, here: Place<'a>) -> Json {
        let first = |at: Option<&'a Json>| match at {
            Some(Json::Array(items)) => items.first(),
            other => other,
        };
        let place = Place {
            request: first(here.request),
            example: first(here.example),
        };
        let item = self.value("", items, place, place);
        let on_page = matches!(here.example, Some(Json::Object(_)));
        match (one_or_many, self.quirks.lists) {
            (true, ListShape::Object) => item,
            (true, ListShape::Page) if on_page => item,
            _ => Json::Array(vec![item]),
        }
    }

    /// The auth code of this answer, or noise, which is remembered as a secret.
    fn secret(&mut self, name: &str) -> String {
        if let (AUTH_CODE, Some(code)) = (name, &self.code) {
            return code.clone();
        }
        let text = self.state.stream.alphanumeric(32);
        self.state.secrets.remember("secret of an answer", &text);
        text
    }

    /// A page of the sandbox; where a customer is bound it ends in the auth code, as the libraries show.
    fn address(&mut self) -> String {
        let code = self.code.clone();
        let page = self.page.take().or(code);
        let page = page.unwrap_or_else(|| self.state.stream.hex(32));
        let address = format!("{}/bank/{page}", self.public_url);
        self.page = Some(page);
        address
    }

    /// As text, or as the number that the example prints. What no integer can hold stays text.
    fn printed(&self, text: &str, example: Option<&Json>) -> Json {
        let is_number = matches!(example, Some(Json::Number(_)));
        if self.quirks.numbers == JsonForm::Number && is_number {
            number(text).unwrap_or_else(|| Json::text(text))
        } else {
            Json::text(text)
        }
    }
}

fn free(example: Option<&Json>) -> Json {
    match example {
        Some(json @ (Json::Object(_) | Json::Array(_))) => json.clone(),
        _ => Json::Object(Vec::new()),
    }
}

fn is_bool(json: &Json) -> bool {
    matches!(json, Json::Bool(_))
}

/// The member of an answer that holds an auth code.
pub(crate) const AUTH_CODE: &str = "authCode";

/// Members that mean the amount of the transaction.
const AMOUNTS: &[&str] = &[
    "amount",
    "transAmount",
    "refundAmount",
    "captureAmount",
    "voidAmount",
];
