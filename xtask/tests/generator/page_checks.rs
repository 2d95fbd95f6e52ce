//! What the pages of this repository say twice: each of the readers' comparisons, on a copy of a
//! real page that breaks it.
//!
//! | Comparison | gitbook-text | apidog-text | gitbook-md |
//! | --- | --- | --- | --- |
//! | operations, and the headings, contents or samples that name them once more | yes | yes | yes |
//! | `content-length` of the request sample, and the request example | yes | - | - |
//! | `header-names` of the sample, and the header list | yes | yes | - |
//! | `body-fields`: the list, and the members of the request example | yes | always | - |
//! | `curl-body`, and the request example | - | yes | - |
//! | `array-count` of a type, and the members listed | - | yes | - |
//! | `response-code` of the example, and the status shown | yes | yes | no example is imported |
//! | the block, and OpenAPI 3.0 | - | - | yes |
#![expect(clippy::expect_used, clippy::unwrap_used, reason = "helpers of tests")]

use std::fs;
use std::path::Path;

use xtask::Reader;

struct Page(&'static str, Reader, usize);

const WALLET: Page = Page(
    "specs/wallet/pages/doku-wallet.txt",
    Reader::GitbookText,
    18,
);
const ALLO: Page = Page(
    "specs/direct-debit/pages/allo-balance-inquiry.txt",
    Reader::ApidogText,
    1,
);
const BALANCE: Page = Page(
    "specs/kirimdoku/pages/balance-inquiry.md",
    Reader::GitbookMd,
    1,
);

impl Page {
    fn text(&self) -> String {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let text = fs::read_to_string(root.join(self.0)).unwrap();
        text.replace('\u{a0}', " ")
    }

    /// The error for the page with one change at every place where `from` stands, one at a time.
    #[track_caller]
    fn refuses(&self, from: &str, to: &str, places: usize, because: &str) {
        let text = self.text();
        let found: Vec<usize> = text.match_indices(from).map(|(at, _)| at).collect();
        assert_eq!(found.len(), places, "`{from}`");
        for at in found {
            let (before, rest) = text.split_at(at);
            let changed = format!("{before}{to}{}", rest.strip_prefix(from).unwrap());
            self.refuses_text(&changed, because);
        }
    }

    #[track_caller]
    fn refuses_text(&self, text: &str, because: &str) {
        let read = xtask::read_page(self.1, self.0, text.as_bytes(), self.2);
        let error = read.map(|_| ()).expect_err(because);
        let error = format!("{error:#}");
        assert!(error.starts_with(self.0), "{error}");
        assert!(error.contains(because), "{error}");
    }
}

#[test]
fn the_pages_as_they_are_pass_every_comparison() {
    for page in [WALLET, ALLO, BALANCE] {
        xtask::read_page(page.1, page.0, page.text().as_bytes(), page.2).unwrap();
    }
}

#[test]
fn gitbook_text_compares_every_content_length_with_its_example() {
    WALLET.refuses(
        "Content-Length: ",
        "Content-Length: 1",
        18,
        "\"content-length\"",
    );
    WALLET.refuses("Content-Length: ", "Content-Size: ", 18, "\"header-names\"");
}

#[test]
fn gitbook_text_sees_every_line_that_is_gone_from_a_request_example() {
    let page = WALLET.text();
    let lines: Vec<&str> = page.lines().collect();
    let mut in_sample = false;
    let mut gone = 0;
    for (index, line) in lines.iter().enumerate() {
        in_sample = (in_sample || line.starts_with("Content-Length: ")) && *line != "200";
        if in_sample && line.contains("\": ") && line.ends_with(',') {
            let rest = [&lines[..index], &lines[index + 1..]].concat().join("\n");
            WALLET.refuses_text(&rest, "\"content-length\"");
            gone += 1;
        }
    }
    assert!(gone > 50, "{gone}");
}

#[test]
fn gitbook_text_compares_the_headers_of_every_sample_with_the_list() {
    WALLET.refuses("X-TIMESTAMP: text\n", "", 18, "\"header-names\"");
    WALLET.refuses(
        "X-TIMESTAMP: text\n",
        "X-TIME: text\n",
        18,
        "\"header-names\"",
    );
    WALLET.refuses("X-SIGNATUREstringRequired\n", "", 18, "");
}

#[test]
fn gitbook_text_compares_every_field_of_a_body_with_its_example() {
    let more = "Body\nmorestringRequired\n";
    WALLET.refuses("Body\n", more, 18, "\"body-fields\"");
}

#[test]
fn gitbook_text_compares_every_response_code_with_the_status() {
    // The other four operations of eighteen print the placeholder `text`.
    let page = WALLET.text();
    let codes: Vec<&str> = page
        .lines()
        .filter(|line| line.starts_with("  \"responseCode\": ") && line.contains("200"))
        .collect();
    assert_eq!(codes.len(), 14);
    for code in codes {
        for with in [
            code.replacen("200", "400", 1),
            code.replacen("200", "20", 1),
        ] {
            WALLET.refuses_text(&page.replacen(code, &with, 1), "\"response-code\"");
        }
    }
}

#[test]
fn gitbook_text_compares_every_operation_with_the_contents_and_the_sample() {
    WALLET.refuses("\nPOST /", "\nPOST /x", 18, "must be");
    WALLET.refuses("  • POSTPOST ", "  • POSTPOST x", 18, "contents");
    WALLET.refuses("\n\npost\n", "\n\nput\n", 18, "`post` must be");
}

#[test]
fn apidog_text_compares_the_member_count_of_a_list_with_its_members() {
    ALLO.refuses("[object {4}]", "[object {5}]", 1, "\"array-count\"");
    ALLO.refuses(
        "[object {4}]",
        "[object {3}]",
        1,
        "so its place in it is unknown",
    );
}

#[test]
fn apidog_text_compares_every_header_of_the_curl_sample_with_the_list() {
    ALLO.refuses("--header 'X-PARTNER-ID;' \\\n", "", 1, "\"header-names\"");
    ALLO.refuses("--header 'X-", "--header 'Y-", 5, "\"header-names\"");
    ALLO.refuses(
        "--header 'Authorization",
        "--header 'A",
        2,
        "\"header-names\"",
    );
    ALLO.refuses(
        "--header 'Content-Type: application/json' \\\n",
        "",
        1,
        "\"header-names\"",
    );
}

#[test]
fn apidog_text_compares_the_curl_body_with_the_request_example() {
    ALLO.refuses(
        "--data-raw '{\n",
        "--data-raw '{\n    \"more\": 1,\n",
        1,
        "\"curl-body\"",
    );
}

#[test]
fn apidog_text_compares_every_listed_member_with_the_example() {
    for name in [
        "additionalInfo",
        "channel",
        "responseCode",
        "accountInfos",
        "balanceType",
    ] {
        ALLO.refuses(
            &format!("\n{name}\n"),
            &format!("\n{name}s\n"),
            1,
            " example",
        );
    }
}

#[test]
fn apidog_text_compares_the_response_code_with_the_status() {
    ALLO.refuses(
        "\"responseCode\": 200",
        "\"responseCode\": 400",
        1,
        "\"response-code\"",
    );
    ALLO.refuses(
        "\"responseCode\": 2001100",
        "\"responseCode\": 200110",
        1,
        "\"response-code\"",
    );
}

#[test]
fn apidog_text_compares_the_operation_with_the_curl_sample() {
    ALLO.refuses("--request POST '/", "--request POST '/x", 1, "must be");
    ALLO.refuses("POST\n/", "PUT\n/", 1, "must be");
}

#[test]
fn gitbook_md_compares_the_heading_with_the_block() {
    BALANCE.refuses(
        "## POST /snap/v1.1/",
        "## POST /snap/v1.0/",
        1,
        "no OpenAPI block",
    );
    BALANCE.refuses(
        "## POST /snap/v1.1/balance-inquiry\n",
        "",
        1,
        "no heading names",
    );
}

#[test]
fn gitbook_md_reads_openapi_3_0_only() {
    BALANCE.refuses(
        "{\"openapi\":\"3.0.0\"",
        "{\"openapi\":\"3.1.0\"",
        1,
        "only 3.0",
    );
    BALANCE.refuses(
        "\"in\":\"header\"",
        "\"in\":\"head\"",
        5,
        "not an OpenAPI 3.0 document",
    );
    BALANCE.refuses(
        "{\"openapi\"",
        "{\"openapi\":\"3.0.0\",\"openapi\"",
        1,
        "occurs twice",
    );
}
