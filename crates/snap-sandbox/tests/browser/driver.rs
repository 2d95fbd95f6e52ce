//! A browser, by the few commands of WebDriver that the tests need.
//!
//! The protocol is JSON over HTTP: <https://www.w3.org/TR/webdriver2/>.

use std::{
    io::{BufRead as _, BufReader},
    process::{Child, Command, Stdio},
    time::Duration,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::sync::{Mutex, MutexGuard};

use crate::support::client;

/// One browser with an empty profile. It ends with the test, and one runs at a time: each is heavy.
pub(crate) struct Browser {
    driver: Child,
    session: String,
    client: reqwest::Client,
    _alone: MutexGuard<'static, ()>,
}

impl Browser {
    pub(crate) async fn start() -> Self {
        static ALONE: Mutex<()> = Mutex::const_new(());
        let alone = ALONE.lock().await;
        let mut driver = Command::new("chromedriver")
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("chromedriver, of the Debian package chromium-driver");
        let stdout = driver.stdout.take().expect("stdout");
        let mut lines = BufReader::new(stdout).lines().map_while(Result::ok);
        let line = lines.find(|line| line.contains("started successfully on port"));
        let port = line.expect("a port");
        let port = port
            .trim_end_matches('.')
            .rsplit(' ')
            .next()
            .expect("a port");
        let base = format!("http://127.0.0.1:{port}");
        let mut browser = Self {
            driver,
            session: base,
            client: client(),
            _alone: alone,
        };
        let capabilities = json!({"capabilities": {"alwaysMatch": {
            "browserName": "chrome",
            "goog:chromeOptions": {"args": ARGUMENTS},
            "goog:loggingPrefs": {"browser": "ALL"},
        }}});
        let made = browser
            .command(Method::POST, "/session", capabilities)
            .await;
        let id = made["sessionId"].as_str().expect("a session");
        browser.session = format!("{}/session/{id}", browser.session);
        browser
    }

    pub(crate) async fn open(&self, url: &str) {
        self.post("/url", json!({"url": url})).await;
    }

    /// Loads the page that is open again.
    pub(crate) async fn refresh(&self) {
        self.post("/refresh", json!({})).await;
    }

    pub(crate) async fn url(&self) -> String {
        let url = self.command(Method::GET, "/url", Value::Null).await;
        url.as_str().expect("text").to_owned()
    }

    /// What the page says, as a person sees it.
    pub(crate) async fn text(&self) -> String {
        let text = self.run("return document.body.innerText", json!([])).await;
        text.as_str().expect("text").to_owned()
    }

    /// Clicks the one element that a selector finds first.
    pub(crate) async fn click(&self, selector: &str) {
        let element = self.find(selector).await;
        self.post(&format!("/element/{element}/click"), json!({}))
            .await;
    }

    /// Does what leads to another page, and waits until the old one is gone.
    pub(crate) async fn leave(&self, by: impl Future<Output = ()>) {
        let old = self.find("html").await;
        by.await;
        let path = format!("/element/{old}/name");
        let gone =
            async { while self.tried(Method::GET, &path, Value::Null).await["error"].is_null() {} };
        let in_time = tokio::time::timeout(LONG_ENOUGH, gone).await;
        in_time.expect("another page");
    }

    /// Types into a field, over what is there.
    pub(crate) async fn fill(&self, selector: &str, text: &str) {
        let element = self.find(selector).await;
        self.post(&format!("/element/{element}/clear"), json!({}))
            .await;
        self.post(&format!("/element/{element}/value"), json!({"text": text}))
            .await;
    }

    /// Presses and releases a key, whatever has the focus.
    pub(crate) async fn press(&self, key: &str) {
        let down = json!({"type": "keyDown", "value": key});
        let up = json!({"type": "keyUp", "value": key});
        let keys = json!({"type": "key", "id": "keyboard", "actions": [down, up]});
        self.post("/actions", json!({"actions": [keys]})).await;
    }

    /// Runs a script in the page, as a test may where pages may not.
    pub(crate) async fn run(&self, script: &str, arguments: Value) -> Value {
        let body = json!({"script": script, "args": arguments});
        self.post("/execute/sync", body).await
    }

    /// A command of the browser's own protocol, for what WebDriver has none.
    pub(crate) async fn emulate(&self, name: &str, parameters: Value) {
        let body = json!({"cmd": format!("Emulation.{name}"), "params": parameters});
        self.post("/goog/cdp/execute", body).await;
    }

    /// As many CSS pixels wide and high.
    pub(crate) async fn resize(&self, width: u32, height: u32) {
        let metrics = json!({
            "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false,
        });
        self.emulate("setDeviceMetricsOverride", metrics).await;
    }

    /// Sets `prefers-color-scheme`.
    pub(crate) async fn prefer(&self, scheme: &str) {
        let feature = json!({"name": "prefers-color-scheme", "value": scheme});
        self.emulate("setEmulatedMedia", json!({"features": [feature]}))
            .await;
    }

    /// A picture of the window.
    pub(crate) async fn picture(&self) -> Vec<u8> {
        let picture = self.command(Method::GET, "/screenshot", Value::Null).await;
        STANDARD
            .decode(picture.as_str().expect("text"))
            .expect("base64")
    }

    /// What the browser had to complain about since it was asked last.
    pub(crate) async fn complaints(&self) -> Vec<Value> {
        let log = self.post("/se/log", json!({"type": "browser"})).await;
        log.as_array().expect("a list").clone()
    }

    async fn find(&self, selector: &str) -> String {
        let body = json!({"using": "css selector", "value": selector});
        let found = self.post("/element", body).await;
        found[ELEMENT].as_str().expect(selector).to_owned()
    }

    async fn post(&self, path: &str, body: Value) -> Value {
        self.command(Method::POST, path, body).await
    }

    async fn command(&self, method: Method, path: &str, body: Value) -> Value {
        let value = self.tried(method, path, body).await;
        assert!(value["error"].is_null(), "{path}: {value}");
        value
    }

    /// As [`command`](Self::command); an error is a value like others.
    async fn tried(&self, method: Method, path: &str, body: Value) -> Value {
        let url = format!("{}{path}", self.session);
        let mut request = self.client.request(method, url);
        if !body.is_null() {
            let body = body.to_string();
            request = request
                .header("content-type", "application/json")
                .body(body);
        }
        let answer = request.send().await.expect("chromedriver answers");
        let text = answer.text().await.expect("text");
        let mut answer: Value = serde_json::from_str(&text).expect("JSON");
        answer["value"].take()
    }
}

impl Drop for Browser {
    /// The browser ends with its driver, which is asked first: killed, it would leave it behind.
    fn drop(&mut self) {
        let session = self.session.clone();
        let quit = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build();
            let runtime = runtime.expect("a runtime");
            let _ = runtime.block_on(client().delete(session).send());
        });
        let _ = quit.join();
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

pub(crate) const TAB: &str = "\u{e004}";
pub(crate) const ENTER: &str = "\u{e007}";

/// No page of a sandbox takes a hundredth of it; a busy computer may.
const LONG_ENOUGH: Duration = Duration::from_secs(20);
/// What WebDriver calls an element in its JSON.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// As root in a container, and without a word to the internet.
const ARGUMENTS: &[&str] = &[
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-proxy-server",
];
