//! Kirim DOKU balance inquiry: `POST /snap/v1.1/balance-inquiry`, service 11.

use crate::{
    check::{Check, Refusal},
    json::Json,
    judge::Judge,
    quirks::{AccountInfosShape, BalanceSpelling},
};

/// The account, then the answer of the page in the shape and spelling that the quirks ask for.
pub(crate) fn answer(judge: &Judge, request: &Json) -> Result<Vec<(String, Json)>, Refusal> {
    let agent_key = judge.merchant.agent_key.as_str();
    if request.member("accountNo").and_then(Json::as_text) != Some(agent_key) {
        return Err(Check::AccountUnknown.into());
    }
    let members = [
        ("accountNo", Json::text(agent_key)),
        ("name", Json::text("Local Sandbox Agent")),
        ("accountInfos", account_infos(judge)),
        (
            "additionalInfo",
            Json::object([("creditAlertLimit", rupiah("10000.00"))]),
        ),
    ];
    Ok(members.map(|(name, value)| (name.to_owned(), value)).into())
}

fn account_infos(judge: &Judge) -> Json {
    let quirks = &judge.rules.quirks;
    let spelling = match quirks.balance_spelling {
        BalanceSpelling::Avaliable => "avaliableBalance",
        BalanceSpelling::Available => "availableBalance",
    };
    let info = Json::object([
        ("holdAmount", rupiah("0.00")),
        (spelling, rupiah("12500000.00")),
    ]);
    match quirks.account_infos {
        AccountInfosShape::Object => info,
        AccountInfosShape::Array => Json::Array(vec![info]),
    }
}

/// An amount as the standard writes it: decimal text with two decimals.
fn rupiah(value: &str) -> Json {
    Json::object([
        ("value", Json::text(value)),
        ("currency", Json::text("IDR")),
    ])
}

/// The operation that is answered here.
pub(crate) const ID: &str = "kirimdoku.balanceInquiry";
