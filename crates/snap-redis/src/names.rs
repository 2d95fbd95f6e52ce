//! Names of keys. They carry environment and client id, never a secret.

use std::fmt::Write as _;

use sha2::{Digest, Sha256};
use snap_core::{ClientId, token::Slot};

/// The keys of one slot for tokens. The braces keep them on one node.
pub(crate) struct SlotNames {
    pub(crate) token: String,
    pub(crate) generation: String,
    pub(crate) lease: String,
}

impl SlotNames {
    pub(crate) fn of(prefix: &str, slot: &Slot) -> Self {
        let mut whose = whose(&slot.base_url, &slot.client_id);
        if let Some(customer) = &slot.customer {
            // It may be a phone number.
            let fields = [&slot.base_url, slot.client_id.as_str(), customer.as_str()];
            let _ = write!(whose, "|{}", digest("customer", &fields));
        }
        Self {
            token: format!("{prefix}:{{{whose}}}:token"),
            generation: format!("{prefix}:{{{whose}}}:gen"),
            lease: format!("{prefix}:{{{whose}}}:lease"),
        }
    }
}

/// A key of a client id in an environment.
pub(crate) fn of_client(prefix: &str, base_url: &str, client_id: &ClientId, what: &str) -> String {
    format!("{prefix}:{{{}}}:{what}", whose(base_url, client_id))
}

/// What the keys of the merchant's side begin with, all on one node.
#[cfg(feature = "inbound")]
pub(crate) fn inbound(prefix: &str) -> String {
    format!("{prefix}:{{inbound}}:")
}

/// A client id never holds `|`.
pub(crate) fn whose(base_url: &str, client_id: &ClientId) -> String {
    format!("{base_url}|{client_id}")
}

/// With their lengths, so that no two lists of fields run together.
fn digest(kind: &str, fields: &[&str]) -> String {
    let mut hash = Sha256::new();
    for field in [kind].iter().chain(fields) {
        hash.update(u64::try_from(field.len()).unwrap_or(u64::MAX).to_be_bytes());
        hash.update(field);
    }
    hex(&hash.finalize())
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slot() -> Slot {
        let client_id = ClientId::new("BRN-1").unwrap();
        Slot::new("https://api.doku.com", client_id)
    }

    #[test]
    fn names_carry_environment_and_client_id_and_lie_on_one_node() {
        let names = SlotNames::of("snap", &slot());

        assert_eq!(names.token, "snap:{https://api.doku.com|BRN-1}:token");
        assert_eq!(names.generation, "snap:{https://api.doku.com|BRN-1}:gen");
        assert_eq!(names.lease, "snap:{https://api.doku.com|BRN-1}:lease");
    }

    #[test]
    fn a_customer_is_a_digest_and_belongs_to_the_client_id() {
        let anna = SlotNames::of("snap", &slot().with_customer("0812".into()));
        let other = ClientId::new("BRN-2").unwrap();
        let others = Slot::new("https://api.doku.com", other).with_customer("0812".into());
        let others = SlotNames::of("snap", &others);

        assert!(!anna.token.contains("0812"), "{}", anna.token);
        let digest = |names: &SlotNames| {
            names
                .token
                .rsplit('|')
                .next()
                .map(str::to_owned)
                .unwrap_or_default()
        };
        assert_ne!(digest(&anna), digest(&others));
    }
}
