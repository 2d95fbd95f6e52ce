//! A connection, with TLS or without, that the HTTP library uses and a fault can take back.

use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
};

/// Bytes in and out, and the TCP stream below them.
pub(super) trait Wire: AsyncRead + AsyncWrite + Send + Unpin {
    /// Where a connection is reset.
    fn tcp(&self) -> &TcpStream;
}

impl Wire for TcpStream {
    fn tcp(&self) -> &TcpStream {
        self
    }
}

#[cfg(feature = "tls")]
impl Wire for tokio_rustls::server::TlsStream<TcpStream> {
    fn tcp(&self) -> &TcpStream {
        self.get_ref().0
    }
}
