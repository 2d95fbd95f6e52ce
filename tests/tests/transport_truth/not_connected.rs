//! Rows in which nothing was sent, and those in which that cannot be told.

use std::sync::Arc;

use snap_core::transport::TransportStage;
use tokio::net::{TcpListener, TcpSocket};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig, SupportedProtocolVersion,
        pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
        version::{TLS12, TLS13},
    },
};

use crate::{
    NO_ANSWER, NOT_CONNECTED, SHORT,
    check::{Conclusion, Outcome, Row, To, check},
    outcome, row,
    server::{
        Seen,
        Step::{AwaitCue, AwaitRequest, Reset},
        seen,
    },
    write,
};

#[tokio::test]
async fn a_closed_port_gets_nothing() {
    // Bound and not listening: nobody else can open it meanwhile.
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let url = format!("http://{}/", socket.local_addr().unwrap());

    check(Row {
        to: To::Elsewhere(url),
        ..row(
            [],
            "connect request ConnectionRefused",
            seen(0, 0),
            NOT_CONNECTED,
        )
    })
    .await;
}

#[tokio::test]
async fn a_host_without_an_address_gets_nothing() {
    // `.invalid` exists nowhere. A label of 64 characters cannot even be asked for, so that the
    // resolver gives up without a network, and at once.
    let url = format!("http://{}.invalid/", "x".repeat(64));

    check(Row {
        to: To::Elsewhere(url),
        ..row(
            [],
            "connect dns request Uncategorized",
            seen(0, 0),
            NOT_CONNECTED,
        )
    })
    .await;
}

#[tokio::test]
async fn a_server_that_does_not_speak_tls_gets_nothing() {
    let plain = write("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");

    check(Row {
        to: To::Https,
        outcomes: refused_by_tls(seen(1, 0)),
        ..row([AwaitRequest, plain], "", seen(0, 0), NOT_CONNECTED)
    })
    .await;
}

#[tokio::test]
async fn a_server_whose_certificate_nobody_trusts_gets_nothing() {
    let url = tls_server(&TLS13).await;

    check(Row {
        to: To::Elsewhere(url),
        outcomes: refused_by_tls(seen(0, 0)),
        ..row([], "", seen(0, 0), NOT_CONNECTED)
    })
    .await;
}

#[tokio::test]
async fn a_server_that_speaks_only_tls_1_2_gets_nothing() {
    let url = tls_server(&TLS12).await;

    check(Row {
        to: To::Elsewhere(url),
        outcomes: refused_by_tls(seen(0, 0)),
        ..row([], "", seen(0, 0), NOT_CONNECTED)
    })
    .await;
}

#[tokio::test]
async fn a_reset_at_accept_under_tls_is_a_failure_to_connect() {
    check(Row {
        to: To::Https,
        ..row(
            [Reset],
            "connect request ConnectionReset",
            seen(1, 0),
            NOT_CONNECTED,
        )
    })
    .await;
}

#[tokio::test]
async fn a_handshake_without_end_is_a_failure_to_connect() {
    check(Row {
        to: To::Https,
        connect_timeout: SHORT,
        ..row(
            [AwaitCue],
            "connect request timeout",
            seen(1, 0),
            NOT_CONNECTED,
        )
    })
    .await;
}

/// The request was not asked for its body, so no byte of it left.
#[tokio::test]
async fn a_deadline_during_the_handshake_proves_that_nothing_left() {
    check(Row {
        to: To::Https,
        deadline: SHORT,
        ..row([AwaitCue], "request timeout", seen(1, 0), NOT_CONNECTED)
    })
    .await;
}

/// Without TLS the kernel accepts before the server does. When the reset comes, the client may be
/// connecting, about to write, or done with writing; only the last leaves it open.
#[tokio::test]
async fn a_reset_at_accept_without_tls_is_a_race() {
    check(Row {
        outcomes: vec![
            outcome(
                "request canceled ConnectionReset",
                seen(1, 0),
                NOT_CONNECTED,
            ),
            outcome("request canceled", seen(1, 0), NOT_CONNECTED),
            outcome("request ConnectionReset", seen(1, 0), NO_ANSWER),
            outcome("connect request ConnectionReset", seen(1, 0), NOT_CONNECTED),
        ],
        ..row([Reset], "", seen(0, 0), NO_ANSWER)
    })
    .await;
}

fn refused_by_tls(seen: Seen) -> Vec<Outcome> {
    vec![outcome("connect request InvalidData", seen, NOT_TRUSTED)]
}

/// Shakes hands with everybody who comes, and reads nothing.
async fn tls_server(version: &'static SupportedProtocolVersion) -> String {
    let certificate =
        CertificateDer::from_pem_slice(include_bytes!("../../testdata/tls/certificate.pem"));
    let key = PrivateKeyDer::from_pem_slice(include_bytes!("../../testdata/tls/key.pem"));
    let config = ServerConfig::builder_with_protocol_versions(&[version])
        .with_no_client_auth()
        .with_single_cert(vec![certificate.unwrap()], key.unwrap())
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}/", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            // It fails; what the client makes of that is the row.
            let _ = acceptor.accept(stream).await;
        }
    });
    url
}

const NOT_TRUSTED: Conclusion = Err(TransportStage::NotTrusted);
