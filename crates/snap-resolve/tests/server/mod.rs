//! A PostgreSQL server in a directory of its own, reached through a socket in it.

use std::{
    fs,
    os::unix::{
        fs::{MetadataExt, chown},
        process::CommandExt,
    },
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    time::Duration,
};

use sqlx::{ConnectOptions, postgres::PgConnectOptions};
use tempfile::TempDir;

pub(crate) struct Server {
    directory: TempDir,
    programs: PathBuf,
    /// Nothing while it is being restarted.
    process: Option<Child>,
}

/// How to reach the server whose socket is in this directory.
pub(crate) fn options(socket: &str) -> PgConnectOptions {
    let options = PgConnectOptions::new_without_pgpass();
    options.socket(socket).username("snap").database("postgres")
}

impl Server {
    /// Nothing if there is no server program that works.
    pub(crate) fn start() -> Option<Self> {
        let programs = programs()?;
        let directory = tempfile::Builder::new()
            .prefix("snap-pg-")
            .tempdir()
            .unwrap();
        if let Some((user, group)) = other_user() {
            chown(directory.path(), Some(user), Some(group)).unwrap();
        }
        let mut server = Self {
            directory,
            programs,
            process: None,
        };
        let made = server.run(
            "initdb",
            &[
                "-D", "data", "-U", "snap", "-A", "trust", "-N", "-E", "UTF8",
            ],
        )?;
        if !made.status.success() {
            println!("initdb: {}", String::from_utf8_lossy(&made.stderr));
            return None;
        }
        server.launch();
        Some(server)
    }

    pub(crate) fn options(&self) -> PgConnectOptions {
        options(self.socket())
    }

    pub(crate) fn socket(&self) -> &str {
        self.directory.path().to_str().unwrap()
    }

    /// Kills the server with SIGKILL while `work` goes on, and starts it again afterwards.
    pub(crate) fn kill_while(&mut self, after: Duration, work: impl FnOnce()) {
        let process = self.process.take().unwrap();
        let id = process.id();
        let killer = std::thread::spawn(move || {
            let mut process = process;
            std::thread::sleep(after);
            process.kill().unwrap();
            process.wait().unwrap();
        });
        work();
        killer.join().unwrap();
        assert!(!Path::new(&format!("/proc/{id}")).exists());
        self.launch();
    }

    fn launch(&mut self) {
        let log = fs::File::create(self.directory.path().join("log")).unwrap();
        let mut command = self.command("postgres");
        command
            .args(["-D", "data", "-k", self.socket(), "-c", "listen_addresses="])
            .args(["-c", "fsync=on", "-c", "max_connections=60"])
            // The journal itself has to ask for durability.
            .args(["-c", "synchronous_commit=off"])
            .stdout(Stdio::null())
            .stderr(log);
        // A killed server may leave processes behind that are still on their way out.
        for _ in 0..100 {
            let mut process = command.spawn().unwrap();
            if self.is_ready(&mut process) {
                self.process = Some(process);
                return;
            }
        }
        let log = fs::read_to_string(self.directory.path().join("log")).unwrap();
        panic!("the server does not start: {log}");
    }

    /// Whether it answers before it ends.
    fn is_ready(&self, process: &mut Child) -> bool {
        while process.try_wait().unwrap().is_none() {
            std::thread::sleep(Duration::from_millis(20));
            let options = self.options();
            let answers = std::thread::spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread()
                    .enable_all()
                    .build();
                runtime.unwrap().block_on(options.connect()).is_ok()
            });
            if answers.join().unwrap() {
                return true;
            }
        }
        false
    }

    fn run(&self, program: &str, arguments: &[&str]) -> Option<Output> {
        self.command(program).args(arguments).output().ok()
    }

    /// PostgreSQL refuses to run as root.
    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.programs.join(program));
        command
            .current_dir(self.directory.path())
            .env("LC_ALL", "C");
        if let Some((user, group)) = other_user() {
            command.uid(user).gid(group);
        }
        command
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let Some(mut process) = self.process.take() else {
            return;
        };
        // SIGINT, so that it removes its shared memory.
        let stop = format!("kill -INT {}", process.id());
        let asked = Command::new("sh").args(["-c", &stop]).status();
        if !asked.is_ok_and(|status| status.success()) {
            let _ = process.kill();
        }
        let _ = process.wait();
    }
}

/// The directory of the server's programs: of the path, or where Debian has them.
fn programs() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let of_path: Vec<_> = std::env::split_paths(&path).collect();
    let debian = fs::read_dir("/usr/lib/postgresql").into_iter().flatten();
    let mut of_debian: Vec<_> = debian.flatten().map(|it| it.path().join("bin")).collect();
    of_debian.sort();
    let has_both = |it: &PathBuf| it.join("postgres").exists() && it.join("initdb").exists();
    of_path
        .into_iter()
        .chain(of_debian.into_iter().rev())
        .find(has_both)
}

/// User and group to run as, if this is root.
fn other_user() -> Option<(u32, u32)> {
    let own = fs::metadata("/proc/self").map_or(1, |it| it.uid());
    if own != 0 {
        return None;
    }
    let users = fs::read_to_string("/etc/passwd").unwrap_or_default();
    let find = |name: &str| {
        let line = users
            .lines()
            .find(|line| line.starts_with(&format!("{name}:")))?;
        let mut fields = line.split(':').skip(2);
        Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
    };
    find("postgres").or_else(|| find("nobody"))
}
