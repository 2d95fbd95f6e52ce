//! Kirim DOKU balance inquiry: `POST /snap/v1.1/balance-inquiry`, service 11.

use chrono::{DateTime, SecondsFormat, Utc};

use crate::{
    answer::Accepted,
    arrived::Arrived,
    check::{Check, Refusal},
    fields::{Field, check_body, text},
    json::Json,
    judge::{Judge, State},
    quirks::{AccountInfosShape, BalanceSpelling},
    transaction::admit,
};

/// The checks of every transaction, then the body, then the account.
pub(crate) fn serve(
    judge: &Judge,
    state: &mut State,
    now: DateTime<Utc>,
    arrived: &Arrived,
    body: &[u8],
) -> Result<Accepted, Refusal> {
    admit(judge, state, now, arrived, body)?;
    let body = check_body(body, FIELDS)?;
    if text(&body, ACCOUNT_NO) != judge.merchant.agent_key {
        return Err(Check::AccountUnknown.into());
    }
    Ok(balance(judge, now))
}

/// The answer of the page, in the shape and spelling that the quirks ask for.
fn balance(judge: &Judge, now: DateTime<Utc>) -> Accepted {
    let quirks = &judge.rules.quirks;
    let spelling = match quirks.balance_spelling {
        BalanceSpelling::Avaliable => "avaliableBalance",
        BalanceSpelling::Available => "availableBalance",
    };
    let info = Json::object([
        ("holdAmount", rupiah("0.00")),
        (spelling, rupiah("12500000.00")),
    ]);
    let account_infos = match quirks.account_infos {
        AccountInfosShape::Object => info,
        AccountInfosShape::Array => Json::Array(vec![info]),
    };
    Accepted {
        members: vec![
            ("accountNo", Json::text(&judge.merchant.agent_key)),
            ("name", Json::text("Local Sandbox Agent")),
            ("accountInfos", account_infos),
            (
                "additionalInfo",
                Json::object([("creditAlertLimit", rupiah("10000.00"))]),
            ),
        ],
        headers: vec![(
            "x-timestamp",
            now.to_rfc3339_opts(SecondsFormat::Secs, true),
        )],
    }
}

/// An amount as the standard writes it: decimal text with two decimals.
fn rupiah(value: &str) -> Json {
    Json::object([
        ("value", Json::text(value)),
        ("currency", Json::text("IDR")),
    ])
}

const ACCOUNT_NO: &str = "accountNo";

/// <https://developers.doku.com/payout/kirim-doku/balance-inquiry>, schema
/// `postBalanceInquiryRequest`.
const FIELDS: &[Field] = &[
    Field {
        name: ACCOUNT_NO,
        required: true,
        max: 16,
    },
    Field {
        name: "partnerReferenceNo",
        required: false,
        max: 64,
    },
];
