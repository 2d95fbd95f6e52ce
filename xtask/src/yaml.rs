//! YAML as JSON, with the line of every value, so that an error can name it.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, anyhow, bail};
use saphyr::{LoadableYamlNode, MarkedYaml, Scalar, YamlData};
use saphyr_parser::{Event, Parser};
use serde_json::{Map, Value};

use crate::json::escape;

/// A YAML document.
#[derive(Debug)]
pub(crate) struct Yaml {
    pub(crate) value: Value,
    file: String,
    lines: BTreeMap<String, usize>,
}

impl Yaml {
    /// `<file>:<line>` of the value at a JSON pointer, or of the nearest one above it.
    pub(crate) fn place(&self, pointer: &str) -> String {
        let mut pointer = pointer;
        loop {
            if let Some(line) = self.lines.get(pointer) {
                return format!("{}:{line}", self.file);
            }
            let Some((parent, _)) = pointer.rsplit_once('/') else {
                return self.file.clone();
            };
            pointer = parent;
        }
    }

    /// Refuses members of the object at a JSON pointer that are not known.
    pub(crate) fn check_keys(&self, at: &str, known: &[&str]) -> Result<()> {
        let members = self.value.pointer(at).and_then(Value::as_object);
        let mut keys = members.into_iter().flat_map(Map::keys);
        match keys.find(|key| !known.contains(&key.as_str())) {
            None => Ok(()),
            Some(key) => bail!(
                "{}: unknown key `{key}`; known are {}",
                self.place(&format!("{at}/{}", escape(key))),
                known.join(", ")
            ),
        }
    }
}

/// Reads a file, if it is there.
pub(crate) fn read(root: &Path, file: &str) -> Result<Option<Yaml>> {
    let path = root.join(file);
    if !path.exists() {
        return Ok(None);
    }
    let text = fs::read_to_string(&path).with_context(|| format!("{file} cannot be read"))?;
    parse(file, &text).map(Some)
}

/// Reads one document; anchors, tags and keys that are not text are refused.
pub(crate) fn parse(file: &str, text: &str) -> Result<Yaml> {
    refuse_anchors(file, text)?;
    let documents = MarkedYaml::load_from_str(text).map_err(|error| anyhow!("{file}: {error}"))?;
    let [document] = documents.as_slice() else {
        bail!(
            "{file}: holds {} YAML documents; one is expected",
            documents.len()
        );
    };
    let mut yaml = Yaml {
        value: Value::Null,
        file: file.to_owned(),
        lines: BTreeMap::new(),
    };
    yaml.value = convert(document, "", &mut yaml)?;
    Ok(yaml)
}

/// The loader resolves aliases without a word; a source that stands somewhere else is no source.
fn refuse_anchors(file: &str, text: &str) -> Result<()> {
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| anyhow!("{file}: {error}"))?;
        let anchor = match event {
            Event::Alias(_) => true,
            Event::Scalar(_, _, anchor, _)
            | Event::SequenceStart(anchor, _)
            | Event::MappingStart(anchor, _) => anchor > 0,
            _ => false,
        };
        if anchor {
            let line = span.start.line();
            bail!("{file}:{line}: anchors and aliases are not read; write the value out");
        }
    }
    Ok(())
}

fn convert(node: &MarkedYaml<'_>, pointer: &str, yaml: &mut Yaml) -> Result<Value> {
    yaml.lines
        .insert(pointer.to_owned(), node.span.start.line());
    match &node.data {
        YamlData::Value(scalar) => scalar_value(scalar),
        YamlData::Sequence(items) => {
            let mut list = Vec::new();
            for (index, item) in items.iter().enumerate() {
                list.push(convert(item, &format!("{pointer}/{index}"), yaml)?);
            }
            Ok(Value::Array(list))
        }
        YamlData::Mapping(members) => {
            let mut map = Map::new();
            for (key, value) in members {
                let Some(name) = key.data.as_str() else {
                    let line = key.span.start.line();
                    bail!("{}:{line}: a key that is not text; quote it", yaml.file);
                };
                let at = format!("{pointer}/{}", escape(name));
                map.insert(name.to_owned(), convert(value, &at, yaml)?);
                // The line of the key is where a person looks for the member.
                yaml.lines.insert(at, key.span.start.line());
            }
            Ok(Value::Object(map))
        }
        _ => bail!(
            "{}: tags are not read; write the value out",
            yaml.place(pointer)
        ),
    }
}

fn scalar_value(scalar: &Scalar<'_>) -> Result<Value> {
    Ok(match scalar {
        Scalar::Null => Value::Null,
        Scalar::Boolean(value) => (*value).into(),
        Scalar::Integer(value) => (*value).into(),
        Scalar::FloatingPoint(value) => value.into_inner().into(),
        Scalar::String(value) => value.as_ref().into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_the_line_of_the_key() {
        let yaml = parse("f.yaml", "a:\n  b: 1\nlist:\n  - x: 2\n    y: 3\n").unwrap();

        assert_eq!(yaml.place("/a/b"), "f.yaml:2");
        assert_eq!(yaml.place("/list/0"), "f.yaml:4");
        assert_eq!(yaml.place("/list/0/y"), "f.yaml:5");
        assert_eq!(yaml.place("/list/0/y/deeper"), "f.yaml:5");
    }

    #[test]
    fn unquoted_codes_are_numbers_and_quoted_ones_are_text() {
        let yaml = parse("f.yaml", "a: 11\nb: \"11\"\nc: '06'\n").unwrap();

        assert_eq!(
            yaml.value,
            serde_json::json!({"a": 11, "b": "11", "c": "06"})
        );
    }

    #[test]
    fn an_anchor_a_tag_a_second_document_or_a_repeated_key_is_refused() {
        for text in [
            "a: 1\n---\nb: 2\n",
            "a: !x 1\n",
            "a: 1\na: 2\n",
            "1: 2\n",
            "a: &s x\n",
            "a: &s x\nb: *s\n",
            "a: &s [x]\n",
            "a: &s {b: c}\n",
        ] {
            assert!(parse("f.yaml", text).is_err(), "{text:?}");
        }
    }
}
