//! The page of the sandbox's behaviours.

use crate::common::{Workspace, refused, replaced};

const REGISTRY: &str = "crates/snap-sandbox/behaviours.toml";
const PAGE: &str = "crates/snap-sandbox/docs/behaviours.md";

fn with(registry: &str) -> Workspace {
    let workspace = Workspace::of("money");
    workspace.write(REGISTRY, registry.as_bytes());
    workspace
}

const ROWS: &str = r#"
[[behaviour]]
id = "token.latest-wins"
says = "A new B2B token ends the older ones | at once"
status = "documented"
source = "https://developers.doku.com/page"
switch = "SandboxBuilder::grace"

[[behaviour]]
id = "answer.time"
says = "A time has <no> fraction."
status = "assumed"
source = "no document settles it"
"#;

#[test]
fn the_registry_becomes_a_page_of_one_table_for_each_area() {
    let workspace = with(ROWS);

    workspace.generate().expect("generated");

    let page = workspace.read(PAGE);
    assert!(page.contains("2 behaviours: 1 documented, 0 observed, 1 assumed."));
    let areas: Vec<&str> = page
        .lines()
        .filter(|line| line.starts_with("## "))
        .collect();
    assert_eq!(areas, ["## answer", "## token"]);
    assert!(page.contains(
        "| `token.latest-wins` | A new B2B token ends the older ones \\| at once. | documented | \
         <https://developers.doku.com/page>. | `SandboxBuilder::grace` |\n"
    ));
    assert!(page.contains("| A time has \\<no\\> fraction. | assumed |"));
}

#[test]
fn what_is_no_row_is_refused_with_its_id() {
    for (from, to, said) in [
        ("\"assumed\"", "\"guessed\"", "unknown variant `guessed`"),
        (
            "source = \"no document settles it\"",
            "source = \" \"",
            "answer.time: `source` is empty",
        ),
        (
            "id = \"answer.time\"",
            "id = \"time\"",
            "time: the id has an area",
        ),
        ("switch = ", "swich = ", "unknown field `swich`"),
    ] {
        let workspace = with(&replaced(ROWS, from, to));

        let error = refused(workspace.generate());

        assert!(
            error.starts_with(REGISTRY) && error.contains(said),
            "{error}"
        );
    }
}

#[test]
fn a_page_that_is_not_current_is_found() {
    let workspace = with(ROWS);
    workspace.generate().expect("generated");
    let workspace = workspace.change(REGISTRY, "assumed", "observed");

    let found = xtask::check(workspace.root(), None).expect("compared");

    let stale = found.iter().filter(|line| line.contains(PAGE)).count();
    assert_eq!(stale, 1, "{found:?}");
}
