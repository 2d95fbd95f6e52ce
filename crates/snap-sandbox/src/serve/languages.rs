//! How a program in another language is pointed at a sandbox.

use std::{error::Error, fmt, str::FromStr};

use crate::{keys, merchant::Merchant};

/// A language whose programs [`serve`](super::serve) shows the settings of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Language {
    /// DOKU's library for Node.
    Node,
    /// DOKU's library for Python.
    Python,
    /// The crates of this workspace.
    Rust,
    /// PHP, by any HTTP client.
    Php,
    /// Go, by any HTTP client.
    Go,
    /// Java, by any HTTP client.
    Java,
}

/// A language without settings.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct UnknownLanguage;

impl Language {
    /// The settings, ready to be copied.
    pub(crate) fn settings(self, base_url: &str, merchant: &Merchant) -> String {
        let values = [
            ("{{base url}}", base_url),
            ("{{client id}}", &merchant.client_id),
            ("{{client secret}}", &merchant.client_secret),
            ("{{private key}}", merchant.private_key_pem.trim_end()),
            ("{{public key}}", merchant.public_key_pem.trim_end()),
            ("{{DOKU's public key}}", keys::DOKU.public_pem.trim_end()),
        ];
        let template = self.template().to_owned();
        values
            .into_iter()
            .fold(template, |text, (name, value)| text.replace(name, value))
    }

    /// Node and Python: as `tests/other-languages` runs them. The other libraries of DOKU have the host of
    /// DOKU's sandbox built in, and no test points them elsewhere.
    fn template(self) -> &'static str {
        match self {
            Self::Node => include_str!("languages/node.cjs"),
            Self::Python => include_str!("languages/python.py"),
            Self::Rust => include_str!("languages/rust.sh"),
            Self::Php | Self::Go | Self::Java => include_str!("languages/http.txt"),
        }
    }
}

impl FromStr for Language {
    type Err = UnknownLanguage;

    fn from_str(name: &str) -> Result<Self, UnknownLanguage> {
        let known = NAMES.iter().find(|(known, _)| *known == name);
        known.map(|(_, language)| *language).ok_or(UnknownLanguage)
    }
}

impl fmt::Display for UnknownLanguage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not one of ")?;
        f.write_str(&names())
    }
}

impl Error for UnknownLanguage {}

/// Every name, for people.
pub(crate) fn names() -> String {
    NAMES.map(|(name, _)| name).join(", ")
}

const NAMES: [(&str, Language); 6] = [
    ("node", Language::Node),
    ("python", Language::Python),
    ("php", Language::Php),
    ("go", Language::Go),
    ("java", Language::Java),
    ("rust", Language::Rust),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed::Stream;

    #[test]
    fn the_settings_of_every_language_name_host_and_client_and_leave_no_gap() {
        let merchant = Merchant::draw(&mut Stream::new(1), keys::pick(1));
        for (name, language) in NAMES {
            let settings = language.settings("http://127.0.0.1:4711", &merchant);

            assert!(settings.contains("http://127.0.0.1:4711"), "{name}");
            assert!(settings.contains(&merchant.client_id), "{name}");
            assert!(!settings.contains("{{"), "{name}");
            assert_eq!(name.parse(), Ok(language));
        }
    }

    #[test]
    fn the_settings_of_every_language_have_what_signs() {
        let merchant = Merchant::draw(&mut Stream::new(1), keys::pick(1));
        for (_, language) in NAMES {
            let settings = language.settings("http://127.0.0.1:4711", &merchant);

            assert!(settings.contains(&merchant.client_secret), "{language:?}");
            assert!(settings.contains(merchant.private_key_pem.trim_end()));
        }
    }

    #[test]
    fn a_library_that_takes_notifications_gets_the_key_that_doku_signs_with() {
        let merchant = Merchant::draw(&mut Stream::new(1), keys::pick(1));
        for language in [Language::Node, Language::Python] {
            let settings = language.settings("http://127.0.0.1:4711", &merchant);

            assert!(settings.contains(keys::DOKU.public_pem.trim_end()));
        }
    }

    #[test]
    fn another_language_is_an_error_that_names_those_there_are() {
        let error = "cobol".parse::<Language>().expect_err("unknown");

        assert_eq!(
            error.to_string(),
            "not one of node, python, php, go, java, rust"
        );
    }
}
