//! Where a fault strikes, and what it does.

use std::borrow::Cow;

/// When a fault is played.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum At {
    /// When a client connects, whoever it is: nothing was read, and no arrival is counted.
    BeforeAccept,
    /// In the TLS handshake, when the client has said its first word. Only with
    /// [`SandboxBuilder::tls`](crate::SandboxBuilder); no arrival is counted.
    Tls,
    /// When the head of the request was read.
    AfterHead,
    /// When some of the body was read.
    MidBody,
    /// When the whole request was read.
    AfterRequest,
    /// Before the first byte of the answer; to a client the same as [`AfterRequest`](Self::AfterRequest).
    BeforeHead,
    /// After half of the answer's head.
    MidHead,
    /// After the answer's head and half of its body.
    MidResponse,
    /// After the whole answer.
    AfterResponse,
}

/// What goes wrong.
///
/// From [`Redirect`](Self::Redirect) on, the client gets a whole HTTP answer; then [`At`] says no more
/// than whether the request was read and judged before.
///
/// The sandbox speaks HTTP/1.1 alone, so there is nothing that only HTTP/2 has, such as GOAWAY.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Act {
    /// The connection is reset (RST).
    Reset,
    /// The connection is closed (FIN; over TLS after its own farewell).
    Close,
    /// Nothing more comes, until the sandbox stops or the client leaves.
    Hang,
    /// The handshake is made with a certificate that a careful client refuses. A careless one is served
    /// as if nothing were wrong.
    Certificate(CertificateFlaw),
    /// The handshake is refused as by a server that speaks no newer version than TLS 1.1.
    OldTls,
    /// The real answer comes slowly: at [`At::MidResponse`] and later its body, else all of it.
    Drip {
        /// At least one is sent.
        bytes_per_second: u32,
    },
    /// Up to [`At::MidHead`] bytes that are no HTTP, and at [`At::Tls`] no TLS; later an HTTP answer
    /// whose body is no JSON.
    Garbage,
    /// The real answer, cut in half, under the `Content-Length` of the whole.
    TruncateWithLength,
    /// The real answer, cut in half, without `Content-Length`: only its JSON shows it.
    TruncateWithoutLength,
    /// The real answer twice. The connection stays open, so a client that uses it again takes the
    /// second one for the answer to its next request.
    Duplicate,
    /// HTTP 307 to this address.
    Redirect(String),
    /// HTTP 200 and a page, as of a firewall or a maintenance.
    Html,
    /// This HTTP status and no body.
    Status(u16),
    /// A SNAP answer with this HTTP status and response code. It has the members of the real answer if
    /// that was a success and the code begins with 2.
    Answer {
        /// HTTP status.
        http: u16,
        /// Response code, usually seven digits; `ss` in it becomes the service code of the operation,
        /// as in `500ss00`.
        code: String,
    },
    /// Any bytes.
    Body {
        /// HTTP status.
        http: u16,
        /// The header `Content-Type`.
        content_type: Cow<'static, str>,
        /// The body.
        bytes: Vec<u8>,
    },
    /// The real answer as `text/plain`.
    WrongContentType,
    /// The real answer with a member that nests 10,000 deep.
    DeepJson,
    /// The real answer with a member of so many bytes, at most 256 MiB.
    Huge(usize),
    /// 1 MiB under `Content-Encoding: gzip`, asked for or not, that unpacks to 1 GiB of zeros.
    GzipBomb,
    /// The answer to somebody else's request: the real one with foreign references.
    Swap,
    /// The real answer with a `Date` header that is so many seconds off.
    Date(i64),
}

/// What is wrong with a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CertificateFlaw {
    /// It is for another host.
    Name,
    /// It ended years ago.
    Expired,
    /// An authority that nobody knows has signed it.
    Issuer,
}

/// What has arrived when a fault is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    Connection,
    Handshake,
    Head,
    Whole,
}

impl At {
    pub(crate) fn stage(self) -> Stage {
        match self {
            Self::BeforeAccept => Stage::Connection,
            Self::Tls => Stage::Handshake,
            Self::AfterHead | Self::MidBody => Stage::Head,
            _ => Stage::Whole,
        }
    }
}

impl Act {
    /// Can it happen there?
    pub(super) fn is_possible(&self, at: At) -> bool {
        match self {
            Self::Reset | Self::Close | Self::Hang => true,
            Self::Certificate(_) | Self::OldTls => at == At::Tls,
            Self::Garbage => at > At::BeforeAccept,
            Self::Html | Self::Status(_) | Self::Redirect(_) => at > At::Tls,
            Self::Body { .. } | Self::Answer { .. } => at > At::Tls,
            _ => at >= At::AfterRequest,
        }
    }

    /// What is wrong with its values, if anything: they become heads of answers, and memory.
    pub(super) fn wrong_value(&self) -> Option<&'static str> {
        match self {
            Self::Status(http) | Self::Answer { http, .. } | Self::Body { http, .. }
                if !(200..600).contains(http) =>
            {
                Some("an HTTP status is from 200 to 599")
            }
            Self::Redirect(value) if !is_header(value) => {
                Some("an address is visible ASCII, without spaces")
            }
            Self::Body { content_type, .. } if !content_type.split(' ').all(is_header) => {
                Some("a content type is visible ASCII")
            }
            Self::Huge(size) if *size > HUGEST => Some("an answer is at most 256 MiB"),
            _ => None,
        }
    }
}

fn is_header(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic())
}

const HUGEST: usize = 256 * 1024 * 1024;
