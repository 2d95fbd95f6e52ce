//! What stops the generator in `authored.yaml`, and what only authored operations can say: each
//! error names the line and the cure.

use crate::common::{self, AUTHORED, OVERLAY, README, Workspace};

/// The error a workspace ends in, without the context that names the pass.
#[track_caller]
fn refused(workspace: &Workspace) -> String {
    common::refused(workspace.generate())
}

/// The error after one change to `authored.yaml` of a fixture.
#[track_caller]
fn changed(fixture: &str, from: &str, to: &str) -> String {
    refused(&Workspace::of(fixture).change(AUTHORED, from, to))
}

#[track_caller]
fn authored(from: &str, to: &str) -> String {
    changed("authored", from, to)
}

#[track_caller]
fn limits(from: &str, to: &str) -> String {
    changed("limits", from, to)
}

#[track_caller]
fn enums(from: &str, to: &str) -> String {
    changed("enums", from, to)
}

/// Several errors, each below the change that it is about.
#[track_caller]
fn all(change: impl Fn(&str, &str) -> String, changes: &[(&str, &str)]) -> String {
    let errors = changes
        .iter()
        .map(|(from, to)| format!("{}\n=> {}\n{}", from.trim(), to.trim(), change(from, to)));
    errors.collect::<Vec<_>>().join("\n\n")
}

/// The components of the fixture `authored`.
const OWNER: &str = "components:
  schemas:
    Owner:
      type: object
      properties:
        ownerNo: {type: string, x-source: LIB, x-confidence: SDK}";

#[test]
fn a_file_of_another_form() {
    let workspace = Workspace::of("authored");
    let mut errors = Vec::new();
    for text in ["", "text", "openapi: 3.0.3\nx-sources: {A: b}\npaths: {}\n"] {
        workspace.write(AUTHORED, text.as_bytes());
        errors.push(refused(&workspace));
    }

    insta::assert_snapshot!(errors.join("\n"));
}

#[test]
fn a_section_that_is_not_known_or_no_object() {
    insta::assert_snapshot!(all(
        authored,
        &[
            ("x-sources:", "x-source:"),
            ("paths:", "path:"),
            ("  schemas:", "  schema:"),
            (OWNER, "components: text"),
            (OWNER, "components:\n  schemas: text"),
        ]
    ));
}

#[test]
fn a_path_without_an_operation() {
    let workspace =
        Workspace::of("authored").change(AUTHORED, "paths:\n", "paths:\n  /shop/v1/none:\n");

    insta::assert_snapshot!(refused(&workspace));
}

#[test]
fn an_operation_that_does_not_say_what_it_is() {
    insta::assert_snapshot!(all(
        authored,
        &[
            ("operationId: showItem\n", "# none\n"),
            ("summary: Show an item.", "summary: 7"),
            ("description: Shows an item.", "description: ' '"),
            (
                r#"x-snap: {token: b2b, service-code: "12", kind: read, headers: {CHANNEL-ID: required}}"#,
                "x-snap: read",
            ),
        ]
    ));
}

#[test]
fn an_operation_whose_page_has_arrived() {
    let by_path = authored("/shop/v1/item:", "/shop/v1/items:");
    let by_id = authored("operationId: showItem\n", "operationId: listItems\n");

    insta::assert_snapshot!([by_path, by_id].join("\n"));
}

#[test]
fn a_fragment_tells_an_operation_apart_from_the_one_of_the_page() {
    let workspace = Workspace::of("authored").change(
        AUTHORED,
        "/shop/v1/item#by-owner:",
        "/shop/v1/items#by-owner:",
    );

    workspace.generate().unwrap();

    let contract = workspace.read("specs/shop/contract.txt");
    for line in [
        "listItems: POST /shop/v1/items ",
        "showItemOfOwner: POST /shop/v1/items ",
    ] {
        assert!(contract.contains(line), "{contract}");
    }
}

#[test]
fn two_operations_of_one_id() {
    insta::assert_snapshot!(authored(
        "operationId: showItemOfOwner",
        "operationId: showItem"
    ));
}

#[test]
fn an_operation_or_a_member_without_a_source() {
    insta::assert_snapshot!(all(
        authored,
        &[
            ("      x-source: [GUIDE, LIB]\n", "      # none\n"),
            (
                "ownerNo: {type: string, x-source: LIB,",
                "ownerNo: {type: string,"
            ),
            (
                "size: {type: string, example: XL, x-source: [STD],",
                "size: {type: string,"
            ),
        ]
    ));
}

#[test]
fn a_source_that_the_file_does_not_list() {
    insta::assert_snapshot!(all(
        authored,
        &[
            ("x-source: [GUIDE, LIB]", "x-source: [GUIDE, GIUDE]"),
            ("x-source: [STD]", "x-source: []"),
            ("x-source: [STD]", "x-source: [7]"),
            ("GUIDE: https://example.com/guide", "GUIDE: ''"),
            ("x-limit-source: GUIDE", "x-limit-source: a second guide"),
        ]
    ));
}

#[test]
fn an_enum_without_a_source() {
    insta::assert_snapshot!(enums(
        "enum: [open, sold]\n      x-source: LIB\n",
        "enum: [open, sold]\n"
    ));
}

#[test]
fn a_source_of_a_channel_that_the_file_does_not_list() {
    insta::assert_snapshot!(limits(
        "refuse: true, x-source: LIB",
        "refuse: true, x-source: LBI"
    ));
}

#[test]
fn a_confidence_that_is_not_on_the_scale() {
    insta::assert_snapshot!(all(
        authored,
        &[
            ("      x-confidence: SDK\n", "      x-confidence: sure\n"),
            ("x-source: [STD], x-confidence: INF}", "x-source: [STD]}"),
        ]
    ));
}

#[test]
fn a_low_confidence_without_the_mark_and_the_mark_without_it() {
    let without = authored("      x-confidence: SDK\n", "      x-confidence: STD\n");
    let superfluous = authored("kind: read}", "kind: read, unverified: true}");

    insta::assert_snapshot!([without, superfluous].join("\n"));
}

#[test]
fn a_required_member_that_does_not_exist() {
    insta::assert_snapshot!(authored("required: [itemNo]", "required: [itemNumber]"));
}

#[test]
fn a_list_of_required_members_that_is_no_list() {
    insta::assert_snapshot!(authored("required: [itemNo]", "required: itemNo"));
}

#[test]
fn a_member_that_is_no_schema() {
    insta::assert_snapshot!(all(
        authored,
        &[
            ("items: {type: string}", "items: string"),
            (OWNER, "components:\n  schemas:\n    Owner: text"),
        ]
    ));
}

#[test]
fn a_name_that_the_pages_have_already() {
    let component = Workspace::of("authored").correct(
        "  - target: $\n    description: A component of the page.\n    x-source: a fixture\n    \
         x-confidence: DOC\n    update: {components: {schemas: {Owner: {type: object}}}}\n",
    );
    let skipped = Workspace::of("authored")
        .change(
            OVERLAY,
            "x-snap: {service-code",
            "x-snap: {skip: not now, service-code",
        )
        .change(AUTHORED, "/shop/v1/item:", "/shop/v1/items:");

    insta::assert_snapshot!([refused(&component), refused(&skipped)].join("\n"));
}

#[test]
fn a_code_as_a_number() {
    insta::assert_snapshot!(authored(r#"service-code: "12""#, "service-code: 12"));
}

#[test]
fn a_path_that_is_none_and_a_fragment_that_is_none() {
    insta::assert_snapshot!(all(
        authored,
        &[
            ("/shop/v1/item#by-owner:", "/shop/v1/item#:"),
            ("/shop/v1/item#by-owner:", "/shop/v1/item#by#owner:"),
            ("/shop/v1/item:", "/shop/v1/{item}:"),
            ("/shop/v1/item:", "/shop/v1/item?no=1:"),
            ("/shop/v1/item:", "shop/v1/item:"),
        ]
    ));
}

#[test]
fn a_key_that_an_operation_does_not_have() {
    insta::assert_snapshot!(authored(
        "      summary: Show an item.\n",
        "      summary: Show an item.\n      deprecated: true\n"
    ));
}

#[test]
fn x_snap_that_is_not_understood() {
    insta::assert_snapshot!(all(
        authored,
        &[
            (
                "headers: {CHANNEL-ID: required}",
                "headers: {X-SHOE-SIZE: required}"
            ),
            (
                "headers: {CHANNEL-ID: required}",
                "headers: {CHANNEL-ID: needed}"
            ),
            (
                r#"token: b2b, service-code: "12", kind: read, headers"#,
                r#"token: b3b, service-code: "12", kind: read, headers"#
            ),
            (
                r#"service-code: "12", kind: read, headers"#,
                "kind: read, headers"
            ),
            (r#"kind: read, headers"#, "headers"),
            (r#"kind: read, headers"#, "kind: debit, headers"),
        ]
    ));
}

#[test]
fn a_path_of_customers_without_their_token() {
    insta::assert_snapshot!(authored("/shop/v1/item:", "/shop/b2b2c/v1/item:"));
}

#[test]
fn x_snap_of_a_page_that_is_no_object() {
    let text = Workspace::of("customers").change(
        OVERLAY,
        r#"x-snap: {service-code: "11", kind: read}"#,
        "x-snap: read",
    );
    let headers =
        Workspace::of("customers").change(OVERLAY, "kind: read}", "kind: read, headers: none}");

    insta::assert_snapshot!([refused(&text), refused(&headers)].join("\n"));
}

#[test]
fn a_skip_without_a_reason() {
    let skip = |reason: &str| {
        let to = format!("x-snap: {{skip: {reason}, service-code");
        refused(&Workspace::of("plain").change(OVERLAY, "x-snap: {service-code", &to))
    };

    insta::assert_snapshot!([skip("''"), skip("true")].join("\n"));
}

#[test]
fn an_enum_that_gives_no_constants() {
    insta::assert_snapshot!(all(
        enums,
        &[
            ("enum: [open, sold]", "enum: [open, \"7\"]"),
            ("enum: [open, sold]", "enum: [open, 7]"),
            ("enum: [open, sold]", "enum: []"),
            ("enum: [open, sold]", "enum: open"),
            ("enum: [open, sold]", "enum: [open, OPEN]"),
            ("x-names: [BCA, MANDIRI]", "x-names: [BCA]"),
            ("x-names: [BCA, MANDIRI]", "x-names: [BCA, MANDIRI, BRI]"),
            ("x-names: [BCA, MANDIRI]", "x-names: BCA"),
            ("x-names: [BCA, MANDIRI]", "x-names: [BCA, Mandiri]"),
            ("x-names: [BCA, MANDIRI]", "x-names: [BCA, BCA]"),
            (
                "type: string\n      description: What became",
                "type: boolean\n      description: What became",
            ),
        ]
    ));
}

#[test]
fn a_limit_that_is_not_understood() {
    insta::assert_snapshot!(all(
        limits,
        &[
            ("maxLength: 25", "maxLength: '25'"),
            ("minLength: 2", "minLength: -2"),
            ("pattern: '^[a-z ]*$'", "pattern: 7"),
            ("pattern: '^[a-z ]*$'", "pattern: '^[a-z'"),
            ("enum: [ios, android]", "enum: [ios, 7]"),
            ("enum: [ios, android]", "enum: ios"),
            (
                "{max: 12, refuse: true, x-source: LIB}",
                "{max: '12', refuse: true, x-source: LIB}"
            ),
            (
                "{max: 12, refuse: true, x-source: LIB}",
                "{max: 12, refuse: yes, x-source: LIB}"
            ),
            (
                "{max: 12, refuse: true, x-source: LIB}",
                "{refuse: true, x-source: LIB}"
            ),
            (
                "{max: 12, refuse: true, x-source: LIB}",
                "{max: 12, refuse: true}"
            ),
            (
                "{max: 12, refuse: true, x-source: LIB}",
                "{maximum: 12, max: 12, x-source: LIB}"
            ),
            ("{max: 12, refuse: true, x-source: LIB}", "12"),
            (
                "{channels: [CARD_B], x-source: STD}",
                "{channels: [CARD_B]}"
            ),
            (
                "{channels: [CARD_B], x-source: STD}",
                "{channels: CARD_B, x-source: STD}"
            ),
            (
                "{channels: [CARD_B], x-source: STD}",
                "{channels: [], x-source: STD}"
            ),
            ("{channels: [CARD_B], x-source: STD}", "[CARD_B]"),
        ]
    ));
}

#[test]
fn a_limit_of_channels_that_is_empty() {
    insta::assert_snapshot!(limits(
        "x-channel-limits:\n                    CARD_A: {max: 12, refuse: true, x-source: LIB}\n                    CARD_B: {min: 32, max: 64, x-source: LIB}\n",
        "x-channel-limits:\n"
    ));
}

#[test]
fn a_limit_for_a_channel_that_no_request_can_name() {
    insta::assert_snapshot!(all(
        limits,
        &[
            ("CARD_A: {max: 12", "CARD_C: {max: 12"),
            (
                "{channels: [CARD_B], x-source: STD}",
                "{channels: [CARD_C], x-source: STD}"
            ),
            ("channel: {$ref", "way: {$ref"),
        ]
    ));
}

#[test]
fn a_limit_where_none_is_read() {
    insta::assert_snapshot!(all(
        limits,
        &[
            (
                "enum: [CARD_A, CARD_B]",
                "maxLength: 6\n      enum: [CARD_A, CARD_B]"
            ),
            (
                "urgent:\n                  type: boolean",
                "urgent:\n                  type: boolean\n                  maxLength: 5",
            ),
            (
                "urgent:\n                  type: boolean",
                "urgent:\n                  type: boolean\n                  x-channel-limits: {CARD_A: {max: 1, x-source: LIB}}",
            ),
            (
                "note: {type: string, pattern: '^[a-z ]*$',",
                "note: {type: array, items: {type: string, maxLength: 5},",
            ),
            (
                "referenceNo: {type: string, maxLength: 64,",
                "referenceNo: {type: string, x-channel-limits: {CARD_A: {max: 12, x-source: LIB}},",
            ),
            (
                "referenceNo: {type: string, maxLength: 64,",
                "referenceNo: {type: string, x-required-for: {channels: [CARD_A], x-source: LIB},",
            ),
        ]
    ));
}

#[test]
fn a_default_where_no_request_starts_with_it() {
    let defaults = |from: &str, to: &str| changed("defaults", from, to);

    insta::assert_snapshot!(all(
        defaults,
        &[
            ("x-default: \"54\"", "x-default: 54"),
            (
                "required: [serviceCode, itemNo, more]",
                "required: [itemNo, more]"
            ),
            (
                "serviceCode: {type: string, x-shape: two-digits,",
                "serviceCode: {type: string, x-default: \"54\","
            ),
            (
                "itemNo: {type: string,",
                "itemNo: {$ref: '#/components/schemas/No', x-default: A,",
            ),
            (
                "kind: {type: string, maxLength: 4, x-default: CARD,",
                "kind: {type: string, x-shape: time, x-default: CARD,",
            ),
        ]
    ));
}

#[test]
fn an_operation_or_component_that_gives_no_rust_name() {
    insta::assert_snapshot!(all(
        authored,
        &[
            ("operationId: showItem\n", "operationId: 7items\n"),
            ("operationId: showItem\n", "operationId: '---'\n"),
            ("operationId: showItem\n", "operationId: mod\n"),
            ("operationId: showItem\n", "operationId: move\n"),
            ("operationId: showItem\n", "operationId: client\n"),
            ("operationId: showItem\n", "operationId: operation\n"),
        ]
    ));
}

#[test]
fn a_readme_without_the_place_for_its_table() {
    let begin = Workspace::of("customers").change(README, "<!-- operations", "<!-- table");
    let end = Workspace::of("customers").change(README, "<!-- end of operations -->", "");

    insta::assert_snapshot!([refused(&begin), refused(&end)].join("\n"));
}
