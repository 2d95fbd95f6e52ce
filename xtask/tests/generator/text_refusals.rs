//! Everything that stops the readers of rendered pages, and what they say.

use crate::common::{self, Workspace};

#[track_caller]
fn refused(workspace: &Workspace) -> String {
    common::refused(workspace.import())
}

/// The error after one change to the GitBook page.
#[track_caller]
fn gitbook(from: &str, to: &str) -> String {
    refused(&Workspace::rendered("gitbook-text", 2).page(from, to))
}

/// The error after one change to the Apidog page.
#[track_caller]
fn apidog(from: &str, to: &str) -> String {
    refused(&Workspace::rendered("apidog-text", 1).page(from, to))
}

/// One test per refusal: its name, the page, what is replaced, and with what.
macro_rules! refusals {
    ($($name:ident: $page:ident($from:expr, $to:expr);)*) => {
        $(
            #[test]
            fn $name() {
                insta::assert_snapshot!($page($from, $to));
            }
        )*
    };
}

refusals! {
    gitbook_with_another_content_length: gitbook("Content-Length: 16", "Content-Length: 17");
    gitbook_without_a_content_length: gitbook("Content-Length: 16\n", "");
    gitbook_with_a_content_length_that_is_no_number: gitbook("Content-Length: 16", "Content-Length: x");
    gitbook_with_a_header_in_the_list_only: gitbook("X-PARTNER-ID: text\n", "");
    gitbook_with_a_header_in_the_sample_only: gitbook("X-PARTNER-ID: text\n", "X-PARTNER-ID: text\nX-MORE: text\n");
    gitbook_with_a_field_that_the_example_lacks: gitbook("itemNostringRequired\nResp", "itemNostringRequired\nmorestringRequired\nResp");
    gitbook_with_a_field_that_has_members: gitbook("Body\nitemNo", "Body\noptionsstringRequired\nitemNo");
    gitbook_with_a_field_listed_twice: gitbook("Body\nitemNo", "Body\nitemNostringRequired\nitemNo");
    gitbook_with_a_line_that_is_no_field: gitbook("itemNostringRequired\nResp", "itemNostringRequierd\nResp");
    gitbook_with_a_type_that_is_not_read: gitbook("itemNostringRequired\nResp", "itemNoobjectRequired\nResp");
    gitbook_with_an_empty_list: gitbook("itemNostringRequired\nResp", "Resp");
    gitbook_with_a_second_description: gitbook("Local time of the client\n", "Local time of the client\n\nMore\n");
    gitbook_with_a_second_response: gitbook("OK\napplication/json\n", "OK\n400\nBad Request\napplication/json\n");
    gitbook_with_a_sample_of_another_path: gitbook("POST /shop/b2b/v1.0/item-status HTTP", "POST /shop/b2b/v1.0/item HTTP");
    gitbook_with_another_method_below_its_heading: gitbook("item/buy\n\npost", "item/buy\n\nput");
    gitbook_with_another_status_above_its_example: gitbook("200\n\nOK", "201\n\nOK");
    gitbook_with_a_response_code_of_six_digits: gitbook("2005400", "200540");
    gitbook_with_a_response_code_of_another_status: gitbook("2005400", "4005400");
    gitbook_with_an_example_that_is_not_json: gitbook("\"responseMessage\": \"ok\",", "\"responseMessage\": ok,");
    gitbook_with_a_member_twice_in_an_example: gitbook("\"responseMessage\"", "\"responseCode\"");
    gitbook_with_an_example_that_is_never_closed: gitbook("  \"done\": true\n}", "  \"done\": true\n");
    gitbook_with_a_number_that_json_would_rewrite: gitbook("1700.77", "1700.70");
    gitbook_with_list_items_of_different_types: gitbook("\"additionalInfo\": \"\"", "\"list\": [1, {}]");
    gitbook_without_a_heading: gitbook("\n\nPOST shop/b2b/v1.0/item-status\n", "\n\n");
    gitbook_with_an_operation_missing_from_the_contents: gitbook("  • POSTPOST shop/b2b/v1.0/item-status\n", "");
    gitbook_with_contents_that_list_more: gitbook("  • 2. Look\n", "  • POSTPOST shop/more\n");
    gitbook_that_ends_early: gitbook("200\n\nOK\n\n{\n  \"responseCode\": \"text\",\n  \"done\": true\n}\n\nWas this helpful?\n", "");

    apidog_with_another_member_count: apidog("[object {2}]", "[object {3}]");
    apidog_with_a_field_that_the_example_lacks: apidog("kind\nstring", "sort\nstring");
    apidog_with_a_field_at_the_top_that_the_example_lacks: apidog("tags\narray", "labels\narray");
    apidog_with_list_items_of_different_types: apidog("\"extra\": \"\"", "\"extra\": [1, {}]");
    apidog_with_a_header_in_the_list_only: apidog("--header 'X-PARTNER-ID;' \\\n", "");
    apidog_with_a_header_of_another_name: apidog("--header 'X-PARTNER-ID;'", "--header 'X-OTHER-ID;'");
    apidog_with_a_curl_line_that_is_not_read: apidog("--header 'X-PARTNER-ID;'", "--cookie 'X-PARTNER-ID;'");
    apidog_with_a_curl_body_that_is_not_the_example: apidog("--data-raw '{\n    \"itemNo\": \"A-1\"", "--data-raw '{\n    \"itemNo\": \"A-2\"");
    apidog_with_a_curl_sample_of_another_path: apidog("POST '/shop/v1/item-look'", "POST '/shop/v1/item'");
    apidog_without_a_curl_sample: apidog("curl --location", "wget --location");
    apidog_with_a_type_that_is_not_read: apidog("object\u{a0}\noptional", "map\u{a0}\noptional");
    apidog_with_a_requiredness_that_is_not_read: apidog("optional", "sometimes");
    apidog_with_a_field_without_a_name: apidog("buyer\n", "");
    apidog_with_two_descriptions: apidog("Where it is sold\n", "Where it is sold\nand how\n");
    apidog_with_a_header_that_has_members: apidog("string\u{a0}\noptional", "object\u{a0}\noptional");
    apidog_with_a_field_listed_twice: apidog("Header Params\n", "Header Params\nX-PARTNER-ID\nstring\u{a0}\noptional\n");
    apidog_with_a_type_that_the_example_contradicts: apidog("tags\narray\u{a0}[string]", "tags\nstring\u{a0}");
    apidog_with_items_of_another_type: apidog("\"tags\": [\n        \"a\"", "\"tags\": [\n        {}");
    apidog_with_a_field_that_may_belong_to_two_objects: apidog("\"name\": \"Budi\",\n", "\"name\": \"Budi\", \"additionalInfo\": {},\n");
    apidog_with_a_response_code_of_six_digits: apidog("\"responseCode\": 2001100", "\"responseCode\": 200110");
    apidog_with_a_second_response: apidog("Modified at", "🟠400Bad Request\nModified at");
    apidog_with_a_status_that_is_not_read: apidog("🟢200OK", "200OK");
    apidog_without_its_path: apidog("/shop/v1/item-look\n", "\n");
}

#[test]
fn apidog_with_a_shared_type_of_two_shapes() {
    let tags = "tags\narray\u{a0}[string]\noptional\n";
    let more = "extra\nobject\u{a0}(AmountObject)\noptional\n";

    let workspace = Workspace::rendered("apidog-text", 1)
        .page(tags, &format!("{tags}{more}"))
        .page("\"extra\": \"\"", "\"extra\": {\"value\": \"1.00\"}");

    insta::assert_snapshot!(refused(&workspace));
}

#[test]
fn a_rendered_page_with_another_number_of_operations_than_recorded() {
    let specs = "specs/specs.toml";

    let workspace = Workspace::rendered("apidog-text", 1).change(specs, "= 1\n", "= 2\n");

    insta::assert_snapshot!(refused(&workspace));
}

#[test]
fn an_explanation_of_a_check_that_does_not_fail() {
    let path = "/shop/v1/item-look";

    let workspace = Workspace::rendered("apidog-text", 1).explain("curl-body", path, "it differs");

    insta::assert_snapshot!(refused(&workspace));
}

#[test]
fn an_explanation_without_a_reason() {
    let path = "/shop/v1/item-look";

    let workspace = Workspace::rendered("apidog-text", 1).explain("curl-body", path, " ");

    insta::assert_snapshot!(refused(&workspace));
}

#[test]
fn an_explanation_of_a_check_that_does_not_exist() {
    let path = "/shop/v1/item-look";

    let workspace = Workspace::rendered("apidog-text", 1).explain("length", path, "it differs");

    insta::assert_snapshot!(refused(&workspace));
}

#[test]
fn an_explanation_for_another_operation() {
    let workspace = Workspace::rendered("gitbook-text", 2)
        .page("Content-Length: 16", "Content-Length: 17")
        .explain(
            "content-length",
            "/shop/b2b2c/v1.0/item/buy",
            "counted by hand",
        );

    insta::assert_snapshot!(refused(&workspace));
}

#[test]
fn a_rendered_page_that_is_not_utf_8() {
    let workspace = Workspace::rendered("apidog-text", 1);

    workspace.save_page(b"POST\n/\xff\n");

    insta::assert_snapshot!(refused(&workspace));
}
