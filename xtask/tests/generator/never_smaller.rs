//! A damaged page is an error, or everything it no longer says is a line of what `import` prints:
//! a spec never becomes smaller without a word.
//!
//! What a page says twice has a checksum, so that losing it once is an error. The rest is said
//! once: no reader can miss it, and only the comparison with the page that was held before shows
//! that it is gone.
//!
//! | Fact | gitbook-text | apidog-text | gitbook-md |
//! | --- | --- | --- | --- |
//! | operation | heading, contents, sample | heading, `curl` sample | heading, block |
//! | header | list, sample | list, `curl` sample | once |
//! | request member in the list | list, example, length | list, example, `curl` body | once |
//! | request member in the example only | example, length: a loss is seen, a new name is not | - | - |
//! | response member | once | list, example | once |
//! | requiredness, type, description | once | once | once |
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use proptest::prelude::*;
use serde_json::Value;
use xtask::{NewPage, Reader};

use crate::common::CopyOfSpecs;

/// A page of this repository.
#[derive(Clone, Copy)]
struct Page {
    product: &'static str,
    file: &'static str,
    reader: Reader,
    operations: usize,
}

const WALLET: Page = Page {
    product: "wallet",
    file: "specs/wallet/pages/doku-wallet.txt",
    reader: Reader::GitbookText,
    operations: 18,
};
const ALLO: Page = Page {
    product: "direct-debit",
    file: "specs/direct-debit/pages/allo-balance-inquiry.txt",
    reader: Reader::ApidogText,
    operations: 1,
};
const BALANCE: Page = Page {
    product: "kirimdoku",
    file: "specs/kirimdoku/pages/balance-inquiry.md",
    reader: Reader::GitbookMd,
    operations: 1,
};

impl Page {
    fn bytes(self) -> Vec<u8> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        fs::read(root.join(self.file)).unwrap()
    }
}

/// What may happen to a page on its way.
#[derive(Clone, Debug)]
enum Damage {
    Delete(usize, usize),
    DeleteBytes(usize, usize),
    Repeat(usize, usize),
    Swap(usize, usize),
    Flip(usize, u8),
    Change(usize, Vec<u8>),
    Cut(usize),
}

impl Damage {
    /// Whether the page keeps its bytes, in other places or with other values.
    const fn keeps_the_length(&self) -> bool {
        matches!(self, Self::Swap(..) | Self::Flip(..) | Self::Change(..))
    }

    fn apply(&self, bytes: &mut Vec<u8>) {
        let size = bytes.len().max(1);
        match self {
            Self::Flip(at, bit) => {
                if let Some(byte) = bytes.get_mut(at % size) {
                    *byte ^= 1 << (bit % 8);
                }
            }
            Self::Change(at, with) => {
                let at = at % size;
                let end = (at + with.len()).min(bytes.len());
                bytes.splice(at..end, with.clone());
            }
            Self::DeleteBytes(at, count) => {
                let at = at % size;
                bytes.drain(at..(at + count).min(bytes.len()));
            }
            Self::Cut(at) => bytes.truncate(at % size),
            Self::Delete(..) | Self::Repeat(..) | Self::Swap(..) => self.apply_to_lines(bytes),
        }
    }

    fn apply_to_lines(&self, bytes: &mut Vec<u8>) {
        let mut lines: Vec<Vec<u8>> = bytes.split(|byte| *byte == b'\n').map(Vec::from).collect();
        let len = lines.len();
        match self {
            Self::Delete(at, count) => {
                let at = at % len;
                lines.drain(at..(at + count).min(len));
            }
            Self::Repeat(at, count) => {
                let at = at % len;
                let piece = lines[at..(at + count).min(len)].to_vec();
                lines.splice(at..at, piece);
            }
            Self::Swap(at, with) => lines.swap(at % len, with % len),
            _ => {}
        }
        *bytes = lines.join(&b'\n');
    }
}

fn one() -> impl Strategy<Value = Damage> {
    let change = prop_oneof![
        proptest::collection::vec(any::<u8>(), 1..4),
        "[ {}\"\\[\\]:,a-z0-9]{1,8}".prop_map(String::into_bytes),
    ];
    prop_oneof![
        any::<usize>().prop_map(|at| Damage::Delete(at, 1)),
        (any::<usize>(), 1..40_usize).prop_map(|(at, count)| Damage::Delete(at, count)),
        (any::<usize>(), 1..200_usize).prop_map(|(at, count)| Damage::DeleteBytes(at, count)),
        any::<usize>().prop_map(|at| Damage::Repeat(at, 1)),
        (any::<usize>(), 1..12_usize).prop_map(|(at, count)| Damage::Repeat(at, count)),
        (any::<usize>(), any::<usize>()).prop_map(|(at, with)| Damage::Swap(at, with)),
        (any::<usize>(), 1..12_usize).prop_map(|(at, by)| Damage::Swap(at, at.saturating_add(by))),
        (any::<usize>(), any::<u8>()).prop_map(|(at, bit)| Damage::Flip(at, bit)),
        (any::<usize>(), change).prop_map(|(at, with)| Damage::Change(at, with)),
        any::<usize>().prop_map(Damage::Cut),
    ]
}

fn few() -> impl Strategy<Value = Vec<Damage>> {
    proptest::collection::vec(one(), 2..5)
}

/// What a page says: each operation, header and member, with the pointers on the way to it.
type Facts = BTreeMap<String, BTreeSet<String>>;

fn facts(document: &Value) -> Facts {
    let mut facts = Facts::new();
    for (path, item) in document["paths"].as_object().into_iter().flatten() {
        for (method, operation) in item.as_object().into_iter().flatten() {
            let at = format!("/paths/{}/{method}", path.replace('/', "~1"));
            let id = format!("{method} {path}");
            facts.insert(id.clone(), [at.clone()].into());
            headers(document, operation, &at, &id, &mut facts);
            let request = format!("{at}/requestBody/content/application~1json/schema");
            members(document, &[request], &format!("{id} >"), &mut facts);
            for status in operation["responses"].as_object().into_iter().flatten() {
                let status = status.0;
                let at = format!("{at}/responses/{status}/content/application~1json/schema");
                members(document, &[at], &format!("{id} < {status}"), &mut facts);
            }
        }
    }
    facts
}

fn headers(document: &Value, operation: &Value, at: &str, id: &str, facts: &mut Facts) {
    for header in operation["parameters"].as_array().into_iter().flatten() {
        let (name, pointers) = match header["$ref"].as_str() {
            None => {
                let name = header["name"].as_str().unwrap_or_default();
                (name, [format!("{at}/parameters[{name}]")].into())
            }
            Some(reference) => {
                let target = reference.trim_start_matches('#');
                let header = document.pointer(target).unwrap_or(&Value::Null);
                let name = header["name"].as_str().unwrap_or_default();
                let of_list = format!("{at}/parameters[{reference}]");
                (name, [of_list, format!("{target}/name")].into())
            }
        };
        facts.insert(format!("{id} # {name}"), pointers);
    }
}

/// Adds the members of the schema at the last of the pointers, at every depth.
fn members(document: &Value, way: &[String], fact: &str, facts: &mut Facts) {
    let at = way.last().unwrap();
    let Some(schema) = document.pointer(at).filter(|_| way.len() < 40) else {
        return;
    };
    let go = |to: String, fact: &str, facts: &mut Facts| {
        members(document, &[way, &[to]].concat(), fact, facts);
    };
    if let Some(reference) = schema["$ref"].as_str() {
        let way = [way, &[format!("{at}/$ref")]].concat();
        let to = reference.trim_start_matches('#').to_owned();
        return members(document, &[&way[..], &[to]].concat(), fact, facts);
    }
    for (name, _) in schema["properties"].as_object().into_iter().flatten() {
        let to = format!("{at}/properties/{name}");
        let fact = format!("{fact} {name}");
        let way = way.iter().chain([&to]).cloned();
        facts.entry(fact.clone()).or_default().extend(way);
        go(to, &fact, facts);
    }
    if schema.get("items").is_some() {
        go(format!("{at}/items"), &format!("{fact}[]"), facts);
    }
    let parts = schema["allOf"].as_array().map_or(0, Vec::len);
    (0..parts).for_each(|part| go(format!("{at}/allOf/{part}"), fact, facts));
}

/// Whether a line of the report says that something on the way to a fact is gone or another.
fn is_reported(way: &BTreeSet<String>, report: &[String], page: Page) -> bool {
    let file = format!("specs/{}/imported.json#", page.product);
    let mut lines = report.iter().filter_map(|line| line.strip_prefix(&file));
    lines.any(|line| {
        let Some((at, what)) = line.rsplit_once(": ") else {
            return false;
        };
        let is_on_way = |pointer: &String| {
            let below = pointer.strip_prefix(at);
            below.is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '[']))
        };
        ["removed", "changed"].contains(&what) && way.iter().any(is_on_way)
    })
}

/// What became of a page that was taken in: what it says no more, and what was printed.
struct Outcome {
    before: Value,
    lost: Facts,
    report: Vec<String>,
}

/// As a person does who saves a damaged page: nothing when it is refused.
fn taken_in(page: Page, bytes: &[u8]) -> Option<Outcome> {
    let specs = CopyOfSpecs::of(page.product);
    let file = specs.save("download", bytes);
    let imported = format!("specs/{}/imported.json", page.product);
    let read = || serde_json::from_str::<Value>(&specs.read(&imported)).unwrap();
    let before = read();
    let held = specs.read(page.file);
    let Ok(report) = xtask::import_page(specs.root(), page.product, &NewPage::new(file)) else {
        assert_eq!(specs.read(page.file), held);
        return None;
    };
    let after = facts(&read());
    let mut lost = facts(&before);
    lost.retain(|fact, _| !after.contains_key(fact));
    Some(Outcome {
        before,
        lost,
        report,
    })
}

fn damaged(page: Page, damage: &[Damage]) -> Vec<u8> {
    let mut bytes = page.bytes();
    damage.iter().for_each(|damage| damage.apply(&mut bytes));
    bytes
}

fn is_operation(fact: &str) -> bool {
    fact.split(' ').count() == 2
}

/// Every operation is there, and every other fact that is not is a line of the report.
fn nothing_is_silent(page: Page, damage: &[Damage]) -> Result<(), TestCaseError> {
    what_has_a_checksum_stays(page, damage, |_, _| false)
}

/// The facts that the page says twice are all there.
fn what_has_a_checksum_stays(
    page: Page,
    damage: &[Damage],
    has_checksum: impl Fn(&str, &Value) -> bool,
) -> Result<(), TestCaseError> {
    if let Some(outcome) = taken_in(page, &damaged(page, damage)) {
        for (fact, way) in &outcome.lost {
            prop_assert!(!is_operation(fact), "{fact}");
            prop_assert!(!has_checksum(fact, &outcome.before), "{fact}");
            let report = &outcome.report;
            prop_assert!(is_reported(way, report, page), "{fact}: {report:#?}");
        }
    }
    Ok(())
}

/// Whether the field list of the wallet page names a request member: only the list says `required`.
fn is_listed(fact: &str, document: &Value) -> bool {
    let Some((operation, path)) = fact.split_once(" > ") else {
        return false;
    };
    let path_of = operation.trim_start_matches("post ");
    let body = &document["paths"][path_of]["post"]["requestBody"]["content"];
    let reference = body["application/json"]["schema"]["$ref"].as_str();
    let schema = reference.and_then(|at| document.pointer(at.trim_start_matches('#')));
    let required = schema.and_then(|schema| schema["required"].as_array());
    required.is_some_and(|names| names.iter().any(|name| name == path))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn of_a_gitbook_text_no_header_and_no_listed_request_member_is_lost_at_once(damage in one()) {
        // A member that only the request example shows is held by the length of the example, which
        // sees that it is gone, and not that it has another name or place.
        let has_checksum = |fact: &str, document: &Value| {
            let is_request = fact.contains(" > ");
            let is_held = is_request && !damage.keeps_the_length();
            fact.contains(" # ") || is_held || is_listed(fact, document)
        };

        what_has_a_checksum_stays(WALLET, std::slice::from_ref(&damage), has_checksum)?;
    }

    #[test]
    fn of_an_apidog_text_no_header_and_no_member_is_lost_at_once(damage in one()) {
        what_has_a_checksum_stays(ALLO, std::slice::from_ref(&damage), |_, _| true)?;
    }

    #[test]
    fn of_a_gitbook_md_only_the_operation_has_a_checksum_and_every_loss_is_printed(damage in one()) {
        nothing_is_silent(BALANCE, &[damage])?;
    }

    #[test]
    fn of_a_gitbook_text_with_several_damages_every_loss_is_printed(damage in few()) {
        nothing_is_silent(WALLET, &damage)?;
    }

    #[test]
    fn of_an_apidog_text_with_several_damages_every_loss_is_printed(damage in few()) {
        nothing_is_silent(ALLO, &damage)?;
    }

    #[test]
    fn of_a_gitbook_md_with_several_damages_every_loss_is_printed(damage in few()) {
        nothing_is_silent(BALANCE, &damage)?;
    }
}

/// Takes in the page without each of its lines, one at a time, where a reader accepts it and less
/// is said: each loss is printed, and is one of `once`. Returns how many there were.
#[track_caller]
fn every_lost_line_is_an_error_or_printed(page: Page, once: impl Fn(&str) -> bool) -> usize {
    let text = String::from_utf8(page.bytes()).unwrap();
    let lines: Vec<&str> = text.split('\n').collect();
    let read = |text: &str| {
        let read = xtask::read_page(page.reader, page.file, text.as_bytes(), page.operations);
        read.map(|document| facts(&document)).ok()
    };
    let before = read(&text).unwrap();
    let mut count = 0;
    for index in 0..lines.len() {
        let rest = [&lines[..index], &lines[index + 1..]].concat().join("\n");
        let Some(after) = read(&rest) else {
            continue;
        };
        if before.keys().all(|fact| after.contains_key(fact)) {
            continue;
        }
        let Outcome { lost, report, .. } = taken_in(page, rest.as_bytes()).unwrap();
        for (fact, way) in &lost {
            assert!(once(fact), "{fact} without line {}", index + 1);
            assert!(is_reported(way, &report, page), "{fact}: {report:#?}");
        }
        count += lost.len();
    }
    count
}

#[test]
fn of_a_gitbook_text_without_a_line_only_response_members_are_lost_and_each_is_printed() {
    let count = every_lost_line_is_an_error_or_printed(WALLET, |fact| fact.contains(" < "));

    assert!(count > 50, "{count}");
}

#[test]
fn of_an_apidog_text_without_a_line_nothing_is_lost() {
    let count = every_lost_line_is_an_error_or_printed(ALLO, |_| false);

    assert_eq!(count, 0);
}

#[test]
fn every_member_of_a_gitbook_md_is_said_once_and_its_loss_is_printed() {
    let text = String::from_utf8(BALANCE.bytes()).unwrap();
    let line = text.lines().find(|line| line.starts_with("{\"openapi\""));
    let line = line.unwrap();
    let block: Value = serde_json::from_str(line).unwrap();
    let mut pointers = Vec::new();
    properties(&block, "", &mut pointers);
    assert!(pointers.len() > 15, "{pointers:?}");
    for (of, name) in pointers {
        let mut block = block.clone();
        let properties = block.pointer_mut(&of).unwrap().as_object_mut().unwrap();
        properties.shift_remove(&name);
        let page = text.replace(line, &block.to_string());

        let outcome = taken_in(BALANCE, page.as_bytes()).unwrap();

        let gone = format!("specs/kirimdoku/imported.json#{of}/{name}: removed");
        assert!(
            outcome.report.contains(&gone),
            "{gone}: {:#?}",
            outcome.report
        );
    }
}

/// The pointer of every `properties`, with each of its names.
fn properties(value: &Value, at: &str, found: &mut Vec<(String, String)>) {
    for (key, below) in value.as_object().into_iter().flatten() {
        let to = format!("{at}/{}", key.replace('/', "~1"));
        if key == "properties" {
            let names = below.as_object().into_iter().flatten();
            found.extend(names.map(|(name, _)| (to.clone(), name.clone())));
        }
        properties(below, &to, found);
    }
}
