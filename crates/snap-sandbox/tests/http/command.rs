//! The binary, as a program in another language uses it.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
};

use serde_json::Value;

use crate::support;

/// Ends the process with the test.
struct Served(Child);

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Served {
    /// Starts it; gives the JSON object that it prints.
    fn json(more: &[&str]) -> (Self, Value) {
        let mut served = Self(
            Command::new(env!("CARGO_BIN_EXE_snap-sandbox"))
                .args(["serve", "--json", "--admin", "127.0.0.1:0"])
                .args(more)
                .stdout(Stdio::piped())
                .spawn()
                .expect("starts"),
        );
        let mut line = String::new();
        let stdout = served.0.stdout.take().expect("stdout");
        BufReader::new(stdout).read_line(&mut line).expect("a line");
        let printed = serde_json::from_str(&line).expect("JSON");
        (served, printed)
    }
}

#[tokio::test]
async fn serve_prints_one_json_object_and_answers() {
    let (_served, printed) = Served::json(&["--seed", "1", "--listen", "127.0.0.1:0"]);
    let text = |name: &str| printed[name].as_str().expect("text").to_owned();

    let call = support::Call {
        method: reqwest::Method::POST,
        path: support::TOKEN_PATH.to_owned(),
        headers: reqwest::header::HeaderMap::new(),
        body: Vec::new(),
    };
    let reply = support::send_to(&text("baseUrl"), call).await;

    reply.assert("header.missing", "4007302");
    assert!(text("adminUrl").starts_with("http://127.0.0.1:"));
    assert!(text("clientId").starts_with("BRN-LOCAL-"));
    assert!(text("clientSecret").starts_with("SK-LOCAL-"));
    assert!(text("privateKeyPem").starts_with("-----BEGIN PRIVATE KEY-----\n"));
    assert!(text("publicKeyPem").starts_with("-----BEGIN PUBLIC KEY-----\n"));
    assert_eq!(text("agentKey"), "A00001");
    assert_eq!(text("encryptionKey").len(), 16);
    assert_eq!(text("seed"), "1");
    assert!(text("dokuPublicKeyPem").starts_with("-----BEGIN PUBLIC KEY-----\n"));
}

/// The end that no program can prepare for.
#[tokio::test]
async fn what_was_answered_survives_a_kill() {
    let folder = tempfile::tempdir().expect("a folder");
    let arguments = ["--state", folder.path().to_str().expect("UTF-8")];
    let refused = || support::Call {
        method: reqwest::Method::POST,
        path: support::TOKEN_PATH.to_owned(),
        headers: reqwest::header::HeaderMap::new(),
        body: Vec::new(),
    };
    let mut seeds = Vec::new();
    for number in 1..=3 {
        let (served, printed) = Served::json(&arguments);
        let base_url = printed["baseUrl"].as_str().expect("text");

        let reply = support::send_to(base_url, refused()).await;

        assert_eq!(reply.number, number);
        seeds.push(printed["seed"].clone());
        drop(served);
    }
    assert!(seeds.iter().all(|seed| *seed == seeds[0]));
}

#[test]
fn an_address_that_cannot_be_used_is_an_error_and_not_a_panic() {
    let output = Command::new(env!("CARGO_BIN_EXE_snap-sandbox"))
        .args(["serve", "--listen", "192.0.2.1:1"])
        .output()
        .expect("runs");

    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).starts_with("snap-sandbox: "));
}

/// What a person at a terminal reads: the settings of a client, and what is not checked.
#[test]
fn serve_prints_the_settings_of_a_language_and_says_what_it_lets_pass() {
    let text = first_lines(&["serve", "--language", "node", "--danger-official-libraries"]);

    assert!(
        text.contains("Takes what DOKU's own libraries send"),
        "{text}"
    );
    assert!(
        text.contains("CORE_SANDBOX_BASE_URL = 'http://127.0.0.1:"),
        "{text}"
    );
    assert_eq!(text.matches("BEGIN PRIVATE KEY").count(), 1, "{text}");
}

#[test]
fn serve_without_a_language_prints_the_keys_and_names_the_languages() {
    let text = first_lines(&["serve"]);

    assert!(
        text.contains("--language with one of node, python"),
        "{text}"
    );
    assert!(text.contains("BEGIN PUBLIC KEY"), "{text}");
    assert!(text.contains("export SNAP_SANDBOX_ADMIN=http://"), "{text}");
    assert!(!text.contains("Takes what"), "{text}");
}

/// What is printed before requests are served.
fn first_lines(arguments: &[&str]) -> String {
    let mut served = Served(
        Command::new(env!("CARGO_BIN_EXE_snap-sandbox"))
            .args(arguments)
            .args(["--admin", "127.0.0.1:0"])
            .stdout(Stdio::piped())
            .spawn()
            .expect("starts"),
    );
    let stdout = served.0.stdout.take().expect("stdout");
    let lines = BufReader::new(stdout).lines();
    lines
        .map(|line| line.expect("text") + "\n")
        .take_while(|line| !line.starts_with("Serving until stopped"))
        .collect()
}

#[test]
fn an_admin_api_for_other_computers_is_refused() {
    let output = Command::new(env!("CARGO_BIN_EXE_snap-sandbox"))
        .args(["serve", "--admin", "0.0.0.0:0"])
        .output()
        .expect("runs");

    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("use 127.0.0.1:0"));
}

#[cfg(feature = "tls")]
#[test]
fn serve_prints_the_authority_of_its_certificate() {
    let (_served, printed) = Served::json(&["--tls"]);
    let text = |name: &str| printed[name].as_str().expect("text").to_owned();

    assert!(text("baseUrl").starts_with("https://127.0.0.1:"));
    assert!(text("tlsRootPem").starts_with("-----BEGIN CERTIFICATE-----\n"));
    assert!(text("seed").parse::<u64>().is_ok());
}
