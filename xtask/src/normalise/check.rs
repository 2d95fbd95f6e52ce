//! Pass 1: the document is of the kind the other passes understand.

use anyhow::{Result, bail};
use serde_json::Value;

use super::document::{Document, Operation};
use crate::json::escape;

pub(super) fn run(document: &mut Document) -> Result<()> {
    let version = document.root["openapi"].as_str().unwrap_or_default();
    if !version.starts_with("3.0.") {
        bail!(
            "{}: openapi is `{version}`; only 3.0 is read",
            document.place("/openapi")
        );
    }
    let document = &*document;
    keys(
        document,
        "",
        &["openapi", "info", "tags", "servers", "paths", "components"],
    )?;
    keys(document, "/components", &["parameters", "schemas"])?;
    for at in ["/paths", "/components", "/components/schemas"] {
        if document
            .root
            .pointer(at)
            .is_some_and(|section| !section.is_object())
        {
            bail!("{}: is not an object", document.place(at));
        }
    }
    for (path, _) in document.root["paths"].as_object().into_iter().flatten() {
        let at = format!("/paths/{}", escape(path));
        keys(document, &at, &["post", "put", "delete", "get"])?;
        check_path(path, &document.place(&at))?;
    }
    document
        .operations()
        .iter()
        .try_for_each(|operation| check_operation(document, operation))
}

fn check_path(path: &str, place: &str) -> Result<()> {
    let (wire, fragment) = match path.split_once('#') {
        Some((wire, fragment)) => (wire, Some(fragment)),
        None => (path, None),
    };
    if !wire.starts_with('/') || wire.contains(['{', '?']) {
        bail!("{place}: a path begins with `/`, and parameters in one are not built yet");
    }
    if fragment.is_some_and(|name| name.is_empty() || name.contains('#')) {
        bail!("{place}: one fragment tells operations of a path apart, such as `{wire}#jump-app`");
    }
    Ok(())
}

fn check_operation(document: &Document, operation: &Operation) -> Result<()> {
    let at = &operation.at;
    keys(document, at, OPERATION)?;
    if operation.id.is_empty() {
        bail!(
            "{}: has no operationId; set one in the overlay",
            document.place(at)
        );
    }
    let body = format!("{at}/requestBody");
    if document.get(&body).is_null() {
        bail!(
            "{}: operations without a request body are not built yet",
            document.place(at)
        );
    }
    keys(document, &body, &["content", "required", "description"])?;
    check_media(document, &format!("{body}/content"))?;
    for (status, response) in document.get(at)["responses"]
        .as_object()
        .into_iter()
        .flatten()
    {
        let at = format!("{at}/responses/{status}");
        keys(document, &at, &["content", "description"])?;
        if response.get("content").is_some() {
            check_media(document, &format!("{at}/content"))?;
        }
    }
    Ok(())
}

fn check_media(document: &Document, at: &str) -> Result<()> {
    let kinds: Vec<&str> = match document.get(at) {
        Value::Object(media) => media.keys().map(String::as_str).collect(),
        _ => Vec::new(),
    };
    if kinds != ["application/json"] {
        let (place, kinds) = (document.place(at), kinds.join(", "));
        bail!("{place}: media types are [{kinds}]; exactly `application/json` is read");
    }
    keys(document, &format!("{at}/application~1json"), &["schema"])
}

fn keys(document: &Document, at: &str, known: &[&str]) -> Result<()> {
    for key in document
        .get(at)
        .as_object()
        .into_iter()
        .flatten()
        .map(|(key, _)| key)
    {
        if !known.contains(&key.as_str()) {
            let place = document.place(&format!("{at}/{}", escape(key)));
            bail!(
                "{place}: `{key}` is not understood here; known are {}",
                known.join(", ")
            );
        }
    }
    Ok(())
}

const OPERATION: &[&str] = &[
    "operationId",
    "tags",
    "summary",
    "description",
    "parameters",
    "requestBody",
    "responses",
    "x-confidence",
    "x-example-request",
    "x-example-response",
    "x-page",
    "x-snap",
    "x-source",
];
