//! Runs the binary and looks at exit code and streams.

use std::{
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use serde_json::Value;

/// A call of `snap` in an environment that holds only what the test puts there.
pub(crate) struct Snap {
    command: Command,
    stdin: Vec<u8>,
}

pub(crate) fn snap(arguments: &[&str]) -> Snap {
    let mut command = Command::new(env!("CARGO_BIN_EXE_snap"));
    command.args(arguments).env_clear();
    Snap {
        command,
        stdin: Vec::new(),
    }
}

impl Snap {
    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self
    }

    pub(crate) fn stdin(mut self, bytes: impl AsRef<[u8]>) -> Self {
        self.stdin = bytes.as_ref().to_vec();
        self
    }

    /// The environment variables that `SYMMETRIC` names.
    pub(crate) fn with_credentials(self) -> Self {
        self.env("TOKEN", "canary-token")
            .env("SECRET", "canary-secret")
    }

    pub(crate) fn spawn(mut self) -> std::process::Child {
        self.command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    }

    pub(crate) fn run(self) -> Ran {
        let input = self.stdin.clone();
        let mut child = self.spawn();
        // A command that refuses its arguments does not read its input.
        let _ = child.stdin.take().unwrap().write_all(&input);
        child.wait_with_output().unwrap().into()
    }
}

pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

impl Ran {
    /// The one JSON object on standard output.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        let value: Value = serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("{error}: {:?}", self.stdout));
        assert!(value.is_object(), "{value}");
        assert_eq!(self.stdout.matches('\n').count(), 1, "{:?}", self.stdout);
        value
    }

    /// A usage error: exit code 2, one line on standard error, `{"error"}` on standard output, and
    /// no secret in either.
    #[track_caller]
    pub(crate) fn refused(&self, because: &str) {
        assert_eq!(self.code, 2, "{} {}", self.stdout, self.stderr);
        let json = self.json();
        let error = json["error"].as_str().unwrap();

        assert!(error.contains(because), "{error}");
        assert_eq!(self.stderr, format!("snap: {error}\n"));
        assert!(!self.stderr.contains("canary"), "{error}");
    }
}

/// A complete symmetric call, to which a test adds `--body-file` or `--signature`.
pub(crate) const SYMMETRIC: [&str; 11] = [
    "--json",
    "--method",
    "POST",
    "--path",
    "/snap/v1.1/balance-inquiry",
    "--timestamp",
    "2026-11-20T17:30:00+07:00",
    "--token-env",
    "TOKEN",
    "--secret-env",
    "SECRET",
];

pub(crate) fn sign_symmetric(more: &[&str]) -> Snap {
    snap(&[&["sign", "symmetric"], SYMMETRIC.as_slice(), more].concat()).with_credentials()
}

pub(crate) fn sign_asymmetric(key_file: &str, more: &[&str]) -> Snap {
    let arguments = [
        "sign",
        "asymmetric",
        "--json",
        "--client-id",
        "BRN-0211-0000000000000",
        "--timestamp",
        "2026-11-20T17:30:00+07:00",
        "--key-file",
        key_file,
    ];
    snap(&[arguments.as_slice(), more].concat())
}

/// A file of the test data that snap-sign keeps.
pub(crate) fn testdata(path: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../snap-sign/testdata");
    folder.join(path).to_str().unwrap().to_owned()
}

pub(crate) fn in_folder(folder: &tempfile::TempDir, name: &str, bytes: &[u8]) -> String {
    let path: PathBuf = folder.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    path.to_str().unwrap().to_owned()
}
