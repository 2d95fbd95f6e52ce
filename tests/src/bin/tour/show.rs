use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use http::{HeaderMap, Request};
use serde_json::Value;
use snap_core::transport::{HttpTransport, Sending, Transport, TransportFuture};

/// A transport that prints what passes through it, without what is secret.
///
/// Headers are printed for the first token request and the first transaction; after that they are
/// the same.
#[derive(Debug)]
pub(crate) struct Showing {
    http: HttpTransport,
    token_shown: AtomicBool,
    transaction_shown: AtomicBool,
}

impl Showing {
    pub(crate) fn new(http: HttpTransport) -> Self {
        Self {
            http,
            token_shown: AtomicBool::new(false),
            transaction_shown: AtomicBool::new(false),
        }
    }

    fn is_first(&self, headers: &HeaderMap) -> bool {
        let shown = if headers.contains_key("x-client-key") {
            &self.token_shown
        } else {
            &self.transaction_shown
        };
        !shown.swap(true, Ordering::Relaxed)
    }
}

impl Transport for Showing {
    fn send<'a>(&'a self, request: Request<Bytes>, sending: &'a Sending) -> TransportFuture<'a> {
        Box::pin(async move {
            println!("\n  > {} {}", request.method(), request.uri().path());
            if self.is_first(request.headers()) {
                headers(request.headers());
            } else if request.headers().contains_key("authorization-customer") {
                println!("  >   authorization-customer: [redacted]");
            }
            println!("  >   {}", body(request.body()));
            let response = self.http.send(request, sending).await?;
            println!("  < {}", response.status());
            println!("  <   {}", body(response.body()));
            Ok(response)
        })
    }
}

fn headers(headers: &HeaderMap) {
    for (name, value) in headers {
        match value.to_str() {
            Ok(text) if !value.is_sensitive() => println!("  >   {name}: {text}"),
            _ => println!("  >   {name}: [redacted, {} characters]", value.len()),
        }
    }
}

/// A body on one line; secrets and what is too long to read are left out.
fn body(bytes: &[u8]) -> String {
    match serde_json::from_slice::<Value>(bytes) {
        Ok(mut value @ Value::Object(_)) => {
            redact(&mut value);
            value.to_string()
        }
        _ => format!("{} bytes that are no JSON object", bytes.len()),
    }
}

fn redact(value: &mut Value) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                match member {
                    Value::String(text) if SECRET.contains(&name.as_str()) => {
                        *text = format!("[redacted, {} characters]", text.len());
                    }
                    Value::String(text) if text.len() > LONG => {
                        *text = text.chars().take(LONG).chain("…".chars()).collect();
                    }
                    other => redact(other),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(redact),
        _ => {}
    }
}

const SECRET: &[&str] = &[
    "accessToken",
    "authCode",
    "otp",
    "refreshToken",
    "token",
    "tokenId",
];
const LONG: usize = 60;
