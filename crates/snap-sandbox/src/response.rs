//! An answer as HTTP, still plain data.

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};

use crate::answer::Answer;

/// Status, headers with names in lower case, body. The length is not among the headers.
#[derive(Clone, Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
}

impl Response {
    pub(crate) fn new(answer: Answer, number: u64, now: DateTime<Utc>) -> Self {
        let mut headers = answer.headers;
        headers.extend([
            ("x-sandbox-verdict", answer.verdict.to_owned()),
            ("x-sandbox-request", number.to_string()),
            ("content-type", answer.content_type.to_owned()),
            ("date", now.format(DATE).to_string()),
        ]);
        Self {
            status: answer.status,
            headers,
            body: answer.body.into_bytes(),
        }
    }

    /// Stands for the answer to a request that has not arrived whole.
    pub(crate) fn none(now: DateTime<Utc>) -> Self {
        Self {
            status: 500,
            headers: vec![("date", now.format(DATE).to_string())],
            body: Vec::new(),
        }
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        headers
            .find(|(other, _)| *other == name)
            .map(|(_, value)| value.as_str())
    }

    pub(crate) fn with_header(mut self, name: &'static str, value: String) -> Self {
        self.headers.retain(|(other, _)| *other != name);
        self.headers.push((name, value));
        self
    }

    /// The bytes of the head. The connection ends after such an answer.
    pub(crate) fn head(&self, length: Option<usize>) -> Vec<u8> {
        self.head_and(length, "connection: close\r\n")
    }

    /// The same, of an answer after which the connection stays.
    pub(crate) fn head_that_stays(&self, length: Option<usize>) -> Vec<u8> {
        self.head_and(length, "")
    }

    fn head_and(&self, length: Option<usize>, last: &str) -> Vec<u8> {
        let mut head = format!("HTTP/1.1 {} Sandbox\r\n", self.status);
        for (name, value) in &self.headers {
            head.extend([*name, ": ", value, "\r\n"]);
        }
        if let Some(length) = length {
            head.push_str(&format!("content-length: {length}\r\n"));
        }
        head.push_str(last);
        head.push_str("\r\n");
        head.into_bytes()
    }
}

/// The answer's date, so many seconds off.
pub(crate) fn date_header(response: &Response, seconds: i64) -> String {
    let date = response.header("date").unwrap_or_default();
    let moved = NaiveDateTime::parse_from_str(date, DATE)
        .ok()
        .zip(TimeDelta::try_seconds(seconds))
        .and_then(|(date, by)| date.checked_add_signed(by));
    moved.map_or_else(|| date.to_owned(), |date| date.format(DATE).to_string())
}

const DATE: &str = "%a, %d %b %Y %H:%M:%S GMT";
