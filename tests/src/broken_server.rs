use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

/// A TCP server that issues tokens without checking anything and answers every other request with
/// the same bytes, whatever they are. For what a well-behaved server cannot do.
#[derive(Debug)]
pub struct BrokenServer {
    base_url: String,
    counts: Arc<Counts>,
    accepting: tokio::task::JoinHandle<()>,
}

#[derive(Debug, Default)]
struct Counts {
    connections: AtomicUsize,
    calls: AtomicUsize,
}

impl BrokenServer {
    /// Answers calls with these bytes, and closes the connection after them if `close` is set.
    ///
    /// # Errors
    ///
    /// When no port can be opened on loopback.
    pub async fn answering(bytes: impl Into<Vec<u8>>, close: bool) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let base_url = format!("http://{}", listener.local_addr()?);
        let counts = Arc::new(Counts::default());
        let accepting = tokio::spawn(accept(
            listener,
            bytes.into().into(),
            close,
            Arc::clone(&counts),
        ));
        Ok(Self {
            base_url,
            counts,
            accepting,
        })
    }

    /// Where it listens.
    #[must_use]
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// How many connections were opened.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.counts.connections.load(Ordering::SeqCst)
    }

    /// How many requests arrived, token requests apart.
    #[must_use]
    pub fn calls(&self) -> usize {
        self.counts.calls.load(Ordering::SeqCst)
    }
}

impl Drop for BrokenServer {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept(listener: TcpListener, answer: Arc<[u8]>, close: bool, counts: Arc<Counts>) {
    while let Ok((stream, _)) = listener.accept().await {
        counts.connections.fetch_add(1, Ordering::SeqCst);
        // The client may go away at any time; nobody waits for this connection's end.
        tokio::spawn(serve(
            stream,
            Arc::clone(&answer),
            close,
            Arc::clone(&counts),
        ));
    }
}

async fn serve(
    mut stream: TcpStream,
    answer: Arc<[u8]>,
    close: bool,
    counts: Arc<Counts>,
) -> io::Result<()> {
    while let Some(head) = read_request(&mut stream).await? {
        if head.starts_with("POST /authorization/v1/access-token/b2b ") {
            stream.write_all(token().as_bytes()).await?;
            continue;
        }
        counts.calls.fetch_add(1, Ordering::SeqCst);
        stream.write_all(&answer).await?;
        if close {
            return Ok(());
        }
    }
    Ok(())
}

/// The head of the next request, after its body was read too; nothing at the end of the stream.
async fn read_request(stream: &mut TcpStream) -> io::Result<Option<String>> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
            Err(error) => return Err(error),
        }
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let length = head
        .lines()
        .filter_map(|line| line.split_once(": "))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .and_then(|(_, value)| value.parse().ok())
        .unwrap_or(0);
    stream.read_exact(&mut vec![0; length]).await?;
    Ok(Some(head))
}

fn token() -> String {
    let body = r#"{"responseCode":"2007300","accessToken":"BROKEN-TOKEN","expiresIn":900}"#;
    format!(
        "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}
