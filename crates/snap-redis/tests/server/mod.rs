//! A Redis or Valkey server in a directory of its own, reached through a socket in it.

use std::{
    fs,
    io::{Read, Write},
    os::unix::net::UnixStream,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use tempfile::TempDir;

pub(crate) struct Server {
    directory: TempDir,
    arguments: Vec<String>,
    /// Nothing while it is down.
    process: Option<Child>,
}

impl Server {
    /// One that keeps what it was told when it is killed, as `appendonly yes` does.
    pub(crate) fn start() -> Self {
        Self::with(&["--appendonly", "yes"])
    }

    pub(crate) fn with(arguments: &[&str]) -> Self {
        let directory = tempfile::Builder::new().prefix("snap-redis-").tempdir();
        let mut server = Self {
            directory: directory.unwrap(),
            arguments: arguments.iter().map(|&it| it.to_owned()).collect(),
            process: None,
        };
        server.launch();
        server
    }

    pub(crate) fn url(&self) -> String {
        format!("unix://{}", self.socket().display())
    }

    pub(crate) fn path(&self) -> &Path {
        self.directory.path()
    }

    fn socket(&self) -> PathBuf {
        self.path().join("socket")
    }

    /// With SIGKILL: nothing is written that was not written before.
    pub(crate) fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill().unwrap();
            process.wait().unwrap();
        }
        let _ = fs::remove_file(self.socket());
    }

    /// Sends it a signal, such as `STOP`.
    pub(crate) fn signal(&self, name: &str) {
        let id = self.process.as_ref().unwrap().id().to_string();
        let sent = Command::new("kill").args(["-s", name, &id]).status();
        assert!(sent.unwrap().success());
    }

    pub(crate) fn launch(&mut self) {
        let log = fs::File::create(self.path().join("log")).unwrap();
        let process = Command::new(program())
            .current_dir(self.path())
            .args(["--port", "0", "--save", "", "--daemonize", "no"])
            .args(["--unixsocket", "socket"])
            .args(&self.arguments)
            .stdout(log)
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        self.process = Some(process);
        for _ in 0..500 {
            if self.is_ready() {
                return;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        let log = fs::read_to_string(self.path().join("log")).unwrap_or_default();
        panic!("the server does not start: {log}");
    }

    /// Whether it answers, be it that it wants a password first.
    fn is_ready(&self) -> bool {
        let said = self.say("PING\r\n");
        said.starts_with("+PONG") || said.starts_with("-NOAUTH")
    }

    /// The first bytes that it answers.
    pub(crate) fn say(&self, command: &str) -> String {
        let Ok(mut stream) = UnixStream::connect(self.socket()) else {
            return String::new();
        };
        let limit = Some(Duration::from_secs(2));
        stream.set_read_timeout(limit).unwrap();
        let mut said = [0; 4096];
        let read = stream
            .write_all(command.as_bytes())
            .and_then(|()| stream.read(&mut said));
        String::from_utf8_lossy(&said[..read.unwrap_or(0)]).into_owned()
    }

    /// Asks until the answer is as it has to be, for five seconds at most.
    pub(crate) async fn says(&self, command: &str, right: impl Fn(&str) -> bool) {
        for _ in 0..500 {
            if right(&self.say(command)) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("{command:?} is answered with {:?}", self.say(command));
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A port that nobody listens on, for a server that has to have one.
pub(crate) fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

fn program() -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let directories: Vec<_> = std::env::split_paths(&path).collect();
    ["redis-server", "valkey-server"]
        .iter()
        .flat_map(|name| directories.iter().map(move |it| it.join(name)))
        .find(|program| program.exists())
        .expect("these tests need redis-server or valkey-server on the PATH")
}
