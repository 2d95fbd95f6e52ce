use std::fmt;

use serde::Serialize;
use snap_sign::ClientSecret;
use zeroize::Zeroizing;

use crate::{Error, SecretText};

/// A card to bind, before it is encrypted into `cardData`; see [`crate::Client::encrypt_card_data`].
///
/// Number, expiry, identity document and mail address print as `[redacted]`.
///
/// ```
/// use snap_core::BankCard;
///
/// let card = BankCard::new("5221840000000001", "D", "1229").with_email("budi@example.com");
/// assert!(!format!("{card:?}").contains("5221"));
/// ```
#[derive(Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BankCard {
    bank_card_no: SecretText,
    bank_card_type: String,
    expiry_date: SecretText,
    #[serde(skip_serializing_if = "Option::is_none")]
    identification_no: Option<SecretText>,
    #[serde(skip_serializing_if = "Option::is_none")]
    identification_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<String>,
}

impl BankCard {
    /// A card by its number, its type and its expiry.
    ///
    /// The number has at most 20 characters (official Node library; the standard says 19). The type
    /// is `D` debit, `C` credit or `UE` e-money (standard). The expiry is `MMYY`, such as `1229`
    /// (official libraries).
    #[must_use]
    pub fn new(
        bank_card_no: impl Into<SecretText>,
        bank_card_type: impl Into<String>,
        expiry_date: impl Into<SecretText>,
    ) -> Self {
        Self {
            bank_card_no: bank_card_no.into(),
            bank_card_type: bank_card_type.into(),
            expiry_date: expiry_date.into(),
            identification_no: None,
            identification_type: None,
            email: None,
        }
    }

    /// The customer's identity document: its type, `01` passport, `02` KTP, `03` TKTP, `04` SIM or
    /// `99` another (standard), and its number of at most 64 characters.
    #[must_use]
    pub fn with_identification(
        mut self,
        identification_type: impl Into<String>,
        identification_no: impl Into<SecretText>,
    ) -> Self {
        self.identification_type = Some(identification_type.into());
        self.identification_no = Some(identification_no.into());
        self
    }

    /// The customer's mail address, at most 254 characters (standard).
    #[must_use]
    pub fn with_email(mut self, email: impl Into<String>) -> Self {
        self.email = Some(email.into());
        self
    }

    /// The card as compact JSON, encrypted under the secret and a new random IV.
    pub(crate) fn encrypt(&self, secret: &ClientSecret) -> Result<SecretText, Error> {
        let refused = |detail: String| Error::not_sent(detail).on("cardData");
        // Texts only, which serde_json can always write; its message would quote them.
        let json = serde_json::to_vec(self).map_err(|_| refused("it is no JSON".to_owned()))?;
        let json = Zeroizing::new(json);
        snap_sign::encrypt_card_data(secret, &json)
            .map(SecretText::new)
            .map_err(|error| refused(error.to_string()))
    }
}

impl fmt::Debug for BankCard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BankCard")
            .field("bank_card_no", &self.bank_card_no)
            .field("bank_card_type", &self.bank_card_type)
            .field("expiry_date", &self.expiry_date)
            .field("identification_no", &self.identification_no)
            .field("identification_type", &self.identification_type)
            .field("email", &format_args!("[redacted]"))
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_members_stand_in_the_order_of_the_official_libraries() {
        let card = BankCard::new("1", "D", "1229")
            .with_identification("02", "3171")
            .with_email("a@b");

        assert_eq!(
            serde_json::to_string(&card).unwrap(),
            r#"{"bankCardNo":"1","bankCardType":"D","expiryDate":"1229","identificationNo":"3171","identificationType":"02","email":"a@b"}"#
        );
    }

    #[test]
    fn no_member_that_is_personal_is_shown() {
        let card = BankCard::new("canary-1", "D", "canary-2")
            .with_identification("02", "canary-3")
            .with_email("canary-4");

        assert!(!format!("{card:?} {card:#?}").contains("canary"));
    }

    #[test]
    fn card_data_holds_no_card_number_and_a_bad_secret_is_named() {
        let card = BankCard::new("5221840000000001", "D", "1229");

        let card_data = card.encrypt(&ClientSecret::new("SK-x")).unwrap();
        let error = card.encrypt(&ClientSecret::new("é")).unwrap_err();

        assert!(card_data.expose().contains('|') && !card_data.expose().contains("5221"));
        assert!(error.to_string().contains("first 16 characters"), "{error}");
        let head = "cardData was not sent: ";
        assert!(error.to_string().starts_with(head), "{error}");
    }
}
