//! The comparison as Markdown for a pull request.

use super::report::{Change, Comparison, Level, code};

/// One string per line.
pub(super) fn markdown(comparisons: &[Comparison], reference: &str) -> Vec<String> {
    let is_changed = |comparison: &&Comparison| {
        comparison.is_new || comparison.is_gone || !comparison.changes.is_empty()
    };
    let changed: Vec<&Comparison> = comparisons.iter().filter(is_changed).collect();
    if changed.is_empty() {
        return vec![format!("No contract differs from {}.", code(reference))];
    }
    let mut lines = promised(&changed);
    lines.extend(levels(&changed));
    lines.extend(apart(&changed));
    lines
}

fn promised(changed: &[&Comparison]) -> Vec<String> {
    let rows = rows(changed, false);
    if rows.is_empty() {
        return vec!["Nothing that is promised changes.".to_owned()];
    }
    let mut lines = header(&["Level", "Crate", "Contract", "Change"]);
    lines.extend(rows.iter().map(|(package, change)| {
        row(&[
            change.level.to_string(),
            code(package),
            code(&change.subject),
            change.what.clone(),
        ])
    }));
    lines
}

fn levels(changed: &[&Comparison]) -> Vec<String> {
    let mut lines = vec![String::new()];
    lines.extend(header(&["Crate", "Level", "Next version"]));
    lines.extend(changed.iter().map(|comparison| {
        let promised = comparison
            .changes
            .iter()
            .filter(|change| !change.unverified);
        let level = promised.map(|change| change.level).max();
        let version = match level {
            _ if comparison.is_new => "the first",
            _ if comparison.is_gone => "none: the product is gone",
            Some(Level::Compatible) => "minor; patch while 0.x",
            Some(_) => "major; minor while 0.x",
            None => "patch: nothing promised changes",
        };
        let level = level.map_or_else(|| "-".to_owned(), |level| level.to_string());
        row(&[code(&comparison.package), level, version.to_owned()])
    }));
    lines
}

fn apart(changed: &[&Comparison]) -> Vec<String> {
    let rows = rows(changed, true);
    if rows.is_empty() {
        return Vec::new();
    }
    let mut lines = vec![
        String::new(),
        "Outside the promise, because the operation is `unverified`:".to_owned(),
        String::new(),
    ];
    lines.extend(header(&["Crate", "Contract", "Change"]));
    lines.extend(rows.iter().map(|(package, change)| {
        row(&[code(package), code(&change.subject), change.what.clone()])
    }));
    lines
}

/// The worst first; otherwise by crate and in the order of the contract.
fn rows<'a>(changed: &[&'a Comparison], unverified: bool) -> Vec<(&'a str, &'a Change)> {
    let mut rows: Vec<(&str, &Change)> = changed
        .iter()
        .flat_map(|comparison| {
            let package = comparison.package.as_str();
            comparison
                .changes
                .iter()
                .map(move |change| (package, change))
        })
        .filter(|(_, change)| change.unverified == unverified)
        .collect();
    rows.sort_by_key(|(_, change)| std::cmp::Reverse(change.level));
    rows
}

fn header(cells: &[&str]) -> Vec<String> {
    let names = cells.iter().map(|cell| (*cell).to_owned());
    let rules = cells.iter().map(|_| "---".to_owned());
    vec![
        row(&names.collect::<Vec<_>>()),
        row(&rules.collect::<Vec<_>>()),
    ]
}

fn row(cells: &[String]) -> String {
    format!("| {} |", cells.join(" | "))
}
