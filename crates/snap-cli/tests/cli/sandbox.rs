//! `snap sandbox` serves until stopped.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    process::Child,
};

use serde_json::Value;

use crate::run::snap;

/// Ends the sandbox also where a test fails.
pub(crate) struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A running sandbox, and what it printed. Its ports are random.
pub(crate) fn started(arguments: &[&str]) -> (Running, Value) {
    let any = ["--admin", "127.0.0.1:0"];
    let mut running = Running(snap(&[arguments, &any].concat()).spawn());
    let mut line = String::new();
    BufReader::new(running.0.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    (running, serde_json::from_str(&line).unwrap())
}

/// The answer to a bare request.
fn answer(printed: &Value, method: &str, path: &str) -> String {
    let address = printed["baseUrl"].as_str().unwrap();
    let address = address.strip_prefix("http://").unwrap();
    let mut connection = TcpStream::connect(address).unwrap();
    let head = format!("{method} {path} HTTP/1.1\r\nhost: {address}\r\ncontent-length: 0\r\n");
    connection
        .write_all(format!("{head}connection: close\r\n\r\n").as_bytes())
        .unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn it_prints_base_url_and_credentials_and_answers_requests() {
    let (_running, printed) = started(&["sandbox", "--json"]);

    for member in [
        "baseUrl",
        "clientId",
        "clientSecret",
        "privateKeyPem",
        "publicKeyPem",
    ] {
        assert!(printed[member].is_string(), "{member}");
    }
    let answer = answer(&printed, "GET", "/");
    assert!(answer.starts_with("HTTP/1.1 "), "{answer}");
}

#[test]
fn operations_that_doku_has_not_confirmed_are_served_on_request() {
    let path = "/snap-adapter/b2b2c/v1.0/auth/payment";
    let status_line = |arguments: &[&str]| {
        let (_running, printed) = started(arguments);
        let answer = answer(&printed, "POST", path);
        answer.lines().next().unwrap_or_default().to_owned()
    };

    let without = status_line(&["sandbox", "--json"]);
    let with = status_line(&["sandbox", "--json", "--unverified"]);

    assert!(without.contains(" 404 "), "{without}");
    assert!(with.contains(" 400 "), "{with}");
}

#[test]
fn the_same_seed_gives_the_same_credentials() {
    let printed = || {
        let (_running, mut printed) = started(&["sandbox", "--seed", "7", "--json"]);
        printed.as_object_mut().unwrap().remove("baseUrl");
        printed.as_object_mut().unwrap().remove("adminUrl");
        printed
    };

    assert_eq!(printed(), printed());
}

#[test]
fn an_address_in_use_is_an_error() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();

    let ran = snap(&["sandbox", "--json", "--listen", &address]).run();

    ran.refused("the sandbox cannot serve: ");
}
