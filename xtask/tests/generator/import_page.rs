//! `cargo xtask import <product> <file>`: a newly saved page, what becomes of it, and what stops it.
#![expect(clippy::expect_used, clippy::unwrap_used, reason = "helpers of tests")]

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, SystemTime};

use xtask::NewPage;

use crate::common::{PAGE, RENDERED, Workspace, rendered};

const SPECS: &str = "specs/specs.toml";
const IMPORTED: &str = "specs/shop/imported.json";

/// The fixture of rendered GitBook pages, imported.
fn shop() -> Workspace {
    let workspace = Workspace::rendered("gitbook-text", 2);
    workspace.import().unwrap();
    workspace
}

fn page() -> String {
    String::from_utf8(rendered("gitbook-text")).unwrap()
}

/// A page of one operation that no other page has.
fn other_page() -> String {
    let page = page().replace("item/buy", "item/sell");
    let start = page.find("\nPOST shop/b2b/").unwrap();
    let page = page.get(..start).unwrap();
    page.replace("  • POSTPOST shop/b2b/v1.0/item-status\n", "")
}

/// The page without its second operation.
fn smaller_page() -> String {
    other_page().replace("item/sell", "item/buy")
}

fn save(workspace: &Workspace, name: &str, text: &str) -> PathBuf {
    let file = format!("saved/{name}");
    workspace.write(&file, text.as_bytes());
    workspace.root().join(file)
}

fn saved_on(workspace: &Workspace, text: &str, day: &str) -> NewPage {
    let mut page = NewPage::new(save(workspace, "download.txt", text));
    page.received = Some(day.to_owned());
    page
}

fn import(workspace: &Workspace, page: &NewPage) -> Result<Vec<String>, String> {
    let result = xtask::import_page(workspace.root(), "shop", page);
    // The folder is another one in every run.
    let root = format!("{}/", workspace.root().display());
    result.map_err(|error| format!("{error:#}").replace(&root, ""))
}

/// The error; whatever it is, nothing is written.
#[track_caller]
fn refused(workspace: &Workspace, page: &NewPage) -> String {
    let before = workspace.files();

    let error = import(workspace, page).expect_err("refused");

    assert_eq!(workspace.files(), before, "{error}");
    error
}

#[test]
fn a_saved_page_takes_the_place_of_the_one_whose_operations_it_describes() {
    let workspace = shop();
    let remark = "# What is this?\n";
    workspace.write(
        SPECS,
        (remark.to_owned() + &workspace.read(SPECS)).as_bytes(),
    );
    let text = page()
        .replace("Local time of", "Time of")
        .replace('\n', "\r\n");
    let new = saved_on(&workspace, &text, "2026-11-25");

    let report = import(&workspace, &new).unwrap();

    assert_eq!(workspace.read(RENDERED), text);
    let specs = workspace.read(SPECS);
    assert!(specs.starts_with(remark), "{specs}");
    assert!(specs.contains("received = 2026-11-25\n"), "{specs}");
    let changed: Vec<&String> = report
        .iter()
        .filter(|line| line.ends_with("/description: changed"))
        .collect();
    assert_eq!(changed.len(), 2, "{report:#?}");
    assert_eq!(
        report[0],
        format!(
            "{RENDERED}: 2026-11-25, 2 operations, gitbook-text (was 2026-11-20, 2 operations, \
             gitbook-text)"
        )
    );
    let findings = xtask::check(workspace.root(), None).unwrap();
    assert_eq!(findings, Vec::<String>::new());
}

#[test]
fn the_same_page_saved_anew_changes_only_its_day() {
    let workspace = shop();
    let (specs, imported) = (workspace.read(SPECS), workspace.read(IMPORTED));

    let report = import(&workspace, &saved_on(&workspace, &page(), "2026-11-25")).unwrap();

    assert!(report[0].contains("the same bytes"), "{}", report[0]);
    assert!(report.iter().all(|line| !line.starts_with(IMPORTED)));
    assert_eq!(
        workspace.read(SPECS),
        specs.replace("2026-11-20", "2026-11-25")
    );
    assert_eq!(workspace.read(IMPORTED), imported);
}

#[test]
fn a_page_that_was_saved_over_the_old_one_is_taken_in_too() {
    let workspace = shop();
    let text = page().replace("Local time of", "Time of");
    workspace.write(RENDERED, text.as_bytes());

    import(&workspace, &NewPage::new(workspace.root().join(RENDERED))).unwrap();

    let findings = xtask::check(workspace.root(), None).unwrap();
    assert_eq!(findings, Vec::<String>::new());
}

#[test]
fn the_day_is_that_of_the_last_change_of_the_file_in_utc() {
    let workspace = shop();
    let file = save(&workspace, "download.txt", &page());
    // Four seconds before midnight of 2024-02-29.
    let changed = SystemTime::UNIX_EPOCH + Duration::from_secs(1_709_251_196);
    let open = File::options().write(true).open(&file).unwrap();
    open.set_modified(changed).unwrap();

    import(&workspace, &NewPage::new(file)).unwrap();

    assert!(workspace.read(SPECS).contains("received = 2024-02-29\n"));
}

#[test]
fn every_kind_of_page_is_recognised_and_a_page_may_change_its_kind() {
    let kinds = ["gitbook-md", "gitbook-text", "apidog-text"];
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/plain/page.md");
    let markdown = fs::read_to_string(fixture).unwrap();
    let heading = "/shop/v1/items";
    let texts = [
        markdown.replace(heading, "/shop/v1/item-look"),
        smaller_page().replace("shop/b2b2c/v1.0/item/buy", "shop/v1/item-look"),
        String::from_utf8(rendered("apidog-text")).unwrap(),
    ];
    for (before, _) in texts.iter().zip(kinds) {
        for (after, kind) in texts.iter().zip(kinds) {
            let workspace = Workspace::rendered("apidog-text", 1);
            import(&workspace, &NewPage::new(save(&workspace, "a", before))).unwrap();

            import(&workspace, &NewPage::new(save(&workspace, "b", after))).unwrap();

            let reader = format!("reader = \"{kind}\"\n");
            assert!(workspace.read(SPECS).contains(&reader), "{kind}");
            assert_eq!(&workspace.read(RENDERED), after, "{kind}");
        }
    }
}

#[test]
fn a_page_of_new_operations_is_added_with_its_address() {
    let workspace = shop();
    let (page, specs) = (workspace.read(RENDERED), workspace.read(SPECS));
    let mut new = saved_on(&workspace, &other_page(), "2026-11-25");
    new.url = Some("https://example.com/sell".to_owned());

    let report = import(&workspace, &new).unwrap();

    let path = "specs/shop/pages/download.txt";
    assert_eq!(
        report[0],
        format!("{path}: new: 2026-11-25, 1 operation, gitbook-text")
    );
    assert!(report[1].ends_with("/paths/~1shop~1b2b2c~1v1.0~1item~1sell: added"));
    assert_eq!(workspace.read(path), other_page());
    assert_eq!(workspace.read(RENDERED), page);
    assert!(workspace.read(SPECS).starts_with(&specs));
    let findings = xtask::check(workspace.root(), None).unwrap();
    assert_eq!(findings, Vec::<String>::new());
}

#[test]
fn an_operation_that_is_gone_is_accepted_when_its_number_is_said() {
    let workspace = shop();
    let mut new = saved_on(&workspace, &smaller_page(), "2026-11-25");
    new.operations = Some(1);

    let report = import(&workspace, &new).unwrap();

    let gone = format!("{IMPORTED}#/paths/~1shop~1b2b~1v1.0~1item-status: removed");
    assert_eq!(report[1], gone);
    assert!(workspace.read(SPECS).contains("operations = 1\n"));
}

#[test]
fn a_page_with_one_operation_more_is_taken_in_and_its_number_written() {
    let workspace = shop();
    let mut smaller = saved_on(&workspace, &smaller_page(), "2026-11-24");
    smaller.operations = Some(1);
    import(&workspace, &smaller).unwrap();

    let report = import(&workspace, &saved_on(&workspace, &page(), "2026-11-25")).unwrap();

    let new = format!("{IMPORTED}#/paths/~1shop~1b2b~1v1.0~1item-status: added");
    assert!(report.contains(&new), "{report:#?}");
    assert!(workspace.read(SPECS).contains("operations = 2\n"));
}

#[test]
fn an_explained_difference_stays_explained() {
    let workspace = shop()
        .page("Content-Length: 16", "Content-Length: 17")
        .explain("content-length", "/shop/b2b/v1.0/item-status", "by hand");
    let text = workspace.read(RENDERED).replace("Local time", "Time");

    let report = import(&workspace, &saved_on(&workspace, &text, "2026-11-25")).unwrap();

    assert!(
        report
            .iter()
            .any(|line| line.ends_with("accepted: by hand"))
    );
}

#[test]
fn an_explanation_that_explains_nothing_any_more_is_refused() {
    let workspace = shop()
        .page("Content-Length: 16", "Content-Length: 17")
        .explain("content-length", "/shop/b2b/v1.0/item-status", "by hand");

    let error = refused(&workspace, &saved_on(&workspace, &page(), "2026-11-25"));

    assert!(error.contains("`content-length` does not fail"), "{error}");
}

#[test]
fn files_of_no_known_kind_are_refused_with_what_each_kind_looks_like() {
    let workspace = shop();
    let texts = ["nothing\n", "<!DOCTYPE html>\n", "", "```json\n{}\n```\n"];

    let errors = texts.map(|text| refused(&workspace, &saved_on(&workspace, text, "2026-11-25")));

    insta::assert_snapshot!(errors.join("\n\n"));
}

#[test]
fn a_page_that_looks_like_two_kinds_is_refused_unless_it_can_be_read_as_one_only() {
    let workspace = shop();
    let both = page() + &String::from_utf8(rendered("apidog-text")).unwrap();
    let neither = both
        .replace("2005400", "200540")
        .replace("2001100", "200110");
    let noisy = page() + "Request samples\n";

    let errors =
        [both, neither].map(|text| refused(&workspace, &saved_on(&workspace, &text, "2026-11-25")));
    import(&workspace, &saved_on(&workspace, &noisy, "2026-11-25")).unwrap();

    insta::assert_snapshot!(errors.join("\n\n"));
}

#[test]
fn a_page_without_an_operation_that_it_had_is_refused() {
    let workspace = shop();
    let renamed = page().replace("item-status", "item-state");

    let errors = [smaller_page(), renamed]
        .map(|text| refused(&workspace, &saved_on(&workspace, &text, "2026-11-25")));

    insta::assert_snapshot!(errors.join("\n\n"));
}

#[test]
fn a_number_of_operations_that_the_page_does_not_have_is_refused() {
    let workspace = shop();
    let mut new = saved_on(&workspace, &smaller_page(), "2026-11-25");
    new.operations = Some(2);

    insta::assert_snapshot!(refused(&workspace, &new));
}

#[test]
fn a_page_of_unknown_operations_is_refused_without_an_address() {
    let workspace = shop();
    let mut new = saved_on(&workspace, &other_page(), "2026-11-25");
    let without = refused(&workspace, &new);
    new.url = Some("example".to_owned());
    let with_none = refused(&workspace, &new);

    insta::assert_snapshot!([without, with_none].join("\n\n"));
}

#[test]
fn a_new_page_whose_name_is_taken_or_odd_is_refused() {
    let workspace = shop();
    workspace.write("specs/shop/pages/stray.txt", b"another");
    let names = ["page.txt", "stray.txt", "a page.txt", ".page"];

    let errors = names.map(|name| {
        let mut new = NewPage::new(save(&workspace, name, &other_page()));
        new.url = Some("https://example.com/sell".to_owned());
        refused(&workspace, &new)
    });

    insta::assert_snapshot!(errors.join("\n\n"));
}

#[test]
fn a_page_with_operations_of_two_pages_is_refused() {
    let workspace = shop();
    let mut new = saved_on(&workspace, &other_page(), "2026-11-25");
    new.url = Some("https://example.com/sell".to_owned());
    import(&workspace, &new).unwrap();
    let both = page().replace("item-status", "item/sell");
    let both = both.replace("shop/b2b/v1.0", "shop/b2b2c/v1.0");

    let error = refused(&workspace, &saved_on(&workspace, &both, "2026-11-26"));

    insta::assert_snapshot!(error);
}

#[test]
fn a_damaged_page_is_refused_with_the_words_of_its_reader() {
    let workspace = shop();
    let damaged = page().replace("Content-Length: 16", "Content-Length: 17");

    let error = refused(&workspace, &saved_on(&workspace, &damaged, "2026-11-25"));

    insta::assert_snapshot!(error);
}

#[test]
fn other_pages_of_the_product_must_be_what_was_recorded() {
    let workspace = shop();
    let mut new = saved_on(&workspace, &other_page(), "2026-11-25");
    new.url = Some("https://example.com/sell".to_owned());
    import(&workspace, &new).unwrap();
    workspace.write("specs/shop/pages/download.txt", b"lost");

    let error = refused(&workspace, &saved_on(&workspace, &page(), "2026-11-26"));

    assert!(
        error.starts_with("specs/shop/pages/download.txt: its sha256 is"),
        "{error}"
    );
}

#[test]
fn days_that_are_none_files_that_are_gone_and_unknown_products_are_refused() {
    let workspace = shop();
    let days = [
        "yesterday",
        "2026-02-30",
        "2026-11-20T10:00:00Z",
        "10:00:00",
    ];

    let mut errors: Vec<String> = days
        .map(|day| refused(&workspace, &saved_on(&workspace, &page(), day)))
        .into();
    let gone = NewPage::new(workspace.root().join("gone.txt"));
    errors.push(refused(&workspace, &gone).lines().take(1).collect());
    let unknown = xtask::import_page(workspace.root(), "till", &gone).expect_err("refused");
    errors.push(format!("{unknown:#}"));

    insta::assert_snapshot!(errors.join("\n"));
}

#[test]
fn what_is_no_text_is_refused() {
    let workspace = shop();
    workspace.write("saved/a", b"POST a\n\xff");
    let new = NewPage::new(workspace.root().join("saved/a"));

    assert!(refused(&workspace, &new).contains("not UTF-8"));
}

#[test]
fn the_overlay_and_everything_generated_stay_as_they_are() {
    let workspace = Workspace::of("money");
    workspace.generate().unwrap();
    let text = workspace.read(PAGE).replace("# ", "#  ");
    let before = workspace.files();
    let generated = |files: &[(PathBuf, Vec<u8>)]| {
        let of_import = [PAGE, SPECS, IMPORTED].map(Path::new);
        let mut files = files.to_vec();
        files
            .retain(|(path, _)| !of_import.contains(&path.as_path()) && !path.starts_with("saved"));
        files
    };

    import(&workspace, &saved_on(&workspace, &text, "2026-11-25")).unwrap();

    assert_eq!(generated(&workspace.files()), generated(&before));
}

#[test]
fn the_command_takes_the_file_behind_the_product() {
    let workspace = shop();
    let file = save(&workspace, "download.txt", &page());
    let run = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
        command.args(arguments).current_dir(workspace.root());
        let output = command.output().unwrap();
        let stdout = String::from_utf8(output.stdout).unwrap();
        (output.status.code(), stdout)
    };
    let file = file.to_str().unwrap();

    let (code, stdout) = run(&["import", "shop", file, "--received", "2026-11-25"]);
    let (alone, _) = run(&["import", "shop", "--received", "2026-11-25"]);

    assert_eq!(code, Some(0));
    assert!(stdout.starts_with(RENDERED), "{stdout}");
    assert_eq!(alone, Some(2));
}
