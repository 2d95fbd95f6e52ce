//! The files that are written for a small operation of each sort.

use crate::common::Workspace;

/// A generated file, without the line that holds the hash: it changes with every edit of a fixture
/// and says nothing that the rest of the snapshot does not.
#[track_caller]
fn emitted(fixture: &str, file: &str) -> String {
    let workspace = Workspace::of(fixture);
    let result = workspace.generate();
    assert!(result.is_ok(), "{result:?}");
    let text = workspace.read(&format!("crates/doku-shop/{file}"));
    let lines: Vec<&str> = text
        .lines()
        .filter(|line| !line.starts_with("// sha256 "))
        .collect();
    lines.join("\n")
}

#[test]
fn a_money_operation_begins_with_its_reference_and_hides_what_is_sensitive() {
    insta::assert_snapshot!(emitted("money", "src/generated/pay_out.rs"));
}

#[test]
fn the_method_of_a_money_operation_warns_about_unknown_outcomes() {
    insta::assert_snapshot!(emitted("money", "src/generated/client.rs"));
}

#[test]
fn every_sensitive_member_gets_a_canary() {
    insta::assert_snapshot!(emitted("money", "tests/redaction.rs"));
}

#[test]
fn a_type_of_two_operations_goes_to_a_file_of_its_own() {
    insta::assert_snapshot!(emitted("shared", "src/generated/types.rs"));
    insta::assert_snapshot!(emitted("shared", "src/generated/list_items.rs"));
    insta::assert_snapshot!(emitted("shared", "src/generated/mod.rs"));
}

#[test]
fn an_operation_without_sensitive_members_gets_no_redaction_test() {
    let workspace = Workspace::of("plain");

    workspace.generate().unwrap();

    assert!(
        !workspace
            .root()
            .join("crates/doku-shop/tests/redaction.rs")
            .exists()
    );
}

#[test]
fn the_contract_says_what_a_caller_relies_on() {
    let workspace = Workspace::of("money");

    workspace.generate().unwrap();

    insta::assert_snapshot!(workspace.read("specs/shop/contract.txt"));
}

#[test]
fn the_contract_shows_a_wire_name_that_is_the_end_of_the_right_one() {
    let workspace = Workspace::of("money").correct(
        r"
  - target: $.paths['/shop/v1/pay'].post.responses['200'].content['application/json'].schema.properties.name
    description: A fact about this page.
    x-source: a fixture
    x-confidence: DOC
    update: {x-name: nickname}
",
    );

    workspace.generate().unwrap();

    let contract = workspace.read("specs/shop/contract.txt");
    let line = "payOut < nickname: text masked wire=name\n";
    assert!(contract.contains(line), "{contract}");
}

#[test]
fn an_edit_of_one_operation_leaves_the_file_of_the_other_alone() {
    let workspace = Workspace::of("shared");
    workspace.generate().unwrap();
    let before = workspace.read("crates/doku-shop/src/generated/list_items.rs");

    let edited = workspace.page("\"Which.\"", "\"Which one.\"");
    edited.generate().unwrap();

    assert_eq!(
        edited.read("crates/doku-shop/src/generated/list_items.rs"),
        before
    );
    let other = edited.read("crates/doku-shop/src/generated/show_item.rs");
    assert!(other.contains("/// Which one."), "{other}");
}
