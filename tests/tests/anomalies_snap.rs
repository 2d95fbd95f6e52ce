//! Where DOKU's pages, the standard and DOKU's libraries contradict each other about what all
//! products share, and which side the client takes. snap_01 to snap_17 number the contradictions;
//! each has a test, or several, of its name.
//!
//! Five of them belong to the receiving side and are tests of `snap-inbound`: snap_10 and snap_11 (answers
//! to notifications), snap_14 (tokens that the merchant issues), snap_16 and snap_17 (signature and
//! repetition of notifications).
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod support;

use std::{collections::HashSet, net::Ipv4Addr, sync::Arc, time::Duration};

use doku_direct_debit::{
    BalanceInquiryRequestAdditionalInfo, Channel, CheckStatusRequest, DirectDebit,
};
use doku_kirimdoku::{BalanceInquiry, BalanceInquiryRequest, Kirimdoku, TransferBank};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use snap_core::{
    AuthCode, B2b, CustomerSession, CustomerToken, ExternalId, ExternalIdGenerator, Method,
    Operation, OperationInfo, OperationKind, RandomExternalIds, Stage, WireTime,
};
use snap_sandbox::{JsonForm, Quirks, Sandbox};
use snap_sign::{
    AccessToken, BodyDigest, ClientSecret, HmacKey, SignatureError, StringToSign, Timestamp,
    TimestampForm,
};
use snap_suite::{client_for, config_for};

use support::{
    CUSTOMER_TOKEN, Doku, HandClock, TOKEN, answered, assert_all_accepted, config,
    config_with_secret, customer_token_answer, read, token_answer,
};

fn balance() -> BalanceInquiryRequest {
    BalanceInquiryRequest::builder()
        .account_no("A41879")
        .build()
}

/// The balance inquiry of Kirim DOKU with its members in the order of the vectors.
#[derive(Debug)]
struct Ordered;

#[derive(Debug, Serialize)]
struct OrderedRequest {
    #[serde(rename = "partnerReferenceNo")]
    partner_reference_no: &'static str,
    #[serde(rename = "accountNo")]
    account_no: &'static str,
}

#[derive(Debug, Deserialize)]
struct Nothing {}

impl Operation for Ordered {
    type Request = OrderedRequest;
    type Response = Nothing;
    type Auth = B2b;
    const INFO: OperationInfo = OperationInfo::new(
        "ordered",
        Method::POST,
        "/snap/v1.1/balance-inquiry",
        "11",
        OperationKind::Read,
    );
}

const VECTOR: &str =
    "XF5bwjSzcoI2ebvaWQqCAiZOH9LjXW0+IeKOiupnlZMjfjjo6wGxEWQ/kb+NJgk2pxArKmGuq2MTi7OIh5YzBA==";

#[tokio::test]
async fn snap_01_the_life_of_a_token_is_read_from_text_and_number() {
    for life in [json!("900"), json!(900)] {
        let clock = HandClock::at("2024-03-26T16:01:41+07:00");
        let doku = Doku::content();
        let mut answer: Value = read(&token_answer(TOKEN));
        answer["expiresIn"] = life.clone();
        doku.say_to_token_requests(answer);
        let kirim = Kirimdoku::from(doku.client_with(config().with_clock(Arc::clone(&clock))));

        for (passed, requests) in [(0, 1), (600, 1), (300, 2)] {
            clock.advance(Duration::from_secs(passed));
            kirim.balance_inquiry(&balance()).await.unwrap();
            assert_eq!(
                doku.token_requests().len(),
                requests,
                "{life}, {passed} s later"
            );
        }
    }
}

#[tokio::test]
async fn snap_01_the_local_sandbox_gives_both_forms_and_both_are_used() {
    for form in [JsonForm::Text, JsonForm::Number] {
        let quirks = Quirks::documented().with_expires_in(form);
        let sandbox = Sandbox::builder().quirks(quirks).start().await.unwrap();
        let kirim = Kirimdoku::from(client_for(&sandbox).unwrap());
        let account_no = sandbox.merchant().agent_key.clone();
        let request = BalanceInquiryRequest::builder()
            .account_no(account_no)
            .build();

        for _ in 0..2 {
            kirim.balance_inquiry(&request).await.unwrap();
        }

        sandbox.assert_token_requests(1);
    }
}

#[tokio::test]
async fn snap_02_the_signature_is_base64_as_in_a_vector() {
    let doku = Doku::content();
    doku.say_to_token_requests(token_answer("TOKEN-EXAMPLE"));
    let config = config_with_secret("SK-example-secret");
    let client = doku.client_with(config.with_clock(HandClock::at("2024-03-26T16:01:41+07:00")));

    let request = OrderedRequest {
        partner_reference_no: "ref-1",
        account_no: "A41879",
    };
    client.call::<Ordered>(&request).await.unwrap();

    let sent = doku.last();
    assert_eq!(
        sent.body,
        r#"{"partnerReferenceNo":"ref-1","accountNo":"A41879"}"#
    );
    assert_eq!(sent.header("X-SIGNATURE"), VECTOR);
    assert!(VECTOR.len() == 88 && VECTOR.ends_with("=="));
}

#[test]
fn snap_02_a_signature_in_hexadecimal_is_refused_as_what_it_is() {
    let body = br#"{"partnerReferenceNo":"ref-1","accountNo":"A41879"}"#;
    let request = StringToSign {
        method: "POST",
        path: "/snap/v1.1/balance-inquiry",
        access_token: &AccessToken::new("TOKEN-EXAMPLE"),
        body_digest: &BodyDigest::of_json(body).unwrap(),
        timestamp: "2024-03-26T16:01:41+07:00",
    };
    let key = HmacKey::new(&ClientSecret::new("SK-example-secret"));

    assert_eq!(key.verify(&request, VECTOR), Ok(()));
    let hexadecimal = "85be817c".repeat(16);
    assert_eq!(
        key.verify(&request, &hexadecimal),
        Err(SignatureError::Hexadecimal)
    );
}

#[tokio::test]
async fn snap_03_timestamps_are_written_in_either_form_and_without_a_fraction() {
    let doku = Doku::content();
    // A store of its own for each, so that each asks for a token.
    let config = || config().with_clock(HandClock::at("2024-03-26T16:01:41+07:00"));

    for (form, text) in [
        (TimestampForm::Jakarta, "2024-03-26T16:01:41+07:00"),
        (TimestampForm::Utc, "2024-03-26T09:01:41Z"),
    ] {
        let client = doku.client_with(config().with_timestamp_form(form));
        Kirimdoku::from(client)
            .balance_inquiry(&balance())
            .await
            .unwrap();

        assert_eq!(doku.last().header("X-TIMESTAMP"), text);
        let token_request = doku.token_requests().pop().unwrap();
        assert_eq!(token_request.header("X-TIMESTAMP"), text);
    }
    let default = doku.client_with(config());
    Kirimdoku::from(default)
        .balance_inquiry(&balance())
        .await
        .unwrap();
    assert_eq!(
        doku.last().header("X-TIMESTAMP"),
        "2024-03-26T16:01:41+07:00"
    );
}

#[tokio::test]
async fn snap_03_the_local_sandbox_accepts_both_forms() {
    let sandbox = Sandbox::start().await.unwrap();
    let account_no = &sandbox.merchant().agent_key;
    let request = BalanceInquiryRequest::builder()
        .account_no(account_no)
        .build();

    for form in [TimestampForm::Jakarta, TimestampForm::Utc] {
        let config = config_for(&sandbox).unwrap().with_timestamp_form(form);
        let kirim = Kirimdoku::from(snap_core::Client::new(config).unwrap());
        kirim.balance_inquiry(&request).await.unwrap();
    }

    assert_all_accepted(&sandbox, 4);
}

#[test]
fn snap_03_received_times_are_read_with_z_offset_and_fraction() {
    let sent = Timestamp::parse("2024-03-26T16:01:41+07:00").unwrap();

    for text in [
        "2024-03-26T09:01:41Z",
        "2024-03-26T09:01:41.000Z",
        "2024-03-26T09:01:41+00:00",
    ] {
        let received = Timestamp::parse(text).unwrap();
        assert_eq!(received.unix_seconds(), sent.unix_seconds(), "{text}");
        assert_eq!(received.as_str(), text, "what is signed is the text");
    }
    let page = WireTime::from("2024-09-17T14:41:52. 022+07:00");
    assert_eq!(page.parse().unwrap().offset_minutes(), Some(420));
}

#[tokio::test]
async fn snap_04_the_merchants_own_grant_is_in_lower_case_and_alone() {
    let doku = Doku::content();

    doku.client().token(Duration::ZERO).await.unwrap();

    let sent = &doku.token_requests()[0];
    assert_eq!(sent.json(), json!({"grantType": "client_credentials"}));
    for name in [
        "Authorization",
        "X-PARTNER-ID",
        "X-EXTERNAL-ID",
        "CHANNEL-ID",
    ] {
        assert!(!sent.has(name), "{name}");
    }
}

/// Customer `cust-1`, authorized at 15:46:23 in Jakarta with tokens that run out at these times.
async fn authorized(access: &str, refresh: &str) -> (Arc<Doku>, Arc<HandClock>, CustomerSession) {
    let clock = HandClock::at("2022-11-15T15:46:23+07:00");
    let doku = Doku::content();
    let mut answer = customer_token_answer();
    answer["accessTokenExpiryTime"] = json!(access);
    answer["refreshTokenExpiryTime"] = json!(refresh);
    doku.say_to_customer_token_requests(answer);
    let client = doku.client_with(config().with_clock(Arc::clone(&clock)));
    let session = client.customer("cust-1");
    session.authorize(&AuthCode::new("CODE-1")).await.unwrap();
    (doku, clock, session)
}

#[tokio::test]
async fn snap_04_the_grants_of_a_customer_are_in_lower_case_with_the_one_member_that_matches() {
    let (doku, clock, session) =
        authorized("2022-11-15T16:01:23+07:00", "2022-11-30T16:01:23+07:00").await;

    clock.advance(Duration::from_secs(901));
    session.token(Duration::ZERO).await.unwrap();

    let sent: Vec<_> = doku
        .customer_token_requests()
        .iter()
        .map(support::Recorded::json)
        .collect();
    let expected = [
        json!({"grantType": "authorization_code", "authCode": "CODE-1"}),
        json!({"grantType": "refresh_token", "refreshToken": "example.refresh.token"}),
    ];
    assert_eq!(sent, expected);
}

#[tokio::test]
async fn snap_05_a_customers_token_lives_as_long_as_the_answer_says() {
    let refresh = "2023-11-15T15:46:23+07:00";
    for (access, passed, requests) in [
        ("2022-11-15T16:01:23+07:00", 600, 1),
        ("2022-11-15T16:01:23+07:00", 895, 2),
        ("2022-11-15T09:01:23Z", 600, 1),
        ("2022-11-15T09:01:23Z", 895, 2),
        ("2022-11-15T15:48:23+07:00", 60, 1),
        ("2022-11-15T15:48:23+07:00", 119, 2),
        ("2022-11-30T15:46:23+07:00", 10 * 24 * 3600, 1),
        ("2022-11-30T15:46:23+07:00", 15 * 24 * 3600 - 5, 2),
    ] {
        let (doku, clock, session) = authorized(access, refresh).await;

        clock.advance(Duration::from_secs(passed));
        session.token(Duration::ZERO).await.unwrap();

        let asked = doku.customer_token_requests().len();
        assert_eq!(asked, requests, "{access}, {passed} s later");
    }
}

#[tokio::test]
async fn snap_05_the_ends_of_both_tokens_are_those_of_the_answer() {
    let (access, refresh) = ("2022-11-15T16:01:23+07:00", "2022-11-30T16:01:23+07:00");
    let (_, _, session) = authorized(access, refresh).await;
    let moment = |text: &str| WireTime::from(text).parse().unwrap().to_system_time(0);

    let pair = session.tokens().await.unwrap().unwrap();

    for (end, text) in [
        (pair.expires_at, access),
        (pair.refresh_expires_at, refresh),
    ] {
        let off = end.unwrap().duration_since(moment(text));
        let off = off.unwrap_or_else(|before| before.duration());
        assert!(off < Duration::from_secs(1), "{text}: {off:?}");
    }
}

#[tokio::test]
async fn snap_06_external_ids_are_at_most_32_digits_and_new_for_every_call() {
    let doku = Doku::content();
    let kirim = Kirimdoku::from(doku.client());

    for _ in 0..50 {
        kirim.balance_inquiry(&balance()).await.unwrap();
    }

    let ids: HashSet<_> = doku
        .calls()
        .iter()
        .map(|it| it.header("X-EXTERNAL-ID").to_owned())
        .collect();
    assert_eq!(ids.len(), 50);
    for id in ids {
        assert!(
            id.len() <= 32 && id.bytes().all(|byte| byte.is_ascii_digit()),
            "{id}"
        );
    }
}

#[tokio::test]
async fn snap_06_a_callers_own_external_id_is_sent_if_it_is_digits_and_not_made_otherwise() {
    let doku = Doku::content();
    let longest = "41807553358950093184162180797837";
    let id = ExternalId::new(longest).unwrap();

    let kirim = Kirimdoku::from(doku.client());
    kirim
        .balance_inquiry(&balance())
        .with_external_id(id)
        .await
        .unwrap();

    assert_eq!(doku.last().header("X-EXTERNAL-ID"), longest);
    let longer = format!("{longest}1");
    for text in ["", "892834eWg", "de52e582-0f4c", "123 4", longer.as_str()] {
        assert!(ExternalId::new(text).is_err(), "{text}");
    }
    let made = RandomExternalIds::new().next(std::time::SystemTime::UNIX_EPOCH);
    assert!(ExternalId::new(made.as_str()).is_ok());
}

#[tokio::test]
async fn snap_07_the_access_token_is_sent_although_the_parameter_list_leaves_it_out() {
    let page = std::fs::read_to_string(support::file("specs/kirimdoku/pages/balance-inquiry.md"));
    let page = page.unwrap();
    assert!(page.contains(r#""name":"X-SIGNATURE""#), "has a list");
    assert!(!page.contains("Authorization"), "the page leaves it out");
    let doku = Doku::content();

    Kirimdoku::from(doku.client())
        .balance_inquiry(&balance())
        .await
        .unwrap();

    assert_eq!(
        doku.last().header("Authorization"),
        format!("Bearer {TOKEN}")
    );
}

#[tokio::test]
async fn snap_08_the_customers_token_is_sent_with_bearer_and_never_signed() {
    let clock = HandClock::at("2025-07-22T13:51:04+07:00");
    let doku = Doku::content();
    let client = doku.client_with(config().with_clock(clock));
    let direct_debit = DirectDebit::from(client);
    let info = BalanceInquiryRequestAdditionalInfo::builder()
        .channel(Channel::DIRECT_DEBIT_ALLO_SNAP)
        .build();
    let request = doku_direct_debit::BalanceInquiryRequest::builder()
        .additional_info(info)
        .build();
    let mut signatures = HashSet::new();

    for token in [CUSTOMER_TOKEN, "another.customers.token"] {
        let customer = direct_debit.customer(CustomerToken::new(token));
        let address = Ipv4Addr::new(203, 0, 113, 117);
        customer.balance_inquiry(&request, address).await.unwrap();

        let sent = doku.last();
        assert_eq!(
            sent.header("Authorization-Customer"),
            format!("Bearer {token}")
        );
        assert_eq!(sent.header("Authorization"), format!("Bearer {TOKEN}"));
        signatures.insert(sent.header("X-SIGNATURE").to_owned());
    }
    assert_eq!(signatures.len(), 1, "of the merchant's token alone");
}

#[tokio::test]
async fn snap_09_the_service_code_of_a_status_is_55_and_can_be_set() {
    let doku = Doku::content();
    let direct_debit = DirectDebit::from(doku.client());
    let default = CheckStatusRequest::builder().original_partner_reference_no("INV-1");
    let original = CheckStatusRequest::builder().original_partner_reference_no("INV-1");

    direct_debit.check_status(&default.build()).await.unwrap();
    let first = doku.last();
    direct_debit
        .check_status(&original.service_code("54").build())
        .await
        .unwrap();

    assert_eq!(first.path, "/orders/v1.0/debit/status");
    assert_eq!(first.json()["serviceCode"], json!("55"));
    assert_eq!(doku.last().json()["serviceCode"], json!("54"));
}

#[tokio::test]
async fn snap_12_the_code_in_the_body_decides_about_a_409() {
    let replay =
        r#"{"responseCode":"2004300","partnerReferenceNo":"INV-1","referenceNo":"DK02195017"}"#;
    let nameless = r#"{"responseCode":"2004300","referenceNo":"DK02195017"}"#;
    let conflict = r#"{"responseCode":"4094300","responseMessage":"Conflict"}"#;
    let duplicate = r#"{"responseCode":4094301,"responseMessage":"Duplicate partnerReferenceNo"}"#;
    let answer = async |body| {
        let client = Doku::saying_with(409, body).client();
        client
            .call::<support::AnsweredLike<TransferBank>>(&support::named::<TransferBank>())
            .await
    };

    let first = answer(replay).await.unwrap();
    assert_eq!(
        (first.http_status(), first.code().as_str()),
        (409, "2004300")
    );
    assert_eq!(first.body().reference_no.as_deref(), Some("DK02195017"));
    let whose = answer(nameless).await.unwrap_err();
    assert!(
        whose.is_outcome_unknown(),
        "it may be another one's: {whose}"
    );
    for (body, case) in [(conflict, 0), (duplicate, 1)] {
        let error = answer(body).await.unwrap_err();
        assert_eq!(
            (error.stage(), error.http_status()),
            (Stage::Refused, Some(409))
        );
        assert_eq!(error.response_code().unwrap().case(), Some(case));
    }
    let bare = answer("{}").await.unwrap_err();
    assert_eq!(
        (bare.stage(), bare.response_code()),
        (Stage::Unreadable, None)
    );
}

#[tokio::test]
async fn snap_13_the_channel_of_allo_is_the_one_the_caller_supplies() {
    let doku = Doku::content();
    let customer = DirectDebit::from(doku.client()).customer(CustomerToken::new(CUSTOMER_TOKEN));

    for channel in [Channel::DIRECT_DEBIT_ALLO_SNAP, Channel::EMONEY_OVO_SNAP] {
        let info = BalanceInquiryRequestAdditionalInfo::builder()
            .channel(channel.clone())
            .build();
        let request = doku_direct_debit::BalanceInquiryRequest::builder()
            .additional_info(info)
            .build();
        let address = Ipv4Addr::new(203, 0, 113, 117);
        customer.balance_inquiry(&request, address).await.unwrap();

        let sent = &doku.last().json()["additionalInfo"]["channel"];
        assert_eq!(sent, &json!(channel.as_str()));
    }
}

#[tokio::test]
async fn snap_15_the_response_code_is_read_from_number_and_text_of_success_and_refusal() {
    for code in ["2001100", r#""2001100""#] {
        let answer = answered::<BalanceInquiry>(format!(r#"{{"responseCode":{code}}}"#)).await;
        assert_eq!(answer.unwrap().code().as_str(), "2001100", "{code}");
    }
    for code in ["4041108", r#""4041108""#] {
        let answer = answered::<BalanceInquiry>(format!(r#"{{"responseCode":{code}}}"#)).await;
        let error = answer.unwrap_err();
        assert_eq!(error.stage(), Stage::Refused, "{code}");
        assert_eq!(error.response_code().unwrap().as_str(), "4041108", "{code}");
    }
}

#[tokio::test]
async fn snap_15_a_response_code_of_another_form_is_no_code() {
    for code in [
        "200110",
        r#""text""#,
        "2001100.0",
        "null",
        "{}",
        r#""""#,
        "20011000",
    ] {
        let body = format!(r#"{{"responseCode":{code}}}"#);
        let error = answered::<BalanceInquiry>(&body).await.unwrap_err();

        assert_eq!(error.stage(), Stage::Unreadable, "{code}");
        assert_eq!(error.response_code(), None, "{code}");
        assert_eq!(error.raw(), Some(body.as_bytes()), "{code}");
    }
}

#[test]
fn every_contradiction_has_a_test_but_those_of_the_receiving_side() {
    let here = include_str!("anomalies_snap.rs");
    let not_yet = [10, 11, 14, 16, 17];

    for id in (1..=17).filter(|id| !not_yet.contains(id)) {
        assert!(here.contains(&format!("fn snap_{id:02}_")), "snap_{id:02}");
    }
}
