//! Everything that stops the generator, and what it says: each names the place and the cure.

use crate::common::{self, OVERLAY, Workspace};

/// The error a workspace ends in.
#[track_caller]
fn refused(workspace: &Workspace) -> String {
    common::refused(workspace.generate())
}

/// The error after one change to the page of the smallest fixture.
#[track_caller]
fn page(from: &str, to: &str) -> String {
    refused(&Workspace::of("plain").page(from, to))
}

/// The error after one more overlay entry for the smallest fixture.
#[track_caller]
fn entry(text: &str) -> String {
    refused(&Workspace::of("plain").correct(text))
}

/// The error after one change to the overlay of the smallest fixture.
#[track_caller]
fn overlay(from: &str, to: &str) -> String {
    refused(&Workspace::of("plain").change(OVERLAY, from, to))
}

/// Replaces the schema of `itemNo`, a member of the request.
#[track_caller]
fn request_member(schema: &str) -> String {
    page(
        r#""itemNo": {"type": "string"}"#,
        &format!(r#""itemNo": {schema}"#),
    )
}

/// Replaces the schema of `itemName`, a member of the response.
#[track_caller]
fn response_member(schema: &str) -> String {
    page(
        r#""itemName": {"type": "string"}"#,
        &format!(r#""itemName": {schema}"#),
    )
}

#[test]
fn a_page_without_an_openapi_block() {
    insta::assert_snapshot!(page("```json", "```text"));
}

#[test]
fn a_page_whose_heading_disagrees_with_its_block() {
    insta::assert_snapshot!(page("## POST /shop/v1/items", "## PUT /shop/v1/items"));
}

#[test]
fn a_page_whose_block_has_no_heading() {
    insta::assert_snapshot!(page("## POST /shop/v1/items", "POST /shop/v1/items"));
}

#[test]
fn a_page_that_is_not_the_one_that_was_recorded() {
    let workspace = Workspace::of("plain");

    workspace.write("specs/shop/pages/page.md", b"# Another page\n");

    insta::assert_snapshot!(refused(&workspace));
}

#[test]
fn a_page_that_is_not_there() {
    let workspace =
        Workspace::of("plain").change("specs/specs.toml", "pages/page.md", "pages/x.md");

    insta::assert_snapshot!(refused(&workspace));
}

#[test]
fn a_page_with_another_number_of_operations_than_recorded() {
    let specs = "specs/specs.toml";

    let workspace = Workspace::of("plain").change(specs, "operations = 1", "operations = 2");

    insta::assert_snapshot!(refused(&workspace));
}

#[test]
fn a_page_of_another_kind_than_recorded() {
    let specs = "specs/specs.toml";

    let workspace = Workspace::of("plain").change(specs, "gitbook-md", "apidog-text");

    insta::assert_snapshot!(refused(&workspace));
}

#[test]
fn an_unknown_key_in_the_list_of_pages() {
    let specs = "specs/specs.toml";

    let workspace = Workspace::of("plain").change(specs, "reader", "raeder");

    insta::assert_snapshot!(refused(&workspace));
}

#[test]
fn a_day_of_receipt_that_is_not_a_day() {
    let specs = "specs/specs.toml";

    let workspace = Workspace::of("plain").change(specs, "2026-11-20", "10:00:00");

    insta::assert_snapshot!(refused(&workspace));
}

#[test]
fn a_block_that_is_never_closed() {
    insta::assert_snapshot!(page("}\n```\n", "}\n"));
}

#[test]
fn a_block_that_is_not_json() {
    insta::assert_snapshot!(page(r#""openapi": "3.0.0","#, r#""openapi": "3.0.0""#));
}

#[test]
fn a_block_that_holds_a_member_twice() {
    insta::assert_snapshot!(response_member(r#"{"type": "string"}, "itemName": {}"#));
}

#[test]
fn a_block_of_openapi_3_1() {
    insta::assert_snapshot!(page("3.0.0", "3.1.0"));
}

#[test]
fn a_block_with_a_section_that_is_not_read() {
    insta::assert_snapshot!(page(r#""paths":"#, r#""security": [], "paths":"#));
}

#[test]
fn an_example_that_would_get_lost() {
    insta::assert_snapshot!(page(r#""schema": {"#, r#""example": {}, "schema": {"#));
}

#[test]
fn two_blocks_that_describe_a_component_differently() {
    let workspace = Workspace::of("shared").page(
        r#""properties": {"ownerNo": {"type": "string"}}"#,
        r#""properties": {"ownerNo": {"type": "boolean"}}"#,
    );

    insta::assert_snapshot!(refused(&workspace));
}

#[test]
fn two_operations_of_one_id() {
    insta::assert_snapshot!(refused(
        &Workspace::of("shared").page("showItem", "listItems")
    ));
}

#[test]
fn two_media_types() {
    insta::assert_snapshot!(page(
        r#""application/json": {"#,
        r#""text/xml": {}, "application/json": {"#
    ));
}

#[test]
fn a_header_that_is_not_known() {
    insta::assert_snapshot!(refused(
        &Workspace::of("headers").page("CHANNEL-ID", "X-SHOE-SIZE")
    ));
}

#[test]
fn a_query_parameter() {
    insta::assert_snapshot!(refused(&Workspace::of("headers").page(
        r#""name": "CHANNEL-ID", "in": "header""#,
        r#""name": "page", "in": "query""#,
    )));
}

#[test]
fn an_operation_without_a_service_code() {
    insta::assert_snapshot!(overlay(r#"service-code: "11", kind: read"#, "kind: read"));
}

#[test]
fn an_operation_without_a_kind() {
    insta::assert_snapshot!(overlay(", kind: read", ""));
}

#[test]
fn an_unknown_key_in_x_snap() {
    insta::assert_snapshot!(overlay("kind: read", "kind: read, knid: read"));
}

#[test]
fn an_operation_that_moves_money_without_a_reference() {
    insta::assert_snapshot!(overlay("kind: read", "kind: debit"));
}

#[test]
fn a_reference_that_the_request_does_not_require() {
    insta::assert_snapshot!(overlay("kind: read", "kind: debit, reference: itemNumber"));
}

#[test]
fn two_success_responses() {
    insta::assert_snapshot!(page(
        r#""200": {"#,
        r#""202": {"description": "Soon"}, "200": {"#
    ));
}

#[test]
fn a_success_response_without_a_body() {
    let body = r#""description": "OK",
            "content": {
              "application/json": {"schema": {"type": "object", "properties": {"itemName": {"type": "string"}}}}
            }"#;

    insta::assert_snapshot!(page(body, r#""description": "OK""#));
}

#[test]
fn one_of_several_shapes() {
    insta::assert_snapshot!(response_member(
        r#"{"oneOf": [{"type": "string"}, {"type": "object"}]}"#
    ));
}

#[test]
fn all_of_more_than_one() {
    insta::assert_snapshot!(response_member(
        r#"{"allOf": [{"type": "string"}, {"type": "string"}]}"#
    ));
}

#[test]
fn a_schema_keyword_that_is_not_known() {
    insta::assert_snapshot!(response_member(
        r#"{"type": "array", "maxItems": 3, "items": {}}"#
    ));
}

#[test]
fn a_number_in_a_request() {
    insta::assert_snapshot!(request_member(r#"{"type": "number"}"#));
}

#[test]
fn a_schema_without_a_type() {
    insta::assert_snapshot!(response_member("{}"));
}

#[test]
fn a_member_that_is_no_schema() {
    insta::assert_snapshot!(response_member(
        r#"{"type": "string"}, "ItemNo": "a number""#
    ));
}

#[test]
fn a_required_member_that_is_none() {
    insta::assert_snapshot!(page(
        r#""required": ["itemNo"]"#,
        r#""required": ["itemNumber"]"#
    ));
}

#[test]
fn a_component_that_is_no_object() {
    insta::assert_snapshot!(refused(&Workspace::of("refs").page(
        r#""LotDTO": {"type": "object", "properties": {"lotNo": {"type": "string"}}}"#,
        r#""LotDTO": {"type": "string"}"#,
    )));
}

#[test]
fn a_reference_that_leads_nowhere() {
    insta::assert_snapshot!(response_member(
        r##"{"$ref": "#/components/schemas/Gone"}"##
    ));
}

#[test]
fn an_object_inside_itself() {
    insta::assert_snapshot!(refused(&Workspace::of("refs").page(
        r#"{"lotNo": {"type": "string"}}"#,
        r##"{"lot": {"$ref": "#/components/schemas/LotDTO"}}"##,
    )));
}

#[test]
fn an_enum_value_that_gives_no_constant() {
    insta::assert_snapshot!(refused(&Workspace::of("refs").page(
        r#""LotDTO": {"type": "object", "properties": {"lotNo": {"type": "string"}}}"#,
        r#""LotDTO": {"type": "string", "enum": ["A", "014"]}"#,
    )));
}

#[test]
fn twins_of_different_types() {
    insta::assert_snapshot!(response_member(
        r#"{"type": "string"}, "ItemName": {"type": "boolean"}"#
    ));
}

#[test]
fn an_alias_in_a_request() {
    insta::assert_snapshot!(request_member(
        r#"{"type": "string", "x-aliases": ["itemNumber"]}"#
    ));
}

#[test]
fn a_shape_on_a_type_that_it_does_not_fit() {
    insta::assert_snapshot!(response_member(
        r#"{"type": "string", "x-shape": "amount"}"#
    ));
}

#[test]
fn a_name_that_looks_sensitive_without_a_class() {
    let workspace = Workspace::of("sensitive").change(OVERLAY, r#", "> cardColour": plain"#, "");

    insta::assert_snapshot!(refused(&workspace));
}

#[test]
fn a_class_for_a_member_that_does_not_exist() {
    let workspace = Workspace::of("sensitive").change(OVERLAY, "> name", "> nickname");

    insta::assert_snapshot!(refused(&workspace));
}

#[test]
fn a_class_for_something_else_than_text() {
    let (name, object) = (r#""> name": plain"#, r#""< additionalInfo": masked"#);
    let workspace = Workspace::of("sensitive").change(OVERLAY, name, object);

    insta::assert_snapshot!(refused(&workspace));
}

#[test]
fn two_members_of_one_rust_name() {
    insta::assert_snapshot!(response_member(
        r#"{"type": "string"}, "item_name": {"type": "string"}"#
    ));
}

#[test]
fn a_type_for_a_request_and_a_response() {
    let from = r#""requestBody": {
          "content": {
            "application/json": {
              "schema": {
                "type": "object",
                "required": ["itemNo"],
                "properties": {"itemNo": {"type": "string"}}"#;
    let to = from.replace(
        r#"{"type": "string"}}"#,
        r##"{"$ref": "#/components/schemas/LotDTO"}}"##,
    );

    insta::assert_snapshot!(refused(&Workspace::of("refs").page(from, &to)));
}

#[test]
fn an_authored_file_without_sources() {
    let workspace = Workspace::of("plain");

    workspace.write("specs/shop/authored.yaml", b"openapi: 3.0.3\n");

    insta::assert_snapshot!(refused(&workspace));
}

#[test]
fn an_overlay_entry_that_matches_nothing() {
    insta::assert_snapshot!(overlay("/shop/v1/items", "/shop/v2/items"));
}

#[test]
fn an_overlay_entry_that_changes_nothing() {
    insta::assert_snapshot!(entry(
        "  - target: $.info\n    description: Said already.\n    x-source: a fixture\n    \
         x-confidence: DOC\n    update: {title: Shop}\n"
    ));
}

#[test]
fn an_overlay_entry_with_an_unknown_key() {
    insta::assert_snapshot!(overlay("update:", "updte:"));
}

#[test]
fn an_overlay_entry_with_neither_update_nor_remove() {
    insta::assert_snapshot!(overlay(
        "    update:\n      x-snap: {service-code: \"11\", kind: read}\n",
        ""
    ));
}

#[test]
fn an_overlay_entry_with_both_update_and_remove() {
    insta::assert_snapshot!(overlay("    update:", "    remove: true\n    update:"));
}

#[test]
fn an_overlay_entry_without_a_description() {
    insta::assert_snapshot!(overlay(
        "    description: The page shows no response code.\n",
        ""
    ));
}

#[test]
fn an_overlay_entry_without_a_source() {
    insta::assert_snapshot!(overlay("    x-source: a fixture\n", ""));
}

#[test]
fn an_overlay_entry_without_a_confidence() {
    insta::assert_snapshot!(overlay("    x-confidence: DOC\n", ""));
}

#[test]
fn a_confidence_that_is_not_on_the_scale() {
    insta::assert_snapshot!(overlay("DOC", "SURE"));
}

#[test]
fn a_service_code_as_a_number() {
    insta::assert_snapshot!(overlay("\"11\"", "11"));
}

#[test]
fn an_overlay_entry_that_repeats_an_element() {
    insta::assert_snapshot!(entry(
        "  - target: $..requestBody.content.*.schema\n    description: Once more.\n    x-source: a \
         fixture\n    x-confidence: DOC\n    update: {required: [itemNo]}\n"
    ));
}

#[test]
fn an_overlay_that_was_applied_before() {
    let workspace = Workspace::of("plain");
    let twice = workspace
        .read(OVERLAY)
        .split_once("actions:\n")
        .unwrap()
        .1
        .to_owned();

    insta::assert_snapshot!(refused(&workspace.correct(&twice)));
}

#[test]
fn a_key_that_occurs_twice_in_the_overlay() {
    insta::assert_snapshot!(overlay("    update:", "    x-source: b\n    update:"));
}

#[test]
fn a_product_that_does_not_exist() {
    let workspace = Workspace::of("plain");

    let error = xtask::generate(workspace.root(), Some("shoop")).unwrap_err();

    insta::assert_snapshot!(format!("{error:#}"));
}

#[test]
fn one_or_many_that_a_request_does_not_require() {
    insta::assert_snapshot!(request_member(
        r#"{"type": "string"}, "lots": {"type": "object", "x-shape": "one-or-many", "properties": {"no": {"type": "string"}}}"#
    ));
}
