//! What a fault makes of an answer.

use super::{Act, At, Fault};
use crate::{
    json::Json,
    response::{Response, date_header},
};

/// What happens to a client after a fault.
#[derive(Debug)]
pub(crate) enum Played {
    /// It gets a whole answer.
    Whole(Response),
    /// It does not.
    Broken(Broken),
}

/// An answer that is no whole answer.
#[derive(Debug)]
pub(crate) struct Broken {
    pub(crate) at: At,
    pub(crate) act: Act,
    /// HTTP status, if the whole head is sent.
    pub(crate) status: Option<u16>,
    /// The head, as far as it is sent.
    pub(crate) head: Vec<u8>,
    /// The body, as far as it is sent.
    pub(crate) body: Vec<u8>,
    pub(crate) end: End,
}

/// How a connection ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Reset,
    Close,
    Hang,
}

impl Fault {
    /// Plays it on an answer; before the request is whole, on a stand-in that is never seen.
    pub(crate) fn play(self, real: Response) -> Played {
        match &self.act {
            Act::Reset => self.cut(real, End::Reset),
            Act::Close => self.cut(real, End::Close),
            Act::Hang => self.cut(real, End::Hang),
            Act::Drip { .. } => {
                let head = real.head(Some(real.body.len()));
                let status = Some(real.status);
                self.broken(status, head, real.body, End::Close)
            }
            Act::Duplicate => {
                let head = real.head_that_stays(Some(real.body.len()));
                self.broken(Some(real.status), head, real.body, End::Hang)
            }
            Act::Garbage if self.at <= At::MidHead => {
                self.broken(None, GARBAGE.to_vec(), Vec::new(), End::Close)
            }
            Act::OldTls => self.broken(None, OLD_TLS.to_vec(), Vec::new(), End::Close),
            // Played by the handshake; a client that is told of it gets no further.
            Act::Certificate(_) => self.broken(None, Vec::new(), Vec::new(), End::Close),
            Act::TruncateWithLength => self.truncated(&real, true),
            Act::TruncateWithoutLength => self.truncated(&real, false),
            act => Played::Whole(replaced(act, real)),
        }
    }

    fn truncated(self, real: &Response, with_length: bool) -> Played {
        let head = real.head(with_length.then_some(real.body.len()));
        let half = real.body[..real.body.len() / 2].to_vec();
        self.broken(Some(real.status), head, half, End::Close)
    }

    fn cut(self, real: Response, end: End) -> Played {
        let head = real.head(Some(real.body.len()));
        let (head_sent, body_sent) = match self.at {
            At::MidHead => (head.len() / 2, 0),
            At::MidResponse => (head.len(), real.body.len() / 2),
            At::AfterResponse => (head.len(), real.body.len()),
            _ => (0, 0),
        };
        let status = (head_sent == head.len()).then_some(real.status);
        let (head, body) = (&head[..head_sent], &real.body[..body_sent]);
        self.broken(status, head.to_vec(), body.to_vec(), end)
    }

    fn broken(self, status: Option<u16>, head: Vec<u8>, body: Vec<u8>, end: End) -> Played {
        Played::Broken(Broken {
            at: self.at,
            act: self.act,
            status,
            head,
            body,
            end,
        })
    }
}

fn replaced(act: &Act, real: Response) -> Response {
    let date = real.header("date").unwrap_or_default().to_owned();
    let other = |status, content_type: &str, body: Vec<u8>| Response {
        status,
        headers: vec![
            ("date", date.clone()),
            ("content-type", content_type.to_owned()),
        ],
        body,
    };
    match act {
        Act::Garbage => other(200, JSON, GARBAGE.to_vec()),
        Act::Html => other(200, "text/html; charset=utf-8", HTML.as_bytes().to_vec()),
        Act::Redirect(address) => {
            let mut response = other(307, "text/plain", Vec::new());
            response.headers.push(("location", address.clone()));
            response
        }
        Act::Status(status) => Response {
            status: *status,
            headers: vec![("date", date.clone())],
            body: Vec::new(),
        },
        Act::Answer { http, code } => other(*http, JSON, snap(code, &real)),
        Act::Body {
            http,
            content_type,
            bytes,
        } => other(*http, content_type, bytes.clone()),
        Act::GzipBomb => {
            let bomb = other(200, JSON, gzip_bomb());
            bomb.with_header("content-encoding", "gzip".to_owned())
        }
        Act::WrongContentType => real.with_header("content-type", "text/plain".to_owned()),
        Act::DeepJson => with_member(real, &format!("{}{}", "[".repeat(DEEP), "]".repeat(DEEP))),
        Act::Huge(size) => with_member(real, &format!("\"{}\"", "x".repeat(*size))),
        Act::Swap => swapped(real),
        Act::Date(seconds) => {
            let date = date_header(&real, *seconds);
            real.with_header("date", date)
        }
        _ => real,
    }
}

/// A SNAP answer with another code.
fn snap(code: &str, real: &Response) -> Vec<u8> {
    let code = &code.replace("ss", &service_of(real));
    let message = if code.starts_with('2') {
        "Successful"
    } else {
        "Injected Fault"
    };
    let mut members = vec![
        ("responseCode".to_owned(), Json::text(code)),
        ("responseMessage".to_owned(), Json::text(message)),
    ];
    if code.starts_with('2') && real.status == 200 {
        let real = Json::read(&real.body).unwrap_or(Json::Null);
        let rest = real.members().iter();
        let is_other = |name: &str| !["responseCode", "responseMessage"].contains(&name);
        members.extend(rest.filter(|(name, _)| is_other(name)).cloned());
    }
    Json::Object(members).to_string().into_bytes()
}

/// The service code of the operation, as the real answer has it; `00` where that is not SNAP.
fn service_of(real: &Response) -> String {
    let body = Json::read(&real.body).unwrap_or(Json::Null);
    let code = match body.member("responseCode") {
        Some(Json::Text(code) | Json::Number(code)) => code.get(3..5),
        _ => None,
    };
    code.unwrap_or("00").to_owned()
}

/// One gzip member that unpacks to 1 GiB of zeros. (RFC 1952; several members would be shorter to
/// write, and many readers stop after the first.)
fn gzip_bomb() -> Vec<u8> {
    let mut bomb = GZIP_HEAD.to_vec();
    for _ in 0..1024 {
        bomb.extend(ZEROS);
    }
    bomb.extend(DEFLATE_END);
    bomb.extend(ZEROS_CRC.to_le_bytes());
    bomb.extend(ZEROS_SIZE.to_le_bytes());
    bomb
}

/// The answer, which is an object, with another member at its end; the bytes are never read as JSON.
fn with_member(mut real: Response, value: &str) -> Response {
    if real.body.last() == Some(&b'}') {
        real.body.pop();
        real.body
            .extend(format!(",\"localSandboxExtra\":{value}}}").into_bytes());
    }
    real
}

/// The answer with other references, of the same length.
fn swapped(mut real: Response) -> Response {
    let Some(Json::Object(mut members)) = Json::read(&real.body) else {
        return real;
    };
    for (name, value) in &mut members {
        let lower = name.to_ascii_lowercase();
        let is_reference = lower.contains("partner") || lower.contains("reference");
        if let (true, Json::Text(text)) = (is_reference, value) {
            let foreign = "somebody-elses-".chars().cycle();
            *text = foreign.take(text.chars().count()).collect();
        }
    }
    real.body = Json::Object(members).to_string().into_bytes();
    real
}

const DEEP: usize = 10_000;
const GARBAGE: &[u8] = b"\x00\xff garbage \xfe of the local sandbox\r\n\r\n";
/// The alert `protocol_version`, fatal (RFC 5246, 7.2), in a record of TLS 1.0.
const OLD_TLS: &[u8] = &[21, 3, 1, 0, 2, 2, 70];
/// Deflate, no name, no time, unknown system.
const GZIP_HEAD: &[u8] = &[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
/// 1 MiB of zeros, flushed so that it can be repeated. Made with Python:
/// `c = zlib.compressobj(9, zlib.DEFLATED, -15); c.compress(bytes(1 << 20)) + c.flush(zlib.Z_FULL_FLUSH)`.
const ZEROS: &[u8] = include_bytes!("zeros.deflate");
/// An empty last block.
const DEFLATE_END: &[u8] = &[3, 0];
/// CRC-32 of 1 GiB of zeros.
const ZEROS_CRC: u32 = 0x5b64_c2b0;
const ZEROS_SIZE: u32 = 1 << 30;
const HTML: &str = "<!doctype html><html><head><title>Maintenance</title></head>\
                    <body><h1>Service under maintenance</h1></body></html>";
const JSON: &str = "application/json";

#[cfg(test)]
mod tests {
    use super::*;

    /// The whole of it would take long to unpack; that is the point of it.
    #[test]
    fn the_bomb_is_gzip_that_unpacks_to_a_gibibyte() {
        let bomb = gzip_bomb();

        let (packed, trailer) = bomb.split_at(bomb.len() - 8);
        let blocks = packed.strip_prefix(GZIP_HEAD).expect("a head");
        let blocks = blocks.strip_suffix(DEFLATE_END).expect("an end");
        assert_eq!(blocks, ZEROS.repeat(1024));
        let two = [ZEROS, ZEROS, DEFLATE_END].concat();
        let unpacked = miniz_oxide::inflate::decompress_to_vec(&two).expect("deflate");
        assert_eq!(unpacked, vec![0; 2 << 20]);
        let mut whole = crc32fast::Hasher::new();
        let mut block = crc32fast::Hasher::new();
        block.update(&vec![0; 1 << 20]);
        for _ in 0..1024 {
            whole.combine(&block);
        }
        assert_eq!(trailer[..4], whole.finalize().to_le_bytes());
        assert_eq!(trailer[4..], (1024_u32 << 20).to_le_bytes());
    }
}
