//! A socket in front of a server: slow, or leading to another server from some moment on.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    time::Duration,
};

use tempfile::TempDir;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{UnixListener, UnixStream},
    sync::watch,
};

pub(crate) struct Proxy {
    directory: TempDir,
    target: Arc<Mutex<PathBuf>>,
    /// Changes whenever connections end.
    ends: watch::Sender<()>,
}

impl Proxy {
    /// To the socket of a server; whatever passes is so late, each way.
    pub(crate) fn to(target: &Path, delay: Duration) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let listener = UnixListener::bind(directory.path().join("socket")).unwrap();
        let proxy = Self {
            directory,
            target: Arc::new(Mutex::new(target.to_owned())),
            ends: watch::Sender::new(()),
        };
        let (target, ends) = (Arc::clone(&proxy.target), proxy.ends.subscribe());
        tokio::spawn(async move {
            loop {
                let (near, _) = listener.accept().await.unwrap();
                let target = target.lock().unwrap().clone();
                // A server that is gone refuses: so does this.
                if let Ok(far) = UnixStream::connect(target).await {
                    tokio::spawn(carry(near, far, delay, ends.clone()));
                }
            }
        });
        proxy
    }

    pub(crate) fn url(&self) -> String {
        format!("unix://{}/socket", self.directory.path().display())
    }

    /// Ends all connections, and leads new ones to another server.
    pub(crate) fn lead_to(&self, target: &Path) {
        *self.target.lock().unwrap() = target.to_owned();
        self.ends.send_replace(());
    }
}

async fn carry(near: UnixStream, far: UnixStream, delay: Duration, mut ends: watch::Receiver<()>) {
    ends.mark_unchanged();
    let (from_near, to_near) = near.into_split();
    let (from_far, to_far) = far.into_split();
    tokio::select! {
        () = one_way(from_near, to_far, delay) => {}
        () = one_way(from_far, to_near, delay) => {}
        _ = ends.changed() => {}
    }
}

async fn one_way(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    delay: Duration,
) {
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(read @ 1..) = from.read(&mut buffer).await {
        tokio::time::sleep(delay).await;
        if to.write_all(&buffer[..read]).await.is_err() {
            return;
        }
    }
}
