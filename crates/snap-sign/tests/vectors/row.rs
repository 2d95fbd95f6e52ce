//! Reads the rows of `testdata/vectors`.

use std::{fs, path::PathBuf};

use serde::Deserialize;
use snap_sign::{AccessToken, BodyDigest, ClientSecret, HmacKey, StringToSign};

#[derive(Debug, Deserialize)]
pub(crate) struct Row {
    pub(crate) name: String,
    pub(crate) kind: String,
    method: Option<String>,
    path: Option<String>,
    token: Option<String>,
    body: Option<String>,
    timestamp: Option<String>,
    secret: Option<String>,
    client_id: Option<String>,
    private_key: Option<String>,
    public_key: Option<String>,
    minified: Option<String>,
    expected_body_sha256: Option<String>,
    expected_string_to_sign: Option<String>,
    expected_signature: Option<String>,
    expected_signature_valid: Option<bool>,
}

/// Gives each field as text and names the row where the field is missing.
macro_rules! texts {
    ($($field:ident),+ $(,)?) => {
        impl Row {
            $(pub(crate) fn $field(&self) -> &str {
                let Some(text) = &self.$field else {
                    panic!("{}: no {}", self.name, stringify!($field))
                };
                text
            })+
        }
    };
}

texts!(
    method,
    path,
    token,
    body,
    timestamp,
    secret,
    client_id,
    minified,
    expected_body_sha256,
    expected_string_to_sign,
    expected_signature,
);

impl Row {
    pub(crate) fn body_digest(&self) -> BodyDigest {
        BodyDigest::of_json(self.body().as_bytes()).unwrap()
    }

    pub(crate) fn access_token(&self) -> AccessToken {
        AccessToken::new(self.token())
    }

    pub(crate) fn hmac_key(&self) -> HmacKey {
        HmacKey::new(&ClientSecret::new(self.secret()))
    }

    pub(crate) fn signature_is_valid(&self) -> bool {
        self.expected_signature_valid.unwrap_or(true)
    }

    pub(crate) fn request<'a>(
        &'a self,
        access_token: &'a AccessToken,
        body_digest: &'a BodyDigest,
    ) -> StringToSign<'a> {
        StringToSign {
            method: self.method(),
            path: self.path(),
            access_token,
            body_digest,
            timestamp: self.timestamp(),
        }
    }

    /// PEM of the key that made the signature, where the vectors hold its private half.
    pub(crate) fn private_pem(&self) -> Option<Vec<u8>> {
        match self.key_name() {
            "midtrans_demo" => None,
            name => Some(key_file(name, "private")),
        }
    }

    pub(crate) fn public_pem(&self) -> Vec<u8> {
        key_file(self.key_name(), "public")
    }

    fn key_name(&self) -> &str {
        self.private_key
            .as_deref()
            .or(self.public_key.as_deref())
            .unwrap()
    }
}

/// The rows of a kind, of which there must be so many.
pub(crate) fn rows(kind: &str, count: usize) -> Vec<Row> {
    let rows: Vec<Row> = all_rows()
        .into_iter()
        .filter(|row| row.kind == kind)
        .collect();
    assert_eq!(rows.len(), count, "rows of kind {kind}");
    rows
}

pub(crate) fn all_rows() -> Vec<Row> {
    fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "json")
        })
        .map(|path| {
            let row: Row = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
            assert_eq!(path.file_stem().unwrap().to_str(), Some(row.name.as_str()));
            row
        })
        .collect()
}

fn key_file(name: &str, half: &str) -> Vec<u8> {
    fs::read(folder().join("keys").join(format!("{name}.{half}.pem"))).unwrap()
}

fn folder() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/vectors"))
}
