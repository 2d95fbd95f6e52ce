//! `generate --check`, and that what was deleted comes back.

use std::fs;
use std::process::{Command, Output};

use crate::common::Workspace;

const OPERATION: &str = "crates/doku-shop/src/generated/pay_out.rs";

fn current() -> Workspace {
    let workspace = Workspace::of("money");
    let result = workspace.generate();
    assert!(result.is_ok(), "{result:?}");
    workspace
}

fn command(workspace: &Workspace, arguments: &[&str]) -> std::io::Result<Output> {
    Command::new(env!("CARGO_BIN_EXE_xtask"))
        .args(arguments)
        .current_dir(workspace.root().join("specs"))
        .output()
}

#[test]
fn nothing_is_named_when_everything_is_current() {
    let workspace = current();

    let findings = xtask::check(workspace.root(), None).unwrap();

    assert_eq!(findings, Vec::<String>::new());
}

#[test]
fn every_stale_missing_and_surplus_file_is_named_with_its_cure() {
    let workspace = current()
        .change(OPERATION, "pub struct", "pub  struct")
        .change("specs/shop/contract.txt", "kind=credit", "kind=read")
        .change("specs/shop/imported.json", "Pay out", "Pay in");
    fs::remove_file(workspace.root().join("specs/shop/effective.json")).unwrap();
    fs::remove_file(workspace.root().join("crates/doku-shop/tests/redaction.rs")).unwrap();
    workspace.write(
        "crates/doku-shop/src/generated/old/gone.rs",
        b"// left over\n",
    );
    workspace.write(
        "crates/doku-shop/tests/examples.rs",
        b"// @generated before\n",
    );

    let findings = xtask::check(workspace.root(), Some("shop")).unwrap();

    insta::assert_snapshot!(findings.join("\n"));
}

#[test]
fn what_no_product_accounts_for_is_named() {
    let workspace = current();
    workspace.write("specs/shop/pages/new.md", b"saved and forgotten\n");
    workspace.write("specs/closed/imported.json", b"{}\n");
    workspace.write("crates/doku-closed/src/generated/mod.rs", b"// left over\n");
    workspace.write("crates/by-hand/src/lib.rs", b"// not generated\n");

    let findings = xtask::check(workspace.root(), None).unwrap();

    insta::assert_snapshot!(findings.join("\n"));
}

#[test]
fn a_chain_that_stops_hides_no_stale_file() {
    let workspace = current().page("\"Pay out\"", "\"Pay in\"").correct(
        "  - target: $..gone\n    description: d\n    x-source: s\n    x-confidence: DOC\n    update: {a: b}\n",
    );

    let findings = xtask::check(workspace.root(), None).unwrap();

    insta::assert_snapshot!(findings.join("\n"));
}

#[test]
fn check_writes_nothing() {
    let workspace = current().change(OPERATION, "pub struct", "pub  struct");
    let before = workspace.files();

    xtask::check(workspace.root(), None).unwrap();

    assert_eq!(workspace.files(), before);
}

#[test]
fn the_command_fails_when_a_file_is_stale_and_succeeds_when_none_is() {
    let workspace = current();
    let clean = command(&workspace, &["generate", "--check"]).unwrap();
    let workspace = workspace.change(OPERATION, "pub struct", "pub  struct");
    let stale = command(&workspace, &["generate", "--check"]).unwrap();

    assert_eq!(
        (clean.status.code(), clean.stderr.as_slice()),
        (Some(0), b"".as_slice())
    );
    assert_eq!(stale.status.code(), Some(1));
    let cure = format!("stale: {OPERATION}: run `cargo xtask generate shop`\n");
    assert_eq!(String::from_utf8_lossy(&stale.stderr), cure);
}

#[test]
fn the_command_says_what_is_wrong_with_the_input() {
    let workspace = current();
    workspace.write("specs/shop/pages/page.md", b"");

    let output = command(&workspace, &["generate", "shop", "--check"]).unwrap();

    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        text.starts_with("error: specs/shop/pages/page.md: its sha256 is e3b0c442"),
        "{text}"
    );
}

#[test]
fn deleted_code_comes_back_byte_for_byte() {
    let workspace = current();
    let before = workspace.files();

    fs::remove_dir_all(workspace.root().join("crates")).unwrap();
    xtask::generate(workspace.root(), None).unwrap();

    assert_eq!(workspace.files(), before);
}

#[test]
fn generate_removes_surplus_files_and_leaves_what_people_wrote() {
    let workspace = current();
    workspace.write("crates/doku-shop/tests/examples.rs", b"// by hand\n");
    let before = workspace.files();
    workspace.write("crates/doku-shop/src/generated/gone.rs", b"// left over\n");

    xtask::generate(workspace.root(), None).unwrap();

    assert_eq!(workspace.files(), before);
}

#[test]
fn generate_refuses_an_import_that_is_not_what_the_pages_give() {
    let workspace = current().change("specs/shop/imported.json", "Pay out", "Pay in");

    let error = xtask::generate(workspace.root(), None).unwrap_err();

    insta::assert_snapshot!(format!("{error:#}"));
}

#[test]
fn import_says_what_changed_on_the_page() {
    let workspace = current().page(r#""maxLength": 64"#, r#""maxLength": 32"#);

    let report = xtask::import(workspace.root(), None).unwrap();

    insta::assert_snapshot!(report.join("\n"));
}

#[test]
fn the_command_prints_what_a_page_does_not_tell() {
    let workspace = Workspace::rendered("gitbook-text", 2);

    let output = command(&workspace, &["import", "shop"]).unwrap();

    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(0), "{text}");
    let placeholder = "`responseCode` is the placeholder `text`, so the service code is unknown\n";
    assert!(text.ends_with(placeholder), "{text}");
}

#[test]
fn the_command_says_that_a_product_has_no_crate_yet() {
    let workspace = Workspace::rendered("gitbook-text", 2);

    let output = command(&workspace, &["generate", "shop"]).unwrap();

    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(0), "{text}");
    assert_eq!(text, "shop: no crate yet: imported only\n");
}
