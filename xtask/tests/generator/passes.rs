//! One small page per pass; the snapshot is what the pass makes of it.

use serde_json::Value;

use crate::common::Workspace;

/// `effective.json` of a fixture, without what no pass touches, followed by the notices.
#[track_caller]
fn effective(fixture: &str) -> String {
    let workspace = Workspace::of(fixture);
    let result = workspace.generate();
    assert!(result.is_ok(), "{result:?}");
    let notices = result.unwrap_or_default();
    let mut document: Value = serde_json::from_str(&workspace.read(EFFECTIVE)).unwrap_or_default();
    if let Some(members) = document.as_object_mut() {
        members.retain(|key, _| key == "paths" || key == "components");
    }
    format!("{document:#}\n\n{}", notices.join("\n"))
}

const EFFECTIVE: &str = "specs/shop/effective.json";

#[test]
fn managed_headers_go_and_the_channel_id_becomes_a_fact_of_the_operation() {
    insta::assert_snapshot!(effective("headers"));
}

#[test]
fn only_the_success_response_stays_and_without_code_and_message() {
    insta::assert_snapshot!(effective("success-and-envelope"));
}

#[test]
fn bodies_are_named_after_their_operation_and_components_take_their_x_name() {
    insta::assert_snapshot!(effective("hoist"));
}

#[test]
fn members_that_differ_in_case_become_one_with_an_alias() {
    insta::assert_snapshot!(effective("twins"));
}

#[test]
fn limits_become_documentation_and_responses_accept_numbers_as_text() {
    insta::assert_snapshot!(effective("loosen"));
}

#[test]
fn amounts_times_free_json_and_one_or_many_become_types_of_their_own() {
    insta::assert_snapshot!(effective("shapes"));
}

#[test]
fn additional_info_keeps_members_that_no_page_documents() {
    insta::assert_snapshot!(effective("extra"));
}

#[test]
fn sensitive_members_get_a_class_by_name_or_by_decision() {
    insta::assert_snapshot!(effective("sensitive"));
}

#[test]
fn a_reference_with_siblings_keeps_them() {
    insta::assert_snapshot!(effective("refs"));
}

#[test]
fn components_that_only_point_are_folded_and_unused_ones_go() {
    insta::assert_snapshot!(effective("alias-and-prune"));
}

#[test]
fn authored_operations_join_the_page_with_their_sources_written_out() {
    insta::assert_snapshot!(effective("authored"));
}

#[test]
fn a_member_that_an_overlay_entry_adds_is_as_sure_as_the_entry() {
    insta::assert_snapshot!(effective("examples"));
}

#[test]
fn limits_of_channels_and_defaults_stay_with_their_member() {
    insta::assert_snapshot!(effective("limits"));
    insta::assert_snapshot!(effective("defaults"));
}
