use bytes::Bytes;
use http::{HeaderMap, Request, Response};
use serde_json::Value;
use snap_core::transport::{HttpTransport, Sending, Transport, TransportFuture};

/// A transport that prints what passes through it, without what is secret.
#[derive(Debug)]
pub(crate) struct Showing(pub(crate) HttpTransport);

impl Transport for Showing {
    fn send<'a>(&'a self, request: Request<Bytes>, sending: &'a Sending) -> TransportFuture<'a> {
        Box::pin(async move {
            println!("\n  > {} {}", request.method(), request.uri().path());
            headers(request.headers());
            println!("  >   {}", String::from_utf8_lossy(request.body()));
            let response = self.0.send(request, sending).await?;
            answer(&response);
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

fn answer(response: &Response<Bytes>) {
    println!("  < {}", response.status());
    match serde_json::from_slice::<Value>(response.body()) {
        Ok(Value::Object(mut members)) => {
            if let Some(Value::String(token)) = members.get_mut("accessToken") {
                *token = format!("[redacted, {} characters]", token.len());
            }
            println!("  <   {}", Value::Object(members));
        }
        _ => println!(
            "  <   {} bytes that are no JSON object",
            response.body().len()
        ),
    }
}
