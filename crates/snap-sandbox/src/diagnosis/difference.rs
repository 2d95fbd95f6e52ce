//! The first part in which two requests differ.

use super::{Mistake, SignedTransaction, body, shortened, shown};
use crate::{json::Json, minify::minify};

/// In the order of the string-to-sign; bodies that differ only in what minification removes are equal.
pub(super) fn first(one: &SignedTransaction, other: &SignedTransaction) -> Option<Mistake> {
    text("method", &one.method, &other.method)
        .or_else(|| text("path", &one.target, &other.target))
        .or_else(|| token(&one.access_token, &other.access_token))
        .or_else(|| bodies(&one.body, &other.body))
        .or_else(|| text("timestamp", &one.timestamp, &other.timestamp))
}

fn text(part: &'static str, one: &str, other: &str) -> Option<Mistake> {
    let at = first_byte(one.as_bytes(), other.as_bytes())?;
    let says = format!("`{}` and `{}`, from byte {at} on", shown(one), shown(other));
    Some(Mistake::new(part, says))
}

fn token(one: &str, other: &str) -> Option<Mistake> {
    let at = first_byte(one.as_bytes(), other.as_bytes())?;
    let says = format!(
        "{} and {}, from byte {at} on",
        shortened(one),
        shortened(other)
    );
    Some(Mistake::new("access token", says))
}

/// Bodies may hold secrets, so their values are not shown: the place is.
fn bodies(one: &[u8], other: &[u8]) -> Option<Mistake> {
    let (minified, other_minified) = (minify(one), minify(other));
    let at = first_byte(&minified, &other_minified)?;
    let lengths = format!(
        "{} and {} bytes after minification",
        minified.len(),
        other_minified.len()
    );
    let place = match (Json::read(one), Json::read(other)) {
        (Some(one), Some(other)) => member(&one, &other, "").map_or_else(
            || ", in the spelling of the same values".to_owned(),
            |path| format!(", in `{}`", shown(&path)),
        ),
        _ => ", and not both are JSON".to_owned(),
    };
    let spaces = [one, other].map(|body| body::whitespace(body).unwrap_or("nothing".to_owned()));
    let removed = format!("removed were {} and {}", spaces[0], spaces[1]);
    let says = format!("{lengths}, other from byte {at} on{place}; {removed}");
    Some(Mistake::new("body", says))
}

fn first_byte(one: &[u8], other: &[u8]) -> Option<usize> {
    let common = one
        .iter()
        .zip(other)
        .take_while(|(one, other)| one == other)
        .count();
    (one != other).then_some(common)
}

/// The path of the first member that differs, or is not in both or in another place; None if there is
/// none.
fn member(one: &Json, other: &Json, path: &str) -> Option<String> {
    match (one, other) {
        (Json::Object(ones), Json::Object(others)) => {
            let below = |name: &str| match path {
                "" => name.to_owned(),
                _ => format!("{path}.{name}"),
            };
            let pairs = ones.iter().zip(others);
            let inside = pairs
                .clone()
                .find_map(|((name, one), (other_name, other))| {
                    if name == other_name {
                        member(one, other, &below(name))
                    } else {
                        Some(below(name))
                    }
                });
            let longer = if ones.len() > others.len() {
                ones
            } else {
                others
            };
            let extra = || longer.get(pairs.count()).map(|(name, _)| below(name));
            inside.or_else(extra)
        }
        (Json::Array(ones), Json::Array(others)) => {
            let mut pairs = ones.iter().zip(others).enumerate();
            let inside = pairs
                .find_map(|(index, (one, other))| member(one, other, &format!("{path}[{index}]")));
            let short = ones.len().min(others.len());
            let extra = (ones.len() != others.len()).then(|| format!("{path}[{short}]"));
            inside.or(extra)
        }
        _ => (one != other).then(|| path.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(body: &str) -> SignedTransaction {
        SignedTransaction::new(
            "POST",
            "/a",
            "token-token-token",
            body,
            "2026-11-20T10:30:00Z",
        )
    }

    #[track_caller]
    fn check(one: &SignedTransaction, other: &SignedTransaction, part: &str, says: &str) {
        let found = first(one, other).expect("a difference");

        assert_eq!(found.part, part);
        assert!(found.says.contains(says), "{}", found.says);
    }

    #[test]
    fn the_first_part_in_the_order_of_the_string_to_sign_is_named() {
        let one = request("{}");
        let mut other = request("{\"a\":1}");
        other.timestamp = "2026-11-20T17:30:00+07:00".to_owned();

        check(&one, &other, "body", "2 and 7 bytes");
        other.access_token.push('n');
        check(&one, &other, "access token", "from byte 17 on");
        other.target = "/b".to_owned();
        check(&one, &other, "path", "`/a` and `/b`, from byte 1 on");
        other.method = "post".to_owned();
        check(&one, &other, "method", "`POST` and `post`");
    }

    #[test]
    fn the_member_that_differs_is_named_and_its_value_is_not() {
        let one = request(r#"{"a":{"b":[1,{"pin":"123456"}]}}"#);
        let other = request(r#"{"a":{"b":[1,{"pin":"654321"}]}}"#);

        check(&one, &other, "body", "`a.b[1].pin`");
        let says = first(&one, &other).expect("a difference").says;
        assert!(
            !says.contains("123456") && !says.contains("654321"),
            "{says}"
        );
        check(
            &request("{\"a\":1}"),
            &request("{\"a\":1,\"b\":2}"),
            "body",
            "`b`",
        );
        check(&request("[1]"), &request("[]"), "body", "`[0]`");
        check(
            &request("{\"a\":\"\\/\"}"),
            &request("{\"a\":\"/\"}"),
            "body",
            "spelling",
        );
        check(&request("{"), &request("{}"), "body", "not both are JSON");
    }

    #[test]
    fn space_outside_strings_is_no_difference() {
        assert_eq!(
            first(&request("{ \"a\" : 1 }\n"), &request("{\"a\":1}")),
            None
        );
    }
}
