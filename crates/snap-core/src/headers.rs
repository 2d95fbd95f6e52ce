//! The only place that writes SNAP headers.

use std::{fmt, net::Ipv4Addr, time::Duration};

use bytes::Bytes;
use http::{
    HeaderMap, HeaderName, HeaderValue, Method, Request, Uri,
    header::{AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER},
    uri::PathAndQuery,
};
use snap_sign::{
    AccessToken, AsymmetricSignature, BodyDigest, ClientId, HmacKey, StringToSign, Timestamp,
};
use zeroize::Zeroizing;

use crate::{CustomerToken, DeviceId, ExternalId, OperationInfo};

/// What a transaction request is made of. The bytes of `body` are hashed, signed and sent.
pub(crate) struct Transaction<'a> {
    pub(crate) info: &'a OperationInfo,
    pub(crate) path: &'a str,
    pub(crate) base_url: &'a str,
    pub(crate) client_id: &'a ClientId,
    pub(crate) key: &'a HmacKey,
    /// The merchant's own token (B2B): also on calls for a customer the only one that is signed.
    pub(crate) access_token: &'a AccessToken,
    pub(crate) customer_token: Option<&'a CustomerToken>,
    pub(crate) external_id: &'a ExternalId,
    pub(crate) channel_id: Option<&'a str>,
    pub(crate) ip_address: Option<Ipv4Addr>,
    pub(crate) device_id: Option<&'a DeviceId>,
    pub(crate) timestamp: &'a Timestamp,
    pub(crate) further: &'a HeaderMap,
    pub(crate) body: Bytes,
}

impl Transaction<'_> {
    /// Signs and writes the request. (Headers: DOKU pages; ASPI, transaction services.)
    pub(crate) fn into_request(self) -> Result<Request<Bytes>, HeaderError> {
        check_path(self.path)?;
        let signature = self.key.sign(&StringToSign {
            method: self.info.method().as_str(),
            path: self.path,
            access_token: self.access_token,
            body_digest: &BodyDigest::of_compact(&self.body),
            timestamp: self.timestamp.as_str(),
        });
        let mut headers = self.further.clone();
        headers.insert(CONTENT_TYPE, JSON);
        headers.insert(X_TIMESTAMP, plain("X-TIMESTAMP", self.timestamp.as_str())?);
        headers.insert(X_SIGNATURE, secret("X-SIGNATURE", signature.as_str())?);
        headers.insert(
            X_PARTNER_ID,
            plain("X-PARTNER-ID", self.client_id.as_str())?,
        );
        headers.insert(
            X_EXTERNAL_ID,
            plain("X-EXTERNAL-ID", self.external_id.as_str())?,
        );
        headers.insert(
            AUTHORIZATION,
            bearer("Authorization", self.access_token.expose())?,
        );
        self.insert_listed(&mut headers)?;
        request(
            self.info.method().clone(),
            self.base_url,
            self.path,
            headers,
            self.body,
        )
    }
}

impl Transaction<'_> {
    /// The headers that not every operation has.
    fn insert_listed(&self, headers: &mut HeaderMap) -> Result<(), HeaderError> {
        if let Some(token) = self.customer_token {
            // Always with `Bearer`: DOKU's pages; some official libraries leave it out.
            let value = bearer("Authorization-Customer", token.expose())?;
            headers.insert(AUTHORIZATION_CUSTOMER, value);
        }
        if self.info.sends_channel_id() {
            match self.channel_id {
                Some(id) => drop(headers.insert(CHANNEL_ID, plain("CHANNEL-ID", id)?)),
                None if self.info.requires_channel_id() => return Err(HeaderError::NoChannelId),
                None => {}
            }
        }
        if let Some(address) = self.ip_address {
            let value = secret("X-IP-ADDRESS", &address.to_string())?;
            headers.insert(X_IP_ADDRESS, value);
        }
        if let Some(id) = self.device_id {
            headers.insert(X_DEVICE_ID, secret("X-DEVICE-ID", id.as_str())?);
        }
        Ok(())
    }
}

/// Writes the request for a token. (DOKU B2B and B2B2C token pages: no external id, partner id or
/// channel.)
pub(crate) fn token_request(
    base_url: &str,
    path: &str,
    client_id: &ClientId,
    timestamp: &Timestamp,
    signature: &AsymmetricSignature,
    body: Bytes,
) -> Result<Request<Bytes>, HeaderError> {
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, JSON);
    headers.insert(X_CLIENT_KEY, plain("X-CLIENT-KEY", client_id.as_str())?);
    headers.insert(X_TIMESTAMP, plain("X-TIMESTAMP", timestamp.as_str())?);
    headers.insert(X_SIGNATURE, secret("X-SIGNATURE", signature.as_str())?);
    request(Method::POST, base_url, path, headers, body)
}

/// How long DOKU asks to be left alone, where it says so in seconds.
pub(crate) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse();
    seconds.ok().map(Duration::from_secs)
}

/// Checks a header the caller adds: the managed ones are written here and nowhere else.
///
/// `X-IP-ADDRESS` and `X-DEVICE-ID` are managed where the operation lists them. Elsewhere a caller
/// may know better than the specs do, and adds them like any other header.
pub(crate) fn further_header(
    info: &OperationInfo,
    name: &str,
    value: &str,
) -> Result<(HeaderName, HeaderValue), HeaderError> {
    let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| HeaderError::Name)?;
    let managed = MANAGED.contains(&name.as_str())
        || (name == X_IP_ADDRESS && info.sends_ip_address())
        || (name == X_DEVICE_ID && info.sends_device_id());
    if managed {
        return Err(HeaderError::Managed { name });
    }
    // The value may be personal, such as an address of the end user.
    let mut value =
        HeaderValue::from_str(value).map_err(|_| HeaderError::Value { name: "added" })?;
    value.set_sensitive(true);
    Ok((name, value))
}

fn request(
    method: Method,
    base_url: &str,
    path: &str,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Request<Bytes>, HeaderError> {
    let uri: Uri = format!("{base_url}{path}")
        .parse()
        .map_err(|_| HeaderError::Path)?;
    if uri.path_and_query().map(PathAndQuery::as_str) != Some(path) {
        return Err(HeaderError::Path);
    }
    let mut request = Request::new(body);
    *request.method_mut() = method;
    *request.uri_mut() = uri;
    *request.headers_mut() = headers;
    Ok(request)
}

fn plain(name: &'static str, value: &str) -> Result<HeaderValue, HeaderError> {
    HeaderValue::from_str(value).map_err(|_| HeaderError::Value { name })
}

fn bearer(name: &'static str, token: &str) -> Result<HeaderValue, HeaderError> {
    secret(name, &Zeroizing::new(format!("Bearer {token}")))
}

fn secret(name: &'static str, value: &str) -> Result<HeaderValue, HeaderError> {
    let mut value = plain(name, value)?;
    value.set_sensitive(true);
    Ok(value)
}

/// The path is signed as it stands, so it must be one that no HTTP library rewrites.
fn check_path(path: &str) -> Result<(), HeaderError> {
    let (segments, query) = path.split_once('?').unwrap_or((path, ""));
    let fits = segments.starts_with('/')
        && !segments.contains("//")
        && !segments
            .split('/')
            .any(|segment| matches!(segment, "." | ".."))
        && segments
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte))
        && query
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-._~=&%+".contains(&byte));
    if fits { Ok(()) } else { Err(HeaderError::Path) }
}

/// Why a request cannot be written. Names headers, never values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum HeaderError {
    NoChannelId,
    Name,
    Managed { name: HeaderName },
    NotListed { name: &'static str },
    Value { name: &'static str },
    Path,
}

impl fmt::Display for HeaderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoChannelId => f.write_str(
                "the operation needs a CHANNEL-ID; set one with `Config::with_channel_id` (Kirim \
                 DOKU documents `H2H`) or `Call::with_channel_id`",
            ),
            Self::Name => f.write_str("the name of an added header is not a header name"),
            Self::Managed { name } => write!(
                f,
                "the header {name} is written by the client; use the option of the call or of the \
                 configuration for it"
            ),
            Self::NotListed { name } => write!(
                f,
                "the operation does not list the header {name}; leave it out, or add it with \
                 `Call::with_header` if DOKU asks for it"
            ),
            Self::Value { name } => write!(
                f,
                "the value of the {name} header holds a line end or another character that cannot \
                 stand in a header"
            ),
            Self::Path => f.write_str(
                "the path of the operation must start with `/` and hold only characters that no \
                 HTTP library rewrites, because it is signed as it stands",
            ),
        }
    }
}

impl std::error::Error for HeaderError {}

const JSON: HeaderValue = HeaderValue::from_static("application/json");
const AUTHORIZATION_CUSTOMER: HeaderName = HeaderName::from_static("authorization-customer");
const CHANNEL_ID: HeaderName = HeaderName::from_static("channel-id");
const X_CLIENT_KEY: HeaderName = HeaderName::from_static("x-client-key");
const X_DEVICE_ID: HeaderName = HeaderName::from_static("x-device-id");
const X_EXTERNAL_ID: HeaderName = HeaderName::from_static("x-external-id");
const X_IP_ADDRESS: HeaderName = HeaderName::from_static("x-ip-address");
const X_PARTNER_ID: HeaderName = HeaderName::from_static("x-partner-id");
const X_SIGNATURE: HeaderName = HeaderName::from_static("x-signature");
const X_TIMESTAMP: HeaderName = HeaderName::from_static("x-timestamp");

/// Headers a caller cannot add: written here, or by HTTP itself.
const MANAGED: [&str; 14] = [
    // An answer that is packed would be unreadable.
    "accept-encoding",
    "authorization",
    "authorization-customer",
    "channel-id",
    "connection",
    "content-length",
    "content-type",
    "host",
    "transfer-encoding",
    "x-client-key",
    "x-external-id",
    "x-partner-id",
    "x-signature",
    "x-timestamp",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn path(path: &str, fits: bool) {
        assert_eq!(check_path(path).is_ok(), fits, "{path}");
    }

    #[test]
    fn only_paths_that_travel_unchanged_are_signed() {
        path("/snap/v1.1/balance-inquiry", true);
        path("/x?y=1&z=%20", true);
        path("x", false);
        path("", false);
        path("/a/../b", false);
        path("/a/./b", false);
        path("//evil.example/a", false);
        path("/a b", false);
        path("/a#b", false);
        path("/é", false);
        path("/a%2e", false);
        path("/a\r\nX-Y: z", false);
    }

    const LISTS_NOTHING: OperationInfo =
        OperationInfo::new("x", Method::POST, "/x", "00", crate::OperationKind::Read);

    #[test]
    fn a_header_that_the_client_writes_cannot_be_added() {
        for name in [
            "X-SIGNATURE",
            "Authorization-Customer",
            "host",
            "Accept-Encoding",
        ] {
            assert!(
                matches!(
                    further_header(&LISTS_NOTHING, name, "x"),
                    Err(HeaderError::Managed { .. })
                ),
                "{name}"
            );
        }
        assert_eq!(
            further_header(&LISTS_NOTHING, "X-NOTE", "a\r\nb: c").unwrap_err(),
            HeaderError::Value { name: "added" }
        );
        assert_eq!(
            further_header(&LISTS_NOTHING, "a b", "x").unwrap_err(),
            HeaderError::Name
        );
    }

    #[test]
    fn a_listed_header_has_a_method_of_its_own_and_an_unlisted_one_can_be_added() {
        let lists_both = LISTS_NOTHING.with_ip_address().with_device_id();
        for name in ["X-DEVICE-ID", "X-IP-ADDRESS"] {
            let added = further_header(&LISTS_NOTHING, name, "x").unwrap();
            assert!(added.1.is_sensitive());
            assert!(
                matches!(
                    further_header(&lists_both, name, "x"),
                    Err(HeaderError::Managed { .. })
                ),
                "{name}"
            );
        }
    }
}
