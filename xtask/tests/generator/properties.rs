//! Whatever happens to a page, the generator answers with a result or an error, and never with
//! less than the page says.

use std::fs;
use std::path::Path;

use proptest::prelude::*;
use serde_json::Value;

use crate::common::{AUTHORED, Workspace};

/// Fixtures with operations that no page describes.
const AUTHORED_FIXTURES: [&str; 6] = [
    "authored",
    "customers",
    "defaults",
    "enums",
    "limits",
    "unverified",
];

/// What may happen to a file on its way.
#[derive(Clone, Debug)]
enum Damage {
    Delete(usize, usize),
    Repeat(usize, usize),
    Overwrite(usize, Vec<u8>),
}

impl Damage {
    fn apply(&self, bytes: &mut Vec<u8>) {
        let len = bytes.len().max(1);
        match self {
            Self::Delete(at, count) => {
                let at = at % len;
                bytes.drain(at..(at + count).min(bytes.len()));
            }
            Self::Repeat(at, count) => {
                let at = at % len;
                let piece = bytes[at..(at + count).min(bytes.len())].to_vec();
                bytes.splice(at..at, piece);
            }
            Self::Overwrite(at, with) => {
                let at = at % len;
                bytes.splice(at..(at + with.len()).min(bytes.len()), with.clone());
            }
        }
    }
}

fn damage() -> impl Strategy<Value = Vec<Damage>> {
    let short = 0..60_usize;
    let text = prop_oneof![
        proptest::collection::vec(any::<u8>(), 1..4),
        Just(b"```".to_vec()),
        Just(b"null".to_vec()),
        Just(b"{}".to_vec()),
        Just(b"\"oneOf\":[],".to_vec()),
    ];
    let one = prop_oneof![
        (any::<usize>(), short.clone()).prop_map(|(at, count)| Damage::Delete(at, count)),
        (any::<usize>(), short).prop_map(|(at, count)| Damage::Repeat(at, count)),
        (any::<usize>(), text).prop_map(|(at, with)| Damage::Overwrite(at, with)),
    ];
    proptest::collection::vec(one, 1..4)
}

fn fixture(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures")
        .join(name);
    fs::read(path.join("page.md")).unwrap_or_default()
}

fn damaged(name: &str, damage: &[Damage]) -> Vec<u8> {
    let mut bytes = fixture(name);
    assert!(!bytes.is_empty());
    damage.iter().for_each(|damage| damage.apply(&mut bytes));
    bytes
}

fn operations(document: &Value) -> usize {
    let items = document["paths"].as_object().into_iter().flatten();
    items
        .map(|(_, item)| item.as_object().map_or(0, serde_json::Map::len))
        .sum()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_damaged_page_is_an_error_or_holds_every_operation(damage in damage()) {
        let page = damaged("shared", &damage);

        if let Ok(document) = xtask::read_page(xtask::Reader::GitbookMd, "page.md", &page, 2) {
            prop_assert_eq!(operations(&document), 2);
        }
    }

    #[test]
    fn damage_outside_of_headings_and_blocks_changes_nothing(text in "[a-z #>*\\-]{0,40}") {
        prop_assume!(!text.starts_with("## "));
        let page = String::from_utf8(fixture("plain")).map_err(|e| TestCaseError::fail(e.to_string()))?;
        let whole = xtask::read_page(xtask::Reader::GitbookMd, "page.md", page.as_bytes(), 1).map_err(|e| TestCaseError::fail(e.to_string()))?;

        let noisy = page.replace("# Plain", &text) + &text;

        let read = xtask::read_page(xtask::Reader::GitbookMd, "page.md", noisy.as_bytes(), 1);
        prop_assert_eq!(read.ok(), Some(whole));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn the_whole_chain_ends_in_files_or_an_error(damage in damage()) {
        let workspace = Workspace::of("money");
        workspace.save_page(&damaged("money", &damage));

        if workspace.generate().is_ok() {
            let findings = xtask::check(workspace.root(), None);
            let findings = findings.map_err(|error| TestCaseError::fail(format!("{error:#}")))?;
            prop_assert_eq!(findings, Vec::<String>::new());
        }
    }
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    let pages = ["examples", "money", "shared", "shapes", "sensitive"];
    for fixture in pages.into_iter().chain(AUTHORED_FIXTURES) {
        let (one, other) = (Workspace::of(fixture), Workspace::of(fixture));

        one.generate().unwrap();
        other.generate().unwrap();

        assert_eq!(one.files(), other.files(), "{fixture}");
        assert!(one.files().len() > 8, "{fixture}");
    }
}

#[test]
fn a_lost_line_of_an_authored_file_is_an_error_or_a_document() {
    for fixture in AUTHORED_FIXTURES {
        let workspace = Workspace::of(fixture);
        let text = workspace.read(AUTHORED);
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines.len() > 40, "{fixture}");

        for gone in 0..lines.len() {
            let mut left = lines.clone();
            left.remove(gone);
            workspace.write(AUTHORED, left.join("\n").as_bytes());

            if let Err(error) = workspace.generate() {
                assert!(
                    error.contains("specs/shop"),
                    "{fixture}:{}: {error}",
                    gone + 1
                );
            }
        }
    }
}
