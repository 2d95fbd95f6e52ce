//! A line of a contract that is not understood stops the comparison.
#![expect(clippy::expect_used, reason = "helpers of tests")]

use std::{fs, path::Path};

use crate::common::Workspace;

const OPERATION: &str = "payOut: POST /pay service=43 token=b2b kind=read\n";

/// The error for a contract that begins with one good line.
#[track_caller]
fn refused(lines: &str) -> String {
    let result = xtask::contract_changes("", &format!("{OPERATION}{lines}\n"));
    let error = result.expect_err(lines);
    format!("{error:#}")
}

#[test]
fn a_line_that_is_not_understood_is_named_with_the_reason() {
    let lines = [
        "",
        "<<<<<<< HEAD",
        "payOut ! amount: amount",
        "payOut > amount amount: amount",
        "payOut: POST /pay service=43 token=b2b kind=read",
        "other: PATCH /pay service=43 token=b2b kind=read",
        "other: POST pay service=43 token=b2b kind=read",
        "other: POST /pay service=43 token=b2c kind=read",
        "other: POST /pay service=43 token=b2b kind=refund",
        "other: POST /pay token=b2b kind=read",
        "other: POST /pay service=43 kind=read",
        "other: POST /pay service=43 token=b2b",
        "other: POST /pay service=43 token=b2b kind=read verified",
        "other > amount: amount",
        "payOut # CHANNEL-ID: required\npayOut # CHANNEL-ID: optional",
        "payOut # CHANNEL-ID: forbidden",
        "payOut # CHANNEL-ID: required ?",
        "payOut > amount: number",
        "payOut > amount:",
        "payOut > amount: ",
        "payOut > amount: amount  required",
        "payOut > amount: amount required ",
        "payOut > amount: amount required new",
        "payOut > amount: amount max=6 required",
        "payOut > amount: amount\npayOut > amount: text",
        "payOut > amount: text max=six",
        "payOut > amount: text max=",
        "payOut > amount: text secret masked",
        "payOut > lines: list",
        "payOut > lines[]: object",
        "payOut > lines..no: text",
        "payOut > a.b: text",
        "payOut < a: text wire=a",
        "payOut < a: text wire=b,",
        "payOut < a: text wire=b\npayOut < b: text",
        "payOut > a: text enum=",
        "payOut > a: text enum=A enum=B",
        "payOut > a: text two-digits status",
        "payOut > a: text max[]=1",
        "payOut > a: text max[A]=",
        "payOut > a: text max[A]=!",
        "payOut > a: text max[A]=+1",
        "payOut > a: text max[A] =1",
        "payOut > a: text max[[A]]=1",
        "payOut > a: text pattern[A]=1",
        "payOut > a: text max[A]=99999999999999999999",
        "payOut > a: text max[A]=1 max=2 max[A]=1!",
        "payOut > a: text required-for=",
        "payOut > a: text required-for=A values=b required-for=C",
    ];

    let errors: Vec<String> = lines.iter().map(|line| refused(line)).collect();

    insta::assert_snapshot!(errors.join("\n"));
}

#[test]
fn every_contract_of_this_repository_is_understood() {
    let specs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../specs");
    let mut count = 0;
    for folder in fs::read_dir(specs).unwrap() {
        let Ok(contract) = fs::read_to_string(folder.unwrap().path().join("contract.txt")) else {
            continue;
        };

        let changes = xtask::contract_changes(&contract, &contract);

        assert_eq!(changes.map_err(|error| format!("{error:#}")), Ok(vec![]));
        count += 1;
    }
    assert!(count > 0);
}

#[test]
fn every_contract_that_the_generator_writes_is_understood() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let mut count = 0;
    for folder in fs::read_dir(fixtures).unwrap() {
        let folder = folder.unwrap();
        if !folder.path().join("page.md").exists() {
            continue;
        }
        let workspace = Workspace::of(&folder.file_name().to_string_lossy());
        workspace.generate().unwrap();
        let contract = workspace.read("specs/shop/contract.txt");

        let changes = xtask::contract_changes(&contract, &contract);

        assert_eq!(changes.map_err(|error| format!("{error:#}")), Ok(vec![]));
        count += 1;
    }
    assert!(count > 10, "{count}");
}
