//! A merchant: a sandbox, an order that waits at the bank page, and a page to come back to.

use serde_json::{Value, json};
use snap_sandbox::Sandbox;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    task::{JoinHandle, JoinSet},
};

use crate::{
    orders::{PAYMENT, latest, merge, reference, send},
    specs::Caller,
    support::frozen,
};

/// A sandbox with an admin port.
pub(crate) async fn sandbox() -> Sandbox {
    let builder = frozen().admin(([127, 0, 0, 1], 0).into()).unverified(true);
    builder.start().await.expect("starts")
}

pub(crate) fn overview(sandbox: &Sandbox) -> String {
    format!("{}/_sandbox/", sandbox.admin_url().expect("an admin port"))
}

/// The shop's pages. They say "Thank you" or "Sorry", by their path.
pub(crate) struct Shop {
    url: String,
    server: JoinHandle<()>,
}

impl Shop {
    pub(crate) async fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let server = tokio::spawn(async move {
            let mut visitors = JoinSet::new();
            // Browsers open connections in advance, and send nothing on some of them.
            while let Ok((stream, _)) = listener.accept().await {
                visitors.spawn(serve(stream));
            }
        });
        Self { url, server }
    }

    pub(crate) fn paid(&self) -> String {
        format!("{}/paid", self.url)
    }

    pub(crate) fn failed(&self) -> String {
        format!("{}/failed", self.url)
    }
}

async fn serve(mut stream: TcpStream) {
    let mut head = vec![0; 4096];
    let read = stream.read(&mut head).await.unwrap_or_default();
    let says = match head[..read].starts_with(b"GET /paid") {
        true => "Thank you",
        false => "Sorry",
    };
    let page = format!("<!DOCTYPE html><link rel=icon href=data:,><h1>{says}</h1>");
    let answer = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: {}\r\n\
         connection: close\r\n\r\n{page}",
        page.len()
    );
    let _ = stream.write_all(answer.as_bytes()).await;
}

impl Drop for Shop {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// Pays; gives the address that the customer is sent to.
pub(crate) async fn pay(caller: &Caller<'_>, order: &str, shop: Option<&Shop>) -> String {
    let mut body = reference(order);
    let urls = match shop {
        Some(shop) => json!({
            "successPaymentUrl": shop.paid(), "failedPaymentUrl": shop.failed(),
        }),
        None => {
            json!({"successPaymentUrl": "javascript:alert(1)", "failedPaymentUrl": "javascript:alert(2)"})
        }
    };
    merge(&mut body, json!({"additionalInfo": urls}));
    let reply = send(caller, PAYMENT, body).await;
    reply.assert("ok", "2005400");
    reply.text("webRedirectUrl")
}

/// Begins to bind a card; gives the address that the customer is sent to, where an OTP is asked for.
pub(crate) async fn bind(caller: &Caller<'_>, shop: &Shop) -> String {
    let info = json!({
        "channel": "DIRECT_DEBIT_BRI_SNAP",
        "successRegistrationUrl": shop.paid(),
        "failedRegistrationUrl": shop.failed(),
    });
    let named = json!({"custIdMerchant": "cust1", "additionalInfo": info});
    let reply = send(caller, "direct-debit.cardBinding", named).await;
    reply.assert("ok", "2000100");
    reply.text("redirectUrl")
}

/// Opens an account of the wallet; gives the address where its owner chooses a PIN.
pub(crate) async fn open_account(caller: &Caller<'_>, shop: &Shop) -> String {
    let named = json!({"partnerReferenceNo": "acc-1", "redirectUrl": shop.paid()});
    let begun = send(caller, "wallet.accountCreation", named).await;
    begun.assert("ok", "2000600");
    let verify = json!({
        "originalPartnerReferenceNo": "acc-1",
        "originalReferenceNo": begun.text("referenceNo"),
        "otp": caller.sandbox.otp("acc-1").expect("an OTP"),
    });
    let verified = send(caller, "wallet.otpVerification", verify).await;
    verified.assert("ok", "2000400");
    verified.text("qparamsURL")
}

/// What the merchant's status inquiry says.
pub(crate) async fn status(caller: &Caller<'_>, order: &str) -> Value {
    Value::String(latest(caller, order).await)
}
