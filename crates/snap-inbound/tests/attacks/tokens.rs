//! A27, A28, A49 to A52: tokens, and how to get one.

use std::{
    net::{IpAddr, Ipv4Addr},
    time::{Duration, SystemTime},
};

use snap_inbound::{AccessToken, Clock, Environment, Issued, IssuedTokenStore, Reason, TokenHash};

use crate::mail::{
    CLIENT, Mail, Merchant, NOW_TEXT, TOKEN_PATH, code_of, hmac_sha512, id, rsa, token_request,
};

/// What a token request comes to: the code of the refusal, or `issued`.
async fn asked(merchant: &Merchant, mail: &Mail) -> String {
    let Some(request) = mail.request() else {
        return "cannot be sent".to_owned();
    };
    match merchant.receiver.issue_token(&request, None).await {
        Ok(_) => "issued".to_owned(),
        Err(reject) => code_of(&reject),
    }
}

#[tokio::test]
async fn a27_the_separator_inside_a_client_id() {
    let merchant = Merchant::new().await;
    let inside = format!("{CLIENT}|2026-11-20T17:30:00+07:00");
    for client in ["a|b", inside.as_str()] {
        let request = token_request(client, NOW_TEXT);
        let code = if client.len() > 36 {
            "4007302"
        } else {
            "4017300"
        };
        assert_eq!(asked(&merchant, &request).await, code, "{client}");
    }
}

#[tokio::test]
async fn a28_signed_for_another_client() {
    let merchant = Merchant::new().await;
    let mut request = token_request("BRN-9999-0000000000000", NOW_TEXT);
    request.set("X-CLIENT-KEY", CLIENT);
    assert_eq!(asked(&merchant, &request).await, "4017300");

    let unknown = token_request("BRN-unknown", NOW_TEXT);
    assert_eq!(asked(&merchant, &unknown).await, "4017300");
    let mut hmac = token_request(CLIENT, NOW_TEXT);
    hmac.set(
        "X-SIGNATURE",
        hmac_sha512(crate::mail::SECRET, &format!("{CLIENT}|{NOW_TEXT}")),
    );
    assert_eq!(asked(&merchant, &hmac).await, "4017300");
}

#[tokio::test]
async fn a_token_request_is_read_as_strictly_as_a_notification() {
    let merchant = Merchant::new().await;
    for name in ["X-CLIENT-KEY", "X-TIMESTAMP", "X-SIGNATURE"] {
        let mut request = token_request(CLIENT, NOW_TEXT);
        request.remove(name);
        assert_eq!(asked(&merchant, &request).await, "4007302", "{name}");
        let mut request = token_request(CLIENT, NOW_TEXT);
        let value = request.get(name);
        request.add(name, value);
        assert_eq!(asked(&merchant, &request).await, "4007302", "{name} twice");
    }
    let mut request = token_request(CLIENT, NOW_TEXT);
    request.set("X-TIMESTAMP", "now");
    assert_eq!(asked(&merchant, &request).await, "4007301");
    let mut request = token_request(CLIENT, NOW_TEXT);
    request.target = "/doku/notify".to_owned();
    assert_eq!(asked(&merchant, &request).await, "4047300");
    let mut request = token_request(CLIENT, NOW_TEXT);
    request.method = http::Method::GET;
    assert_eq!(asked(&merchant, &request).await, "4057300");
    assert_eq!(request.get("X-SIGNATURE").len(), 344);
}

#[tokio::test]
async fn a49_authorization_in_other_forms() {
    let merchant = Merchant::new().await;
    let token = merchant.token.expose().to_owned();
    let missing = merchant.after(|mail| mail.remove("Authorization")).await;
    merchant.refused_as(&missing, "4005602", "missing");
    for value in [
        format!("Bearer Bearer {token}"),
        format!("Bearer  {token}"),
        format!("Basic {token}"),
        token.clone(),
        "Bearer".to_owned(),
        format!("Bearer\t{token}"),
    ] {
        let verdict = merchant
            .after(|mail| mail.set("Authorization", &value))
            .await;
        merchant.refused_as(&verdict, "4005602", &value);
    }
    for scheme in ["bearer", "BEARER"] {
        let merchant = Merchant::new().await;
        let value = format!("{scheme} {}", merchant.token.expose());
        let verdict = merchant
            .after(|mail| mail.set("Authorization", value))
            .await;
        assert_eq!(verdict, "accepted");
    }
}

/// Signs with a token that the merchant did not issue.
async fn with_token(merchant: &Merchant, token: &str) -> String {
    merchant
        .after(|mail| {
            mail.token = token.to_owned();
            mail.set("Authorization", format!("Bearer {token}"));
            mail.sign();
        })
        .await
}

/// Contradiction 14 of the reference is about claims of such tokens; here nobody reads claims.
#[tokio::test]
async fn snap_14_tokens_that_are_well_formed_and_were_never_issued() {
    let merchant = Merchant::new().await;
    let rows = crate::support::vectors("merchant_jwt");
    assert_eq!(rows.len(), 16);
    for vector in rows {
        let token = vector["token"].as_str().unwrap_or_default();
        let is_one_word = !token.is_empty() && !token.contains(' ');
        let code = if is_one_word { "4015601" } else { "4005602" };
        let verdict = with_token(&merchant, token).await;
        merchant.refused_as(&verdict, code, vector["name"].as_str().unwrap());
    }
    merchant.refused_as(&with_token(&merchant, "x").await, "4015601", "made up");
}

/// Contradiction 11 of the reference: official libraries answer a bad token with 5005600 (debit) and
/// 4012701 (virtual accounts); the consistent codes are used here.
#[tokio::test]
async fn snap_11_a_bad_token_is_answered_with_401_of_the_service_and_case_01() {
    let merchant = Merchant::new().await;
    merchant.refused_as(&with_token(&merchant, "bad").await, "4015601", "debit");

    let mut mail = merchant.mail();
    mail.set("Authorization", "Bearer bad");
    mail.target = "/doku/va".to_owned();
    let request = mail.request().unwrap();
    let reject = merchant
        .receiver
        .verify::<snap_inbound::VaPaymentNotification>(request)
        .await
        .unwrap_err();
    assert_eq!(code_of(&reject), "4012501");
}

#[tokio::test]
async fn a50_unsigned_json_web_tokens() {
    let merchant = Merchant::new().await;
    let unsigned = "eyJhbGciOiJub25lIn0.eyJjbGllbnRJZCI6IkJSTi0wMjExLTAwMDAwMDAwMDAwMDAifQ.";

    merchant.refused_as(
        &with_token(&merchant, unsigned).await,
        "4015601",
        "alg none",
    );
}

#[tokio::test]
async fn a51_expired_revoked_anothers_and_of_another_environment() {
    let merchant = Merchant::new().await;
    let others = merchant.issue("BRN-9999-0000000000000").await;
    let verdict = with_token(&merchant, others.expose()).await;
    merchant.refused_as(&verdict, "4015600", "another client's");

    let token = AccessToken::new("token-of-production");
    let production = Environment::production();
    let issued = Issued::new(
        production.base_url(),
        id(CLIENT),
        merchant.clock.now(),
        merchant.clock.now() + Duration::from_secs(900),
    );
    let hash = TokenHash::of(production.base_url(), &token);
    merchant.store.put(&hash, &issued, far()).await.unwrap();
    let verdict = with_token(&merchant, token.expose()).await;
    merchant.refused_as(&verdict, "4015601", "of production");

    merchant.clock.advance(Duration::from_secs(899));
    assert_eq!(merchant.verdict(&merchant.mail()).await, "accepted");
    merchant.clock.advance(Duration::from_secs(1));
    assert_eq!(merchant.verdict(&merchant.mail()).await, "4015601");
    assert_eq!(merchant.receiver.counts().tokens_expired, 1);

    let merchant = Merchant::new().await;
    let sandbox = Environment::sandbox();
    merchant
        .store
        .revoke_all(sandbox.base_url(), &id(CLIENT))
        .await
        .unwrap();
    assert_eq!(merchant.verdict(&merchant.mail()).await, "4015601");
}

#[tokio::test]
async fn an_expired_token_is_taken_for_a_while_where_that_is_dangerously_wished() {
    let hours = Duration::from_secs(13 * 3600);
    let merchant = Merchant::with(|builder| builder.danger_accept_expired_tokens(hours)).await;
    let mail = merchant.mail();
    merchant.clock.advance(Duration::from_secs(12 * 3600));
    // A later token makes the store forget what it need not keep.
    let moment = snap_sign::Timestamp::from_unix(
        i64::try_from(crate::support::NOW).unwrap() + 12 * 3600,
        snap_sign::TimestampForm::Jakarta,
    );
    let later = token_request(CLIENT, moment.unwrap().as_str());
    assert_eq!(asked(&merchant, &later).await, "issued");

    assert_eq!(merchant.verdict(&mail).await, "accepted");
    assert_eq!(merchant.receiver.counts().tokens_expired, 1);
    merchant.clock.advance(Duration::from_secs(2 * 3600));
    assert_eq!(merchant.verdict(&mail).await, "4015601");
}

#[tokio::test]
async fn several_tokens_are_valid_at_once_and_none_is_kept_in_clear() {
    let merchant = Merchant::new().await;
    let second = merchant.issue(CLIENT).await;

    assert_ne!(merchant.token.expose(), second.expose());
    assert_eq!(merchant.verdict(&merchant.mail()).await, "accepted");
    let verdict = merchant
        .verdict(&{
            let mut mail = Mail::signed(&second);
            mail.set("X-EXTERNAL-ID", "2");
            mail.body = b"{}".to_vec();
            mail.sign();
            mail
        })
        .await;
    assert_eq!(verdict, "accepted");
    let debug = format!("{:?} {:?}", merchant.store, merchant.receiver);
    assert!(!debug.contains(second.expose()), "{debug}");
}

#[tokio::test]
async fn a52_guessing_at_the_token_endpoint_is_limited_and_cannot_lock_doku_out() {
    let merchant = Merchant::with(|builder| builder.tokens_per_minute(20)).await;
    let address = IpAddr::V4(Ipv4Addr::new(203, 0, 113, 9));
    let mut forged = token_request(CLIENT, NOW_TEXT);
    forged.set("X-SIGNATURE", rsa(b"something else"));
    let forged = forged.request().unwrap();
    let mut limited = 0;
    for _ in 0..100 {
        let reject = merchant
            .receiver
            .issue_token(&forged, Some(address))
            .await
            .unwrap_err();
        limited += usize::from(matches!(reject.explain(), Reason::RateLimited));
    }
    assert_eq!(limited, 90);
    let genuine = token_request(CLIENT, NOW_TEXT);
    let request = genuine.request().unwrap();
    let same_address = merchant.receiver.issue_token(&request, Some(address));
    assert!(same_address.await.is_err());

    // Neither that address nor forged requests from elsewhere use up what DOKU may have.
    for _ in 0..100 {
        let _ = merchant.receiver.issue_token(&forged, None).await;
    }
    let mut issued = 1; // by `Merchant::new`
    while asked(&merchant, &genuine).await == "issued" {
        issued += 1;
    }
    assert_eq!(issued, 20);
    assert_eq!(asked(&merchant, &genuine).await, "4297300");
    merchant.clock.advance(Duration::from_secs(60));
    assert_eq!(asked(&merchant, &genuine).await, "issued");
    assert_eq!(TOKEN_PATH, "/doku/token");
}

fn far() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(4_000_000_000)
}
