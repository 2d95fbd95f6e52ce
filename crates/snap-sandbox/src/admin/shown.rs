//! How values are shown on the admin port, and which are cut short.

use std::fmt::Debug;

use crate::{arrived::Arrived, json::Json, ledger::Amount, secrets::Secrets};

/// A request as people may see it: whole, but for its tokens and other secrets.
pub(crate) struct Shown {
    pub(crate) target: String,
    pub(crate) headers: Vec<(String, String)>,
    /// None when it was too large.
    pub(crate) body: Option<String>,
}

impl Shown {
    pub(crate) fn of(arrived: &Arrived, secrets: &Secrets) -> Self {
        let headers = arrived.headers.iter().map(|(name, value)| {
            let value = String::from_utf8_lossy(value);
            let value = match name.as_str() {
                "authorization" | "authorization-customer" => shortened(&value),
                _ => secrets.shorten(&value, shortened),
            };
            (name.clone(), value)
        });
        let body = arrived.body.as_deref().map(|body| {
            let text = without_members(body);
            secrets.shorten(&text, shortened)
        });
        Self {
            target: secrets.shorten(&arrived.target, shortened),
            headers: headers.collect(),
            body,
        }
    }
}

/// The last four characters, enough to tell two tokens apart; less than 12 characters are hidden.
pub(crate) fn shortened(secret: &str) -> String {
    let letters: Vec<char> = secret.chars().collect();
    let end = match letters.len() {
        0..12 => 0,
        _ => 4,
    };
    let end: String = letters[letters.len() - end..].iter().collect();
    format!("…{end}")
}

/// A body whose secret members are cut short. It stays as it came, space and all, unless a secret is
/// written in a way that is not found again; then it is read and written anew.
fn without_members(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    let Some(json) = Json::read(body) else {
        return text.into_owned();
    };
    let mut shown = json.clone();
    shorten_members(&mut shown);
    let mut cut = text.into_owned();
    for secret in secret_texts(&json) {
        let written = Json::text(secret).to_string();
        cut = cut.replace(&written, &Json::text(shortened(secret)).to_string());
    }
    if Json::read(cut.as_bytes()).as_ref() == Some(&shown) {
        cut
    } else {
        shown.to_string()
    }
}

fn secret_texts(json: &Json) -> Vec<&str> {
    let below = json.items().iter().flat_map(secret_texts);
    let members = json.members().iter().flat_map(|(name, value)| match value {
        Json::Text(text) if is_secret(name) => vec![text.as_str()],
        inner => secret_texts(inner),
    });
    below.chain(members).collect()
}

/// Secrets that the sandbox does not know are known by their names.
fn shorten_members(json: &mut Json) {
    match json {
        Json::Object(members) => {
            for (name, value) in members {
                match is_secret(name) {
                    true => shorten_all(value),
                    false => shorten_members(value),
                }
            }
        }
        Json::Array(items) => items.iter_mut().for_each(shorten_members),
        _ => {}
    }
}

/// A client may send card data that it has not encrypted.
fn shorten_all(json: &mut Json) {
    match json {
        Json::Text(text) | Json::Number(text) => *json = Json::text(shortened(text)),
        Json::Object(members) => members.iter_mut().for_each(|(_, value)| shorten_all(value)),
        Json::Array(items) => items.iter_mut().for_each(shorten_all),
        _ => {}
    }
}

fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let ends = [
        "token", "tokenid", "otp", "pin", "authcode", "carddata", "cardno", "cvv", "cvc", "secret",
        "password",
    ];
    ends.iter().any(|end| name.ends_with(end))
}

/// A variant's name as the API writes it: `AfterHead` is `after-head`.
pub(crate) fn word(variant: impl Debug) -> String {
    let mut word = String::new();
    for letter in format!("{variant:?}").chars() {
        if letter.is_ascii_uppercase() && !word.is_empty() {
            word.push('-');
        }
        word.push(letter.to_ascii_lowercase());
    }
    word
}

pub(crate) fn amount(amount: Amount) -> Json {
    Json::object([
        ("value", Json::text(amount.value())),
        ("currency", Json::text(amount.currency())),
    ])
}

pub(crate) fn count(count: usize) -> Json {
    Json::number(count)
}

/// A text, or null.
pub(crate) fn optional(text: Option<impl Into<String>>) -> Json {
    text.map_or(Json::Null, Json::text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{keys, merchant::Merchant, seed::Stream};

    #[test]
    fn a_refused_request_is_shown_without_its_secrets() {
        let merchant = Merchant::draw(&mut Stream::new(1), keys::pick(1));
        let mut secrets = Secrets::of(&merchant);
        secrets.remember("auth code", "8888777766665555");
        let header = |name: &str, value: &str| (name.to_owned(), value.as_bytes().to_vec());
        let body = r#"{"grantType":"x","authCode":"1111222233334444","note":"8888777766665555","otp":123456}"#;
        let arrived = Arrived {
            method: "POST".to_owned(),
            target: "/a?code=8888777766665555".to_owned(),
            headers: vec![
                header("authorization", "Bearer abcdefghijklmnop"),
                header("x-external-id", "41"),
            ],
            body: Some(body.as_bytes().to_vec()),
        };

        let shown = Shown::of(&arrived, &secrets);

        assert_eq!(shown.target, "/a?code=…5555");
        assert_eq!(shown.headers[0].1, "…mnop");
        assert_eq!(shown.headers[1].1, "41");
        assert_eq!(
            shown.body.as_deref(),
            Some(r#"{"grantType":"x","authCode":"…4444","note":"…5555","otp":"…"}"#)
        );
    }

    #[test]
    fn a_body_is_shown_as_it_came_where_that_shows_no_secret() {
        let shown = |body: &str| without_members(body.as_bytes());

        assert_eq!(
            shown("{ \"otp\" : \"123456\",\n\"x\":1.50 }"),
            "{ \"otp\" : \"…\",\n\"x\":1.50 }"
        );
        assert_eq!(shown("{ \"otp\": 123456 }"), "{\"otp\":\"…\"}");
        assert_eq!(shown("{ \"otp\": \"\\u0031\" }"), "{\"otp\":\"…\"}");
        assert_eq!(
            shown("{ \"a\": \"123456\", \"otp\": \"123456\" }"),
            "{\"a\":\"123456\",\"otp\":\"…\"}"
        );
        assert_eq!(
            shown(r#"{"cardData":{"no":"5221840000000001","cvv":123},"pin":["654321"]}"#),
            r#"{"cardData":{"no":"…0001","cvv":"…"},"pin":["…"]}"#
        );
        assert_eq!(shown("{ not JSON"), "{ not JSON");
    }

    #[test]
    fn the_name_of_a_variant_is_written_with_hyphens() {
        assert_eq!(word(crate::At::AfterHead), "after-head");
        assert_eq!(word(crate::OperationState::Succeeded), "succeeded");
    }
}
