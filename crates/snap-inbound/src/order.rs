use snap_core::{Amount, TransactionStatus};

use crate::Service;

/// Where an order stands, as far as it was told: in any order, more than once, and perhaps wrongly.
///
/// Only a status inquiry decides (`snap-resolve`). This keeps a late or repeated message from taking an
/// order back, and says when a message and the order do not go together.
///
/// ```
/// use snap_core::{Amount, TransactionStatus};
/// use snap_inbound::{Heard, OrderState};
///
/// let mut order = OrderState::new(Amount::idr(13_000));
/// let amount = Amount::idr(13_000);
/// assert_eq!(order.hear(&TransactionStatus::SUCCESS, Some(&amount)), Heard::Advanced);
/// assert_eq!(order.hear(&TransactionStatus::PENDING, Some(&amount)), Heard::Behind);
/// assert_eq!(order.hear(&TransactionStatus::FAILED, Some(&amount)), Heard::AskFirst);
/// assert_eq!(order.status(), Some(&TransactionStatus::SUCCESS));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct OrderState {
    amount: Amount,
    status: Option<TransactionStatus>,
}

/// What a message did to an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Heard {
    /// The order is where the message says.
    Advanced,
    /// It was there.
    Same,
    /// It is further: the message is a late one.
    Behind,
    /// The message contradicts the order, or says nothing that is known. The order is as it was: ask
    /// DOKU.
    AskFirst,
    /// The amount or the currency is another one. The order is as it was: park the message, raise an
    /// alarm, credit nothing.
    OtherAmount,
}

impl OrderState {
    /// An order of this amount that nothing was heard about.
    #[must_use]
    pub fn new(amount: Amount) -> Self {
        Self {
            amount,
            status: None,
        }
    }

    /// An order as it was kept.
    #[must_use]
    pub fn with_status(mut self, status: TransactionStatus) -> Self {
        self.status = Some(status);
        self
    }

    /// What is to be paid.
    #[must_use]
    pub fn amount(&self) -> &Amount {
        &self.amount
    }

    /// Where it stands; nothing when nothing was heard.
    #[must_use]
    pub fn status(&self) -> Option<&TransactionStatus> {
        self.status.as_ref()
    }

    /// Takes in a status, of a notification or of an answer. A message without an amount is compared by
    /// its status alone.
    ///
    /// Pending statuses (01, 02, 03) come before failed and cancelled (06, 05), before success (00),
    /// before refunded (04). Nothing goes from failed or cancelled to another end, or back, without asking.
    pub fn hear(&mut self, status: &TransactionStatus, amount: Option<&Amount>) -> Heard {
        if amount.is_some_and(|amount| *amount != self.amount) {
            return Heard::OtherAmount;
        }
        let Some(rank) = Rank::of(status) else {
            return Heard::AskFirst;
        };
        let heard = match self.status.as_ref() {
            None => Heard::Advanced,
            Some(current) if current == status => Heard::Same,
            Some(current) => match Rank::of(current) {
                None => Heard::AskFirst,
                Some(current) => current.and_then(rank),
            },
        };
        if heard == Heard::Advanced {
            self.status = Some(status.clone());
        }
        heard
    }
}

/// The same fact told twice, whatever message told it: keep it with the order.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct BusinessKey {
    /// What kind of message told it.
    pub service: Service,
    /// `originalPartnerReferenceNo`; of a virtual account payment `paymentRequestId`.
    pub reference: String,
    /// The status it told; of a virtual account payment success.
    pub status: TransactionStatus,
}

impl BusinessKey {
    /// Of what was told.
    #[must_use]
    pub fn new(service: Service, reference: impl Into<String>, status: TransactionStatus) -> Self {
        Self {
            service,
            reference: reference.into(),
            status,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Initiated,
    Paying,
    Pending,
    Cancelled,
    Failed,
    Success,
    Refunded,
}

impl Rank {
    fn of(status: &TransactionStatus) -> Option<Self> {
        Some(match status.as_str() {
            "01" => Self::Initiated,
            "02" => Self::Paying,
            "03" => Self::Pending,
            "05" => Self::Cancelled,
            "06" => Self::Failed,
            "00" => Self::Success,
            "04" => Self::Refunded,
            _ => return None,
        })
    }

    fn and_then(self, next: Self) -> Heard {
        match (self, next) {
            _ if self.is_without_money() && next >= Self::Cancelled => Heard::AskFirst,
            _ if next.is_without_money() && self >= Self::Success => Heard::AskFirst,
            _ if next < self => Heard::Behind,
            _ => Heard::Advanced,
        }
    }

    fn is_without_money(self) -> bool {
        matches!(self, Self::Cancelled | Self::Failed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(text: &str) -> TransactionStatus {
        serde_json::from_str(&format!("{text:?}")).unwrap()
    }

    fn heard(current: &str, next: &str) -> Heard {
        let order = OrderState::new(Amount::idr(1)).with_status(status(current));
        let mut after = order.clone();
        let heard = after.hear(&status(next), None);
        let kept = if heard == Heard::Advanced {
            next
        } else {
            current
        };
        assert_eq!(after.status(), Some(&status(kept)), "{current} {next}");
        heard
    }

    /// Rows and columns in the order of `STATUSES`: `+` advanced, `=` same, `-` behind, `?` ask first.
    const TABLE: [&str; 9] = [
        "=++++++??", // 01
        "-=+++++??", // 02
        "--=++++??", // 03
        "---=?????", // 05
        "---?=????", // 06
        "---??=+??", // 00
        "---??-=??", // 04
        "???????=?", // 07
        "????????=", // anything else
    ];
    const STATUSES: [&str; 9] = ["01", "02", "03", "05", "06", "00", "04", "07", "xx"];

    #[test]
    fn a58_every_pair_of_statuses_is_decided() {
        for (row, current) in TABLE.iter().zip(STATUSES) {
            for (sign, next) in row.chars().zip(STATUSES) {
                // An unknown status is asked about, also when it comes twice.
                let expected = match sign {
                    '+' => Heard::Advanced,
                    '=' if matches!(next, "07" | "xx") => Heard::AskFirst,
                    '=' => Heard::Same,
                    '-' => Heard::Behind,
                    _ => Heard::AskFirst,
                };
                assert_eq!(heard(current, next), expected, "{current} then {next}");
            }
        }
    }

    #[test]
    fn a58_a_refund_that_comes_before_its_payment_is_not_taken_back() {
        let mut order = OrderState::new(Amount::idr(1));

        assert_eq!(
            order.hear(&TransactionStatus::REFUNDED, None),
            Heard::Advanced
        );
        assert_eq!(order.hear(&TransactionStatus::SUCCESS, None), Heard::Behind);
        assert_eq!(order.status(), Some(&TransactionStatus::REFUNDED));
    }

    #[test]
    fn a59_another_amount_or_currency_is_never_credited() {
        let mut order = OrderState::new(Amount::idr(13_000));
        for amount in [
            Amount::idr(13_001),
            Amount::new("13000.00", "USD").unwrap(),
            serde_json::from_str(r#""13000.00""#).unwrap(),
        ] {
            let heard = order.hear(&TransactionStatus::SUCCESS, Some(&amount));
            assert_eq!(heard, Heard::OtherAmount, "{amount:?}");
            assert_eq!(order.status(), None);
        }
        let same = Amount::new("13000", "IDR").unwrap();
        let heard = order.hear(&TransactionStatus::SUCCESS, Some(&same));
        assert_eq!(heard, Heard::Advanced);
    }

    #[test]
    fn a57_the_same_fact_on_another_day_has_the_same_business_key() {
        let key = || BusinessKey::new(Service::DEBIT_NOTIFY, "INV-1", TransactionStatus::SUCCESS);

        assert_eq!(key(), key());
        assert_ne!(
            key(),
            BusinessKey::new(Service::DEBIT_NOTIFY, "INV-1", TransactionStatus::REFUNDED)
        );
    }
}
