//! Answers that are not as documented, for every operation of every product: members that are new,
//! missing, null, or of another type. The bodies are made from the generated specifications, so that
//! an operation or a member that is added there is tested here.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests"
)]

mod support;

use std::{collections::BTreeSet, future::Future, pin::Pin};

use doku_direct_debit as direct_debit;
use doku_kirimdoku as kirimdoku;
use doku_wallet as wallet;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Value, json};
use snap_core::{Error, Operation, Stage, StatusClass, TransactionStatus};

use support::{answered, read, specification};

/// An operation whose answers are read, and what reads them.
struct Row {
    product: &'static str,
    id: &'static str,
    /// The code of its success.
    code: String,
    /// Reads an answer and writes what was understood.
    understood: fn(&str) -> Result<Value, String>,
    reads: fn(&str) -> bool,
    answered: fn(String) -> Answer,
}

type Answer = Pin<Box<dyn Future<Output = Result<(Value, Vec<u8>), Error>>>>;

impl Row {
    fn of<O>(product: &'static str) -> Self
    where
        O: Operation + 'static,
        O::Response: Serialize + DeserializeOwned,
    {
        Self {
            product,
            id: O::INFO.id(),
            code: format!("200{}00", O::INFO.service_code()),
            understood: |body| {
                let answer: O::Response = read_or(body)?;
                serde_json::to_value(answer).map_err(|error| error.to_string())
            },
            reads: |body| read_or::<O::Response>(body).is_ok(),
            answered: |body| {
                Box::pin(async move {
                    let answer = answered::<O>(body).await?;
                    let raw = answer.raw().to_vec();
                    Ok((serde_json::to_value(answer.body()).unwrap_or_default(), raw))
                })
            },
        }
    }

    /// The specification of the answer.
    #[track_caller]
    fn schema(&self) -> Schema {
        let document = specification(self.product);
        let operations = operations_of(&document);
        let operation = operations
            .into_iter()
            .find(|it| it["operationId"] == self.id);
        let content = &operation.unwrap()["responses"]["200"]["content"];
        Schema::new(&document, &content["application/json"]["schema"])
    }

    #[track_caller]
    fn understands(&self, body: &Value, expected: &Value) {
        let understood = (self.understood)(&body.to_string());
        let place = format!("{} {}: {body}", self.product, self.id);
        assert_eq!(understood.as_ref(), Ok(expected), "{place}");
    }
}

fn read_or<T: DeserializeOwned>(body: &str) -> Result<T, String> {
    serde_json::from_str(body).map_err(|error| error.to_string())
}

fn operations_of(document: &Value) -> Vec<Value> {
    let paths = document["paths"].as_object().unwrap();
    let posts = paths.values().map(|path| path["post"].clone());
    posts.collect()
}

macro_rules! rows {
    ($($product:ident, $name:literal: $($operation:ident)+;)+) => {
        vec![$($(Row::of::<$product::$operation>($name),)+)+]
    };
}

/// Every operation of the three products; a test compares this with the specifications.
fn rows() -> Vec<Row> {
    rows! {
        kirimdoku, "kirimdoku":
            BalanceInquiry BankAccountInquiry CheckStatus TransferBank;
        wallet, "wallet":
            AccountBinding AccountCreation AccountInquiry AccountUnbinding AuthCapture AuthPayment
            AuthVoid BalanceInquiry BankAccountInquiry OtpVerification Purchase PurchaseCancel
            PurchaseRefund PurchaseStatus RequestOtp TopUp TopUpAccountInquiry TopUpStatus
            TransactionHistoryDetail TransactionHistoryList TransferBank;
        direct_debit, "direct-debit":
            AccountBinding AccountUnbinding BalanceInquiry Cancel CardBinding CardUnbinding
            CheckStatus JumpAppPayment OtpVerification Payment PaymentOtpVerification Refund
            RequestOtp;
    }
}

/// What a member of an answer is.
#[derive(Clone, Debug)]
enum Schema {
    Text,
    /// Text of two digits, padded.
    TwoDigits,
    Status,
    Time,
    Amount,
    Free,
    List(Box<Schema>),
    Object {
        members: Vec<Named>,
        /// Keeps members that it does not know.
        open: bool,
    },
}

#[derive(Clone, Debug)]
struct Named {
    name: String,
    aliases: Vec<String>,
    schema: Schema,
}

impl Schema {
    #[track_caller]
    fn new(document: &Value, node: &Value) -> Self {
        let reference = node.get("$ref").or_else(|| node.pointer("/allOf/0/$ref"));
        if let Some(reference) = reference {
            let name = reference.as_str().unwrap().rsplit('/').next().unwrap();
            return match name {
                "SnapAmount" => Self::Amount,
                "SnapTime" => Self::Time,
                "SnapStatus" => Self::Status,
                name => Self::new(document, &document["components"]["schemas"][name]),
            };
        }
        match (node["type"].as_str(), node["x-shape"].as_str()) {
            (None, Some("free")) => Self::Free,
            (Some("string"), Some("two-digits")) => Self::TwoDigits,
            (Some("string"), None) => Self::Text,
            (Some("array"), _) => Self::List(Box::new(Self::new(document, &node["items"]))),
            (Some("object"), None) => Self::object(document, node),
            other => panic!("a shape this test does not know: {other:?} in {node}"),
        }
    }

    fn object(document: &Value, node: &Value) -> Self {
        let members = node["properties"].as_object().unwrap();
        let named = |(name, member): (&String, &Value)| Named {
            name: name.clone(),
            aliases: member["x-aliases"]
                .as_array()
                .into_iter()
                .flatten()
                .map(|alias| alias.as_str().unwrap().to_owned())
                .collect(),
            schema: Self::new(document, member),
        };
        Self::Object {
            members: members.iter().map(named).collect(),
            open: node.get("additionalProperties").is_some(),
        }
    }

    /// A value as documented. Lists have one entry.
    fn example(&self, name: &str) -> Value {
        match self {
            Self::Text => json!(format!("a value of {name}")),
            Self::TwoDigits => json!("55"),
            Self::Status => json!("00"),
            Self::Time => json!("2024-09-17T14:41:52+07:00"),
            Self::Amount => json!({"value": "10000.00", "currency": "IDR"}),
            Self::Free => json!({"any": ["JSON", 1, null]}),
            Self::List(entry) => json!([entry.example(name)]),
            Self::Object { members, .. } => members
                .iter()
                .map(|member| (member.name.clone(), member.schema.example(&member.name)))
                .collect(),
        }
    }

    fn is_text(&self) -> bool {
        matches!(
            self,
            Self::Text | Self::TwoDigits | Self::Status | Self::Time
        )
    }
}

/// A member of an answer, at any depth.
struct Member {
    /// JSON pointer of the object that holds it.
    object: String,
    named: Named,
}

impl Member {
    /// The body with this member changed. Nothing stands for a missing one.
    #[track_caller]
    fn with(&self, body: &Value, value: Option<Value>) -> Value {
        self.renamed(body, &self.named.name, value)
    }

    #[track_caller]
    fn renamed(&self, body: &Value, name: &str, value: Option<Value>) -> Value {
        let mut body = body.clone();
        let object = object_at(&mut body, &self.object);
        object
            .remove(&self.named.name)
            .expect("the member is there");
        if let Some(value) = value {
            object.insert(name.to_owned(), value);
        }
        body
    }
}

#[track_caller]
fn object_at<'a>(body: &'a mut Value, pointer: &str) -> &'a mut Map<String, Value> {
    body.pointer_mut(pointer).unwrap().as_object_mut().unwrap()
}

/// Every member of the answer, the outer ones first.
fn members(schema: &Schema) -> Vec<Member> {
    let mut found = Vec::new();
    walk(schema, String::new(), &mut |pointer, members, _| {
        found.extend(members.iter().map(|named| Member {
            object: pointer.to_owned(),
            named: named.clone(),
        }));
    });
    found
}

/// Shows every object of the answer with its pointer.
fn walk(schema: &Schema, pointer: String, show: &mut impl FnMut(&str, &[Named], bool)) {
    match schema {
        Schema::List(entry) => walk(entry, format!("{pointer}/0"), show),
        Schema::Object { members, open } => {
            show(&pointer, members, *open);
            for Named { name, schema, .. } in members {
                walk(schema, format!("{pointer}/{name}"), show);
            }
        }
        _ => {}
    }
}

/// Changes every member of every answer.
fn for_every_member(mut change: impl FnMut(&Row, &Value, &Member)) {
    let mut changed = 0;
    for row in rows() {
        let schema = row.schema();
        let body = schema.example("");
        for member in members(&schema) {
            change(&row, &body, &member);
            changed += 1;
        }
    }
    assert!(changed > 250, "{changed} members");
}

/// The body with the members that every answer has.
fn whole(row: &Row, body: &Value) -> String {
    let mut body = body.clone();
    let members = object_at(&mut body, "");
    members.insert("responseCode".to_owned(), json!(row.code));
    members.insert("responseMessage".to_owned(), json!("Successful"));
    body.to_string()
}

#[test]
fn every_operation_of_the_specifications_is_tested_here() {
    for product in ["kirimdoku", "wallet", "direct-debit"] {
        let operations = operations_of(&specification(product));
        let specified: BTreeSet<&str> = operations
            .iter()
            .map(|it| it["operationId"].as_str().unwrap())
            .collect();
        let rows = rows();
        let tested: BTreeSet<&str> = rows
            .iter()
            .filter(|row| row.product == product)
            .map(|row| row.id)
            .collect();

        assert_eq!(tested, specified, "{product}");
    }
}

#[test]
fn an_answer_as_documented_is_understood_member_by_member() {
    for row in rows() {
        let body = row.schema().example("");
        row.understands(&body, &body);
    }
}

#[test]
fn an_answer_without_any_member_is_read() {
    for row in rows() {
        row.understands(&json!({}), &json!({}));
    }
}

#[test]
fn any_member_may_be_missing() {
    for_every_member(|row, body, member| {
        let without = member.with(body, None);
        row.understands(&without, &without);
    });
}

#[test]
fn any_member_may_be_null() {
    for_every_member(|row, body, member| {
        let without = member.with(body, None);
        row.understands(&member.with(body, Some(json!(null))), &without);
    });
}

#[test]
fn all_members_may_be_null_at_once() {
    for row in rows() {
        let Value::Object(body) = row.schema().example("") else {
            panic!("an object");
        };
        let nulls: Value = body
            .into_iter()
            .map(|(name, _)| (name, Value::Null))
            .collect();

        row.understands(&nulls, &json!({}));
    }
}

#[test]
fn any_text_may_be_a_number_and_a_truth_value() {
    for_every_member(|row, body, member| {
        if !member.named.schema.is_text() {
            return;
        }
        for (given, understood) in [
            (json!(9_007_199_254_740_993_u64), json!("9007199254740993")),
            (json!(-5), json!("-5")),
            (json!(true), json!("true")),
        ] {
            let expected = member.with(body, Some(understood));
            row.understands(&member.with(body, Some(given)), &expected);
        }
        let digit = match member.named.schema {
            Schema::TwoDigits | Schema::Status => json!("07"),
            _ => json!("7"),
        };
        let expected = member.with(body, Some(digit));
        row.understands(&member.with(body, Some(json!(7))), &expected);
    });
}

#[test]
fn any_text_may_be_empty_and_a_new_value() {
    for_every_member(|row, body, member| {
        if !member.named.schema.is_text() {
            return;
        }
        for text in ["", "A-VALUE-THAT-IS-NEW", "é \"quoted\" \\ / \u{1F600}"] {
            let given = member.with(body, Some(json!(text)));
            row.understands(&given, &given);
        }
    });
}

#[test]
fn any_object_and_any_list_may_be_an_empty_text() {
    for_every_member(|row, body, member| {
        if member.named.schema.is_text() || matches!(member.named.schema, Schema::Free) {
            return;
        }
        let given = member.with(body, Some(json!("")));
        row.understands(&given, &member.with(body, None));
    });
}

#[test]
fn any_object_may_be_empty() {
    for_every_member(|row, body, member| {
        if let Schema::Object { .. } = member.named.schema {
            let given = member.with(body, Some(json!({})));
            row.understands(&given, &given);
        }
    });
}

#[test]
fn any_list_may_be_one_object_or_empty_or_longer() {
    for_every_member(|row, body, member| {
        let Schema::List(entry) = &member.named.schema else {
            return;
        };
        let one = entry.example("");
        for (given, expected) in [
            (one.clone(), Some(json!([one]))),
            (json!([]), None),
            (json!([one, {}, one]), Some(json!([one, {}, one]))),
        ] {
            let expected = member.with(body, expected);
            row.understands(&member.with(body, Some(given)), &expected);
        }
    });
}

#[test]
fn any_amount_may_be_a_bare_value_and_its_value_a_number() {
    for_every_member(|row, body, member| {
        if !matches!(member.named.schema, Schema::Amount) {
            return;
        }
        for (given, understood) in [
            (
                json!({"value": 12500, "currency": "IDR"}),
                json!({"value": "12500.00", "currency": "IDR"}),
            ),
            (
                json!({"value": 0.5, "currency": "IDR"}),
                json!({"value": "0.50", "currency": "IDR"}),
            ),
            (json!({"value": "12500"}), json!({"value": "12500.00"})),
            (
                json!({"value": "12500", "currency": null}),
                json!({"value": "12500.00"}),
            ),
            (
                json!({"value": "1", "currency": 360}),
                json!({"value": "1.00", "currency": "360"}),
            ),
            (json!({"value": "1", "new": [1]}), json!({"value": "1.00"})),
            (json!("12500.5"), json!({"value": "12500.50"})),
            (json!(12500), json!({"value": "12500.00"})),
        ] {
            let expected = member.with(body, Some(understood));
            row.understands(&member.with(body, Some(given)), &expected);
        }
    });
}

#[test]
fn an_amount_without_a_usable_value_is_read_and_cannot_be_written_again() {
    for_every_member(|row, body, member| {
        if !matches!(member.named.schema, Schema::Amount) {
            return;
        }
        for amount in [
            json!({}),
            json!({"value": null, "currency": "IDR"}),
            json!({"value": "", "currency": "IDR"}),
            json!({"value": "text", "currency": "text"}),
        ] {
            let given = member.with(body, Some(amount)).to_string();
            assert!((row.reads)(&given), "{} {}: {given}", row.product, row.id);
            assert!((row.understood)(&given).is_err(), "{given}");
        }
    });
}

#[test]
fn any_member_with_further_names_is_read_under_each() {
    let mut read = 0;
    for_every_member(|row, body, member| {
        for alias in &member.named.aliases {
            let value = object_at(&mut body.clone(), &member.object)[&member.named.name].clone();
            row.understands(&member.renamed(body, alias, Some(value)), body);
            let null = member.renamed(body, alias, Some(json!(null)));
            row.understands(&null, &member.with(body, None));
            read += 1;
        }
    });
    assert!(read > 15, "{read}");
}

#[test]
fn a_new_member_is_kept_where_additional_info_is_and_passed_over_elsewhere() {
    let (mut kept, mut passed_over) = (0, 0);
    for row in rows() {
        let schema = row.schema();
        let body = schema.example("");
        walk(&schema, String::new(), &mut |pointer, _, open| {
            let mut given = body.clone();
            let new = json!({"deep": ["text", 1, true, null]});
            object_at(&mut given, pointer).insert("aNewMember".to_owned(), new);
            row.understands(&given, if open { &given } else { &body });
            if open {
                kept += 1;
            } else {
                passed_over += 1;
            }
        });
    }
    assert!(kept > 15 && passed_over > 38, "{kept} {passed_over}");
}

#[tokio::test]
async fn a_new_member_is_kept_in_the_answer_as_received() {
    for row in rows() {
        let body = row.schema().example("");
        let mut given = body.clone();
        object_at(&mut given, "").insert("aNewMember".to_owned(), json!([1.50, "x"]));
        let given = whole(&row, &given);

        let (understood, raw) = (row.answered)(given.clone()).await.unwrap();

        assert_eq!(understood, body, "{} {}", row.product, row.id);
        assert_eq!(raw, given.as_bytes(), "{} {}", row.product, row.id);
    }
}

/// A value of another type than the member has, with a canary in it; nothing if any will do.
fn another_type(schema: &Schema) -> Vec<Value> {
    match schema {
        Schema::Free => Vec::new(),
        Schema::Text | Schema::TwoDigits | Schema::Status | Schema::Time => {
            vec![json!({"canary": "canary"}), json!(["canary"])]
        }
        Schema::Amount => vec![json!(["canary"]), json!({"value": {"canary": 1}})],
        Schema::List(_) => vec![json!("canary"), json!(["canary"]), json!(4711)],
        // A list in place of an object has a test of its own.
        Schema::Object { .. } => vec![json!("canary"), json!(4711), json!(true)],
    }
}

#[tokio::test]
async fn a_member_of_another_type_is_unreadable_and_code_and_answer_are_kept() {
    let mut tried = 0;
    for row in rows() {
        let schema = row.schema();
        let body = schema.example("");
        for member in members(&schema) {
            for value in another_type(&member.named.schema) {
                let given = whole(&row, &member.with(&body, Some(value)));
                let place = format!("{} {}: {given}", row.product, row.id);

                let error = (row.answered)(given.clone()).await.expect_err(&place);

                assert_eq!(error.stage(), Stage::Unreadable, "{place}");
                let code = error.response_code().map(|code| code.as_str());
                assert_eq!(code, Some(&*row.code), "{place}");
                assert_eq!(error.raw(), Some(given.as_bytes()), "{place}");
                assert_eq!(error.operation(), Some(row.id), "{place}");
                let printed = format!("{error} {error:#?} {:?}", std::error::Error::source(&error));
                assert!(!printed.contains("canary"), "{printed}");
                tried += 1;
            }
        }
    }
    assert!(tried > 400, "{tried}");
}

#[tokio::test]
async fn a_list_in_place_of_an_object_is_unreadable() {
    for row in rows() {
        let schema = row.schema();
        let body = schema.example("");
        for member in members(&schema) {
            let value = match &member.named.schema {
                Schema::Object { .. } => json!(["canary"]),
                Schema::List(_) => json!([["canary"]]),
                _ => continue,
            };
            let given = whole(&row, &member.with(&body, Some(value)));
            let result = (row.answered)(given.clone()).await;
            assert!(result.is_err(), "{} {}: {given}", row.product, row.id);
        }
    }
}

#[tokio::test]
async fn an_answer_that_is_a_list_is_unreadable_and_has_no_code() {
    for row in rows() {
        let answer = json!(["2000000", "Successful"]).to_string();

        let error = (row.answered)(answer).await.expect_err(row.id);

        assert_eq!(
            error.stage(),
            Stage::Unreadable,
            "{} {}",
            row.product,
            row.id
        );
        assert_eq!(error.response_code(), None, "{} {}", row.product, row.id);
    }
}

#[tokio::test]
async fn a_refusal_is_a_refusal_whatever_else_the_answer_holds() {
    for row in rows() {
        let mut given = json!({"responseCode": 4031114, "responseMessage": null});
        for Member { object, named } in members(&row.schema()) {
            if object.is_empty() {
                let value = another_type(&named.schema).into_iter().next();
                given[named.name.as_str()] = value.unwrap_or_default();
            }
        }

        let error = (row.answered)(given.to_string()).await.unwrap_err();

        assert_eq!(error.stage(), Stage::Refused, "{} {}", row.product, row.id);
        assert_eq!(error.response_code().unwrap().as_str(), "4031114");
    }
}

#[test]
fn a_new_value_of_an_enumeration_is_kept() {
    let answer: kirimdoku::BankAccountInquiryResponse =
        read(r#"{"beneficiaryBankCode": "NEWPAY"}"#);
    let bank = answer.beneficiary_bank_code.unwrap();
    assert_eq!(
        (bank.as_str(), &bank),
        ("NEWPAY", &kirimdoku::BankCode::from("NEWPAY"))
    );
    let answer: kirimdoku::BankAccountInquiryResponse = read(r#"{"beneficiaryBankCode": "014"}"#);
    assert_eq!(answer.beneficiary_bank_code, Some(kirimdoku::BankCode::BCA));

    let answer: direct_debit::CheckStatusResponse = read(r#"{"latestTransactionStatus": "99"}"#);
    let status = answer.latest_transaction_status.unwrap();
    assert_eq!(
        (status.as_str(), status.class()),
        ("99", StatusClass::Unknown)
    );
    assert_ne!(status, TransactionStatus::SUCCESS);
}
