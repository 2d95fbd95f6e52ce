//! `snap explain asymmetric` and `transaction-asymmetric`: signatures by RSA.

use clap::Args;
use snap_sandbox::{Diagnosis, SignedTokenRequest, SignedTransaction};
use snap_sign::{BodyDigest, ClientId, TokenStringToSign, TransactionStringToSign};

use super::Explained;
use crate::{
    Answer, Failure,
    input::{one_standard_input, public_key},
    request::{TokenRequest, Transaction},
    verify::{PublicKeyFile, Signature},
};

#[derive(Args)]
pub(crate) struct Asymmetric {
    #[command(flatten)]
    request: TokenRequest,
    #[command(flatten)]
    key: PublicKeyFile,
    #[command(flatten)]
    signature: Signature,
}

#[derive(Args)]
pub(crate) struct TransactionAsymmetric {
    #[command(flatten)]
    transaction: Transaction,
    #[command(flatten)]
    key: PublicKeyFile,
    #[command(flatten)]
    signature: Signature,
}

impl Asymmetric {
    pub(super) fn run(&self) -> Result<Answer, Failure> {
        let (client_id, timestamp) = self.request.as_given();
        let request = SignedTokenRequest::new(client_id, timestamp);
        let request = request.with_signature(&*self.signature.text);
        explained(&request, &self.key.read()?)?.answer()
    }
}

impl TransactionAsymmetric {
    pub(super) fn run(&self) -> Result<Answer, Failure> {
        one_standard_input(&[self.transaction.file(), self.key.file()])?;
        let (method, path, timestamp) = self.transaction.as_given();
        let body = self.transaction.body()?;
        let request = SignedTransaction::new(method, path, "", body, timestamp);
        let request = request.with_signature(&*self.signature.text);
        let key = self.key.read()?;
        let diagnosis = request.explain_asymmetric(&String::from_utf8_lossy(&key));
        let digest = BodyDigest::of_json(&request.body);
        let joined = digest.map(|body_digest| {
            let signed = TransactionStringToSign {
                method,
                path,
                body_digest: &body_digest,
                timestamp,
            };
            signed.join()
        });
        compared(diagnosis, joined.ok(), &key, &self.signature.text)?.answer()
    }
}

pub(super) fn explained(request: &SignedTokenRequest, key: &[u8]) -> Result<Explained, Failure> {
    let diagnosis = request.explain(&String::from_utf8_lossy(key));
    let client_id = ClientId::new(&*request.client_id);
    let joined = client_id.map(|client_id| {
        let signed = TokenStringToSign {
            client_id: &client_id,
            timestamp: &request.timestamp,
        };
        signed.join()
    });
    let signature = request.signature.as_deref().unwrap_or_default();
    compared(diagnosis, joined.ok(), key, signature)
}

/// What the sandbox says, held against what the library verifies.
fn compared(
    diagnosis: Option<Diagnosis>,
    joined: Option<String>,
    key: &[u8],
    signature: &str,
) -> Result<Explained, Failure> {
    let library_key = public_key(key)?;
    let diagnosis = diagnosis.ok_or_else(|| {
        Failure::new(
            "--public-key-file: only RSA keys of 2048 bits in PEM (PUBLIC KEY) can be explained",
        )
    })?;
    let valid = diagnosis.verdict == "ok";
    let ours = joined.map(|text| library_key.verify(text.as_bytes(), signature).is_ok());
    let bug = ours.filter(|ours| *ours != valid).map(|ours| {
        let says = if ours { "right" } else { "not right" };
        format!("snap-sign says that this signature is {says}; please report this with the request")
    });
    Ok(Explained {
        valid: Some(valid),
        diagnosis: Some(diagnosis),
        bug,
        ..Explained::default()
    })
}
