//! A scripted DOKU in place of the transport.

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::{Request, Response};
use serde_json::{Value, json};
use snap_core::{
    AsymmetricSigner, B2b, Client, ClientId, ClientSecret, Config, Environment, Method, Operation,
    OperationInfo, OperationKind,
    transport::{Sending, Transport, TransportError, TransportFuture, TransportStage},
};
use snap_sign::{AsymmetricSignature, SignFuture};

/// Says the same to every transfer, and remembers their external ids. Clones share that.
#[derive(Clone, Debug, Default)]
pub(super) struct Doku(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    says: Says,
    deliveries: Vec<String>,
}

#[derive(Clone, Copy, Debug, Default)]
pub(super) enum Says {
    #[default]
    Accepted,
    /// The request arrives, and the connection breaks.
    Nothing,
    NoConnection,
}

impl Doku {
    pub(super) fn client(&self) -> Client {
        let client_id = ClientId::new("BRN-0240-1657686175289").unwrap();
        let secret = ClientSecret::new("SK-example-secret-0001");
        let config = Config::new(Environment::sandbox(), client_id, secret, Zeros);
        Client::with_transport(config, self.clone()).unwrap()
    }

    pub(super) fn say(&self, says: Says) {
        self.0.lock().unwrap().says = says;
    }

    /// The external ids of the transfers that arrived.
    pub(super) fn deliveries(&self) -> Vec<String> {
        self.0.lock().unwrap().deliveries.clone()
    }

    fn answer(&self, request: &Request<Bytes>) -> Result<Value, TransportError> {
        let mut state = self.0.lock().unwrap();
        if request.uri().path().starts_with("/authorization/") {
            return Ok(json!({
                "responseCode": "2007300", "responseMessage": "Successful",
                "accessToken": "example.b2b.token", "tokenType": "Bearer", "expiresIn": "900",
            }));
        }
        if matches!(state.says, Says::NoConnection) {
            let stage = TransportStage::NotConnected;
            return Err(TransportError::new(stage, "the port is closed"));
        }
        let id = request.headers()["x-external-id"].to_str().unwrap();
        state.deliveries.push(id.to_owned());
        if matches!(state.says, Says::Nothing) {
            let stage = TransportStage::NoAnswer;
            return Err(TransportError::new(stage, "the connection was reset"));
        }
        let order: Value = serde_json::from_slice(request.body()).unwrap();
        Ok(json!({
            "responseCode": "2004300", "responseMessage": "Successful",
            "partnerReferenceNo": order["partnerReferenceNo"],
        }))
    }
}

impl Transport for Doku {
    fn send<'a>(&'a self, request: Request<Bytes>, _: &'a Sending) -> TransportFuture<'a> {
        Box::pin(async move {
            let answer = self.answer(&request)?;
            Ok(Response::new(Bytes::from(answer.to_string())))
        })
    }
}

/// A payout.
#[derive(Debug)]
pub(super) struct Transfer;

impl Operation for Transfer {
    type Request = Value;
    type Response = Value;
    type Auth = B2b;
    const INFO: OperationInfo = OperationInfo::new(
        "transferBank",
        Method::POST,
        "/snap/v1.1/emoney/transfer-bank",
        "43",
        OperationKind::Credit,
    )
    .with_reference("partnerReferenceNo");
}

pub(super) fn order(reference: &str) -> Value {
    json!({
        "partnerReferenceNo": reference, "amount": {"value": "50000.00", "currency": "IDR"},
        "sessionId": "S-1",
    })
}

/// Signs anything with zeros: nobody verifies it.
#[derive(Debug)]
struct Zeros;

impl AsymmetricSigner for Zeros {
    fn sign<'a>(&'a self, _message: &'a [u8]) -> SignFuture<'a> {
        let zeros = AsymmetricSignature::from_bytes(&[0; 256]);
        Box::pin(std::future::ready(Ok(zeros)))
    }

    fn fingerprint(&self) -> Option<String> {
        None
    }
}
