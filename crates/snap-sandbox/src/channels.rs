//! What single channels of direct debit ask for beyond the operation.
//!
//! That a channel has these steps is documented; the rest is what DOKU's own libraries refuse to send:
//! `doku-java-library` d648efe, `doku-nodejs-library` 9a12e3d, and their README. What DOKU's servers
//! refuse is not known.

use std::ops::RangeInclusive;

use crate::{
    arrived::Arrived,
    check::{Check, Refusal},
    json::Json,
};

/// Checks the channel that a request of direct debit names: steps, headers, members, references.
pub(crate) fn check(operation: &str, arrived: &Arrived, request: &Json) -> Result<(), Refusal> {
    let Some(operation) = operation.strip_prefix("direct-debit.") else {
        return Ok(());
    };
    let Some(channel) = of(request) else {
        return Ok(());
    };
    if !offers(operation, channel) {
        return Err(Check::ChannelUnknown.of(CHANNEL));
    }
    headers(operation, channel, arrived)?;
    members(operation, channel, request)?;
    references(operation, channel, request)
}

/// The channel that a request names.
pub(crate) fn of(request: &Json) -> Option<&str> {
    let info = request.member("additionalInfo")?;
    info.text_at("channel")
}

/// Does this channel have that operation?
fn offers(operation: &str, channel: &str) -> bool {
    let steps = STEPS.iter().find(|(name, _)| *name == operation);
    steps
        .map_or(ALL, |(_, channels)| channels)
        .contains(&channel)
}

fn headers(operation: &str, channel: &str, arrived: &Arrived) -> Result<(), Refusal> {
    let asked = HEADERS
        .iter()
        .filter(|(on, at, _)| *on == channel && at.contains(&operation));
    for (.., name) in asked {
        if arrived.first(name).is_none_or(str::is_empty) {
            return Err(Check::ChannelHeader.of(*name));
        }
    }
    Ok(())
}

fn members(operation: &str, channel: &str, request: &Json) -> Result<(), Refusal> {
    let asked = MEMBERS
        .iter()
        .filter(|(on, channels, ..)| *on == operation && channels.contains(&channel));
    for (.., path, values) in asked {
        let found = path
            .split('.')
            .try_fold(request, |at, name| at.member(name));
        match found {
            Some(Json::Array(items)) if !items.is_empty() => {}
            Some(Json::Text(text)) if values.is_empty() && !text.is_empty() => {}
            Some(Json::Text(text)) if values.contains(&text.as_str()) => {}
            Some(Json::Text(text)) if !text.is_empty() => return Err(Check::ChannelValue.of(*path)),
            _ => return Err(Check::ChannelMember.of(*path)),
        }
    }
    Ok(())
}

fn references(operation: &str, channel: &str, request: &Json) -> Result<(), Refusal> {
    let limits = REFERENCES
        .iter()
        .filter(|(on, _, channels, _)| *on == operation && channels.contains(&channel));
    for (_, member, _, lengths) in limits {
        let given = request.text_at(member);
        let length = given.map(|text| text.chars().count());
        if length.is_some_and(|length| !lengths.contains(&length)) {
            return Err(Check::ChannelReference.of(*member));
        }
    }
    Ok(())
}

/// Operation, channels, member, and its values; any if there are none.
type Asked = (
    &'static str,
    &'static [&'static str],
    &'static str,
    &'static [&'static str],
);

/// Operation, member, channels, and how many characters it has there.
type Limit = (
    &'static str,
    &'static str,
    &'static [&'static str],
    RangeInclusive<usize>,
);

const CHANNEL: &str = "additionalInfo.channel";

const ALLO: &str = "DIRECT_DEBIT_ALLO_SNAP";
pub(crate) const BRI: &str = "DIRECT_DEBIT_BRI_SNAP";
pub(crate) const CIMB: &str = "DIRECT_DEBIT_CIMB_SNAP";
pub(crate) const MANDIRI: &str = "DIRECT_DEBIT_MANDIRI_SNAP";
const OVO: &str = "EMONEY_OVO_SNAP";
const DANA: &str = "EMONEY_DANA_SNAP";
const SHOPEE_PAY: &str = "EMONEY_SHOPEE_PAY_SNAP";

const ALL: &[&str] = &[ALLO, BRI, CIMB, MANDIRI, OVO, DANA, SHOPEE_PAY];

/// The steps of each channel in the navigation of DOKU's API reference, July 2025. What is not listed
/// is open to all.
const STEPS: &[(&str, &[&str])] = &[
    ("accountBinding", &[ALLO, CIMB, OVO]),
    ("accountUnbinding", &[ALLO, CIMB, OVO]),
    ("cardBinding", &[BRI, MANDIRI]),
    ("cardUnbinding", &[BRI, MANDIRI]),
    ("balanceInquiry", &[ALLO, OVO]),
    ("payment", &[ALLO, BRI, CIMB, MANDIRI, OVO]),
    ("jumpAppPayment", &[DANA, SHOPEE_PAY]),
];

/// Headers of ALLO's page and of the libraries. DANA's page asks for `X-DEVICE-ID` as well, where that
/// of ShopeePay, which is served alike, does not; that one is left to the merchant.
const HEADERS: &[(&str, &[&str], &str)] = &[
    (
        ALLO,
        &["accountBinding", "accountUnbinding", "payment", "refund"],
        "X-IP-ADDRESS",
    ),
    (ALLO, &["accountBinding"], "X-DEVICE-ID"),
];

/// What the Java library refuses to send without. It asks BRI for `chargeToken` too, which the Node
/// library does not; that one is left to the merchant.
const MEMBERS: &[Asked] = &[
    ("accountBinding", &[ALLO], "additionalInfo.deviceModel", &[]),
    (
        "accountBinding",
        &[ALLO],
        "additionalInfo.osType",
        &["ios", "android"],
    ),
    (
        "accountBinding",
        &[ALLO],
        "additionalInfo.channelId",
        &["app", "web"],
    ),
    ("payment", &[ALLO], "additionalInfo.lineItems", &[]),
    ("payment", &[ALLO, CIMB], "additionalInfo.remarks", &[]),
    ("payment", &[OVO], "payOptionDetails", &[]),
    (
        "payment",
        &[OVO],
        "additionalInfo.paymentType",
        &["SALE", "RECURRING"],
    ),
];

const PAID: &str = "partnerReferenceNo";
const ORIGINAL: &str = "originalPartnerReferenceNo";
const REFUND: &str = "partnerRefundNo";

/// The libraries and their README; Mandiri: the archived page of its direct debit.
const REFERENCES: &[Limit] = &[
    ("payment", PAID, &[ALLO], 32..=64),
    ("payment", PAID, &[CIMB], 1..=12),
    ("refund", ORIGINAL, &[ALLO], 32..=64),
    ("refund", ORIGINAL, &[BRI, CIMB, MANDIRI], 1..=12),
    ("refund", ORIGINAL, &[OVO], 1..=32),
    ("refund", REFUND, &[ALLO], 32..=64),
    ("refund", REFUND, &[BRI, CIMB], 1..=12),
];
