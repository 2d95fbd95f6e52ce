//! What single channels of direct debit ask for.

use serde_json::{Value, json};
use snap_sandbox::Sandbox;

use crate::{
    orders::{PAYMENT, REFUND, merge},
    specs::{Caller, named},
    support::{Reply, send_by},
};

const ALLO: &str = "DIRECT_DEBIT_ALLO_SNAP";
const BRI: &str = "DIRECT_DEBIT_BRI_SNAP";
const CIMB: &str = "DIRECT_DEBIT_CIMB_SNAP";
const MANDIRI: &str = "DIRECT_DEBIT_MANDIRI_SNAP";
const OVO: &str = "EMONEY_OVO_SNAP";
const DANA: &str = "EMONEY_DANA_SNAP";

/// A sandbox that enforces the rules, or one that does not; neither remembers anything.
async fn sandbox(rules: bool) -> Sandbox {
    let builder = Sandbox::builder().stateful(false).channel_rules(rules);
    builder.start().await.expect("starts")
}

/// The same request, judged with the rules and without.
struct Both<'a> {
    strict: Caller<'a>,
    lenient: Caller<'a>,
}

impl<'a> Both<'a> {
    async fn of(strict: &'a Sandbox, lenient: &'a Sandbox) -> Self {
        Self {
            strict: Caller::of(strict, "cust-1").await,
            lenient: Caller::of(lenient, "cust-1").await,
        }
    }

    /// With the rules it is refused because of `subject`, without it is answered.
    async fn check(&self, ask: &Ask<'_>, verdict: &str, case: &str, subject: &str) {
        let service = named(ask.operation).service;
        let strict = ask.send(&self.strict).await;
        let lenient = ask.send(&self.lenient).await;

        strict.assert(verdict, &format!("400{service}{case}"));
        let message = strict.text("responseMessage");
        assert!(message.ends_with(&format!(" {subject}")), "{message}");
        lenient.assert("ok", &format!("200{service}00"));
    }
}

/// An operation of a channel with every member and header, changed.
struct Ask<'a> {
    operation: &'a str,
    channel: &'a str,
    changes: Value,
    without: Option<&'static str>,
}

impl<'a> Ask<'a> {
    fn new(operation: &'a str, channel: &'a str, changes: Value) -> Self {
        Self {
            operation,
            channel,
            changes,
            without: None,
        }
    }

    async fn send(&self, caller: &Caller<'_>) -> Reply {
        let spec = named(self.operation);
        let mut body = spec.body(caller.sandbox, true);
        for member in [
            "partnerReferenceNo",
            "originalPartnerReferenceNo",
            "partnerRefundNo",
        ] {
            if body.get(member).is_some() {
                let length = if self.channel == ALLO { 32 } else { 8 };
                body[member] = json!("7".repeat(length));
            }
        }
        body["additionalInfo"]["channel"] = json!(self.channel);
        merge(&mut body, self.changes.clone());
        let mut call = caller.call(&spec, &body);
        call.set("x-ip-address", "198.51.100.7");
        call.set("x-device-id", "device1");
        if let Some(name) = self.without {
            call.headers.remove(name);
        }
        send_by(&caller.client, caller.sandbox.base_url(), call).await
    }

    async fn assert_ok(&self, caller: &Caller<'_>) {
        let service = named(self.operation).service;
        let reply = self.send(caller).await;
        reply.assert("ok", &format!("200{service}00"));
    }
}

/// Behaviour "channel.unknown".
#[tokio::test]
async fn a_channel_has_the_operations_that_its_steps_list() {
    let cases = [
        (BINDING, "A_CHANNEL_OF_TOMORROW"),
        (BINDING, "EMONEY_SHOPEEPAY_SNAP"),
        (BINDING, BRI),
        ("direct-debit.cardBinding", OVO),
        (UNBINDING, MANDIRI),
        ("direct-debit.cardUnbinding", ALLO),
        ("direct-debit.balanceInquiry", CIMB),
        (PAYMENT, DANA),
        ("direct-debit.jumpAppPayment", OVO),
        (REFUND, "DIRECT_DEBIT_ALLO"),
        ("direct-debit.checkStatus", "mobilephone"),
    ];
    let (strict, lenient) = (sandbox(true).await, sandbox(false).await);
    let both = Both::of(&strict, &lenient).await;
    for (operation, channel) in cases {
        let ask = Ask::new(operation, channel, json!({}));

        let subject = "additionalInfo.channel";
        both.check(&ask, "channel.unknown", "01", subject).await;
    }
}

/// Behaviour "channel.header".
#[tokio::test]
async fn allo_wants_to_know_where_the_customer_is() {
    let cases = [
        (BINDING, "x-ip-address", "X-IP-ADDRESS"),
        (BINDING, "x-device-id", "X-DEVICE-ID"),
        (UNBINDING, "x-ip-address", "X-IP-ADDRESS"),
        (PAYMENT, "x-ip-address", "X-IP-ADDRESS"),
        (REFUND, "x-ip-address", "X-IP-ADDRESS"),
    ];
    let (strict, lenient) = (sandbox(true).await, sandbox(false).await);
    let both = Both::of(&strict, &lenient).await;
    for (operation, header, name) in cases {
        let whole = Ask::new(operation, ALLO, json!({}));
        whole.assert_ok(&both.strict).await;
        let without = Ask {
            without: Some(header),
            ..whole
        };
        both.check(&without, "channel.header", "02", name).await;
    }
    let other = Ask {
        without: Some("x-ip-address"),
        ..Ask::new(BINDING, OVO, json!({}))
    };
    other.assert_ok(&both.strict).await;
}

/// Behaviours "channel.member" and "channel.value".
#[tokio::test]
async fn members_that_a_channel_needs_are_named() {
    let cases = [
        (BINDING, ALLO, "deviceModel"),
        (BINDING, ALLO, "osType"),
        (BINDING, ALLO, "channelId"),
        (PAYMENT, ALLO, "lineItems"),
        (PAYMENT, ALLO, "remarks"),
        (PAYMENT, CIMB, "remarks"),
        (PAYMENT, OVO, "paymentType"),
    ];
    let values = [
        (BINDING, ALLO, "osType", "windows"),
        (BINDING, ALLO, "channelId", "APP"),
        (PAYMENT, OVO, "paymentType", "sale"),
    ];
    let (strict, lenient) = (sandbox(true).await, sandbox(false).await);
    let both = Both::of(&strict, &lenient).await;
    for (operation, channel, name) in cases {
        Ask::new(operation, channel, json!({}))
            .assert_ok(&both.strict)
            .await;
        let changes = json!({"additionalInfo": {name: null}});
        let ask = Ask::new(operation, channel, changes);

        let subject = format!("additionalInfo.{name}");
        both.check(&ask, "channel.member", "02", &subject).await;
    }
    for (operation, channel, name, value) in values {
        let changes = json!({"additionalInfo": {name: value}});
        let ask = Ask::new(operation, channel, changes);

        let subject = format!("additionalInfo.{name}");
        both.check(&ask, "channel.value", "01", &subject).await;
    }
    let ask = Ask::new(PAYMENT, OVO, json!({"payOptionDetails": []}));
    both.check(&ask, "channel.member", "02", "payOptionDetails")
        .await;
}

/// Behaviour "channel.reference".
#[tokio::test]
async fn references_have_the_lengths_of_their_channel() {
    let cases = [
        (PAYMENT, ALLO, "partnerReferenceNo", 32, 64),
        (PAYMENT, CIMB, "partnerReferenceNo", 1, 12),
        (PAYMENT, BRI, "partnerReferenceNo", 1, 64),
        (REFUND, ALLO, "originalPartnerReferenceNo", 32, 64),
        (REFUND, ALLO, "partnerRefundNo", 32, 64),
        (REFUND, BRI, "originalPartnerReferenceNo", 1, 12),
        (REFUND, BRI, "partnerRefundNo", 1, 12),
        (REFUND, CIMB, "originalPartnerReferenceNo", 1, 12),
        (REFUND, CIMB, "partnerRefundNo", 1, 12),
        (REFUND, MANDIRI, "originalPartnerReferenceNo", 1, 12),
        (REFUND, OVO, "originalPartnerReferenceNo", 1, 32),
    ];
    let (strict, lenient) = (sandbox(true).await, sandbox(false).await);
    let both = Both::of(&strict, &lenient).await;
    for (operation, channel, member, min, max) in cases {
        let of_length = |length: usize| {
            let changes = json!({member: "7".repeat(length)});
            Ask::new(operation, channel, changes)
        };
        for length in [min, max] {
            of_length(length).assert_ok(&both.strict).await;
        }
        let beyond = [min - 1, max + 1].into_iter();
        for length in beyond.filter(|length| (1..=64).contains(length)) {
            let ask = of_length(length);

            both.check(&ask, "channel.reference", "01", member).await;
        }
    }
}

const BINDING: &str = "direct-debit.accountBinding";
const UNBINDING: &str = "direct-debit.accountUnbinding";
