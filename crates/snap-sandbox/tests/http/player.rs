//! Somebody who does anything that can be done to a sandbox, by dice: the same dice and the same answers
//! make the same player.

use std::time::Duration;

use serde_json::{Value, json};
use snap_sandbox::{
    Act, AdminClient, At, Decision, Fault, Faults, RawReply, Sandbox, Variation, Vary,
};

use crate::{
    exchange::raw,
    specs::{self, Caller, Spec},
    support::{Call, client, code_call, timestamp, token_call},
};

/// Numbers by chance, from a seed: SplitMix64.
#[derive(Clone)]
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    /// A number below this limit.
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let mixed = mixed ^ (mixed >> 31);
        usize::try_from(mixed % limit as u64).expect("a small number")
    }

    pub(crate) fn pick<'a, T: ?Sized>(&mut self, from: &[&'a T]) -> &'a T {
        from[self.below(from.len())]
    }
}

/// What the player has learned from answers.
pub(crate) struct Player {
    pub(crate) dice: Dice,
    sent: usize,
    token: String,
    customer_token: String,
    /// The last answer, from which addresses and names are taken.
    last: Value,
    page: String,
    session: String,
    link: String,
    given: String,
    /// Every answer, without the port.
    pub(crate) heard: Vec<String>,
    pub(crate) manner: Manner,
}

/// How a player goes about it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Manner {
    Any,
    /// Lets nothing go wrong.
    Tame,
    /// As tame, but each request is sent before with a fault that lets it have no effect.
    Twice,
}

impl Player {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            dice: Dice(seed),
            sent: 0,
            token: "none".repeat(5),
            customer_token: "none".repeat(5),
            last: Value::Null,
            page: String::new(),
            session: "none".to_owned(),
            link: "none".to_owned(),
            given: "none".to_owned(),
            heard: Vec::new(),
            manner: Manner::Any,
        }
    }

    /// Gets tokens.
    pub(crate) fn log_in(&mut self, sandbox: &Sandbox) {
        let call = token_call(sandbox.merchant(), &timestamp(sandbox, 0));
        self.token = self.granted(sandbox, call).unwrap_or(self.token.clone());
        let code = sandbox.auth_code(self.dice.pick(&CUSTOMERS));
        let token = self.granted(sandbox, code_call(sandbox, &code));
        self.customer_token = token.unwrap_or(self.customer_token.clone());
    }

    fn granted(&mut self, sandbox: &Sandbox, call: Call) -> Option<String> {
        self.exchange(sandbox, call);
        self.last["accessToken"].as_str().map(str::to_owned)
    }

    /// Does one thing.
    pub(crate) async fn step(&mut self, sandbox: &Sandbox) {
        let reference = self.reference();
        match self.dice.below(30) {
            0 | 1 => self.log_in(sandbox),
            2 | 3 => sandbox.advance(Duration::from_secs(
                [1, 59, 61, 301, 700, 90_000][self.dice.below(6)],
            )),
            4 => drop(sandbox.decide(&reference, self.decision())),
            5..=7 => self.choose(sandbox),
            8 => self.act(sandbox).await,
            9 if self.manner == Manner::Any => self.inject(sandbox),
            10 => self.vary(sandbox, &reference),
            11 => drop(sandbox.resend(self.dice.below(9) as u64)),
            _ => self.ask(sandbox),
        }
        if self.last["responseCode"].to_string().contains("401") {
            self.log_in(sandbox);
        }
    }

    /// One of the last few, so that some are met again.
    fn reference(&mut self) -> String {
        format!("ord-{}", self.sent / 12 + self.dice.below(4))
    }

    fn decision(&mut self) -> Decision {
        [Decision::Succeed, Decision::Fail, Decision::Cancel][self.dice.below(3)]
    }

    fn choose(&mut self, sandbox: &Sandbox) {
        let came = match self.dice.below(6) {
            0 => sandbox.reject(&self.page),
            1 => sandbox.approve_with_otp(&self.page, "000000"),
            _ => sandbox.approve(&self.page),
        };
        self.heard.push(format!("{came:?}"));
    }

    async fn act(&mut self, sandbox: &Sandbox) {
        let action = match self.dice.below(60) {
            0 => r#"{"action":"reset"}"#,
            _ => self.dice.pick(&ACTIONS),
        };
        let admin = AdminClient::new(sandbox.admin_url().expect("an admin API")).expect("a URL");
        let came = admin.act(action).await.expect("an action");
        self.heard.push(came);
    }

    fn inject(&mut self, sandbox: &Sandbox) {
        let (at, act) = self.dice.pick(&POINTS).clone();
        let fault = Fault::new(at, act).with_probability(0.5).times(3);
        let injected = match self.dice.below(4) {
            0 => sandbox.inject_any(Faults::all(0.2)),
            1 => sandbox.inject(fault.for_reference("ord-1")),
            2 => sandbox.inject(fault.with_apply_effect(false)),
            _ => sandbox.inject(fault),
        };
        self.heard.push(format!("{injected:?}"));
    }

    fn vary(&mut self, sandbox: &Sandbox, reference: &str) {
        let vary = *self.dice.pick(&VARY);
        let variation = Variation::new(vary);
        sandbox.vary_notifications(match self.dice.below(2) {
            0 => variation.for_reference(reference),
            _ => variation.times(2),
        });
    }

    /// Sends an operation.
    fn ask(&mut self, sandbox: &Sandbox) {
        let all = specs::all();
        let often = [
            "direct-debit.payment",
            "direct-debit.refund",
            "kirimdoku.transferBank",
            "kirimdoku.bankAccountInquiry",
            "wallet.purchase",
            "wallet.topUp",
            "direct-debit.accountBinding",
            "direct-debit.cardBinding",
            "direct-debit.paymentOtpVerification",
        ];
        let spec = match self.dice.below(2) {
            0 => specs::named(self.dice.pick(&often)),
            _ => all[self.dice.below(all.len())].clone(),
        };
        let mut body = spec.body(sandbox, self.dice.below(2) == 0);
        self.fill(sandbox, &mut body);
        self.send(sandbox, &spec, &body);
    }

    pub(crate) fn send(&mut self, sandbox: &Sandbox, spec: &Spec, body: &Value) -> Option<u16> {
        let caller = Caller {
            sandbox,
            token: self.token.clone(),
            customer_token: self.customer_token.clone(),
            client: client(),
        };
        self.sent += 1;
        // Now and then one that was used before.
        let number = self.sent - usize::from(self.dice.below(20) == 0);
        self.exchange(sandbox, caller.numbered(number, spec, body))
    }

    /// Puts something that may fit into the members that matter, at every depth.
    fn fill(&mut self, sandbox: &Sandbox, body: &mut Value) {
        match body {
            Value::Object(members) => {
                for (name, value) in members {
                    if !self.fill_member(sandbox, name, value) {
                        self.fill(sandbox, value);
                    }
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.fill(sandbox, item)),
            _ => {}
        }
    }

    fn fill_member(&mut self, sandbox: &Sandbox, name: &str, value: &mut Value) -> bool {
        let reference = self.reference();
        let text = match name {
            "partnerReferenceNo" | "originalPartnerReferenceNo" => reference.clone(),
            "partnerRefundNo" | "partnerCaptureNo" | "partnerVoidNo" => {
                self.dice.pick(&["r-1", "r-2", "r-3", "ord-1"]).to_owned()
            }
            "value" => self.dice.pick(&AMOUNTS).to_owned(),
            "currency" => self.dice.pick(&["IDR", "IDR", "IDR", "USD"]).to_owned(),
            "sessionId" => self.session.clone(),
            "beneficiaryAccountNumber" => self
                .dice
                .pick(&["8377388292", "12345678", "7746555134"])
                .to_owned(),
            "beneficiaryBankCode" => self.dice.pick(&["014", "002"]).to_owned(),
            "custIdMerchant" | "accountId" => self.dice.pick(&CUSTOMERS).to_owned(),
            "channel" => self.dice.pick(&CHANNELS).to_owned(),
            "validUpTo" | "validUpto" => timestamp(sandbox, 120),
            "fromDateTime" => timestamp(sandbox, -86_400),
            "toDateTime" => timestamp(sandbox, 60),
            "pageSize" | "pageNumber" => "1".to_owned(),
            "tokenId" => self.customer_token.clone(),
            "linkId" => self.link.clone(),
            "originalReferenceNo" => self.given.clone(),
            "otp" if self.dice.below(3) > 0 => sandbox.otp(&reference).unwrap_or("0".repeat(6)),
            _ => return false,
        };
        *value = json!(text);
        true
    }

    /// Sends a request and learns from its answer.
    fn exchange(&mut self, sandbox: &Sandbox, call: Call) -> Option<u16> {
        if self.manner == Manner::Twice {
            let fault = Fault::new(At::AfterRequest, Act::Html).for_path(&call.path);
            sandbox.inject(fault).expect("a fault");
            let _ = sandbox.exchange(raw(call.clone()));
        }
        let reply = sandbox.exchange(raw(call));
        let (head, body, status) = match reply {
            RawReply::Answer {
                status,
                headers,
                body,
                ..
            } => (format!("{status} {headers:?}"), body, Some(status)),
            RawReply::Broken {
                at, act, sent_body, ..
            } => (format!("{at:?} {act:?}"), sent_body, None),
            _ => return None,
        };
        let text = without_ports(&String::from_utf8_lossy(&body));
        self.heard.push(format!("{head} {text}"));
        self.last = serde_json::from_slice(&body).unwrap_or_default();
        let text = self.last.to_string();
        if let Some((_, page)) = text.split_once("/bank/") {
            self.page = page.split('"').next().unwrap_or_default().to_owned();
        }
        let last = self.last.clone();
        let known = |name: &str| {
            let found = [&last[name], &last["additionalInfo"][name]];
            found.into_iter().find_map(Value::as_str).map(str::to_owned)
        };
        for (name, place) in [
            ("sessionId", &mut self.session),
            ("linkId", &mut self.link),
            ("referenceNo", &mut self.given),
        ] {
            if let Some(text) = known(name) {
                *place = text;
            }
        }
        status
    }
}

/// Addresses on this computer without their port, which may be cut off.
pub(crate) fn without_ports(text: &str) -> String {
    let mut pieces = text.split("127.0.0.1:");
    let first = pieces.next().unwrap_or_default().to_owned();
    pieces.fold(first, |text, piece| {
        text + "HERE" + piece.trim_start_matches(|letter: char| letter.is_ascii_digit())
    })
}

const CUSTOMERS: [&str; 3] = ["cust-1", "cust-2", "cust-3"];
const CHANNELS: [&str; 4] = [
    "EMONEY_OVO_SNAP",
    "DIRECT_DEBIT_CIMB_SNAP",
    "DIRECT_DEBIT_BRI_SNAP",
    "DIRECT_DEBIT_MANDIRI_SNAP",
];
const AMOUNTS: [&str; 14] = [
    "10000.00",
    "10000.00",
    "10000.00",
    "10000.00",
    "5000.00",
    "1.00",
    "0.00",
    "9999999999999999.99",
    "10000.02",
    "10000.03",
    "10000.06",
    "10000.07",
    "10000.13",
    "10000.14",
];
const ACTIONS: [&str; 8] = [
    r#"{"action":"skip","seconds":1800}"#,
    r#"{"action":"skip","seconds":61}"#,
    r#"{"action":"door-offset","seconds":30}"#,
    r#"{"action":"unlink","customer":"cust-1"}"#,
    r#"{"action":"end-tokens","whose":"customers","how":"expired"}"#,
    r#"{"action":"end-tokens","whose":"merchant","how":"forgotten"}"#,
    r#"{"action":"clear-faults"}"#,
    r#"{"action":"clear-faults"}"#,
];
const POINTS: [&(At, Act); 5] = [
    &(At::BeforeAccept, Act::Reset),
    &(At::AfterHead, Act::Close),
    &(At::AfterRequest, Act::Status(503)),
    &(At::AfterRequest, Act::Html),
    &(At::MidResponse, Act::Reset),
];
const VARY: [&Vary; 6] = [
    &Vary::Duplicate,
    &Vary::Reorder,
    &Vary::Drop,
    &Vary::Contradiction,
    &Vary::WrongSignature,
    &Vary::Delay(Duration::from_secs(45)),
];
