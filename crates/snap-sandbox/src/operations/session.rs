//! Sessions of Kirim DOKU: an inquiry opens one, and one transfer uses it up.
//!
//! That a session is used once is reported from DOKU's sandbox; its life and the codes of the other
//! refusals are assumed: <https://developers.doku.com/payout/kirim-doku/account-inquiry> names neither.

use std::{collections::HashMap, sync::Arc};

use chrono::{DateTime, Utc};

use crate::{
    check::{Check, Refusal},
    clock::later,
    json::Json,
    judge::Rules,
    ledger::Amount,
};

/// Every session that an inquiry opened.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sessions(HashMap<Arc<str>, Session>);

/// What an inquiry asked about.
#[derive(Clone, Debug)]
struct Session {
    bank: Option<String>,
    account: Option<String>,
    amount: Option<Amount>,
    opened: DateTime<Utc>,
    is_used: bool,
}

impl Sessions {
    /// Opens the session that the answer to an inquiry names.
    pub(super) fn open(&mut self, request: &Json, answer: &[(String, Json)], now: DateTime<Utc>) {
        let named = answer.iter().find(|(name, _)| name == SESSION_ID);
        let Some(id) = named.and_then(|(_, id)| id.as_text()) else {
            return;
        };
        let info = request.member("additionalInfo");
        let session = Session {
            bank: info.and_then(|info| info.text_at(BANK)).map(str::to_owned),
            account: request.text_at(ACCOUNT).map(str::to_owned),
            amount: amount(request),
            opened: now,
            is_used: false,
        };
        self.0.insert(Arc::from(id), session);
    }

    /// Does a transfer name a session that is open, and what that one is about? Where duplicates are
    /// accepted, one that was used is open still.
    pub(super) fn check(
        &self,
        rules: &Rules,
        transfer: &Json,
        now: DateTime<Utc>,
    ) -> Result<(), Refusal> {
        let id = transfer.text_at(SESSION_ID).unwrap_or_default();
        let session = self.0.get(id);
        let session = session.ok_or_else(|| Check::SessionUnknown.of(SESSION_ID))?;
        if session.is_used && !rules.accept_duplicates {
            return Err(Check::SessionUsed.into());
        }
        if now >= later(session.opened, rules.session_lifetime) {
            return Err(Check::SessionExpired.of(SESSION_ID));
        }
        session.about(transfer)
    }

    pub(super) fn use_up(&mut self, id: &str) {
        if let Some(session) = self.0.get_mut(id) {
            session.is_used = true;
        }
    }
}

impl Session {
    fn about(&self, transfer: &Json) -> Result<(), Refusal> {
        let differs = if amount(transfer) != self.amount {
            "amount"
        } else if transfer.text_at(ACCOUNT) != self.account.as_deref() {
            ACCOUNT
        } else if transfer.text_at(BANK) != self.bank.as_deref() {
            BANK
        } else {
            return Ok(());
        };
        Err(Check::SessionMismatch.of(differs))
    }
}

fn amount(request: &Json) -> Option<Amount> {
    request.member("amount").and_then(Amount::read)
}

/// The operation that opens sessions.
pub(super) const INQUIRY: &str = "kirimdoku.bankAccountInquiry";
/// The operation that uses them up.
pub(super) const TRANSFER: &str = "kirimdoku.transferBank";

const SESSION_ID: &str = "sessionId";
const ACCOUNT: &str = "beneficiaryAccountNumber";
const BANK: &str = "beneficiaryBankCode";
