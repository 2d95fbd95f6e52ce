//! Decisions about the connection that a changed line of set-up would undo without a word.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::{io, process::Command, sync::Arc};

use doku_kirimdoku::{BalanceInquiryRequest, Kirimdoku};
use snap_core::{Client, Config, Environment, Error, Stage};
use snap_sandbox::Sandbox;
use snap_suite::{BrokenServer, config_for};
use tokio::{net::TcpListener, task::JoinHandle};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig, SupportedProtocolVersion,
        pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
        version::{TLS12, TLS13},
    },
};

/// Shakes hands with everybody who comes, under a certificate that nobody trusts.
async fn tls_server(
    version: &'static SupportedProtocolVersion,
) -> io::Result<(u16, JoinHandle<()>)> {
    let certificate =
        CertificateDer::from_pem_slice(include_bytes!("../testdata/tls/certificate.pem"));
    let key = PrivateKeyDer::from_pem_slice(include_bytes!("../testdata/tls/key.pem"));
    let config = ServerConfig::builder_with_protocol_versions(&[version])
        .with_no_client_auth()
        .with_single_cert(vec![certificate.unwrap()], key.unwrap())
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let port = listener.local_addr()?.port();
    let accepting = tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            // The handshake fails on the client's side; what becomes of it there is the test.
            let _ = acceptor.accept(stream).await;
        }
    });
    Ok((port, accepting))
}

async fn error_from(
    version: &'static SupportedProtocolVersion,
    option: fn(Config) -> Config,
) -> Error {
    let (port, _server) = tls_server(version).await.unwrap();
    let sandbox = Sandbox::start().await.unwrap();
    let mut config = option(config_for(&sandbox).unwrap());
    config =
        config.with_environment(Environment::custom(&format!("https://localhost:{port}")).unwrap());
    let kirim = Kirimdoku::from(Client::new(config).unwrap());
    let request = BalanceInquiryRequest::builder()
        .account_no("A41879")
        .build();
    kirim.balance_inquiry(&request).await.unwrap_err()
}

#[tokio::test]
async fn a_certificate_nobody_trusts_is_not_sent_to_and_named() {
    let error = error_from(&TLS13, |config| config).await;

    assert_eq!((error.stage(), error.is_connect()), (Stage::NotSent, true));
    assert!(error.to_string().contains("certificate"), "{error}");
}

#[tokio::test]
async fn tls_1_2_is_spoken_only_where_it_was_allowed() {
    let refused = error_from(&TLS12, |config| config).await;
    let allowed = error_from(&TLS12, Config::with_danger_tls_1_2).await;

    assert_eq!(
        (refused.stage(), refused.is_connect()),
        (Stage::NotSent, true)
    );
    assert!(!refused.to_string().contains("certificate"), "{refused}");
    assert!(
        allowed.to_string().contains("certificate"),
        "it came as far as that: {allowed}"
    );
}

#[tokio::test]
async fn proxy_variables_are_ignored_and_the_tour_shows_no_secret() {
    let proxy = BrokenServer::answering("HTTP/1.1 502 Bad Gateway\r\n\r\n", true)
        .await
        .unwrap();

    let tour = Command::new(env!("CARGO_BIN_EXE_tour"))
        .env("HTTP_PROXY", proxy.base_url())
        .env("http_proxy", proxy.base_url())
        .env("ALL_PROXY", proxy.base_url())
        .env_remove("NO_PROXY")
        .env_remove("no_proxy")
        .output()
        .unwrap();

    let told = String::from_utf8(tour.stdout).unwrap();
    assert!(
        tour.status.success(),
        "{told}{}",
        String::from_utf8_lossy(&tour.stderr)
    );
    assert_eq!(proxy.connections(), 0);
    assert!(told.contains("Available: IDR"), "{told}");
    for secret in ["SK-LOCAL-", "Bearer ", "eyJ"] {
        assert!(!told.contains(secret), "{told}");
    }
}
