//! Which page sent a request, by the headers that browsers write and pages cannot.

use crate::arrived::Arrived;

/// Did a page of this very host and port send it, or no page at all?
///
/// `Sec-Fetch-Site` says it where the browser sends it; `Origin` is compared with `Host` as well,
/// because older browsers send that alone. Programs send neither.
pub(crate) fn is_own(request: &Arrived) -> bool {
    let site = !request.has("sec-fetch-site")
        || matches!(one(request, "sec-fetch-site"), Some("same-origin" | "none"));
    let origin = !request.has("origin") || origin_is_host(request).unwrap_or(false);
    site && origin
}

/// None if one of them is missing or repeated.
fn origin_is_host(request: &Arrived) -> Option<bool> {
    let origin = one(request, "origin")?;
    let name = origin
        .strip_prefix("http://")
        .or_else(|| origin.strip_prefix("https://"))?;
    Some(name.eq_ignore_ascii_case(one(request, "host")?))
}

/// The value of a header that came once.
pub(crate) fn one<'a>(request: &'a Arrived, name: &'static str) -> Option<&'a str> {
    request.required(name, LONGEST).ok()
}

/// A host name has at most 253 characters; scheme and port come on top.
const LONGEST: usize = 300;
