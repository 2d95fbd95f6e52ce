//! What the type generator says in serde attributes, before they are written anew.

use anyhow::{Result, bail};
use syn::{Field, LitStr};

/// The wire name of a field; nothing for the field that takes unknown members.
pub(super) fn wire_name(field: &Field, place: &str) -> Result<Option<String>> {
    let mut name = field.ident.as_ref().map(ToString::to_string);
    for attribute in field
        .attrs
        .iter()
        .filter(|attribute| attribute.path().is_ident("serde"))
    {
        attribute.parse_nested_meta(|meta| {
            if meta.path.is_ident("rename") {
                name = Some(meta.value()?.parse::<LitStr>()?.value());
            } else if meta.path.is_ident("flatten") {
                name = None;
            } else if meta.path.is_ident("default") || meta.path.is_ident("skip_serializing_if") {
                if meta.input.peek(syn::Token![=]) {
                    meta.value()?.parse::<LitStr>()?;
                }
            } else {
                return Err(meta.error("not expected"));
            }
            Ok(())
        })?;
    }
    if name.as_deref() == Some("") {
        bail!("{place}: a member without a name");
    }
    Ok(name)
}
