//! The recipe "DOKU changed a page" of CONTRIBUTING.md, step by step, with changed copies of the
//! pages of this repository. The changes are made up.
#![expect(clippy::expect_used, clippy::unwrap_used, reason = "helpers of tests")]

use std::path::Path;

use xtask::NewPage;

use crate::common::{CopyOfSpecs, isolated, replaced};

/// A page, and what DOKU may change in it.
struct Page {
    product: &'static str,
    file: &'static str,
    /// A new optional member `remark`, wherever the page says what it takes.
    member: fn(&str) -> String,
    /// A description before and after.
    description: (&'static str, &'static str),
    /// What `import` prints about both.
    printed: &'static [&'static str],
    /// The page without its last operation.
    smaller: fn(&str) -> String,
    /// How the error about that ends or begins.
    refused: &'static str,
}

const BALANCE: Page = Page {
    product: "kirimdoku",
    file: "pages/balance-inquiry.md",
    member: |page| {
        let known = r#""accountNo":{"type":"string","maxLength":16}"#;
        let new = r#""remark":{"type":"string","maxLength":32}"#;
        replaced(page, known, &format!("{known},{new}"))
    },
    description: (
        "identifier on service consumer",
        "identifier on the merchant's",
    ),
    printed: &[
        "/components/schemas/postBalanceInquiryRequest/properties/remark: added",
        "/components/schemas/postBalanceInquiryRequest/properties/partnerReferenceNo/description: \
         changed",
    ],
    smaller: |page| between(page, "## POST /snap", "\n---\n"),
    refused: "not a page of a kind that is read",
};
const WALLET: Page = Page {
    product: "wallet",
    file: "pages/doku-wallet.txt",
    member: |page| {
        let at = page.find(&format!("\nPOST {INQUIRY}\n")).unwrap();
        let (before, section) = page.split_at(at);
        let listed = "Body\n";
        let section = replaced(section, listed, &format!("{listed}remarkstringOptional\n"));
        let (head, rest) = section.split_once("Content-Length: ").unwrap();
        let (length, rest) = rest.split_once('\n').unwrap();
        let length = length.parse::<usize>().unwrap() + r#""remark":"text","#.len();
        let rest = replaced(rest, "{\n", "{\n  \"remark\": \"text\",\n");
        format!("{before}{head}Content-Length: {length}\n{rest}")
    },
    description: ("Credential client ID", "The client ID"),
    printed: &[
        "/components/schemas/RegistrationAccountInquiryRequest/properties/remark: added",
        "/paths/~1snap-adapter~1b2b~1v1.0~1registration-account-creation/post/parameters\
         [X-PARTNER-ID]/description: changed",
    ],
    smaller: |page| {
        let last = "POST snap-adapter/b2b2c/v1.0/transaction-history-detail\n";
        let page = replaced(page, &format!("  • POST{last}"), "");
        between(&page, last, "\nWas this helpful?")
    },
    refused: "the number of its operations is 17, pages/doku-wallet.txt has 18, without POST \
              /snap-adapter/b2b2c/v1.0/transaction-history-detail: save the whole page again; if \
              DOKU removed what is missing, say so with `--operations 17`",
};
const ALLO: Page = Page {
    product: "direct-debit",
    file: "pages/allo-balance-inquiry.txt",
    member: |page| {
        let listed = "Example:\nEMONEY_OVO_SNAP\n";
        let new = "remark\nstring\noptional\nExample:\nnone\n";
        let page = replaced(page, listed, &format!("{listed}{new}"));
        let printed = "\"channel\": \"EMONEY_OVO_SNAP\"\n";
        assert_eq!(page.matches(printed).count(), 2, "example and sample");
        let more = "\"channel\": \"EMONEY_OVO_SNAP\",\n        \"remark\": \"none\"\n";
        page.replace(printed, more)
    },
    description: ("Balance type format", "Balance type"),
    printed: &[
        "/components/schemas/BalanceInquiryRequest/properties/additionalInfo/properties/remark: \
         added",
        "/components/schemas/BalanceInquiryResponse/properties/accountInfos/items/properties/\
         balanceType/description: changed",
    ],
    smaller: |page| between(page, "POST\n/direct-debit", "Modified at"),
    refused: "not a page of a kind that is read",
};

/// An operation of the wallet page.
const INQUIRY: &str = "snap-adapter/b2b/v1.0/registration-account-inquiry";

/// The text without what lies from `start` to before `end`.
fn between(text: &str, start: &str, end: &str) -> String {
    let from = text.find(start).expect(start);
    let rest = text.get(from..).unwrap();
    let length = rest.find(end).unwrap_or(rest.len());
    format!("{}{}", &text[..from], rest.get(length..).unwrap())
}

/// A repository whose tag `before` holds the specs of this one.
struct Checkout(CopyOfSpecs);

impl Checkout {
    fn new() -> Self {
        let checkout = Self(CopyOfSpecs::new());
        for arguments in [
            &["init", "--quiet"][..],
            &["add", "specs"],
            &["commit", "--quiet", "--message", "before"],
            &["tag", "before"],
        ] {
            let output = isolated(Path::new("git"), arguments, checkout.root());
            assert!(output.status.success(), "{output:?}");
        }
        checkout
    }

    fn root(&self) -> &Path {
        self.0.root()
    }

    fn read(&self, page: &Page) -> String {
        self.0.read(&page.path())
    }

    /// The table for the pull request.
    fn diff(&self) -> String {
        let xtask = Path::new(env!("CARGO_BIN_EXE_xtask"));
        let output = isolated(xtask, &["diff", "before"], self.root());
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    fn import(&self, page: &Page, text: &str, operations: Option<usize>) -> Result<String, String> {
        let mut new = NewPage::new(self.0.save("download", text.as_bytes()));
        new.received = Some("2026-11-25".to_owned());
        new.operations = operations;
        let result = xtask::import_page(self.root(), page.product, &new);
        let report = result.map_err(|error| format!("{error:#}"));
        report.map(|lines| lines.join("\n") + "\n")
    }

    fn generate(&self, page: &Page) -> Result<String, String> {
        let result = xtask::generate(self.root(), Some(page.product));
        let report = result.map_err(|error| format!("{error:#}"));
        report.map(|lines| lines.join("\n"))
    }

    fn findings(&self, page: &Page) -> Vec<String> {
        xtask::check(self.root(), Some(page.product)).unwrap()
    }
}

impl Page {
    fn path(&self) -> String {
        format!("specs/{}/{}", self.product, self.file)
    }

    fn has_crate(&self, checkout: &Checkout) -> bool {
        let specs: toml::Table = toml::from_str(&checkout.0.read("specs/specs.toml")).unwrap();
        specs[self.product].get("crate").is_some()
    }
}

/// From the saved page to the table for the pull request.
#[track_caller]
fn walk(page: &Page) {
    let checkout = Checkout::new();
    let text = (page.member)(&checkout.read(page));
    let text = replaced(&text, page.description.0, page.description.1);

    let report = checkout.import(page, &text, None).unwrap();

    assert_eq!(checkout.read(page), text);
    let file = format!("specs/{}/imported.json#", page.product);
    for line in page.printed {
        assert!(
            report.contains(&format!("{file}{line}\n")),
            "{line}: {report}"
        );
    }
    assert!(!report.contains(": removed\n"), "{report}");
    let report = checkout.generate(page).unwrap();
    assert_eq!(checkout.findings(page), Vec::<String>::new());
    let table = checkout.diff();
    if page.has_crate(&checkout) {
        let row = table.lines().find(|line| line.contains("remark`"));
        let row = row.expect(&table);
        assert!(row.starts_with("| Compatible |"), "{row}");
        assert!(row.ends_with("| optional member added |"), "{row}");
    } else {
        let said = format!("{}: no crate yet: imported only", page.product);
        assert_eq!(report, said);
        assert_eq!(table, "No contract differs from `before`.\n");
    }
}

/// The page without an operation, which may be one that was not saved.
#[track_caller]
fn refuse(page: &Page) -> (Checkout, String) {
    let checkout = Checkout::new();
    let before = checkout.read(page);
    let text = (page.smaller)(&before);

    let error = checkout.import(page, &text, None).expect_err("refused");

    assert!(error.contains(page.refused), "{error}");
    assert_eq!(checkout.read(page), before);
    (checkout, text)
}

#[test]
fn a_gitbook_md_page_goes_from_the_saved_file_to_the_pull_request() {
    walk(&BALANCE);
}

#[test]
fn a_gitbook_text_page_goes_from_the_saved_file_to_the_pull_request() {
    walk(&WALLET);
}

#[test]
fn an_apidog_text_page_goes_from_the_saved_file_to_the_pull_request() {
    walk(&ALLO);
}

#[test]
fn a_gitbook_md_page_without_its_operation_is_refused() {
    refuse(&BALANCE);
}

#[test]
fn an_apidog_text_page_without_its_operation_is_refused() {
    refuse(&ALLO);
}

#[test]
fn a_gitbook_text_page_without_an_operation_is_refused_until_its_number_is_said() {
    let (checkout, text) = refuse(&WALLET);

    let report = checkout.import(&WALLET, &text, Some(17)).unwrap();

    let gone = "specs/wallet/imported.json#/paths/\
                ~1snap-adapter~1b2b2c~1v1.0~1transaction-history-detail: removed\n";
    assert!(report.contains(gone), "{report}");
    assert_eq!(checkout.read(&WALLET), text);
}

#[test]
fn an_overlay_entry_whose_mistake_doku_has_mended_is_named_and_removed() {
    let checkout = Checkout::new();
    let text = checkout.read(&BALANCE);
    let text = text.replace("\"avaliableBalance\"", "\"availableBalance\"");
    checkout.import(&BALANCE, &text, None).unwrap();

    let error = checkout.generate(&BALANCE).expect_err("refused");

    let entry = ".properties.accountInfos.properties.avaliableBalance";
    let file = "specs/kirimdoku/overlay.yaml";
    assert!(error.starts_with(file) && error.contains(entry), "{error}");
    let overlay = checkout.0.read(file);
    let entries = overlay.split("\n\n").filter(|part| !part.contains(entry));
    let overlay = entries.collect::<Vec<_>>().join("\n\n");
    checkout.0.write(file, &overlay);
    checkout.generate(&BALANCE).unwrap();
    let table = checkout.diff();
    let row = "| Breaking | `doku-kirimdoku` | `balanceInquiry < accountInfos[].availableBalance` | \
               name on the wire was `avaliableBalance,availableBalance`, is `availableBalance` |";
    assert!(table.contains(row), "{table}");
}

/// A page of the `.md` form, made up, for an operation that is authored so far.
const PUBLISHED: &str = r#"# Account Inquiry

## POST /snap/v1.1/emoney/bank-account-inquiry

```json
{"openapi": "3.0.0", "info": {"title": "KIRIMDOKU Snap - rem-kirimdoku-snap", "version": "1.0.0"},
 "paths": {"/snap/v1.1/emoney/bank-account-inquiry": {"post": {
  "operationId": "bankAccountInquiry",
  "summary": "Bank account inquiry",
  "description": "Checks an account.",
  "requestBody": {"content": {"application/json": {"schema": {"type": "object",
   "required": ["customerNumber"],
   "properties": {"customerNumber": {"type": "string"}}}}}},
  "responses": {"200": {"description": "OK", "content": {"application/json": {"schema": {
   "type": "object", "properties": {"sessionId": {"type": "string"}}}}}}}
 }}}}
```
"#;

#[test]
fn a_page_for_an_authored_operation_takes_its_place_and_the_authored_entry_goes() {
    let checkout = Checkout::new();
    let mut new = NewPage::new(checkout.0.save("account-inquiry.md", PUBLISHED.as_bytes()));
    new.url = Some("https://developers.doku.com/payout/kirim-doku/account-inquiry.md".to_owned());
    xtask::import_page(checkout.root(), "kirimdoku", &new).unwrap();

    let error = checkout.generate(&BALANCE).expect_err("refused");

    let (authored, overlay) = (
        "specs/kirimdoku/authored.yaml",
        "specs/kirimdoku/overlay.yaml",
    );
    assert!(error.starts_with(authored), "{error}");
    assert!(error.contains("its page has arrived"), "{error}");
    let text = checkout.0.read(authored);
    let text = between(
        &text,
        "  /snap/v1.1/emoney/bank-account-inquiry:",
        "\n  /snap/",
    );
    checkout.0.write(authored, &text);
    let entry = "
  - target: $.paths['/snap/v1.1/emoney/bank-account-inquiry'].post
    description: The page does not say what the call does.
    x-source: https://developers.doku.com/payout/kirim-doku/account-inquiry
    x-confidence: DOC
    update:
      x-snap: {service-code: \"42\", kind: read}
";
    checkout
        .0
        .write(overlay, &(checkout.0.read(overlay) + entry));
    checkout.generate(&BALANCE).unwrap();
    assert_eq!(checkout.findings(&BALANCE), Vec::<String>::new());
    let table = checkout.diff();
    let row = "`bankAccountInquiry < sessionId` | member removed |";
    assert!(!table.contains(row), "{table}");
    assert!(
        table.contains("`bankAccountInquiry > amount` | member removed |"),
        "{table}"
    );
}
