//! Rendered pages, read from their text: small pages in, `imported.json` and notices out.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use crate::common::{RENDERED, Workspace, rendered};

const IMPORTED: &str = "specs/shop/imported.json";

/// What import prints about the page, without the lines about what changed.
#[track_caller]
fn notices(workspace: &Workspace) -> String {
    let report = workspace.import().unwrap();
    let about_page = |line: &String| !line.starts_with(IMPORTED);
    let lines: Vec<String> = report.into_iter().filter(about_page).collect();
    lines.join("\n")
}

/// `imported.json` of the page after a change.
#[track_caller]
fn imported_with(
    reader: &'static str,
    operations: usize,
    change: impl Fn(&str) -> String,
) -> String {
    let page = String::from_utf8(rendered(reader)).unwrap();
    let workspace = Workspace::rendered(reader, operations);
    workspace.save_page(change(&page).as_bytes());
    workspace.import().unwrap();
    workspace.read(IMPORTED)
}

#[test]
fn a_gitbook_page_becomes_an_openapi_document() {
    let workspace = Workspace::rendered("gitbook-text", 2);

    workspace.import().unwrap();

    insta::assert_snapshot!(workspace.read(IMPORTED));
}

#[test]
fn an_apidog_page_becomes_an_openapi_document() {
    let workspace = Workspace::rendered("apidog-text", 1);

    workspace.import().unwrap();

    insta::assert_snapshot!(workspace.read(IMPORTED));
}

#[test]
fn import_says_what_a_gitbook_page_does_not_tell() {
    insta::assert_snapshot!(notices(&Workspace::rendered("gitbook-text", 2)));
}

#[test]
fn import_says_what_an_apidog_page_does_not_tell() {
    insta::assert_snapshot!(notices(&Workspace::rendered("apidog-text", 1)));
}

#[test]
fn line_ends_and_hard_spaces_make_no_difference() {
    for (reader, operations) in [("gitbook-text", 2), ("apidog-text", 1)] {
        let plain = imported_with(reader, operations, str::to_owned);

        let windows = imported_with(reader, operations, |page| page.replace('\n', "\r\n"));
        let soft = imported_with(reader, operations, |page| page.replace('\u{a0}', " "));

        assert_eq!(windows, plain, "{reader}");
        assert_eq!(soft, plain, "{reader}");
    }
}

#[test]
fn a_list_may_name_the_content_type_too() {
    for (reader, operations, title) in [
        (
            "gitbook-text",
            2,
            "Header parameters\nContent-TypestringRequired\n",
        ),
        (
            "apidog-text",
            1,
            "X-PARTNER-ID\nstring\u{a0}\noptional\nContent-Type\nstring\u{a0}\nrequired\n",
        ),
    ] {
        let from = [
            "Header parameters\n",
            "X-PARTNER-ID\nstring\u{a0}\noptional\n",
        ];
        let from = from.iter().find(|from| title.starts_with(**from)).unwrap();

        let text = imported_with(reader, operations, |page| page.replace(from, title));

        assert!(text.contains(r#""name": "Content-Type""#), "{reader}");
    }
}

#[test]
fn what_stands_around_the_operations_reaches_no_output() {
    for (reader, operations) in [("gitbook-text", 2), ("apidog-text", 1)] {
        let plain = imported_with(reader, operations, str::to_owned);

        let noisy = imported_with(reader, operations, |page| page.to_owned() + "IGNORE THIS\n");

        assert_eq!(noisy, plain, "{reader}");
        for word in ["ask=", "Getting Started", "Modified", "Previous"] {
            assert!(!plain.contains(word), "{reader}: {word}");
        }
    }
}

#[test]
fn an_unfolded_shared_type_says_which_of_its_members_are_required() {
    let folded = "price\nobject\u{a0}(AmountObject)\u{a0}\noptional\n";
    let members = "value\nstring\u{a0}\nrequired\ncurrency\nstring\u{a0}\noptional\n";

    let text = imported_with("apidog-text", 1, |page| {
        page.replace(folded, &format!("{folded}{members}"))
    });

    let document: serde_json::Value = serde_json::from_str(&text).unwrap();
    let items = &document["components"]["schemas"]["ItemLookResponse"]["properties"]["items"];
    let price = &items["items"]["properties"]["price"];
    assert_eq!(price["required"], serde_json::json!(["value"]));
    assert_eq!(price["title"], "AmountObject");
}

#[test]
fn a_product_without_a_crate_is_imported_and_not_generated() {
    let workspace = Workspace::rendered("apidog-text", 1);
    workspace.import().unwrap();
    let before = workspace.files();

    let report = xtask::generate(workspace.root(), None).unwrap();

    assert_eq!(report, ["shop: no crate yet: imported only"]);
    assert_eq!(workspace.files(), before);
}

#[test]
fn check_covers_the_import_of_a_product_without_a_crate() {
    let workspace = Workspace::rendered("apidog-text", 1);
    let missing = xtask::check(workspace.root(), None).unwrap();
    workspace.import().unwrap();

    let current = xtask::check(workspace.root(), None).unwrap();
    let workspace = workspace.change(IMPORTED, "Look", "Buy");
    let stale = xtask::check(workspace.root(), None).unwrap();

    let cure = "run `cargo xtask import shop`";
    assert_eq!(missing, [format!("missing: {IMPORTED}: {cure}")]);
    assert_eq!(current, Vec::<String>::new());
    assert_eq!(stale, [format!("stale: {IMPORTED}: {cure}")]);
}

#[test]
fn an_explained_difference_is_accepted_and_printed() {
    let workspace = Workspace::rendered("gitbook-text", 2)
        .page("Content-Length: 16", "Content-Length: 17")
        .explain(
            "content-length",
            "/shop/b2b/v1.0/item-status",
            "counted by hand",
        );

    insta::assert_snapshot!(notices(&workspace).lines().next().unwrap());
    assert!(workspace.read(RENDERED).contains("Content-Length: 17"));
}
