use pem::Pem;
use zeroize::Zeroizing;

use super::{KeyError, RsaPrivateDer, RsaPublicDer, private_from_der, public_from_der};
use crate::Passphrase;

/// Reads the first private key of a PEM text; text around it (bag attributes, certificates) is
/// skipped.
pub(crate) fn private_from_pem(
    pem: &[u8],
    passphrase: Option<&Passphrase>,
) -> Result<RsaPrivateDer, KeyError> {
    let blocks = blocks(pem)?;
    let block = pick(&blocks, |label| label.ends_with("PRIVATE KEY"))?;
    let der = Zeroizing::new(block.contents().to_vec());
    match block.tag() {
        "RSA PRIVATE KEY" if block.headers().iter().any(|(name, _)| name == "DEK-Info") => {
            Err(KeyError::TraditionalEncryption)
        }
        "PRIVATE KEY" | "RSA PRIVATE KEY" | "ENCRYPTED PRIVATE KEY" => {
            private_from_der(&der, passphrase)
        }
        "PUBLIC KEY" | "RSA PUBLIC KEY" => Err(KeyError::PublicInsteadOfPrivate),
        label => Err(other_content(label)),
    }
}

/// Reads the first public key of a PEM text.
pub(crate) fn public_from_pem(pem: &[u8]) -> Result<RsaPublicDer, KeyError> {
    let blocks = blocks(pem)?;
    let block = pick(&blocks, |label| label.ends_with("PUBLIC KEY"))?;
    match block.tag() {
        "PUBLIC KEY" | "RSA PUBLIC KEY" => public_from_der(block.contents()),
        "PRIVATE KEY" | "RSA PRIVATE KEY" | "ENCRYPTED PRIVATE KEY" => {
            Err(KeyError::PrivateInsteadOfPublic)
        }
        label => Err(other_content(label)),
    }
}

/// All blocks of the text, after mending what environment variables and editors do to it: line
/// ends spelled out as `\n`, or everything on one line.
fn blocks(pem: &[u8]) -> Result<Vec<Pem>, KeyError> {
    let text = std::str::from_utf8(pem).map_err(|_| not_pem(pem))?;
    let text = Zeroizing::new(text.replace("\\r", "").replace("\\n", "\n"));
    let text = Zeroizing::new(on_lines_of_their_own(&text));
    match pem::parse_many(text.as_bytes()) {
        Ok(blocks) if !blocks.is_empty() => Ok(blocks),
        _ if text.contains("-----BEGIN ") => Err(KeyError::DamagedPem),
        _ => Err(not_pem(pem)),
    }
}

/// Puts each `-----BEGIN …-----` and `-----END …-----` on a line of its own.
fn on_lines_of_their_own(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for (index, part) in text.split("-----").enumerate() {
        // Parts with an odd index stand between two groups of five dashes: the labels.
        if index % 2 == 1 {
            out.push_str("\n-----");
            out.push_str(part.trim());
            out.push_str("-----\n");
        } else {
            out.push_str(part.trim());
        }
    }
    out
}

/// The wanted block, else the first one, so that the error can say what is there instead.
fn pick(blocks: &[Pem], wanted: impl Fn(&str) -> bool) -> Result<&Pem, KeyError> {
    blocks
        .iter()
        .find(|block| wanted(block.tag()))
        .or_else(|| blocks.first())
        .ok_or(KeyError::NotPem)
}

fn other_content(label: &str) -> KeyError {
    match label {
        "CERTIFICATE" | "TRUSTED CERTIFICATE" | "X509 CERTIFICATE" => KeyError::Certificate,
        "EC PRIVATE KEY" | "EC PARAMETERS" => KeyError::NotRsa {
            algorithm: "EC".to_owned(),
        },
        "DSA PRIVATE KEY" => KeyError::NotRsa {
            algorithm: "DSA".to_owned(),
        },
        "OPENSSH PRIVATE KEY" => KeyError::OpenSsh,
        label => KeyError::OtherContent {
            label: label.to_owned(),
        },
    }
}

/// DER starts with the tag of a sequence and a long length.
fn not_pem(bytes: &[u8]) -> KeyError {
    if bytes.starts_with(&[0x30, 0x82]) {
        KeyError::DerInsteadOfPem
    } else {
        KeyError::NotPem
    }
}
