//! The outcome table: small files in, files and errors out.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::fs;
use std::path::Path;

use crate::common::{Workspace, refused, replaced};

const TABLE: &str = "crates/snap-core/data/outcomes.toml";
const RULES: &str = "crates/snap-core/src/generated/outcomes.rs";
const PAGE: &str = "crates/snap-core/docs/outcomes.md";
const CELLS: &str = "tests/tests/outcome_table/cells.rs";

fn small() -> Workspace {
    with("tests/fixtures/outcomes/outcomes.toml")
}

fn with(table: &str) -> Workspace {
    let workspace = Workspace::of("money");
    let table = Path::new(env!("CARGO_MANIFEST_DIR")).join(table);
    workspace.write(TABLE, &fs::read(table).unwrap());
    workspace
}

/// The text of a rule of the small table, from its id to the end of its last line.
fn rule_of(workspace: &Workspace, id: &str) -> String {
    let text = workspace.read(TABLE);
    let start = text.find(&format!("[[rule]]\nid = \"{id}\"\n")).unwrap();
    let rule = text[start..].split("\n\n").next().unwrap();
    rule.to_owned()
}

/// Changes one rule of the small table.
#[track_caller]
fn changed(id: &str, from: &str, to: &str) -> Workspace {
    let workspace = small();
    let rule = rule_of(&workspace, id);
    let other = replaced(&rule, from, to);
    workspace.change(TABLE, &rule, &other)
}

#[track_caller]
fn check(workspace: &Workspace, expected: &str) {
    let error = refused(workspace.generate());

    assert_eq!(error, format!("{TABLE}: {expected}"));
    assert!(!workspace.root().join(RULES).exists());
}

/// The rules of the generated file, in their order.
fn order(workspace: &Workspace) -> Vec<String> {
    let text = workspace.read(RULES);
    let ids = text.split("id: \"").skip(1);
    ids.map(|rest| rest[..rest.find('"').unwrap()].to_owned())
        .collect()
}

#[test]
fn the_table_becomes_rust_a_page_and_cases() {
    let workspace = small();

    workspace.generate().unwrap();

    insta::assert_snapshot!("outcomes_rules", workspace.read(RULES));
    insta::assert_snapshot!("outcomes_page", workspace.read(PAGE));
    insta::assert_snapshot!("outcomes_cells", workspace.read(CELLS));
}

#[test]
fn the_table_of_this_repository_is_total() {
    let workspace = with("../crates/snap-core/data/outcomes.toml");

    workspace.generate().unwrap();

    let findings = xtask::check(workspace.root(), None).unwrap();
    assert_eq!(findings, Vec::<String>::new());
    assert_eq!(
        order(&workspace).last().map(String::as_str),
        Some("unlisted")
    );
}

#[test]
fn stages_come_first_and_then_the_narrowest_code() {
    let workspace = small();

    workspace.generate().unwrap();

    let order = order(&workspace);
    assert_eq!(order[0], "local");
    assert_eq!(order[8], "proxy-auth");
    let codes = [
        "success",
        "refused-or-not",
        "success-contradicted",
        "refused",
        "unlisted",
    ];
    assert_eq!(order[9..], codes);
}

#[test]
fn an_example_is_decided_by_its_own_rule() {
    let workspace = small();

    workspace.generate().unwrap();

    let cells = workspace.read(CELLS);
    let has = |text: &str| cells.contains(text);
    assert!(has("\"refused\", code(403, \"02\", 403)"));
    assert!(has("\"refused\", code(404, \"00\", 404)"));
    // 200xx00 with HTTP 200 is the narrower rule's.
    assert!(has("code(200, \"00\", 409)"));
    assert!(has("\"unlisted\", code(418, \"77\", 418)"));
}

#[test]
fn only_a_run_for_all_products_touches_the_table() {
    let workspace = small();
    xtask::import(workspace.root(), None).unwrap();

    xtask::generate(workspace.root(), Some("shop")).unwrap();

    assert!(!workspace.root().join(RULES).exists());
    let findings = xtask::check(workspace.root(), Some("shop")).unwrap();
    assert_eq!(findings, Vec::<String>::new());
}

#[test]
fn stale_and_missing_files_are_named_with_their_cure() {
    let workspace = small();
    workspace.generate().unwrap();
    let workspace = workspace.change(RULES, "Again::Never", "Again::Retry");
    fs::remove_file(workspace.root().join(PAGE)).unwrap();

    let findings = xtask::check(workspace.root(), None).unwrap();

    let cure = "run `cargo xtask generate`";
    let expected = [
        format!("stale: {RULES}: {cure}"),
        format!("missing: {PAGE}: {cure}"),
    ];
    assert_eq!(findings, expected);
}

#[test]
fn a_refused_table_is_a_finding_that_hides_no_other() {
    let workspace = small();
    workspace.generate().unwrap();
    let workspace = workspace
        .change(TABLE, "id = \"journal\"", "id = \"local\"")
        .change("specs/shop/contract.txt", "kind=credit", "kind=read");

    let findings = xtask::check(workspace.root(), None).unwrap();

    let expected = [
        format!("error: {TABLE}: rule `local` is there twice: rename one"),
        "stale: specs/shop/contract.txt: run `cargo xtask generate shop`".to_owned(),
    ];
    assert_eq!(findings, expected);
}

#[test]
fn a_table_that_is_gone_is_missed() {
    let workspace = small();
    fs::remove_file(workspace.root().join(TABLE)).unwrap();

    check(
        &workspace,
        "the file is missing: restore it from the repository",
    );
}

#[test]
fn a_missing_column_is_refused() {
    check(
        &changed("refused", "session = \"error\"\n", ""),
        "rule `refused`: `session` is missing: say what it comes to",
    );
    check(
        &changed("refused", "money = ", "debit = "),
        "rule `refused`: `credit` is missing: say what it comes to",
    );
}

#[test]
fn money_and_a_column_of_its_own_are_refused() {
    check(
        &changed("refused", "money = ", "credit = \"confirm\"\nmoney = "),
        "rule `refused`: `money` and `credit` are both given: write debit, credit and reversal one \
         by one",
    );
}

#[test]
fn an_unknown_word_is_refused() {
    check(
        &changed("refused", "token = \"error\"", "token = \"eror\""),
        "rule `refused`: token = \"eror\": `eror` is an unknown word: as the last word write one of \
         error, stop, cache, none",
    );
}

#[test]
fn an_unknown_key_is_refused() {
    let workspace = changed("refused", "says = ", "service = \"58\"\nsays = ");

    let error = refused(workspace.generate());

    assert!(error.starts_with(&format!("{TABLE}: ")), "{error}");
    assert!(error.contains("unknown field `service`"), "{error}");
}

#[test]
fn a_stage_has_one_rule() {
    check(
        &changed("redirect", "stage = \"redirect\"", "stage = \"proxy-auth\""),
        "there is no rule for the stage `redirect`: add one",
    );
    let workspace = small();
    let again = rule_of(&workspace, "redirect").replace("id = \"redirect\"", "id = \"again\"");
    let text = format!("{}\n{again}\n", workspace.read(TABLE));
    workspace.write(TABLE, text.as_bytes());
    check(
        &workspace,
        "rules `redirect` and `again` are both about the stage `redirect`: remove one",
    );
}

#[test]
fn a_stage_that_is_none_or_has_a_code_is_refused() {
    check(
        &changed("redirect", "stage = \"redirect\"", "stage = \"moved\""),
        "rule `redirect`: `moved` is no stage: write one of local, journal, no-token, \
         not-connected, not-trusted, no-answer, unreadable, redirect, proxy-auth",
    );
    check(
        &changed("redirect", "says = ", "http = [302]\nsays = "),
        "rule `redirect`: a stage has no code: remove `stage`, or `http`, `case`, `cases` and \
         `status`",
    );
}

#[test]
fn a_table_without_a_rule_for_any_other_code_is_refused() {
    check(
        &changed("unlisted", "says = ", "http = [500]\nsays = "),
        "there is no rule for the codes that no other covers: add one without `http`, `case` and \
         `status`",
    );
}

#[test]
fn two_rules_of_equal_rank_are_refused() {
    check(
        &changed("success-contradicted", "http = [200]", "http = [403]"),
        "rules `refused-or-not` and `success-contradicted` are equally narrow and both cover \
         403xx00: narrow one of them",
    );
    check(
        &changed("refused", "http = [403, 404]\n", ""),
        "rules `unlisted` and `refused` are equally narrow and both cover 200xx00: narrow one of \
         them",
    );
}

#[test]
fn a_rule_that_never_decides_is_refused() {
    let workspace = small();
    let rule = rule_of(&workspace, "success-contradicted");
    let mut text = workspace.read(TABLE);
    for status in ["409", "other"] {
        let rule = rule.replace("case = ", &format!("status = \"{status}\"\ncase = "));
        text.push_str(&format!(
            "\n{}\n",
            rule.replace("success-", &format!("{status}-"))
        ));
    }
    workspace.write(TABLE, text.as_bytes());

    check(
        &workspace,
        "rule `success-contradicted` never decides about 200xx00: narrower rules cover it: take it \
         out, or narrow them",
    );
}

#[test]
fn codes_that_are_none_are_refused() {
    check(
        &changed("success", "case = \"00\"", "cases = \"02-00\""),
        "rule `success`: cases = \"02-00\": write each case once, in ascending order",
    );
    check(
        &changed("success", "status = ", "cases = \"00\"\nstatus = "),
        "rule `success`: `case` and `cases` are both given: leave one",
    );
    check(
        &changed("success", "status = \"2xx\"", "status = \"5xx\""),
        "rule `success`: status = \"5xx\": write one of 2xx, 409, other",
    );
    check(
        &changed("refused", "[403, 404]", "[403, 4040]"),
        "rule `refused`: `http` has 4040: write statuses from 200 to 599",
    );
    check(
        &changed("success", "http = [200]\n", ""),
        "rule `success`: `case` and `status` narrow an `http`: name it",
    );
}

#[test]
fn what_nobody_vouches_for_is_refused() {
    check(
        &changed("refused", "source = \"a page\"", "source = \" \""),
        "rule `refused`: `source` is empty: name where the fact is from",
    );
    check(
        &changed("refused", "\"documented\"", "\"sure\""),
        "rule `refused`: confidence = \"sure\": write one of documented, observed, assumed",
    );
}

#[test]
fn services_that_cannot_be_are_refused() {
    check(
        &small().change(TABLE, "answered = \"07\"", "answered = \"7\""),
        "alias of service `58`: `7` is no service: write two digits",
    );
    check(
        &small().change(TABLE, "not_moved = [\"54\"", "not_moved = [\"58\""),
        "presumption `404xx18`: service 58 is in `moved` and in `not_moved`: leave one",
    );
    check(
        &small().change(TABLE, "[\"webRedirectUrl\"]", "[]"),
        "redirect: `members` is empty: an answer that sends the customer to a page would count as \
         moved",
    );
}
