//! A line of a contract that is not understood stops the comparison.
#![expect(clippy::expect_used, reason = "helpers of tests")]

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
    ];

    let errors: Vec<String> = lines.iter().map(|line| refused(line)).collect();

    insta::assert_snapshot!(errors.join("\n"));
}
