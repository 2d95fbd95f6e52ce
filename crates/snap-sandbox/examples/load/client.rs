//! A client with one connection, which signs with `ring`.

use std::{io, sync::Arc, time::UNIX_EPOCH};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use chrono::{DateTime, SecondsFormat};
use ring::{digest, hmac, rand::SystemRandom, signature};
use snap_sandbox::Sandbox;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

/// What is asked for.
#[derive(Clone, Copy)]
pub(crate) enum Kind {
    Balance,
    /// The next step of a payout: an account inquiry, and then the transfer that its session permits.
    Payout,
}

/// One connection, for one request at a time.
pub(crate) struct Client {
    sandbox: Arc<Sandbox>,
    secret: hmac::Key,
    stream: TcpStream,
    token: Arc<str>,
    /// Of an inquiry whose transfer was not sent yet.
    session: Option<String>,
}

impl Client {
    pub(crate) async fn connect(sandbox: Arc<Sandbox>, token: Arc<str>) -> io::Result<Self> {
        let stream = TcpStream::connect(sandbox.address()).await?;
        stream.set_nodelay(true)?;
        let secret = sandbox.merchant().client_secret.as_bytes();
        Ok(Self {
            secret: hmac::Key::new(hmac::HMAC_SHA512, secret),
            stream,
            token,
            session: None,
            sandbox,
        })
    }

    /// The token that all clients use: a newer one would end it.
    pub(crate) async fn token(sandbox: Arc<Sandbox>) -> io::Result<Arc<str>> {
        let mut client = Self::connect(sandbox, "".into()).await?;
        let merchant = client.sandbox.merchant();
        let timestamp = client.timestamp();
        let text = format!("{}|{timestamp}", merchant.client_id);
        let headers = format!(
            "x-client-key: {}\r\nx-signature: {}\r\n",
            merchant.client_id,
            rsa(&merchant.private_key_pem, &text)?
        );
        let path = "/authorization/v1/access-token/b2b";
        let request = request(
            path,
            &timestamp,
            &headers,
            r#"{"grantType":"client_credentials"}"#,
        );
        let answer = client.exchange(&request).await?;
        member(&answer, "accessToken").map(Into::into)
    }

    /// Sends a request and reads its answer, which must be a success.
    pub(crate) async fn send(&mut self, number: u64, kind: Kind) -> io::Result<()> {
        let session = match kind {
            Kind::Balance => None,
            Kind::Payout => self.session.take(),
        };
        let (path, body) = match (kind, &session) {
            (Kind::Balance, _) => {
                let account = &self.sandbox.merchant().agent_key;
                (BALANCE_PATH, format!("{{\"accountNo\":\"{account}\"}}"))
            }
            (Kind::Payout, None) => (INQUIRY_PATH, INQUIRY.to_owned()),
            (Kind::Payout, Some(session)) => {
                let body = TRANSFER.replace("<number>", &number.to_string());
                (TRANSFER_PATH, body.replace("<session>", session))
            }
        };
        let timestamp = self.timestamp();
        let headers = format!(
            "authorization: Bearer {}\r\nx-partner-id: {}\r\nx-external-id: {number}\r\nchannel-id: H2H\r\nx-signature: {}\r\n",
            self.token,
            self.sandbox.merchant().client_id,
            self.sign(path, &body, &timestamp)
        );
        let request = request(path, &timestamp, &headers, &body);
        let answer = self.exchange(&request).await?;
        if path == INQUIRY_PATH {
            self.session = Some(member(&answer, "sessionId")?);
        }
        Ok(())
    }

    fn sign(&self, path: &str, body: &str, timestamp: &str) -> String {
        let digest = digest::digest(&digest::SHA256, body.as_bytes());
        let digest: String = digest
            .as_ref()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        let text = format!("POST:{path}:{}:{digest}:{timestamp}", self.token);
        STANDARD.encode(hmac::sign(&self.secret, text.as_bytes()))
    }

    fn timestamp(&self) -> String {
        let now = self.sandbox.clock().now();
        let now = now.duration_since(UNIX_EPOCH).unwrap_or_default();
        let now = DateTime::UNIX_EPOCH + now;
        now.to_rfc3339_opts(SecondsFormat::Secs, true)
    }

    async fn exchange(&mut self, request: &str) -> io::Result<String> {
        self.stream.write_all(request.as_bytes()).await?;
        let mut answer = Vec::new();
        while !is_whole(&answer) {
            if self.stream.read_buf(&mut answer).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        let answer = String::from_utf8_lossy(&answer).into_owned();
        if answer.starts_with("HTTP/1.1 200") {
            Ok(answer)
        } else {
            Err(io::Error::other(answer))
        }
    }
}

/// Is the body as long as the head says?
fn is_whole(answer: &[u8]) -> bool {
    let Some(head) = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n") else {
        return false;
    };
    let text = String::from_utf8_lossy(&answer[..head]);
    let length = text
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "));
    let length = length.and_then(|length| length.parse().ok());
    length.is_some_and(|length: usize| answer.len() >= head + 4 + length)
}

/// The text of a member; its name occurs once.
fn member(answer: &str, name: &str) -> io::Result<String> {
    let text = answer.split(&format!("\"{name}\":\"")).nth(1);
    let text = text.and_then(|rest| rest.split('"').next());
    text.map(ToOwned::to_owned)
        .ok_or_else(|| io::Error::other(answer.to_owned()))
}

fn request(path: &str, timestamp: &str, headers: &str, body: &str) -> String {
    format!(
        "POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\nx-timestamp: {timestamp}\r\n{headers}content-length: {}\r\n\r\n{body}",
        body.len()
    )
}

fn rsa(pem: &str, text: &str) -> io::Result<String> {
    let base64: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    let der = STANDARD.decode(base64).map_err(io::Error::other)?;
    let unusable = || io::Error::other("the key signs nothing");
    let key = signature::RsaKeyPair::from_pkcs8(&der).map_err(|_| unusable())?;
    let mut signed = vec![0; key.public().modulus_len()];
    let random = SystemRandom::new();
    key.sign(
        &signature::RSA_PKCS1_SHA256,
        &random,
        text.as_bytes(),
        &mut signed,
    )
    .map_err(|_| unusable())?;
    Ok(STANDARD.encode(signed))
}

const BALANCE_PATH: &str = "/snap/v1.1/balance-inquiry";
const INQUIRY_PATH: &str = "/snap/v1.1/emoney/bank-account-inquiry";
const INQUIRY: &str = concat!(
    r#"{"customerNumber":"6281200000000","beneficiaryAccountNumber":"1234567890","#,
    r#""amount":{"value":"15000.00","currency":"IDR"},"additionalInfo":{"#,
    r#""beneficiaryBankCode":"014","beneficiaryAccountName":"A B","senderCountryCode":"ID"}}"#,
);
const TRANSFER_PATH: &str = "/snap/v1.1/emoney/transfer-bank";
const TRANSFER: &str = concat!(
    r#"{"partnerReferenceNo":"load-<number>","customerNumber":"6281200000000","#,
    r#""beneficiaryAccountNumber":"1234567890","beneficiaryBankCode":"014","#,
    r#""amount":{"value":"15000.00","currency":"IDR"},"sessionId":"<session>","#,
    r#""additionalInfo":{"beneficiaryAccountName":"A","beneficiaryFirstName":"A","#,
    r#""beneficiaryLastName":"B","beneficiaryPhoneNumber":"628120000000","#,
    r#""senderCountryCode":"ID","senderFirstName":"A","senderLastName":"B","#,
    r#""senderPersonalId":"1234567890","senderPersonalIdType":"KTP"}}"#,
);
