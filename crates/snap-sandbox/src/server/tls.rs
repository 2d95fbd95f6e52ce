//! TLS on loopback, under certificates that are good for nothing else.
//!
//! `tls/make.sh` made them with `openssl`: an EC key on P-256, and certificates until the year 2099
//! under an authority whose own key was deleted. The key is public. Their dates have nothing to do with
//! the sandbox's clock; TLS libraries ask the computer's.

use std::{io, sync::Arc};

use tokio::net::TcpStream;
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        crypto::ring,
        pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
    },
    server::TlsStream,
};

use crate::fault::CertificateFlaw;

/// Makes handshakes.
#[derive(Clone)]
pub(crate) struct Tls {
    good: TlsAcceptor,
    name: TlsAcceptor,
    expired: TlsAcceptor,
    issuer: TlsAcceptor,
}

impl Tls {
    /// # Errors
    ///
    /// A bundled file is not readable, which tests exclude.
    pub(crate) fn new() -> io::Result<Self> {
        Ok(Self {
            good: acceptor(include_bytes!("tls/localhost.pem"))?,
            name: acceptor(include_bytes!("tls/elsewhere.pem"))?,
            expired: acceptor(include_bytes!("tls/expired.pem"))?,
            issuer: acceptor(include_bytes!("tls/stranger.pem"))?,
        })
    }

    /// Shakes hands under a good certificate, or one with a flaw.
    pub(super) async fn accept(
        &self,
        stream: TcpStream,
        flaw: Option<CertificateFlaw>,
    ) -> io::Result<TlsStream<TcpStream>> {
        let acceptor = match flaw {
            None => &self.good,
            Some(CertificateFlaw::Name) => &self.name,
            Some(CertificateFlaw::Expired) => &self.expired,
            Some(CertificateFlaw::Issuer) => &self.issuer,
        };
        acceptor.accept(stream).await
    }
}

fn acceptor(certificate: &[u8]) -> io::Result<TlsAcceptor> {
    let certificate = CertificateDer::from_pem_slice(certificate).map_err(io::Error::other)?;
    let key = PrivateKeyDer::from_pem_slice(KEY).map_err(io::Error::other)?;
    // Named here, so that the choice of the program around it is neither needed nor made.
    let provider = Arc::new(ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(|config| {
            let config = config.with_no_client_auth();
            config.with_single_cert(vec![certificate], key)
        })
        .map_err(io::Error::other)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

/// The authority of the good certificate, as PEM.
pub(crate) const ROOT_PEM: &str = include_str!("tls/root.pem");
const KEY: &[u8] = include_bytes!("tls/key.pem");
