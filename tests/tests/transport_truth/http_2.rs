//! HTTP/2 has answers after which a request is sent again, so it is not spoken.

use bytes::Bytes;
use snap_core::transport::{HttpTransport, Sending, Transport, TransportStage};
use snap_sandbox::Sandbox;
use snap_suite::config_for;
use tokio::net::TcpListener;
use tokio_rustls::{LazyConfigAcceptor, rustls::server::Acceptor};

use crate::check::request;

#[tokio::test]
async fn http_2_is_not_offered() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}/", listener.local_addr().unwrap());
    let sandbox = Sandbox::start().await.unwrap();
    let transport = HttpTransport::new(&config_for(&sandbox).unwrap()).unwrap();
    let sending = Sending::new(64 * 1024);

    let (offered, sent) = tokio::join!(
        offered_protocols(&listener),
        transport.send(request(&url, &Bytes::new()), &sending)
    );

    assert_eq!(offered, ["http/1.1"]);
    let stage = sent.unwrap_err().stage();
    assert_eq!(stage, TransportStage::NotConnected);
}

/// Reads what a client says first, and hangs up.
async fn offered_protocols(listener: &TcpListener) -> Vec<String> {
    let (stream, _) = listener.accept().await.unwrap();
    let greeting = LazyConfigAcceptor::new(Acceptor::default(), stream).await;
    let greeting = greeting.unwrap();
    let offered = greeting.client_hello().alpn().unwrap();
    offered
        .map(|protocol| String::from_utf8_lossy(protocol).into_owned())
        .collect()
}
