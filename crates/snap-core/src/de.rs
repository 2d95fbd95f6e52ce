//! Lenient readers for generated code. Hidden, and versioned with it: use them at your own risk.
//!
//! All of them read through [`RawValue`], so that the digits of numbers survive, and so they work
//! only with `serde_json` on text.

use serde::{Deserialize, Deserializer, de::DeserializeOwned, de::Error};
use serde_json::value::RawValue;

/// Text from text, number (its digits) or boolean.
pub fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    opt_text(deserializer)?.ok_or_else(|| D::Error::custom("null where text was expected"))
}

/// As [`text`]; nothing from `null`.
pub fn opt_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    scalar(&raw(deserializer)?)
}

/// As [`opt_text`]; nothing too from what is no text.
pub(crate) fn text_if_any<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<String>, D::Error> {
    Ok(scalar::<D::Error>(&raw(deserializer)?).unwrap_or_default())
}

/// As [`text`], padded to two digits: DOKU's pages print codes such as `00` as numbers.
pub fn two_digits<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    text(deserializer).map(padded)
}

/// As [`two_digits`]; nothing from `null`.
pub fn opt_two_digits<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<String>, D::Error> {
    Ok(opt_text(deserializer)?.map(padded))
}

/// A single digit with the zero that it lost as a number.
pub(crate) fn padded(text: String) -> String {
    match text.as_bytes() {
        [digit] if digit.is_ascii_digit() => format!("0{text}"),
        _ => text,
    }
}

/// A truth value from `true`, `"true"`, `"Y"`, `"YES"`, `1`, and their opposites.
pub fn flag<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    opt_flag(deserializer)?.ok_or_else(|| D::Error::custom("null where a truth value was expected"))
}

/// As [`flag`]; nothing from `null` and `""`.
pub fn opt_flag<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<bool>, D::Error> {
    match opt_text(deserializer)?
        .map(|text| text.to_ascii_lowercase())
        .as_deref()
    {
        None | Some("") => Ok(None),
        Some("true" | "y" | "yes" | "1") => Ok(Some(true)),
        Some("false" | "n" | "no" | "0") => Ok(Some(false)),
        Some(_) => Err(D::Error::custom("neither true nor false")),
    }
}

/// A list from a list, a single object, `""` or `null`. Entries that are `null` are passed over.
pub fn list<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: DeserializeOwned,
{
    let raw = raw(deserializer)?;
    match raw.get() {
        "null" | r#""""# => Ok(Vec::new()),
        json if json.starts_with('[') => {
            let entries: Vec<&RawValue> = parse(json)?;
            let entries = entries.into_iter().map(RawValue::get);
            entries
                .filter(|entry| *entry != "null")
                .map(parse_one)
                .collect()
        }
        json => parse_one(json).map(|one| vec![one]),
    }
}

/// As [`list`], of texts, each read as by [`text`].
pub fn texts<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    struct Text(#[serde(deserialize_with = "text")] String);

    let texts: Vec<Text> = list(deserializer)?;
    Ok(texts.into_iter().map(|Text(text)| text).collect())
}

/// An object from an object; nothing from `""` and `null`.
pub fn object<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: DeserializeOwned,
{
    let raw = raw(deserializer)?;
    match raw.get() {
        "null" | r#""""# => Ok(None),
        json => parse_one(json).map(Some),
    }
}

/// Either an object or a scalar as text.
pub(crate) enum OneOf<T> {
    Object(T),
    Text(String),
}

pub(crate) fn one_of<'de, D, T>(deserializer: D) -> Result<OneOf<T>, D::Error>
where
    D: Deserializer<'de>,
    T: DeserializeOwned,
{
    let raw = raw(deserializer)?;
    if raw.get().starts_with('{') {
        return parse(raw.get()).map(OneOf::Object);
    }
    scalar(&raw)?
        .map(OneOf::Text)
        .ok_or_else(|| D::Error::custom("null where a value was expected"))
}

pub(crate) fn raw<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Box<RawValue>, D::Error> {
    Box::<RawValue>::deserialize(deserializer)
}

fn scalar<E: Error>(raw: &RawValue) -> Result<Option<String>, E> {
    let json = raw.get();
    match json.as_bytes().first() {
        Some(b'"') => parse(json).map(Some),
        Some(b'{' | b'[') => Err(E::custom("an object or a list where text was expected")),
        _ if json == "null" => Ok(None),
        _ => Ok(Some(json.to_owned())),
    }
}

/// One object, or a scalar that its type reads. A list is refused: serde would read its entries as
/// the members of a struct, by position.
fn parse_one<T: DeserializeOwned, E: Error>(json: &str) -> Result<T, E> {
    if json.starts_with('[') {
        return Err(E::custom("a list where one value was expected"));
    }
    parse(json)
}

/// The message names a place and never the content, which may be a secret.
pub(crate) fn parse<'j, T: Deserialize<'j>, E: Error>(json: &'j str) -> Result<T, E> {
    serde_json::from_str(json).map_err(|_| E::custom("a member has another shape than modelled"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[derive(Debug, Default, PartialEq, Deserialize)]
    #[serde(default)]
    struct Members {
        #[serde(deserialize_with = "opt_text")]
        text: Option<String>,
        #[serde(deserialize_with = "opt_flag")]
        flag: Option<bool>,
        #[serde(deserialize_with = "list")]
        list: Vec<Inner>,
        #[serde(deserialize_with = "object")]
        object: Option<Inner>,
    }

    #[derive(Debug, Default, PartialEq, Deserialize)]
    #[serde(default)]
    struct Inner {
        #[serde(deserialize_with = "opt_text")]
        n: Option<String>,
    }

    fn read(json: &str) -> Result<Members, serde_json::Error> {
        serde_json::from_str(json)
    }

    fn inner(n: &str) -> Inner {
        Inner {
            n: Some(n.to_owned()),
        }
    }

    #[track_caller]
    fn text_of(json: &str, text: Option<&str>) {
        assert_eq!(read(json).unwrap().text.as_deref(), text, "{json}");
    }

    #[test]
    fn text_is_read_from_every_scalar_with_its_digits() {
        text_of(r#"{"text":"a\u00e9\n"}"#, Some("aé\n"));
        text_of(r#"{"text":10000.00}"#, Some("10000.00"));
        text_of(
            r#"{"text": 9007199254740993.25 }"#,
            Some("9007199254740993.25"),
        );
        text_of(r#"{"text":true}"#, Some("true"));
        text_of(r#"{"text":null}"#, None);
        text_of("{}", None);
    }

    #[test]
    fn a_code_that_lost_its_zero_as_a_number_gets_it_back() {
        #[derive(Deserialize)]
        struct Code(#[serde(deserialize_with = "opt_two_digits")] Option<String>);

        for (json, code) in [
            ("0", Some("00")),
            ("17", Some("17")),
            (r#""4""#, Some("04")),
            (r#""x""#, Some("x")),
            ("null", None),
        ] {
            let Code(read) = serde_json::from_str(json).unwrap();
            assert_eq!(read.as_deref(), code, "{json}");
        }
    }

    #[test]
    fn one_or_many_gives_a_list_with_exact_digits() {
        assert_eq!(
            read(r#"{"list":[{"n":1.10},{"n":"2"}]}"#).unwrap().list,
            [inner("1.10"), inner("2")]
        );
        assert_eq!(
            read(r#"{"list":{"n":1.10}}"#).unwrap().list,
            [inner("1.10")]
        );
        assert_eq!(read(r#"{"list":""}"#).unwrap().list, []);
        assert_eq!(read(r#"{"list":null}"#).unwrap().list, []);
    }

    #[test]
    fn a_list_is_never_read_as_the_members_of_an_object() {
        for json in [
            r#"{"object":["canary"]}"#,
            r#"{"list":[["canary"]]}"#,
            r#"{"object":[]}"#,
        ] {
            assert!(read(json).is_err(), "{json}");
        }
    }

    #[test]
    fn a_null_among_the_entries_of_a_list_is_passed_over() {
        assert_eq!(
            read(r#"{"list":[null,{"n":1},null]}"#).unwrap().list,
            [inner("1")]
        );
    }

    #[test]
    fn numbers_in_a_list_of_texts_keep_their_digits() {
        #[derive(Deserialize)]
        struct Texts(#[serde(deserialize_with = "texts")] Vec<String>);

        let Texts(many) = serde_json::from_str(r#"["a", 1.50, true]"#).unwrap();
        let Texts(one) = serde_json::from_str("1.50").unwrap();

        assert_eq!(
            (many, one),
            (
                vec!["a".into(), "1.50".into(), "true".into()],
                vec!["1.50".into()]
            )
        );
    }

    #[test]
    fn an_empty_text_stands_for_no_object() {
        assert_eq!(read(r#"{"object":""}"#).unwrap().object, None);
        assert_eq!(
            read(r#"{"object":{"n":3}}"#).unwrap().object,
            Some(inner("3"))
        );
    }

    #[test]
    fn flags_are_read_in_every_spelling() {
        for (json, flag) in [
            ("true", true),
            (r#""Y""#, true),
            ("1", true),
            (r#""no""#, false),
            ("0", false),
        ] {
            assert_eq!(
                read(&format!(r#"{{"flag":{json}}}"#)).unwrap().flag,
                Some(flag),
                "{json}"
            );
        }
        assert!(read(r#"{"flag":"perhaps"}"#).is_err());
    }

    #[test]
    fn another_shape_is_an_error_that_does_not_repeat_the_content() {
        for json in [
            r#"{"text":{"canary":"canary"}}"#,
            r#"{"list":"canary"}"#,
            r#"{"object":"canary"}"#,
        ] {
            let error = read(json).unwrap_err().to_string();
            assert!(!error.contains("canary"), "{error}");
        }
    }

    proptest! {
        #[test]
        fn no_json_makes_a_reader_panic(value in r#"[ \t]*("[a-z\\"]{0,4}"|[0-9.eE+-]{1,6}|\{"n":[0-9]{0,3}\}|\[.{0,5}\]|null)"#) {
            let _ = read(&format!(r#"{{"text":{value},"flag":{value},"list":{value},"object":{value}}}"#));
        }
    }
}
