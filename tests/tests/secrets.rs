//! No secret in any log line of any crate, in any error, in any debug output.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
    time::Duration,
};

use doku_direct_debit::{
    CardBindingRequest, CardBindingRequestAdditionalInfo, Channel, DirectDebit,
};
use doku_kirimdoku::{BalanceInquiryRequest, Kirimdoku};
use doku_wallet::{BalanceInquiryRequest as WalletBalanceRequest, OtpVerificationRequest, Wallet};
use snap_core::{AuthCode, BankCard, Client};
use snap_sandbox::Sandbox;
use snap_suite::{Captured, config_as, config_for};
use tracing::{Event, Subscriber};
use tracing_subscriber::{
    Layer,
    layer::{Context, SubscriberExt},
};

#[tokio::test]
async fn a_whole_run_at_trace_level_leaks_nothing() {
    let (logs, _guard) = Captured::on_this_thread();
    let sandbox = Sandbox::start().await.unwrap();
    let merchant = sandbox.merchant().clone();
    let config = config_for(&sandbox).unwrap();
    let mut other = merchant.clone();
    other.client_secret = "SK-LOCAL-canary-of-a-wrong-secret".to_owned();
    let wrong = config_as(&sandbox, &other).unwrap();
    let mut printed = format!("{config:?} {wrong:?}");

    for config in [config, wrong] {
        let client = Client::new(config).unwrap();
        let kirim = Kirimdoku::from(client.clone());
        for account_no in [merchant.agent_key.as_str(), "A99999"] {
            let request = BalanceInquiryRequest::builder()
                .account_no(account_no)
                .build();
            let result = kirim.balance_inquiry(&request).await;
            printed.push_str(&format!("{request:?} {result:?} {client:?} {kirim:?}"));
            if let Err(error) = result {
                printed.push_str(&format!("{error} {error:#?}"));
            }
            sandbox.invalidate_tokens();
        }
    }

    let all = printed + &logs.text();
    assert!(
        all.contains("snap_core") && all.contains("balanceInquiry"),
        "nothing was captured"
    );
    sandbox.assert_absent_from(&all);
    assert!(!all.contains("canary-of-a-wrong-secret"));
    assert!(!all.contains("A99999"), "the agent key is masked");
}

/// Customers: auth codes, both kinds of customer token, OTP, card data, and what is personal, on the
/// good way, refused, renewed and unlinked.
#[tokio::test]
async fn a_run_with_customers_at_trace_level_leaks_nothing() {
    let (logs, _guard) = Captured::on_this_thread();
    let sandbox = Sandbox::start().await.unwrap();
    let client = Client::new(config_for(&sandbox).unwrap()).unwrap();
    let wallet = Wallet::from(client.clone());
    let debit = DirectDebit::from(client.clone());
    let mut printed = String::new();
    macro_rules! note {
        ($($value:expr),*) => {
            $( printed.push_str(&format!("{:?} {:#?}", $value, $value)); )*
        };
    }

    let code = AuthCode::new(sandbox.auth_code("628115551234"));
    let session = client.customer("628115551234");
    let customer = wallet.customer(&session);
    let request = WalletBalanceRequest::builder()
        .partner_reference_no("BALANCE-1")
        .build();
    note!(customer.balance_inquiry(&request).await, code, session);
    note!(
        session.authorize(&code).await,
        session.authorize(&code).await
    );
    note!(session.tokens().await, session.token(Duration::ZERO).await);
    note!(customer, customer.balance_inquiry(&request).await);
    sandbox.expire_customer_tokens();
    note!(customer.balance_inquiry(&request).await);
    sandbox.unlink_customer("628115551234");
    sandbox.expire_customer_tokens();
    note!(
        customer.balance_inquiry(&request).await,
        customer.balance_inquiry(&request).await
    );

    let otp = OtpVerificationRequest::builder()
        .original_partner_reference_no("ACCOUNT-1")
        .original_reference_no("1")
        .otp("867530")
        .build();
    note!(otp, wallet.otp_verification(&otp).await);
    let card = BankCard::new("5221840000000001", "D", "1229").with_email("canary@example.com");
    let info = CardBindingRequestAdditionalInfo::builder()
        .channel(Channel::DIRECT_DEBIT_BRI_SNAP)
        .success_registration_url("https://merchant.example/ok")
        .failed_registration_url("https://merchant.example/failed")
        .build();
    let binding = CardBindingRequest::builder()
        .card_data(client.encrypt_card_data(&card).unwrap())
        .cust_id_merchant("cust001")
        .phone_no("6281234500001")
        .additional_info(info)
        .build();
    note!(card, binding, debit.card_binding(&binding).await);

    let all = printed + &logs.text();
    assert!(
        all.contains("cardBinding") && all.contains("2000100"),
        "nothing was captured"
    );
    sandbox.assert_absent_from(&all);
    for canary in [
        "628115551234",
        "867530",
        "5221840000000001",
        "canary@example.com",
        "6281234500001",
        code.expose(),
    ] {
        assert!(!all.contains(canary), "{canary} is shown");
    }
}

/// The names of all fields of this workspace's events.
#[derive(Clone, Default)]
struct FieldNames(Arc<Mutex<BTreeSet<&'static str>>>);

impl<S: Subscriber> Layer<S> for FieldNames {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        if event.metadata().target().starts_with("snap_") {
            let names = event.metadata().fields().iter().map(|field| field.name());
            self.0.lock().unwrap().extend(names);
        }
    }
}

#[tokio::test]
async fn an_event_has_five_fields_and_a_fixed_message_and_nothing_else() {
    let names = FieldNames::default();
    let subscriber = tracing_subscriber::registry().with(names.clone());
    let _guard = tracing::subscriber::set_default(subscriber);
    let sandbox = Sandbox::start().await.unwrap();
    let kirim = Kirimdoku::from(Client::new(config_for(&sandbox).unwrap()).unwrap());
    let request = BalanceInquiryRequest::builder()
        .account_no("A99999")
        .build();

    kirim.balance_inquiry(&request).await.unwrap_err();

    let names: Vec<_> = names.0.lock().unwrap().iter().copied().collect();
    let expected = [
        "duration_ms",
        "external_id",
        "message",
        "operation",
        "response_code",
        "stage",
    ];
    assert_eq!(names, expected);
}
