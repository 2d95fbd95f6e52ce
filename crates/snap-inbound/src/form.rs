//! The form of a request, before anything of it is read.

use bytes::Bytes;
use http::{Method, Request, Version};

use crate::{Reason, headers::Headers};

/// The path of a POST whose target is nothing else: no query, and no host but where HTTP/2 and later
/// carry it in a field of their own.
pub(crate) fn post_path(request: &Request<Bytes>) -> Result<&str, Reason> {
    if request.method() != Method::POST {
        return Err(Reason::Method);
    }
    let target = request.uri();
    let has_host = target.authority().is_some() && request.version() <= Version::HTTP_11;
    if has_host || target.query().is_some() {
        return Err(Reason::Path);
    }
    Ok(target.path())
}

/// Content type and sizes.
pub(crate) fn envelope(request: &Request<Bytes>) -> Result<Headers<'_>, Reason> {
    let headers = Headers::new(request.headers())?;
    headers.plain_json()?;
    if request.body().len() > MAX_BODY {
        return Err(Reason::BodyTooLarge);
    }
    Ok(headers)
}

/// Largest body that is taken, in bytes.
pub(crate) const MAX_BODY: usize = 64 * 1024;
