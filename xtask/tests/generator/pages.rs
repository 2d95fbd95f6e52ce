//! The pages this repository holds.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

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

/// Every operation of the wallet page: path, token, and the members of its request.
const WALLET: &[(&str, &str, &str)] = &[
    ("/authorization/v1/access-token/b2b", "none", "grantType!"),
    (
        "/authorization/v1/access-token/b2b2c",
        "none",
        "grantType! authCode!",
    ),
    (
        "/snap-adapter/b2b/v1.0/registration-account-creation",
        "b2b",
        "partnerReferenceNo! name! phoneNo! email! redirectUrl!",
    ),
    (
        "/snap-adapter/b2b/v1.0/otp-verification",
        "b2b",
        "originalPartnerReferenceNo! originalReferenceNo! otp! additionalInfo",
    ),
    (
        "/snap-adapter/b2b/v1.0/registration-account-binding",
        "b2b",
        "partnerReferenceNo! redirectUrl! successParams",
    ),
    (
        "/snap-adapter/b2b/v1.0/registration-account-inquiry",
        "b2b",
        "partnerReferenceNo! additionalInfo",
    ),
    (
        "/snap-adapter/b2b/v1.0/registration-account-unbinding",
        "b2b",
        "partnerReferenceNo! linkId! merchantId! additionalInfo",
    ),
    (
        "/snap-adapter/b2b2c/v1.0/balance-inquiry",
        "b2b2c",
        "partnerReferenceNo!",
    ),
    (
        "/snap-adapter/b2b2c/v1.0/emoney/bank-account-inquiry",
        "b2b2c",
        "partnerReferenceNo! customerNumber! amount beneficiaryAccountNumber! additionalInfo",
    ),
    (
        "/snap-adapter/b2b2c/v1.0/emoney/transfer-bank",
        "b2b2c",
        "partnerReferenceNo! customerNumber! accountType! beneficiaryAccountNumber! \
         beneficiaryBankCode! amount additionalInfo",
    ),
    (
        "/snap-adapter/b2b2c/v1.0/emoney/topup",
        "b2b2c",
        "partnerReferenceNo! customerNumber! amount sessionId! notes! additionalInfo",
    ),
    (
        "/snap-adapter/b2b2c/v1.0/emoney/topup-status",
        "b2b2c",
        "originalPartnerReferenceNo! originalReferenceNo originalExternalId! serviceCode! \
         additionalInfo",
    ),
    (
        "/snap-adapter/b2b2c/v1.0/debit/payment-host-to-host",
        "b2b2c",
        "partnerReferenceNo! chargeToken! amount urlParam additionalInfo",
    ),
    (
        "/snap-adapter/b2b2c/v1.0/debit/status",
        "b2b2c",
        "partnerReferenceNo! serviceCode! transactionDate! amount additionalInfo",
    ),
    (
        "/snap-adapter/b2b2c/v1.0/debit/cancel",
        "b2b2c",
        "originalPartnerReferenceNo! reason! additionalInfo",
    ),
    (
        "/snap-adapter/b2b2c/v1.0/debit/refund",
        "b2b2c",
        "originalPartnerReferenceNo! reason! partnerRefundNo! additionalInfo",
    ),
    (
        "/snap-adapter/b2b2c/v1.0/transaction-history-list",
        "b2b2c",
        "partnerReferenceNo! fromDateTime! toDateTime! pageSize! pageNumber! additionalInfo",
    ),
    (
        "/snap-adapter/b2b2c/v1.0/transaction-history-detail",
        "b2b2c",
        "partnerReferenceNo!",
    ),
];

fn headers(token: &str) -> Vec<&'static str> {
    let signed = [
        "X-TIMESTAMP",
        "X-PARTNER-ID",
        "X-EXTERNAL-ID",
        "X-SIGNATURE",
        "Authorization",
    ];
    match token {
        "none" => vec!["X-CLIENT-KEY", "X-TIMESTAMP", "X-SIGNATURE"],
        "b2b" => signed.to_vec(),
        _ => [&signed[..], &["Authorization-Customer"]].concat(),
    }
}

fn read(page: &str, reader: Reader, operations: usize) -> Value {
    let bytes = fs::read(root().join(page)).unwrap();
    xtask::read_page(reader, page, &bytes, operations).unwrap()
}

/// The members of a body, those it requires with a `!`.
fn members(document: &Value, content: &Value) -> String {
    let reference = content["application/json"]["schema"]["$ref"]
        .as_str()
        .unwrap();
    let schema = document.pointer(reference.trim_start_matches('#')).unwrap();
    let required = schema["required"].as_array().cloned().unwrap_or_default();
    let mark = |name: &String| {
        let is_required = required.iter().any(|known| known == name);
        name.clone() + if is_required { "!" } else { "" }
    };
    let names: Vec<String> = schema["properties"]
        .as_object()
        .unwrap()
        .keys()
        .map(mark)
        .collect();
    names.join(" ")
}

fn header_names(operation: &Value) -> Vec<&str> {
    let headers = operation["parameters"].as_array().unwrap();
    assert!(headers.iter().all(|header| header["required"] == true));
    headers
        .iter()
        .map(|header| header["name"].as_str().unwrap())
        .collect()
}

#[test]
fn the_wallet_page_describes_eighteen_operations_in_its_order() {
    let document = read(
        "specs/wallet/pages/doku-wallet.txt",
        Reader::GitbookText,
        18,
    );

    let paths: Vec<&String> = document["paths"].as_object().unwrap().keys().collect();
    let wanted: Vec<&str> = WALLET.iter().map(|(path, ..)| *path).collect();
    assert_eq!(paths, wanted);
    for (path, token, request) in WALLET {
        let operation = &document["paths"][path]["post"];
        assert_eq!(header_names(operation), headers(token), "{path}");
        let body = &operation["requestBody"]["content"];
        assert_eq!(members(&document, body), *request, "{path}");
        assert!(operation["x-example-request"].is_object(), "{path}");
        assert!(operation["x-example-response"].is_object(), "{path}");
        assert_eq!(
            operation["responses"].as_object().unwrap().len(),
            1,
            "{path}"
        );
    }
}

#[test]
fn the_wallet_page_names_lines_of_its_operations() {
    let page = "specs/wallet/pages/doku-wallet.txt";
    let text = fs::read_to_string(root().join(page)).unwrap();
    let lines: Vec<&str> = text.lines().collect();

    let document = read(page, Reader::GitbookText, 18);

    for (path, item) in document["paths"].as_object().unwrap() {
        let place = item["post"]["x-page"].as_str().unwrap();
        let line: usize = place.strip_prefix(page).unwrap()[1..].parse().unwrap();
        assert_eq!(lines[line - 1], format!("POST {}", &path[1..]));
    }
}

#[test]
fn the_wallet_page_gives_amounts_and_texts_where_it_prints_sentences_and_numbers() {
    let document = read(
        "specs/wallet/pages/doku-wallet.txt",
        Reader::GitbookText,
        18,
    );
    let schemas = &document["components"]["schemas"];

    let amount = &schemas["EmoneyTopupRequest"]["properties"]["amount"];
    let purchase = &schemas["DebitPaymentHostToHostRequest"]["properties"];
    let status = &schemas["DebitStatusResponse"]["properties"];
    let cancel = &schemas["DebitCancelRequest"]["properties"];

    assert_eq!(amount["properties"]["currency"]["type"], "string");
    assert_eq!(&purchase["amount"], amount);
    assert_eq!(&status["transAmount"], amount);
    assert_eq!(status["latestTransactionStatus"]["type"], "string");
    assert_eq!(
        cancel["additionalInfo"],
        serde_json::json!({"type": "object"})
    );
    let printed = &document["paths"]["/snap-adapter/b2b2c/v1.0/debit/status"]["post"];
    assert_eq!(printed["x-example-response"]["latestTransactionStatus"], 0);
}

#[test]
fn the_allo_page_describes_the_balance_inquiry() {
    let page = "specs/direct-debit/pages/allo-balance-inquiry.txt";

    let document = read(page, Reader::ApidogText, 1);

    let paths: Vec<&String> = document["paths"].as_object().unwrap().keys().collect();
    assert_eq!(paths, ["/direct-debit/core/v1/balance-inquiry"]);
    let operation = &document["paths"]["/direct-debit/core/v1/balance-inquiry"]["post"];
    let wanted = [
        "X-TIMESTAMP",
        "X-SIGNATURE",
        "X-PARTNER-ID",
        "X-EXTERNAL-ID",
        "X-IP-ADDRESS",
        "Authorization-customer",
        "Authorization",
    ];
    assert_eq!(header_names(operation), wanted);
    let (request, response) = (&operation["requestBody"], &operation["responses"]["200"]);
    assert_eq!(members(&document, &request["content"]), "additionalInfo!");
    let answer = "responseCode! responseMessage! accountInfos!";
    assert_eq!(members(&document, &response["content"]), answer);
    let items = &document["components"]["schemas"]["BalanceInquiryResponse"]["properties"]["accountInfos"]
        ["items"];
    let names: Vec<&String> = items["properties"].as_object().unwrap().keys().collect();
    assert_eq!(names, ["balanceType", "amount", "flatAmount", "holdAmount"]);
    assert!(items.get("required").is_none());
}
