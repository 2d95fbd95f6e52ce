//! One line of a state folder: a JSON object.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use chrono::{DateTime, SecondsFormat, Utc};

use crate::{
    action::Action,
    arrived::Arrived,
    json::Json,
    judge::{Rules, apply::Input},
};

/// The first line: which sandbox the inputs belong to.
pub(super) fn header(seed: u64, rules: &Rules) -> String {
    let header = Json::object([
        ("version", Json::text(env!("CARGO_PKG_VERSION"))),
        // As text: not every reader of JSON keeps all digits of a number.
        ("seed", Json::text(seed.to_string())),
        ("options", Json::text(format!("{rules:?}"))),
    ]);
    format!("{header}\n")
}

/// The seed of a first line; None if it is none.
pub(super) fn seed_of(line: &[u8]) -> Option<u64> {
    let header = Json::read(line.strip_suffix(b"\n")?)?;
    header.member("seed")?.as_text()?.parse().ok()
}

/// An input and the time on the sandbox's clock when it was taken in.
pub(super) struct Line {
    pub(super) clock: DateTime<Utc>,
    kept: Kept,
}

enum Kept {
    Connection,
    Handshake,
    Head(Arrived),
    Whole(Arrived),
    Action(Action),
    Time,
}

impl Line {
    /// The line that keeps an input.
    pub(super) fn of(clock: DateTime<Utc>, input: &Input<'_>) -> String {
        let (name, kept) = match input {
            Input::Connection => ("connection", Json::Null),
            Input::Handshake => ("handshake", Json::Null),
            Input::Head(head) => ("head", request(head)),
            Input::Whole(arrived) => ("request", request(arrived)),
            Input::Action(action) => ("action", action.to_json()),
            Input::Time => ("time", Json::Null),
        };
        let clock = clock.to_rfc3339_opts(SecondsFormat::AutoSi, true);
        let line = Json::object([("clock", Json::text(clock)), (name, kept)]);
        format!("{line}\n")
    }

    /// Reads a line that [`of`](Self::of) has written.
    pub(super) fn read(json: &Json) -> Option<Self> {
        let clock = json.member("clock")?.as_text()?.parse().ok()?;
        let (name, kept) = json.members().last()?;
        let kept = match name.as_str() {
            "connection" => Kept::Connection,
            "handshake" => Kept::Handshake,
            "head" => Kept::Head(arrived(kept)?),
            "request" => Kept::Whole(arrived(kept)?),
            "time" => Kept::Time,
            "action" => Kept::Action(Action::read(kept).ok()?),
            _ => return None,
        };
        Some(Self { clock, kept })
    }

    pub(super) fn input(&self) -> Input<'_> {
        match &self.kept {
            Kept::Connection => Input::Connection,
            Kept::Handshake => Input::Handshake,
            Kept::Head(head) => Input::Head(head),
            Kept::Whole(arrived) => Input::Whole(arrived),
            Kept::Action(action) => Input::Action(action.clone()),
            Kept::Time => Input::Time,
        }
    }
}

fn request(arrived: &Arrived) -> Json {
    let headers = arrived.headers.iter();
    let headers = headers.map(|(name, value)| Json::Array(vec![Json::text(name), bytes(value)]));
    let mut members = vec![
        ("method", Json::text(&arrived.method)),
        ("target", Json::text(&arrived.target)),
        ("headers", Json::Array(headers.collect())),
    ];
    members.extend(arrived.body.as_deref().map(|body| ("body", bytes(body))));
    Json::object(members)
}

fn arrived(json: &Json) -> Option<Arrived> {
    let text = |name: &str| json.member(name)?.as_text().map(str::to_owned);
    let header = |header: &Json| match header.items() {
        [Json::Text(name), value] => Some((name.clone(), to_bytes(value)?)),
        _ => None,
    };
    let headers = json.member("headers")?.items().iter();
    Some(Arrived {
        method: text("method")?,
        target: text("target")?,
        headers: headers.map(header).collect::<Option<_>>()?,
        body: match json.member("body") {
            Some(body) => Some(to_bytes(body)?),
            None => None,
        },
    })
}

/// Text as it is, anything else in base64 inside an array.
fn bytes(bytes: &[u8]) -> Json {
    match std::str::from_utf8(bytes) {
        Ok(text) => Json::text(text),
        Err(_) => Json::Array(vec![Json::text(STANDARD.encode(bytes))]),
    }
}

fn to_bytes(json: &Json) -> Option<Vec<u8>> {
    match json {
        Json::Text(text) => Some(text.clone().into_bytes()),
        other => STANDARD.decode(other.items().first()?.as_text()?).ok(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn a_request_is_read_as_it_was_written(
            target in ".{0,20}",
            headers in vec(("[a-z-]{1,10}", vec(any::<u8>(), 0..10)), 0..4),
            body in proptest::option::of(vec(any::<u8>(), 0..20)),
        ) {
            let before = Arrived { method: "POST".to_owned(), target, headers, body };
            let clock = DateTime::UNIX_EPOCH;

            let line = Line::of(clock, &Input::Whole(&before));
            let json = Json::read(line.as_bytes()).expect("JSON");
            let read = Line::read(&json).expect("a line");

            prop_assert_eq!(line.matches('\n').count(), 1);
            prop_assert_eq!(read.clock, clock);
            match read.input() {
                Input::Whole(after) => prop_assert_eq!(format!("{after:?}"), format!("{before:?}")),
                _ => prop_assert!(false, "another kind of input"),
            }
        }
    }

    #[test]
    fn what_is_no_line_is_not_read() {
        for text in [
            "{}",
            r#"{"clock":"1970-01-01T00:00:00Z"}"#,
            r#"{"clock":"1970-01-01T00:00:00Z","request":{}}"#,
            r#"{"clock":"yesterday","connection":null}"#,
            r#"{"clock":"1970-01-01T00:00:00Z","action":{"action":"unknown"}}"#,
        ] {
            let json = Json::read(text.as_bytes()).expect("JSON");

            assert!(Line::read(&json).is_none(), "{text}");
        }
    }
}
