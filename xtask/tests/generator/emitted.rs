//! The files that are written for a small operation of each sort.

use crate::common::{AUTHORED, README, Workspace};

/// A generated file, without the line that holds the hash: it changes with every edit of a fixture
/// and says nothing that the rest of the snapshot does not.
#[track_caller]
fn emitted(fixture: &str, file: &str) -> String {
    let text = written(fixture, &format!("crates/doku-shop/{file}"));
    let lines: Vec<&str> = text
        .lines()
        .filter(|line| !line.starts_with("// sha256 "))
        .collect();
    lines.join("\n")
}

#[track_caller]
fn contract(fixture: &str) -> String {
    written(fixture, "specs/shop/contract.txt")
}

/// A file after generation.
#[track_caller]
fn written(fixture: &str, file: &str) -> String {
    let workspace = Workspace::of(fixture);
    let result = workspace.generate();
    assert!(result.is_ok(), "{result:?}");
    workspace.read(file)
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

#[test]
fn an_operation_for_customers_is_a_method_of_a_customer_and_required_headers_are_arguments() {
    insta::assert_snapshot!(emitted("customers", "src/generated/client.rs"));
    insta::assert_snapshot!(emitted("customers", "src/generated/mod.rs"));
    insta::assert_snapshot!(emitted("customers", "src/generated/refund_item.rs"));
    insta::assert_snapshot!(contract("customers"));
}

#[test]
fn two_operations_of_one_path_differ_by_a_fragment_that_no_request_carries() {
    for file in ["pay_item.rs", "jump_app_pay.rs"] {
        let text = emitted("customers", &format!("src/generated/{file}"));

        assert!(text.contains("\"/shop/v1/pay\","), "{text}");
    }
    let text = emitted("customers", "src/generated/client.rs");
    assert!(!text.contains("#jump-app"), "{text}");
}

#[test]
fn what_only_unverified_operations_need_is_behind_the_feature() {
    insta::assert_snapshot!(emitted("unverified", "src/generated/client.rs"));
    insta::assert_snapshot!(emitted("unverified", "src/generated/mod.rs"));
    insta::assert_snapshot!(emitted("unverified", "src/generated/request_otp.rs"));
    insta::assert_snapshot!(emitted("unverified", "tests/redaction.rs"));
    insta::assert_snapshot!(contract("unverified"));
}

#[test]
fn what_a_verified_operation_needs_too_is_not_behind_the_feature() {
    let text = emitted("examples", "src/generated/client.rs");

    assert!(
        text.contains("\nuse snap_core::{Call, Client, CustomerTokens};\n"),
        "{text}"
    );
    assert!(
        text.contains("\n#[derive(Clone, Debug)]\npub struct Customer {"),
        "{text}"
    );
}

#[test]
fn a_named_enum_is_text_with_constants() {
    insta::assert_snapshot!(emitted("enums", "src/generated/types.rs"));
    insta::assert_snapshot!(emitted("enums", "src/generated/list_banks.rs"));
    insta::assert_snapshot!(contract("enums"));
}

#[test]
fn limits_are_found_with_their_channel_and_source() {
    insta::assert_snapshot!(emitted("limits", "src/generated/pay_item.rs"));
    insta::assert_snapshot!(contract("limits"));
}

#[test]
fn the_channel_of_an_optional_object_is_read_whether_or_not_it_is_required_there() {
    let optional = emitted("limits", "src/generated/pay_item.rs");
    let workspace = Workspace::of("limits").change(
        AUTHORED,
        "additionalInfo:\n                  type: object\n",
        "additionalInfo:\n                  type: object\n                  required: [channel]\n",
    );
    workspace.generate().unwrap();
    let required = workspace.read("crates/doku-shop/src/generated/pay_item.rs");

    let optional_read = ".and_then(|info| info.channel.as_ref().map(|text| text.as_str()))";
    assert!(optional.contains(optional_read), "{optional}");
    let required_read = ".map(|info| info.channel.as_str())";
    assert!(required.contains(required_read), "{required}");
}

#[test]
fn a_request_starts_with_documented_constants_and_an_answer_reads_padded_digits() {
    insta::assert_snapshot!(emitted("defaults", "src/generated/check_status.rs"));
    insta::assert_snapshot!(contract("defaults"));
}

#[test]
fn every_example_of_a_page_is_a_file_and_a_test() {
    insta::assert_snapshot!(emitted("examples", "tests/examples.rs"));
    insta::assert_snapshot!(emitted("examples", "tests/examples/buy_item.request.json"));
    insta::assert_snapshot!(emitted("examples", "tests/examples/buy_item.response.json"));
    insta::assert_snapshot!(contract("examples"));
}

#[test]
fn a_page_without_examples_gets_no_test_of_them() {
    let workspace = Workspace::of("plain");

    workspace.generate().unwrap();

    assert!(!workspace.root().join("crates/doku-shop/tests").exists());
}

#[test]
fn the_readme_keeps_its_text_around_a_new_table() {
    insta::assert_snapshot!(written("customers", README));
    insta::assert_snapshot!(written("unverified", README));
}

#[test]
fn a_crate_without_a_readme_gets_none() {
    let workspace = Workspace::of("plain");

    workspace.generate().unwrap();

    assert!(!workspace.root().join(README).exists());
}

#[test]
fn a_table_of_before_is_stale() {
    let workspace = Workspace::of("customers");
    workspace.generate().unwrap();
    let workspace = workspace.change(README, "| read |", "| session |");

    let findings = xtask::check(workspace.root(), None).unwrap();

    assert_eq!(
        findings,
        ["stale: crates/doku-shop/README.md: run `cargo xtask generate shop`"]
    );
}

#[test]
fn an_edit_above_an_authored_operation_leaves_its_file_alone() {
    let workspace = Workspace::of("authored");
    workspace.generate().unwrap();
    let file = "crates/doku-shop/src/generated/show_item_of_owner.rs";
    let before = workspace.read(file);

    let edited = workspace.change(AUTHORED, "paths:\n", "# One more line.\npaths:\n");
    edited.generate().unwrap();

    assert_eq!(edited.read(file), before);
}

#[test]
fn a_caller_chooses_between_one_and_many_where_the_documents_disagree() {
    let workspace = Workspace::of("plain").page(
        r#""itemNo": {"type": "string"}"#,
        r#""itemNo": {"type": "object", "x-shape": "one-or-many", "properties": {"no": {"type": "string"}}}"#,
    );

    workspace.generate().unwrap();

    let text = workspace.read("crates/doku-shop/src/generated/list_items.rs");
    assert!(
        text.contains("#[builder(into)]\n    pub item_no: OneOrMany<"),
        "{text}"
    );
    let contract = workspace.read("specs/shop/contract.txt");
    assert!(
        contract.contains("> itemNo[]: list required one-or-many"),
        "{contract}"
    );
}
