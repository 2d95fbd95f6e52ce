//! Pass 6: where DOKU sends the requests, turns them round: from here on a request is what the merchant
//! writes and a response is what it reads.

use anyhow::{Context, Result};

use super::document::Document;
use super::members::Side;
use crate::specs::Sender;

pub(super) fn run(document: &mut Document) -> Result<()> {
    if document.sender == Sender::Merchant {
        return Ok(());
    }
    for operation in document.operations() {
        let sides = [Side::Request, Side::Response];
        let [sent, answered] = sides.map(|side| side.schema(document, &operation));
        let schemas = (document.get(&sent).clone(), document.get(&answered).clone());
        for (at, schema) in [(&sent, schemas.1), (&answered, schemas.0)] {
            let place = document.place(at);
            let slot = document.root.pointer_mut(at);
            *slot.with_context(|| format!("{place}: there is no body"))? = schema;
        }
    }
    Ok(())
}
