//! Pass 0: operations that somebody else makes go, with the reason in the notices.

use anyhow::{Result, bail};

use super::document::Document;

pub(super) fn run(document: &mut Document) -> Result<()> {
    for operation in document.operations() {
        let place = document.place(&format!("{}/x-snap/skip", operation.at));
        let reason = match document.get(&operation.at)["x-snap"].get("skip") {
            None => continue,
            Some(reason) => reason.as_str().unwrap_or_default().trim().to_owned(),
        };
        if reason.is_empty() {
            bail!("{place}: `skip` is the reason why no code is made of the operation; write it");
        }
        let (item, method) = operation.at.rsplit_once('/').unwrap_or_default();
        let (item, method) = (item.to_owned(), method.to_owned());
        document.object_mut(&item)?.shift_remove(&method);
        document
            .notices
            .push(format!("{} is skipped: {reason}", operation.path));
    }
    if let Ok(paths) = document.object_mut("/paths") {
        paths.retain(|_, item| item.as_object().is_none_or(|methods| !methods.is_empty()));
    }
    Ok(())
}
