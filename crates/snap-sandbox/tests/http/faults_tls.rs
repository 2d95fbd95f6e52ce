//! HTTPS, and what goes wrong in and below it.

use std::{io, sync::Arc};

use snap_sandbox::{Act, At, CertificateFlaw, Fault, RawReply, Sandbox};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};
use tokio_rustls::{
    TlsConnector,
    client::TlsStream,
    rustls::{
        CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore,
        SignatureScheme, SupportedProtocolVersion,
        client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
        crypto::{self, ring},
        pki_types::{CertificateDer, ServerName, UnixTime, pem::PemObject as _},
        version::{TLS12, TLS13},
    },
};

use crate::{
    exchange::raw,
    faults::{Bench, Seen, send},
    faults_acts::bytes,
    support::{frozen, timestamp, token_call},
};

/// What a client has at the end of a connection.
#[derive(Debug)]
struct Got {
    text: String,
    /// How it ended, if not as TLS ends.
    broken: Option<io::ErrorKind>,
}

/// Trusts the sandbox's authority and nobody else.
fn careful(sandbox: &Sandbox, version: &'static SupportedProtocolVersion) -> ClientConfig {
    let pem = sandbox.tls_root_pem().expect("TLS").as_bytes();
    let mut roots = RootCertStore::empty();
    roots
        .add(CertificateDer::from_pem_slice(pem).expect("PEM"))
        .expect("an authority");
    ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_protocol_versions(&[version])
        .expect("a version")
        .with_root_certificates(roots)
        .with_no_client_auth()
}

async fn connect(
    sandbox: &Sandbox,
    config: ClientConfig,
    host: &'static str,
) -> io::Result<TlsStream<TcpStream>> {
    let stream = TcpStream::connect(sandbox.address()).await?;
    let host = ServerName::try_from(host).expect("a name");
    TlsConnector::from(Arc::new(config))
        .connect(host, stream)
        .await
}

async fn shake_hands(sandbox: &Sandbox) -> io::Result<TlsStream<TcpStream>> {
    connect(sandbox, careful(sandbox, &TLS13), "127.0.0.1").await
}

/// Sends one request on a connection of its own, and reads to its end.
async fn exchange(sandbox: &Sandbox, request: &[u8]) -> Got {
    let mut stream = shake_hands(sandbox).await.expect("a handshake");
    stream.write_all(request).await.expect("sends");
    read(&mut stream).await
}

async fn read(stream: &mut TlsStream<TcpStream>) -> Got {
    let mut seen = Vec::new();
    let end = stream.read_to_end(&mut seen).await;
    Got {
        text: String::from_utf8_lossy(&seen).into_owned(),
        broken: end.err().map(|error| error.kind()),
    }
}

/// A sandbox with TLS and a client with a token.
async fn bench() -> Bench {
    let sandbox = frozen()
        .sessions(false)
        .tls(true)
        .start()
        .await
        .expect("starts");
    let mut call = token_call(sandbox.merchant(), &timestamp(&sandbox, 0));
    call.set("connection", "close");
    let got = exchange(&sandbox, &bytes(&call)).await;
    let (_, body) = got.text.split_once("\r\n\r\n").expect("a head");
    let body: serde_json::Value = serde_json::from_str(body).expect("JSON");
    let token = body["accessToken"].as_str().expect("a token").to_owned();
    Bench::of(sandbox, token)
}

/// A transfer under a fault.
async fn transfer(bench: &Bench, fault: Fault) -> Got {
    bench.inject(fault);
    let mut call = bench.call("out-1", "1");
    call.set("connection", "close");
    exchange(&bench.sandbox, &bytes(&call)).await
}

#[tokio::test]
async fn requests_are_served_over_tls_under_every_name_of_loopback() {
    let bench = bench().await;
    assert!(bench.sandbox.base_url().starts_with("https://127.0.0.1:"));
    for (number, (host, version)) in [
        ("localhost", &TLS12),
        ("127.0.0.1", &TLS13),
        ("::1", &TLS13),
    ]
    .into_iter()
    .enumerate()
    {
        let config = careful(&bench.sandbox, version);
        let mut stream = connect(&bench.sandbox, config, host)
            .await
            .expect("a handshake");
        let reference = format!("out-{number}");
        let mut call = bench.call(&reference, &number.to_string());
        call.set("connection", "close");

        stream.write_all(&bytes(&call)).await.expect("sends");
        let got = read(&mut stream).await;

        assert!(got.text.contains("\"2004300\""), "{host}: {got:?}");
        assert_eq!(bench.effects(&reference), 1);
    }
}

#[tokio::test]
async fn without_tls_there_is_no_authority_and_no_handshake() {
    let sandbox = frozen()
        .sessions(false)
        .tls(false)
        .start()
        .await
        .expect("starts");

    assert!(sandbox.tls_root_pem().is_none());
    assert!(sandbox.base_url().starts_with("http://"));
}

#[tokio::test]
async fn a_client_that_speaks_plain_http_is_not_served() {
    let bench = bench().await;
    let url = bench.sandbox.base_url().replace("https", "http");

    let seen = send(&url, bench.call("out-1", "1")).await;

    assert!(matches!(seen, Seen::Nothing), "{seen:?}");
    assert_eq!(bench.effects("out-1"), 0);
    shake_hands(&bench.sandbox).await.expect("still serves");
}

/// Behaviour "fault.tls".
#[tokio::test]
async fn a_flawed_certificate_is_refused_by_a_careful_client_once() {
    #[track_caller]
    fn check(error: &io::Error, flaw: CertificateFlaw) {
        let cause = error.get_ref().and_then(|cause| cause.downcast_ref());
        let Some(Error::InvalidCertificate(why)) = cause else {
            panic!("{flaw:?}: {error:?}");
        };
        let is_so = match flaw {
            CertificateFlaw::Name => matches!(why, CertificateError::NotValidForNameContext { .. }),
            CertificateFlaw::Expired => matches!(why, CertificateError::ExpiredContext { .. }),
            _ => *why == CertificateError::UnknownIssuer,
        };
        assert!(is_so, "{flaw:?}: {why:?}");
    }

    let bench = bench().await;
    for flaw in [
        CertificateFlaw::Name,
        CertificateFlaw::Expired,
        CertificateFlaw::Issuer,
    ] {
        bench.inject(Fault::new(At::Tls, Act::Certificate(flaw)));

        let error = shake_hands(&bench.sandbox).await.expect_err("refused");

        check(&error, flaw);
        shake_hands(&bench.sandbox).await.expect("the next is good");
    }
    assert_eq!(bench.sandbox.arrivals(&bench.spec.path), 0);
}

#[tokio::test]
async fn a_careless_client_is_served_under_a_flawed_certificate() {
    let bench = bench().await;
    bench.inject(Fault::new(
        At::Tls,
        Act::Certificate(CertificateFlaw::Expired),
    ));
    let mut config = careful(&bench.sandbox, &TLS13);
    let careless = Arc::new(Careless(ring::default_provider()));
    config.dangerous().set_certificate_verifier(careless);
    let mut stream = connect(&bench.sandbox, config, "127.0.0.1")
        .await
        .expect("careless");
    let mut call = bench.call("out-1", "1");
    call.set("connection", "close");

    stream.write_all(&bytes(&call)).await.expect("sends");
    read(&mut stream).await;

    assert_eq!(bench.effects("out-1"), 1);
}

#[tokio::test]
async fn a_handshake_can_break_in_every_way() {
    let bench = bench().await;
    let kind = async |act: Act| {
        bench.inject(Fault::new(At::Tls, act));
        shake_hands(&bench.sandbox).await.expect_err("broken")
    };

    let (reset, close) = (kind(Act::Reset).await, kind(Act::Close).await);
    let (garbage, old) = (kind(Act::Garbage).await, kind(Act::OldTls).await);

    assert_eq!(reset.kind(), io::ErrorKind::ConnectionReset);
    assert_eq!(close.kind(), io::ErrorKind::UnexpectedEof);
    assert_eq!(garbage.kind(), io::ErrorKind::InvalidData);
    assert!(old.to_string().contains("ProtocolVersion"), "{old}");
    shake_hands(&bench.sandbox).await.expect("the next is good");
}

#[tokio::test]
async fn a_handshake_of_an_exchange_comes_back_as_data() {
    let bench = bench().await;
    let act = Act::Certificate(CertificateFlaw::Name);
    bench.inject(Fault::new(At::Tls, act.clone()));

    let reply = bench.sandbox.exchange(raw(bench.call("out-1", "1")));

    let RawReply::Broken {
        at,
        act: seen,
        status,
        sent_body,
        ..
    } = reply
    else {
        panic!("{reply:?}");
    };
    assert_eq!((at, seen, status), (At::Tls, act, None));
    assert!(sent_body.is_empty());
    assert_eq!(bench.effects("out-1"), 0);
}

#[tokio::test]
async fn a_hanging_handshake_ends_with_the_sandbox() {
    let bench = bench().await;
    bench.inject(Fault::new(At::Tls, Act::Hang));
    let config = careful(&bench.sandbox, &TLS13);
    let stream = TcpStream::connect(bench.sandbox.address())
        .await
        .expect("connects");
    let host = ServerName::try_from("127.0.0.1").expect("a name");
    let hanging = tokio::spawn(TlsConnector::from(Arc::new(config)).connect(host, stream));
    while !bench.sandbox.faults().is_empty() {
        tokio::task::yield_now().await;
    }
    assert!(!hanging.is_finished());

    bench.sandbox.stop().await.expect("stops");

    assert!(hanging.await.expect("ends").is_err());
}

/// It has connected and says nothing.
#[tokio::test]
async fn a_client_that_never_shakes_hands_does_not_keep_the_sandbox() {
    let bench = bench().await;
    let mut silent = TcpStream::connect(bench.sandbox.address())
        .await
        .expect("connects");
    shake_hands(&bench.sandbox).await.expect("served meanwhile");

    bench.sandbox.stop().await.expect("stops");

    assert!(matches!(silent.read(&mut [0]).await, Ok(0) | Err(_)));
}

#[tokio::test]
async fn a_reset_is_one_of_the_tcp_stream_below() {
    for (at, has_head) in [(At::AfterRequest, false), (At::MidResponse, true)] {
        let bench = bench().await;
        let reset = Fault::new(at, Act::Reset).with_apply_effect(true);

        let got = transfer(&bench, reset).await;

        assert_eq!(got.broken, Some(io::ErrorKind::ConnectionReset), "{at:?}");
        assert!(has_head || got.text.is_empty(), "{at:?}: {got:?}");
        assert_eq!(bench.effects("out-1"), 1);
    }
}

/// The farewell of TLS says that nothing is missing; only length or JSON show that something is.
#[tokio::test]
async fn half_answers_and_slow_ones_come_through_tls() {
    let drip = Act::Drip {
        bytes_per_second: 100_000,
    };
    for (at, act, length, is_whole) in [
        (At::MidResponse, Act::Close, true, false),
        (At::MidResponse, Act::TruncateWithLength, true, false),
        (At::MidResponse, Act::TruncateWithoutLength, false, false),
        (At::MidResponse, drip.clone(), true, true),
        (At::BeforeHead, drip, true, true),
    ] {
        let bench = bench().await;

        let got = transfer(&bench, Fault::new(at, act.clone())).await;

        assert_eq!(got.broken, None, "{act:?}");
        assert_eq!(got.text.contains("content-length"), length, "{act:?}");
        assert_eq!(got.text.ends_with('}'), is_whole, "{act:?}: {got:?}");
        assert_eq!(bench.effects("out-1"), 0);
    }
}

/// A verifier that looks at nothing but signatures.
#[derive(Debug)]
struct Careless(crypto::CryptoProvider);

impl ServerCertVerifier for Careless {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        crypto::verify_tls12_signature(message, certificate, signed, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        crypto::verify_tls13_signature(message, certificate, signed, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
