//! What is sent, what is made of the answer, and what an error says.

mod support;

use std::{collections::BTreeMap, error::Error as _, net::Ipv4Addr, sync::Arc, time::Duration};

use serde::Serialize;
use serde_json::json;
use snap_core::{
    AccessToken, B2b, Client, ClientSecret, ConfigError, CustomerToken, CustomerTokens, DeviceId,
    Environment, ExternalId, Method, Operation, OperationInfo, OperationKind, Stage,
    transport::{TransportError, TransportStage},
};
use snap_sign::{BodyDigest, HmacKey, StringToSign, Timestamp};
use support::{
    Balance, Doku, Echo, Either, Silence, client, config, refusal, request, virtual_now,
    without_channel_id,
};

#[tokio::test]
async fn the_bytes_that_are_sent_are_the_bytes_that_are_signed() {
    let doku = Doku::new();
    client(&doku).call::<Echo>(&request()).await.unwrap();

    let call = &doku.calls()[0];
    let string_to_sign = StringToSign {
        method: "POST",
        path: "/snap/v1.1/echo",
        access_token: &AccessToken::new("TOKEN-1"),
        body_digest: &BodyDigest::of_json(&call.body).unwrap(),
        timestamp: call.header("x-timestamp"),
    };

    assert_eq!(call.body, r#"{"accountNo":"A41879"}"#);
    let key = HmacKey::new(&ClientSecret::new(support::SECRET));
    assert_eq!(
        key.verify(&string_to_sign, call.header("x-signature")),
        Ok(())
    );
}

#[tokio::test]
async fn a_transaction_carries_exactly_the_headers_of_the_standard() {
    let doku = Doku::new();
    client(&doku).call::<Echo>(&request()).await.unwrap();

    let call = &doku.calls()[0];
    let mut names: Vec<_> = call.headers.keys().map(http::HeaderName::as_str).collect();
    names.sort_unstable();

    assert_eq!(
        names,
        [
            "authorization",
            "channel-id",
            "content-type",
            "x-external-id",
            "x-partner-id",
            "x-signature",
            "x-timestamp",
        ]
    );
    assert_eq!(call.header("authorization"), "Bearer TOKEN-1");
    assert_eq!(call.header("channel-id"), "H2H");
    assert_eq!(call.header("content-type"), "application/json");
    assert_eq!(call.header("x-partner-id"), support::CLIENT_ID);
    assert!(Timestamp::parse(call.header("x-timestamp")).is_ok());
    assert!(call.header("x-timestamp").ends_with("+07:00"));
    assert!(ExternalId::new(call.header("x-external-id")).is_ok());
    assert!(
        call.headers["authorization"].is_sensitive() && call.headers["x-signature"].is_sensitive()
    );
}

#[tokio::test]
async fn options_of_a_call_win_over_the_configuration() {
    let doku = Doku::new();
    let id = ExternalId::new("41807553358950093184162180797837").unwrap();

    let client = client(&doku);
    let call = client
        .call::<Echo>(&request())
        .with_external_id(id.clone())
        .with_channel_id("KD");
    let answer = call.with_header("X-DEVICE-ID", "device-1").await.unwrap();

    let sent = &doku.calls()[0];
    assert_eq!(answer.external_id(), &id);
    assert_eq!(sent.header("x-external-id"), id.as_str());
    assert_eq!(
        (sent.header("channel-id"), sent.header("x-device-id")),
        ("KD", "device-1")
    );
}

#[tokio::test]
async fn a_call_for_a_customer_carries_both_tokens_and_signs_the_merchants() {
    let doku = Doku::new();
    let customer = CustomerTokens::from(CustomerToken::new("CUSTOMER-1"));

    let client = client(&doku);
    client
        .call_as::<Balance>(&customer, &request())
        .await
        .unwrap();

    let call = &doku.calls()[0];
    assert_eq!(call.header("authorization-customer"), "Bearer CUSTOMER-1");
    assert!(call.headers["authorization-customer"].is_sensitive());
    let string_to_sign = StringToSign {
        method: "POST",
        path: Balance::INFO.path(),
        access_token: &AccessToken::new("TOKEN-1"),
        body_digest: &BodyDigest::of_json(&call.body).unwrap(),
        timestamp: call.header("x-timestamp"),
    };
    let key = HmacKey::new(&ClientSecret::new(support::SECRET));
    assert_eq!(
        key.verify(&string_to_sign, call.header("x-signature")),
        Ok(())
    );
}

#[tokio::test]
async fn an_operation_for_either_token_carries_the_customers_only_if_called_for_one() {
    let doku = Doku::new();
    let client = client(&doku);
    let customer = CustomerTokens::from(CustomerToken::new("CUSTOMER-1"));

    client.call::<Either>(&request()).await.unwrap();
    client
        .call_as::<Either>(&customer, &request())
        .await
        .unwrap();

    let calls = doku.calls();
    assert!(calls[0].headers.get("authorization-customer").is_none());
    assert_eq!(
        calls[1].header("authorization-customer"),
        "Bearer CUSTOMER-1"
    );
}

#[tokio::test]
async fn a_customer_token_that_cannot_stand_in_a_header_is_not_sent_and_not_told() {
    let doku = Doku::new();
    let customer = CustomerTokens::from(CustomerToken::new("canary\r\nX-A: b"));

    let client = client(&doku);
    let call = client.call_as::<Balance>(&customer, &request());
    let error = call.await.unwrap_err();

    assert_eq!(error.stage(), Stage::NotSent);
    let text = format!("{error} {error:?}");
    assert!(
        text.contains("Authorization-Customer") && !text.contains("canary"),
        "{text}"
    );
}

#[tokio::test]
async fn address_and_device_of_the_end_user_go_to_operations_that_list_them() {
    let doku = Doku::new();
    let customer = CustomerTokens::from(CustomerToken::new("CUSTOMER-1"));
    let device = DeviceId::new("09864ADCASA").unwrap();

    let client = client(&doku);
    let call = client.call_as::<Balance>(&customer, &request());
    let call = call.with_ip_address(Ipv4Addr::new(192, 0, 2, 10));
    call.with_device_id(device).await.unwrap();

    let call = &doku.calls()[0];
    assert_eq!(
        (call.header("x-ip-address"), call.header("x-device-id")),
        ("192.0.2.10", "09864ADCASA")
    );
    assert!(call.headers["x-ip-address"].is_sensitive());
    assert!(call.headers["x-device-id"].is_sensitive());
}

#[tokio::test]
async fn address_and_device_are_refused_where_the_operation_does_not_list_them() {
    let doku = Doku::new();
    let client = client(&doku);

    let address = client
        .call::<Echo>(&request())
        .with_ip_address(Ipv4Addr::LOCALHOST)
        .await
        .unwrap_err();
    let device = client
        .call::<Echo>(&request())
        .with_device_id(DeviceId::new("a").unwrap())
        .await
        .unwrap_err();

    for (error, name) in [(&address, "X-IP-ADDRESS"), (&device, "X-DEVICE-ID")] {
        assert_eq!(error.stage(), Stage::NotSent);
        assert!(error.to_string().contains(name), "{error}");
        assert!(error.to_string().contains("does not list"), "{error}");
    }
    assert_eq!((doku.token_requests(), doku.calls().len()), (0, 0));
}

/// [`Echo`] at a path of the caller's own.
struct EchoElsewhere;

impl Operation for EchoElsewhere {
    type Request = <Echo as Operation>::Request;
    type Response = <Echo as Operation>::Response;
    type Auth = B2b;
    const INFO: OperationInfo = Echo::INFO.with_path("/snap/v1.2/echo");
}

#[tokio::test]
async fn an_operation_at_another_path_is_sent_and_signed_there() {
    let doku = Doku::new();
    let client = client(&doku);
    let id = client.new_external_id();

    let call = client.call::<EchoElsewhere>(&request());
    let answer = call.with_external_id(id.clone()).await.unwrap();

    let sent = &doku.calls()[0];
    let string_to_sign = StringToSign {
        method: "POST",
        path: "/snap/v1.2/echo",
        access_token: &AccessToken::new("TOKEN-1"),
        body_digest: &BodyDigest::of_json(&sent.body).unwrap(),
        timestamp: sent.header("x-timestamp"),
    };
    assert_eq!(sent.path, "/snap/v1.2/echo");
    assert_eq!(
        HmacKey::new(&ClientSecret::new(support::SECRET))
            .sign(&string_to_sign)
            .as_str(),
        sent.header("x-signature")
    );
    assert_eq!(answer.external_id(), &id);
    assert_ne!(client.new_external_id(), id);
}

#[tokio::test]
async fn an_optional_channel_id_is_sent_only_if_the_call_gives_one() {
    let customer = CustomerTokens::from(CustomerToken::new("CUSTOMER-1"));
    for (configured, given, sent) in [
        (None, None, None),
        (Some("H2H"), None, None),
        (None, Some("DH"), Some("DH")),
        (Some("H2H"), Some("DH"), Some("DH")),
    ] {
        let doku = Doku::new();
        let mut config = without_channel_id();
        if let Some(id) = configured {
            config = config.with_channel_id(id);
        }
        let client = Client::with_transport(config, Arc::clone(&doku)).unwrap();

        let mut call = client.call_as::<Balance>(&customer, &request());
        if let Some(id) = given {
            call = call.with_channel_id(id);
        }
        call.await.unwrap();

        let value = doku.calls()[0].headers.get("channel-id").cloned();
        let value = value.as_ref().map(|value| value.to_str().unwrap());
        assert_eq!(value, sent, "{configured:?} {given:?}");
    }
}

#[tokio::test]
async fn an_answer_keeps_code_message_and_unknown_members() {
    let doku = Doku::new();
    let raw = r#"{"responseCode":2001100,"responseMessage":"Successful","echo":"hi","new":[1.50]}"#;
    doku.say_to_call(Ok((200, raw.to_owned())));

    let answer = client(&doku).call::<Echo>(&request()).await.unwrap();

    assert_eq!(
        (answer.code().as_str(), answer.message()),
        ("2001100", "Successful")
    );
    assert_eq!(answer.body().echo.as_deref(), Some("hi"));
    assert_eq!((answer.raw(), answer.http_status()), (raw.as_bytes(), 200));
}

#[tokio::test]
async fn the_response_code_decides_and_not_the_http_status() {
    for http_status in [200, 404, 500] {
        let doku = Doku::new();
        doku.say_to_call(Ok((http_status, refusal("4041108", "Invalid Merchant"))));

        let error = client(&doku).call::<Echo>(&request()).await.unwrap_err();

        assert_eq!(
            (error.stage(), error.http_status()),
            (Stage::Refused, Some(http_status))
        );
        let code = error.response_code().unwrap();
        assert_eq!((code.service(), code.case()), (Some("11"), Some(8)));
        let id = error.external_id().unwrap();
        let line = format!("echo was refused: 4041108 Invalid Merchant (external id {id})");
        assert_eq!(error.to_string(), line);
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_is_not_snap_is_unreadable_and_kept() {
    for (body, because) in [
        ("<html>maintenance</html>", "HTTP 200, it is not JSON"),
        ("", "ends early"),
        (r#"{"responseCode":"2001100","#, "ends early"),
        ("{}", "without a readable response code"),
        ("[]", "without a readable response code"),
        (r#"{"responseCode":"0"}"#, "seven digits"),
        (
            r#"{"responseCode":"2001100","responseCode":"4001100"}"#,
            "readable response code",
        ),
    ] {
        let doku = Doku::new();
        for _ in 0..ASKED {
            doku.say_to_call(Ok((200, body.to_owned())));
        }

        let error = client(&doku).call::<Echo>(&request()).await.unwrap_err();

        assert_eq!(error.stage(), Stage::Unreadable, "{body}");
        assert_eq!(error.raw(), Some(body.as_bytes()));
        assert!(error.to_string().contains(because), "{error}");
        assert!(error.response_code().is_none() && error.external_id().is_some());
    }
}

#[tokio::test]
async fn a_body_in_another_shape_is_unreadable_and_keeps_its_code() {
    let doku = Doku::new();
    let raw = r#"{"responseCode":"2001100","echo":{"canary":"canary"}}"#;
    doku.say_to_call(Ok((200, raw.to_owned())));

    let error = client(&doku).call::<Echo>(&request()).await.unwrap_err();

    assert_eq!(
        (error.stage(), error.raw()),
        (Stage::Unreadable, Some(raw.as_bytes()))
    );
    assert_eq!(error.response_code().unwrap().as_str(), "2001100");
    assert!(
        !format!("{error} {error:?}").contains("canary"),
        "{error:?}"
    );
}

/// How often a read is sent at most.
const ASKED: usize = 3;

#[tokio::test(start_paused = true)]
async fn how_far_a_request_got_is_the_stage_of_its_error() {
    for (stage, expected) in [
        (TransportStage::NotConnected, Stage::NotSent),
        (TransportStage::NoAnswer, Stage::NoAnswer),
        (TransportStage::Body { http_status: 200 }, Stage::Unreadable),
    ] {
        let doku = Doku::new();
        for _ in 0..ASKED {
            doku.say_to_call(Err(
                TransportError::new(stage, "it broke").with_source("cable cut")
            ));
        }

        let error = client(&doku).call::<Echo>(&request()).await.unwrap_err();

        assert_eq!(
            (error.stage(), error.is_connect()),
            (expected, expected == Stage::NotSent)
        );
        let cause = error.source().unwrap().to_string();
        assert_eq!(cause, "cable cut");
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_ends_at_its_limit_and_says_that_it_may_have_arrived() {
    let client = Client::with_transport(config(), Silence).unwrap();
    let start = virtual_now();

    let default = client.call::<Echo>(&request()).await.unwrap_err();
    assert_eq!(start.elapsed(), Duration::from_secs(30));
    let limit = Duration::from_millis(250);
    let own = client
        .call::<Echo>(&request())
        .with_timeout(limit)
        .await
        .unwrap_err();

    for error in [default, own] {
        assert_eq!((error.stage(), error.is_timeout()), (Stage::NoAnswer, true));
        assert!(error.external_id().is_some(), "the id to ask about");
    }
    assert_eq!(start.elapsed(), Duration::from_millis(30_250));
}

#[tokio::test(start_paused = true)]
async fn a_call_that_waits_for_its_token_until_the_limit_was_not_sent() {
    let doku = Doku::slow(Duration::from_secs(5));

    let client = client(&doku);
    let call = client
        .call::<Echo>(&request())
        .with_timeout(Duration::from_secs(1));
    let error = call.await.unwrap_err();

    assert_eq!((error.stage(), error.is_timeout()), (Stage::NotSent, true));
    assert_eq!(doku.calls().len(), 0);
}

#[tokio::test]
async fn bad_local_input_is_not_sent_and_asks_for_no_token() {
    let doku = Doku::new();
    let client = client(&doku);

    let managed = client
        .call::<Echo>(&request())
        .with_header("X-Signature", "x")
        .await
        .unwrap_err();
    let split = client
        .call::<Echo>(&request())
        .with_header("X-A", "a\r\nb: c")
        .await
        .unwrap_err();

    for (error, because) in [(&managed, "x-signature"), (&split, "line end")] {
        assert_eq!(error.stage(), Stage::NotSent);
        assert!(error.to_string().contains(because), "{error}");
    }
    assert_eq!(doku.token_requests(), 0);
}

#[tokio::test]
async fn a_missing_channel_id_is_named_with_its_cure() {
    let doku = Doku::new();
    let client = Client::with_transport(without_channel_id(), Arc::clone(&doku)).unwrap();

    let error = client.call::<Echo>(&request()).await.unwrap_err();

    assert_eq!(error.stage(), Stage::NotSent);
    assert!(
        error.to_string().contains("Config::with_channel_id"),
        "{error}"
    );
    assert_eq!(doku.calls().len(), 0);
}

#[derive(Debug)]
struct Odd;

#[derive(Serialize)]
struct OddRequest {
    a: u8,
    #[serde(flatten)]
    extra: BTreeMap<String, u8>,
}

impl Operation for Odd {
    type Request = OddRequest;
    type Response = serde_json::Value;
    type Auth = B2b;
    const INFO: OperationInfo =
        OperationInfo::new("odd", Method::POST, "/a/../b", "99", OperationKind::Read);
}

#[tokio::test]
async fn a_member_written_twice_and_a_path_that_would_change_are_refused_before_signing() {
    let doku = Doku::new();
    let client = client(&doku);

    let extra = BTreeMap::from([("a".to_owned(), 2)]);
    let twice = client
        .call::<Odd>(&OddRequest { a: 1, extra })
        .await
        .unwrap_err();
    let path = client
        .call::<Odd>(&OddRequest {
            a: 1,
            extra: BTreeMap::new(),
        })
        .await
        .unwrap_err();

    assert!(
        twice.to_string().contains("names a member twice"),
        "{twice}"
    );
    assert!(path.to_string().contains("path"), "{path}");
    assert_eq!(doku.calls().len(), 0);
}

#[test]
fn credentials_of_the_local_sandbox_do_not_reach_dokus_hosts() {
    for environment in [
        Environment::production(),
        Environment::sandbox(),
        Environment::custom("https://api.doku.com:443").unwrap(),
    ] {
        let config = snap_core::Config::new(
            environment,
            snap_core::ClientId::new("BRN-LOCAL-1").unwrap(),
            ClientSecret::new("SK-LOCAL-1"),
            support::ZeroSigner,
        );
        let error = Client::with_transport(config, Silence).unwrap_err();

        let because = ConfigError::LocalCredentials.to_string();
        assert!(error.to_string().contains(&because), "{error}");
    }
}

#[test]
fn a_missing_or_broken_variable_is_named() {
    let all = json!({
        "SNAP_ENVIRONMENT": "sandbox", "SNAP_CLIENT_ID": support::CLIENT_ID,
        "SNAP_CLIENT_SECRET": support::SECRET, "SNAP_PRIVATE_KEY": "-----BEGIN canary-----",
    });
    let error_with = |name: &str, value: Option<&str>| {
        let mut all = all.clone();
        match value {
            Some(value) => all[name] = value.into(),
            None => drop(all.as_object_mut().unwrap().remove(name)),
        }
        let config = snap_core::Config::from_variables(|name| {
            all.get(name)
                .and_then(|value| value.as_str())
                .map(str::to_owned)
        });
        let error = config.unwrap_err();
        format!(
            "{error}: {}",
            error.source().map(ToString::to_string).unwrap_or_default()
        )
    };

    for name in [
        "SNAP_ENVIRONMENT",
        "SNAP_CLIENT_ID",
        "SNAP_CLIENT_SECRET",
        "SNAP_PRIVATE_KEY",
    ] {
        let missing = error_with(name, None);
        assert!(
            missing.contains(name) && missing.contains("not set"),
            "{missing}"
        );
    }
    let broken = error_with("SNAP_CLIENT_ID", Some("BRN 1"));
    assert!(
        broken.contains("SNAP_CLIENT_ID") && broken.contains("space"),
        "{broken}"
    );
    let url = error_with("SNAP_ENVIRONMENT", Some("http://api.doku.com"));
    assert!(url.contains("use https"), "{url}");
    let both = error_with("SNAP_PRIVATE_KEY_FILE", Some("key.pem"));
    assert!(both.contains("SNAP_PRIVATE_KEY_FILE is set too"), "{both}");
    let empty = error_with("SNAP_PRIVATE_KEY", Some(""));
    assert!(empty.contains("not set"), "{empty}");
    let key = error_with("SNAP_NOTHING", None);
    assert!(
        key.contains("SNAP_PRIVATE_KEY") && key.contains("PEM") && !key.contains("canary"),
        "{key}"
    );
}

#[tokio::test]
async fn no_debug_output_shows_a_secret() {
    let doku = Doku::new();
    let client = client(&doku);
    let answer = client.call::<Echo>(&request()).await.unwrap();
    let call = client.call::<Echo>(&request());
    let token = client.token(Duration::ZERO).await.unwrap();

    let printed = format!("{:?} {client:?} {answer:?} {call:?} {token:?}", config());

    for canary in [support::SECRET, "TOKEN-1"] {
        assert!(!printed.contains(canary), "{printed}");
    }
}
