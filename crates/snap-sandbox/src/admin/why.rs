//! Why a request was refused, for the one who reads its timeline.

use std::borrow::Cow;

use super::shown::shortened;
use crate::{
    arrived::Arrived, digest::BodyDigests, minify::minify, registry, secrets::Secrets,
    timeline::SeenRequest,
};

/// What was checked, and what of the request was checked.
pub(super) struct Why {
    /// A sentence.
    pub(super) says: String,
    /// Name and value of each part that a signature covers, in its order.
    pub(super) parts: Vec<(&'static str, Cow<'static, str>)>,
}

/// None for a request that was not refused.
pub(super) fn why(seen: &SeenRequest, secrets: &Secrets) -> Option<Why> {
    let arrived = seen.refused.as_ref()?;
    Some(Why {
        says: registry::says(&seen.recorded.verdict).unwrap_or_default(),
        parts: parts(arrived, secrets),
    })
}

fn parts(arrived: &Arrived, secrets: &Secrets) -> Vec<(&'static str, Cow<'static, str>)> {
    let header = |name: &str| match arrived.first(name) {
        Some(value) => Cow::Owned(secrets.shorten(value, shortened)),
        None => Cow::Borrowed("not sent, or not readable"),
    };
    let mut parts = vec![
        ("method", Cow::Owned(arrived.method.clone())),
        (
            "path",
            Cow::Owned(secrets.shorten(&arrived.target, shortened)),
        ),
        (
            "access token",
            match arrived.first("authorization") {
                Some(value) => Cow::Owned(shortened(value)),
                None => Cow::Borrowed("not sent"),
            },
        ),
    ];
    match &arrived.body {
        Some(body) => parts.extend(digests(body)),
        None => parts.push(("body", Cow::Borrowed("larger than 64 KiB"))),
    }
    parts.push(("X-TIMESTAMP", header("x-timestamp")));
    parts
}

fn digests(body: &[u8]) -> Vec<(&'static str, Cow<'static, str>)> {
    let digests = BodyDigests::of(body);
    let mut parts = vec![
        ("body", Cow::Owned(format!("{} bytes", body.len()))),
        ("body digest", Cow::Owned(digests.raw.clone())),
    ];
    if digests.minified != digests.raw {
        let length = minify(body).len();
        parts.push(("body, minified", Cow::Owned(format!("{length} bytes"))));
        parts.push(("its digest", Cow::Owned(digests.minified.clone())));
    }
    if digests.rewritten != digests.minified {
        parts.push((
            "digest of the body, read and written again",
            Cow::Owned(digests.rewritten),
        ));
    }
    parts
}
