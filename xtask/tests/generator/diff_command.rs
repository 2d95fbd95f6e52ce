//! `cargo xtask diff <git-ref>` in a small repository.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::common::isolated;

/// A repository whose tag `before` holds three products, in a workspace below its top.
struct Repository(TempDir);

impl Repository {
    fn new() -> Self {
        let repository = Self(tempfile::tempdir().unwrap());
        repository.write(SPECS, &specs(&["bank", "shop", "till"]));
        repository.write("specs/bank/contract.txt", BANK);
        repository.write("specs/shop/contract.txt", SHOP);
        repository.write("specs/till/contract.txt", TILL);
        repository.git(&["init", "--quiet", ".."]);
        repository.git(&["add", "."]);
        repository.git(&["commit", "--quiet", "--message", "before"]);
        repository.git(&["tag", "before"]);
        repository
    }

    fn write(&self, file: &str, text: &str) {
        let path = self.root().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    #[track_caller]
    fn change(&self, file: &str, from: &str, to: &str) {
        let text = fs::read_to_string(self.root().join(file)).unwrap();
        assert!(text.contains(from), "nothing to replace: {from}");
        self.write(file, &text.replacen(from, to, 1));
    }

    fn root(&self) -> PathBuf {
        self.0.path().join("rust")
    }

    #[track_caller]
    fn git(&self, arguments: &[&str]) {
        let output = isolated(Path::new("git"), arguments, &self.root());
        assert!(output.status.success(), "{output:?}");
    }

    fn diff(&self, reference: &str) -> (Option<i32>, String, String) {
        let xtask = Path::new(env!("CARGO_BIN_EXE_xtask"));
        let output = isolated(xtask, &["diff", "--", reference], &self.root());
        (
            output.status.code(),
            String::from_utf8(output.stdout).unwrap(),
            String::from_utf8(output.stderr).unwrap(),
        )
    }
}

fn specs(products: &[&str]) -> String {
    let tables = products.iter();
    let tables = tables.map(|name| format!("[{name}]\ncrate = \"doku-{name}\"\npage = []\n"));
    tables.collect()
}

/// The standard output of a comparison that succeeds.
#[track_caller]
fn printed(repository: &Repository) -> String {
    let (code, stdout, stderr) = repository.diff("before");
    assert_eq!((code, stderr.as_str()), (Some(0), ""));
    stdout
}

/// The error output of one that fails.
#[track_caller]
fn refused(repository: &Repository, reference: &str) -> String {
    let (code, stdout, stderr) = repository.diff(reference);
    assert_eq!((code, stdout.as_str()), (Some(1), ""));
    stderr
}

#[test]
fn no_change_is_one_sentence() {
    let repository = Repository::new();
    repository.change(SPECS, "[bank]", "# A remark.\n[bank]");

    assert_eq!(printed(&repository), "No contract differs from `before`.\n");
}

#[test]
fn changes_are_a_table_the_worst_first_and_a_level_per_crate() {
    let repository = Repository::new();
    repository.change("specs/bank/contract.txt", "max=64", "max=32");
    repository.change("specs/shop/contract.txt", "amount: text", "amount: amount");
    repository.change(
        "specs/shop/contract.txt",
        "name: text masked",
        "name: text secret",
    );
    repository.change("specs/shop/contract.txt", "values=a|b", "values=a|`b`|c");
    repository.change(
        "specs/shop/contract.txt",
        "try > itemNo: text required\n",
        "",
    );
    repository.change("specs/till/contract.txt", "text required", "text");

    insta::assert_snapshot!(printed(&repository));
}

#[test]
fn a_new_product_and_a_removed_one_are_listed_by_their_operations() {
    let repository = Repository::new();
    fs::remove_dir_all(repository.root().join("specs/till")).unwrap();
    repository.write(SPECS, &specs(&["bank", "shop", "vault"]));
    repository.write("specs/vault/contract.txt", TILL);

    insta::assert_snapshot!(printed(&repository));
}

#[test]
fn what_is_not_promised_decides_no_version() {
    let repository = Repository::new();
    repository.change("specs/shop/contract.txt", "itemNo: text", "itemNo: flag");

    insta::assert_snapshot!(printed(&repository));
}

#[test]
fn the_working_tree_is_compared_whether_or_not_it_is_committed() {
    let repository = Repository::new();
    repository.change("specs/bank/contract.txt", "max=64", "max=32");
    let changed = printed(&repository);

    repository.git(&["commit", "--quiet", "--all", "--message", "after"]);

    assert_eq!(printed(&repository), changed);
    let (_, same, _) = repository.diff("HEAD");
    assert_eq!(same, "No contract differs from `HEAD`.\n");
}

#[test]
fn a_ref_that_names_no_commit_is_refused_with_what_to_do() {
    let repository = Repository::new();

    let refs = ["no-such-branch", "", "before:specs", "--all"];
    let errors: Vec<String> = refs.map(|name| refused(&repository, name)).into();

    insta::assert_snapshot!(errors.concat());
}

#[test]
fn a_folder_without_a_repository_is_refused_with_the_words_of_git() {
    let repository = Repository::new();
    fs::remove_dir_all(repository.0.path().join(".git")).unwrap();

    let error = refused(&repository, "main");

    assert!(error.contains("not a git repository"), "{error}");
}

#[test]
fn a_line_that_is_not_understood_is_named_with_its_file_and_its_ref() {
    let repository = Repository::new();
    repository.change("specs/shop/contract.txt", "amount: text", "amount: number");
    let now = refused(&repository, "before");
    repository.git(&["commit", "--quiet", "--all", "--message", "broken"]);
    repository.change("specs/shop/contract.txt", "amount: number", "amount: text");
    let then = refused(&repository, "HEAD");

    insta::assert_snapshot!(format!("{now}{then}"));
}

#[test]
fn a_contract_of_a_product_that_is_not_listed_is_refused() {
    let repository = Repository::new();
    repository.write("specs/stray/contract.txt", TILL);

    insta::assert_snapshot!(refused(&repository, "before"));
}

const SPECS: &str = "specs/specs.toml";
const BANK: &str = "\
transfer: POST /bank/transfer service=43 token=b2b kind=credit reference=partnerReferenceNo
transfer > partnerReferenceNo: reference required max=64
";
const SHOP: &str = "\
pay: POST /shop/pay service=54 token=b2b2c kind=debit reference=partnerReferenceNo
pay < name: text masked
pay > amount: text required
pay > channel: text values=a|b
pay > partnerReferenceNo: reference required max=64
try: POST /shop/try service=55 token=b2b kind=read unverified
try > itemNo: text required
";
const TILL: &str = "\
count: GET /till/count service=11 token=b2b kind=read
count > tillNo: text required
";
