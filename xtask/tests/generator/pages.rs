//! The pages this repository holds.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use xtask::Reader;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

#[test]
fn the_committed_files_are_what_the_pages_give() {
    let findings = xtask::check(&root(), None).unwrap();

    assert_eq!(findings, Vec::<String>::new());
}

#[test]
fn the_balance_inquiry_is_imported_exactly_as_printed() {
    let page = "specs/kirimdoku/pages/balance-inquiry.md";
    let bytes = fs::read(root().join(page)).unwrap();
    let text = String::from_utf8(bytes.clone()).unwrap();
    let printed = text
        .lines()
        .find(|line| line.starts_with(r#"{"openapi""#))
        .unwrap();
    let printed: Value = serde_json::from_str(printed).unwrap();

    let mut imported = xtask::read_page(Reader::GitbookMd, page, &bytes, 1).unwrap();

    let operation = &mut imported["paths"]["/snap/v1.1/balance-inquiry"]["post"];
    let place = operation.as_object_mut().unwrap().shift_remove("x-page");
    assert_eq!(place, Some(format!("{page}:12").into()));
    for section in ["info", "servers", "tags", "paths", "components"] {
        assert_eq!(imported[section], printed[section], "{section}");
    }
}

#[test]
fn text_addressed_to_automated_readers_reaches_no_output() {
    let imported = fs::read_to_string(root().join("specs/kirimdoku/imported.json")).unwrap();

    for word in ["GitBook", "llms.txt", "?ask="] {
        assert!(!imported.contains(word), "{word}");
    }
}
