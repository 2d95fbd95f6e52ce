//! Stands for TLS where the cargo feature `tls` is off: there is none, and nothing to be done with it.

use std::io;

use tokio::net::TcpStream;

use crate::fault::CertificateFlaw;

#[derive(Clone)]
pub(crate) enum Tls {}

impl Tls {
    pub(crate) fn new() -> io::Result<Self> {
        Err(io::ErrorKind::Unsupported.into())
    }

    pub(super) async fn accept(
        &self,
        _: TcpStream,
        _: Option<CertificateFlaw>,
    ) -> io::Result<TcpStream> {
        match *self {}
    }
}

/// Nobody asks for it.
pub(crate) const ROOT_PEM: &str = "";
