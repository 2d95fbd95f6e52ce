//! Balance inquiries, service 11, answered from the ledger: of Kirim DOKU's deposit, `POST
//! /snap/v1.1/balance-inquiry`, of a customer's wallet, and of a customer's bound account.

use std::sync::Arc;

use crate::{
    check::{Check, Refusal},
    compose::Overlay,
    json::Json,
    judge::{Judge, State},
    ledger::{Amount, Balance, Purse},
    quirks::{AccountInfosShape, BalanceSpelling},
};

/// The deposit: the account, then the answer of the page in the shape and spelling that the quirks ask
/// for.
pub(crate) fn answer(
    judge: &Judge,
    state: &State,
    request: &Json,
) -> Result<Vec<(String, Json)>, Refusal> {
    let agent_key = judge.merchant.agent_key.as_str();
    if request.text_at("accountNo") != Some(agent_key) {
        return Err(Check::AccountUnknown.into());
    }
    let deposit = state.book.funds().balance(&Purse::Deposit);
    let members = [
        ("accountNo", Json::text(agent_key)),
        ("name", Json::text("Local Sandbox Agent")),
        ("accountInfos", account_infos(judge, deposit)),
        (
            "additionalInfo",
            Json::object([("creditAlertLimit", json(Amount::rupiah(10_000)))]),
        ),
    ];
    Ok(members.map(|(name, value)| (name.to_owned(), value)).into())
}

fn account_infos(judge: &Judge, deposit: Balance) -> Json {
    let quirks = &judge.rules.quirks;
    let spelling = match quirks.balance_spelling {
        BalanceSpelling::Avaliable => "avaliableBalance",
        BalanceSpelling::Available => "availableBalance",
    };
    let info = Json::object([
        ("holdAmount", json(deposit.held)),
        (spelling, json(deposit.available)),
    ]);
    match quirks.account_infos {
        AccountInfosShape::Object => info,
        AccountInfosShape::Array => Json::Array(vec![info]),
    }
}

fn json(amount: Amount) -> Json {
    Json::object([
        ("value", Json::text(amount.value())),
        ("currency", Json::text(amount.currency())),
    ])
}

/// Puts what a customer has into the answer, in whatever shape it was composed.
pub(super) fn tell(
    state: &State,
    operation: &str,
    customer: Option<&str>,
    members: &mut [(String, Json)],
) {
    let (Some(customer), true) = (customer, OF_CUSTOMERS.contains(&operation)) else {
        return;
    };
    let purse = Purse::Customer(Arc::from(customer));
    let balance = state.book.funds().balance(&purse);
    let is_info = |name: &str| ["accountInfo", "accountInfos"].contains(&name);
    for (_, info) in members.iter_mut().filter(|(name, _)| is_info(name)) {
        match info {
            Json::Array(infos) => infos.iter_mut().for_each(|info| tell_info(info, balance)),
            info => tell_info(info, balance),
        }
    }
}

fn tell_info(info: &mut Json, balance: Balance) {
    if let Json::Object(members) = info {
        let mut info = Overlay(members);
        info.amount(&["amount"], balance.available);
        info.amount(&["holdAmount"], balance.held);
        // What is not cleared yet: nothing is, here.
        info.amount(&["flatAmount", "floatAmount"], Amount::rupiah(0));
    }
}

/// The operation that is answered by [`answer`].
pub(crate) const ID: &str = "kirimdoku.balanceInquiry";

const OF_CUSTOMERS: &[&str] = &["wallet.balanceInquiry", "direct-debit.balanceInquiry"];
