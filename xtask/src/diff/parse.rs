//! Reads `contract.txt`. A line that is not understood is an error: a change that is not read is a
//! change that is not reported.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail, ensure};

use super::contract::{Class, Contract, Member, Members, Operation};
use super::further::{self, Further};
use super::words::Words;

/// The contract in `text`; `file` is how errors name it.
pub(super) fn parse(text: &str, file: &str) -> Result<Contract> {
    let mut contract = Contract::default();
    // A product without operations has a contract of one empty line.
    let lines = if text.trim().is_empty() { "" } else { text };
    for (index, line) in lines.lines().enumerate() {
        let number = index + 1;
        add(&mut contract, line, number)
            .with_context(|| format!("{file}:{number}: `{line}` is not understood"))?;
    }
    for (id, operation) in &contract.operations {
        for (mark, members) in [('>', &operation.request), ('<', &operation.response)] {
            check_members(members)
                .map_err(|(line, fault)| anyhow::anyhow!("{file}:{line}: `{id} {mark} {fault}"))?;
        }
    }
    Ok(contract)
}

fn add(contract: &mut Contract, line: &str, number: usize) -> Result<()> {
    let (subject, said) = line
        .split_once(": ")
        .context("a fact is written `subject: what is said of it`")?;
    let mut words = Words::of(said);
    match subject.split(' ').collect::<Vec<_>>()[..] {
        [id] => {
            name(id)?;
            let operation = operation(&mut words)?;
            let before = contract.operations.insert(id.to_owned(), operation);
            ensure!(before.is_none(), "the operation is there twice");
        }
        [of, "=", constant] => {
            name(of)?;
            name(constant)?;
            let value = words.next("a value")?.to_owned();
            let before = contract.constants.insert(subject.to_owned(), value);
            ensure!(before.is_none(), "the constant is there twice");
        }
        [id, "#", header] => {
            name(header)?;
            let required = requirement(&mut words)?;
            let headers = &mut of(contract, id)?.headers;
            let before = headers.insert(header.to_owned(), required);
            ensure!(before.is_none(), "the header is there twice");
        }
        [id, ">", path] => add_member(&mut of(contract, id)?.request, path, &mut words, number)?,
        [id, "<", path] => add_member(&mut of(contract, id)?.response, path, &mut words, number)?,
        _ => bail!(
            "the subject is an operation, alone or with `#`, `>` or `<` and a name, or an open enum \
             with `=` and a constant"
        ),
    }
    words.end()
}

fn of<'a>(contract: &'a mut Contract, id: &str) -> Result<&'a mut Operation> {
    let operation = contract.operations.get_mut(id);
    operation.with_context(|| format!("no line above says what the operation `{id}` is"))
}

fn operation(words: &mut Words<'_>) -> Result<Operation> {
    let operation = Operation {
        method: words.next("a method")?.to_owned(),
        path: words.next("a path")?.to_owned(),
        service: words.value("service=").context("no `service=` here")?,
        token: words.value("token=").context("no `token=` here")?,
        kind: words.value("kind=").context("no `kind=` here")?,
        reference: words.value("reference="),
        unverified: words.flag("unverified"),
        headers: BTreeMap::new(),
        request: Members::default(),
        response: Members::default(),
    };
    known("method", &operation.method, METHODS)?;
    let path = &operation.path;
    ensure!(
        path.starts_with('/'),
        "the path `{path}` has no leading `/`"
    );
    known("token", &operation.token, TOKENS)?;
    known("kind", &operation.kind, OPERATION_KINDS)?;
    Ok(operation)
}

fn known(what: &str, word: &str, all: &[&str]) -> Result<()> {
    let known = all.join(", ");
    ensure!(
        all.contains(&word),
        "the {what} `{word}` is not known; known are {known}"
    );
    Ok(())
}

fn requirement(words: &mut Words<'_>) -> Result<bool> {
    match words.next("`required` or `optional`")? {
        "required" => Ok(true),
        "optional" => Ok(false),
        other => bail!("a header is `required` or `optional`, not `{other}`"),
    }
}

fn add_member(members: &mut Members, path: &str, words: &mut Words<'_>, line: usize) -> Result<()> {
    // An open enum is text; its name may stand in place of the type.
    let kind = if words.begins("enum=") {
        "text"
    } else {
        words.next("a type")?
    };
    known("type", kind, TYPES)?;
    let key = match path.strip_suffix("[]") {
        Some(key) if kind == "list" => key,
        None if kind != "list" => path,
        _ => bail!("a path ends in `[]` when the type is `list`, and only then"),
    };
    key.split('.')
        .enumerate()
        .try_for_each(|(depth, segment)| {
            let is_list_of_bodies = depth == 0 && segment == "[]" && key != segment;
            let segment = if is_list_of_bodies { "body" } else { segment };
            name(segment.trim_end_matches("[]"))
        })?;
    let member = member(kind, key, words, line)?;
    let before = members.insert(key, member);
    ensure!(before.is_none(), "the member is there twice");
    Ok(())
}

/// The words in the order in which they are written, so that a limit may hold any of them; those
/// of [`Further`] may stand between them.
fn member(kind: &str, key: &str, words: &mut Words<'_>, line: usize) -> Result<Member> {
    let mut further = Further::default();
    further.take(words)?;
    let required = words.flag("required");
    let open = words.flag("open");
    let one_or_many = words.flag("one-or-many");
    further.take(words)?;
    let class = class(words);
    further.take(words)?;
    let (min, max) = (words.number("min=")?, words.number("max=")?);
    further.take(words)?;
    let pattern = words.text("pattern=", &ends(&["values=", "wire=", "default="]));
    further.take(words)?;
    let values = words.text("values=", &ends(&["wire=", "default="]));
    further.take(words)?;
    // `default=` stands before `wire=` or behind it.
    let early = words.text("default=", &ends(&["wire="]));
    further.take(words)?;
    let wire = words.value("wire=");
    further.take(words)?;
    let default = match early {
        Some(default) => Some(default),
        None => words.text("default=", &ends(&[])),
    };
    further.take(words)?;
    let member = Member {
        line,
        kind: kind.to_owned(),
        required,
        open,
        one_or_many,
        class,
        limits: [
            ("min", min),
            ("max", max),
            ("pattern", pattern),
            ("values", values),
        ],
        wire,
        default,
        unconfirmed: words.flag("?"),
        further,
    };
    if let Some(wire) = &member.wire {
        wire.split(',').try_for_each(name)?;
        ensure!(
            wire != Members::name(key),
            "`wire={wire}` is the name that the member has anyway"
        );
    }
    Ok(member)
}

fn ends(own: &[&'static str]) -> Vec<&'static str> {
    further::ENDS.iter().chain(own).copied().collect()
}

fn class(words: &mut Words<'_>) -> Class {
    if words.flag("secret") {
        Class::Secret
    } else if words.flag("masked") {
        Class::Masked
    } else {
        Class::Plain
    }
}

fn name(name: &str) -> Result<()> {
    let fits = |c: char| !c.is_whitespace() && !"[]:,`|".contains(c);
    ensure!(
        !name.is_empty() && name.chars().all(fits),
        "`{name}` is no name"
    );
    Ok(())
}

/// Every member has its holder, and no two are one member on the wire.
fn check_members(members: &Members) -> Result<(), (usize, String)> {
    let mut seen = BTreeMap::new();
    for (key, member) in members.iter() {
        if let Some(holder) = Members::holder(key)
            && members.get(holder).is_none()
        {
            let fault = format!("{key}`: no line says what `{holder}` is");
            return Err((member.line, fault));
        }
        let wire = members.wire_path(key);
        if let Some(other) = seen.insert(wire.clone(), key) {
            let fault = format!("{key}` and `{other}` are both `{wire}` on the wire");
            return Err((member.line, fault));
        }
    }
    Ok(())
}

const METHODS: &[&str] = &["DELETE", "GET", "POST", "PUT"];
const OPERATION_KINDS: &[&str] = &[
    "read",
    "session",
    "debit",
    "credit",
    "reversal",
    "notification",
    "question",
];
const TOKENS: &[&str] = &["b2b", "b2b2c", "either"];
const TYPES: &[&str] = &[
    "amount",
    "flag",
    "json",
    "list",
    "object",
    "reference",
    "status",
    "text",
    "time",
    "two-digits",
];
