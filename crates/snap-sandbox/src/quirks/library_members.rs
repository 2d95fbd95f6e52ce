//! Members of an answer that one of DOKU's own libraries fails on.

use crate::json::Json;

/// Leaves out what the Python library has no name for.
///
/// It hands every member of an answer to a constructor with a fixed list of names. One name more, and
/// it reports 500 for a payment that was made.
pub(crate) fn leave_out(operation: &str, members: &mut Vec<(String, Json)>) {
    members.retain(|(name, _)| !UNREADABLE.contains(&(operation, name)));
}

/// `src/model/direct_debit/*_response.py` of doku-python-library 1.1.72, against the members of the
/// specification.
const UNREADABLE: &[(&str, &str)] = &[
    ("direct-debit.accountUnbinding", "redirectUrl"),
    ("direct-debit.cardBinding", "bankCardToken"),
    ("direct-debit.payment", "additionalInfo"),
    ("direct-debit.refund", "additionalInfo"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::Catalogue;

    #[test]
    fn every_entry_is_a_member_of_an_operation() {
        let catalogue = Catalogue::embedded().expect("specifications");
        for (id, name) in UNREADABLE {
            let mut served = catalogue.served(true);
            let operation = served.find(|operation| operation.id == *id).expect(id);
            let mut members = operation.response.members().iter();

            assert!(members.any(|member| member.name == *name), "{id}: {name}");
        }
    }
}
