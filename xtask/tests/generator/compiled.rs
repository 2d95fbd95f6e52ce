//! What is emitted for the fixtures is committed in `tests/tests/emitted/`, where the suite compiles
//! it against `snap-core` and reads wire samples with it. xtask itself depends on no crate it writes.

use std::{collections::BTreeMap, env, fs, path::Path};

use crate::common::Workspace;

const COMPILED: [&str; 12] = [
    "customers",
    "defaults",
    "enums",
    "examples",
    "extra",
    "limits",
    "money",
    "sensitive",
    "shapes",
    "shared",
    "twins",
    "unverified",
];

#[test]
fn the_suite_compiles_what_is_emitted_today() {
    for fixture in COMPILED {
        let workspace = Workspace::of(fixture);
        workspace.generate().unwrap();
        let emitted: BTreeMap<_, _> = workspace
            .files()
            .into_iter()
            .filter_map(|(path, bytes)| {
                let name = path.strip_prefix("crates/doku-shop/src/generated").ok()?;
                Some((name.to_owned(), bytes))
            })
            .collect();
        assert!(!emitted.is_empty(), "{fixture}");
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../tests/tests/emitted")
            .join(fixture);

        if env::var_os("UPDATE_EMITTED").is_some() {
            let _ = fs::remove_dir_all(&folder);
            fs::create_dir_all(&folder).unwrap();
            for (name, bytes) in &emitted {
                fs::write(folder.join(name), bytes).unwrap();
            }
        }

        let committed: BTreeMap<_, _> = fs::read_dir(&folder)
            .unwrap()
            .map(|entry| {
                let entry = entry.unwrap();
                (entry.file_name().into(), fs::read(entry.path()).unwrap())
            })
            .collect();
        assert!(
            committed == emitted,
            "{fixture} is stale: run UPDATE_EMITTED=1 cargo test -p xtask"
        );
    }
}
