//! A server that keeps to a script, down to the way a connection ends, and tells what it saw.

use std::{
    io,
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::Notify,
    task::JoinHandle,
};

/// What happens on a connection, in turn. After the last step the server closes it.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    /// Waits until something of a request has arrived, and leaves it unread.
    AwaitRequest,
    ReadHalfOfHead,
    ReadHalfOfBody,
    ReadRequest,
    Write(String),
    /// Writes the same byte for ever, slowly.
    Drip(u8),
    /// Waits for [`ScriptedServer::go_on`]; without it, does nothing and reads nothing.
    AwaitCue,
    /// Announces the end of the connection and waits until the client has ended it too.
    CloseAndSeeItNoticed,
    Reset,
}

/// What a server can tell of its clients.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    connections: usize,
    /// Read to the last byte.
    pub(crate) requests: usize,
    /// Read in part, as the script said.
    pub(crate) parts: usize,
}

/// Plays its script on the first connection. On all others it is a good server, so that a request
/// that is sent again succeeds, and is counted.
#[derive(Debug)]
pub(crate) struct ScriptedServer {
    address: SocketAddr,
    stage: Arc<Stage>,
    accepting: JoinHandle<()>,
}

impl ScriptedServer {
    pub(crate) async fn start(script: Vec<Step>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let stage = Arc::new(Stage {
            seen: Mutex::new(seen(0, 0)),
            cue: Notify::new(),
            connection_ended: Notify::new(),
        });
        let accepting = tokio::spawn(Arc::clone(&stage).accept(listener, script));
        Self {
            address,
            stage,
            accepting,
        }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn seen(&self) -> Seen {
        *self.stage.seen.lock().unwrap()
    }

    /// Gives the cue, and returns when the connection that waited for it has ended.
    pub(crate) async fn go_on(&self) {
        self.stage.cue.notify_one();
        self.stage.connection_ended.notified().await;
    }
}

impl Drop for ScriptedServer {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

pub(crate) const fn seen(connections: usize, requests: usize) -> Seen {
    Seen {
        connections,
        requests,
        parts: 0,
    }
}

impl Seen {
    pub(crate) const fn and_a_part(self) -> Self {
        Self { parts: 1, ..self }
    }
}

#[derive(Debug)]
struct Stage {
    seen: Mutex<Seen>,
    cue: Notify,
    connection_ended: Notify,
}

impl Stage {
    async fn accept(self: Arc<Self>, listener: TcpListener, script: Vec<Step>) {
        let mut script = Some(script);
        while let Ok((stream, _)) = listener.accept().await {
            self.note(|seen| seen.connections += 1);
            let steps = script.take().unwrap_or_else(good_server);
            let stage = Arc::clone(&self);
            tokio::spawn(async move {
                // The client may go away at any time. That ends the script and is no failure.
                let _ = stage.serve(stream, &steps).await;
                stage.connection_ended.notify_one();
            });
        }
    }

    async fn serve(&self, mut stream: TcpStream, steps: &[Step]) -> io::Result<()> {
        for step in steps {
            match step {
                // Not `readable`, which may say so before it is true.
                Step::AwaitRequest => drop(stream.peek(&mut [0]).await?),
                Step::ReadHalfOfHead => {
                    stream.read_exact(&mut [0; 20]).await?;
                    self.note(|seen| seen.parts += 1);
                }
                Step::ReadHalfOfBody => {
                    let length = read_head(&mut stream).await?;
                    stream.read_exact(&mut vec![0; length / 2]).await?;
                    self.note(|seen| seen.parts += 1);
                }
                Step::ReadRequest => {
                    let length = read_head(&mut stream).await?;
                    stream.read_exact(&mut vec![0; length]).await?;
                    self.note(|seen| seen.requests += 1);
                }
                Step::Write(bytes) => stream.write_all(bytes.as_bytes()).await?,
                Step::Drip(byte) => loop {
                    stream.write_all(&[*byte]).await?;
                    tokio::time::sleep(DRIP).await;
                },
                Step::AwaitCue => self.cue.notified().await,
                Step::CloseAndSeeItNoticed => {
                    stream.shutdown().await?;
                    while stream.read(&mut [0; 64]).await? > 0 {}
                }
                Step::Reset => stream.set_zero_linger()?,
            }
        }
        Ok(())
    }

    fn note(&self, change: impl FnOnce(&mut Seen)) {
        change(&mut self.seen.lock().unwrap());
    }
}

/// Reads to the end of a head and returns how long the body will be.
async fn read_head(stream: &mut TcpStream) -> io::Result<usize> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await?);
    }
    let head = String::from_utf8(head).unwrap().to_ascii_lowercase();
    let (_, length) = head.split_once("content-length: ").unwrap();
    Ok(length.lines().next().unwrap().parse().unwrap())
}

fn good_server() -> Vec<Step> {
    vec![Step::ReadRequest, answer(), Step::AwaitCue]
}

/// A whole answer with nothing wrong about it.
pub(crate) fn answer() -> Step {
    let body = r#"{"responseCode":"2004300"}"#;
    let length = body.len();
    Step::Write(format!(
        "HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n{body}"
    ))
}

const DRIP: Duration = Duration::from_millis(20);
