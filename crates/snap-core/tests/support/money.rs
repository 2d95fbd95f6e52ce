use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use snap_core::{
    B2b, B2b2c, Client, CustomerTokens, Error, Limit, LimitCheck, LimitFinding, Method, MoneyState,
    NotMovedProof, Operation, OperationInfo, OperationKind, Response, Stage, UnknownReason,
};

use super::{CUSTOMER_TOKEN_PATH, Doku, Said, TOKEN_PATH, client, refusal};

/// The merchant's reference of every call here.
pub const REFERENCE: &str = "INV-2024-1";

/// What the operations here send.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Order {
    pub partner_reference_no: String,
    pub amount: Value,
    pub additional_info: Value,
}

pub fn order() -> Order {
    Order {
        partner_reference_no: REFERENCE.to_owned(),
        amount: json!({"value": "10000.00", "currency": "IDR"}),
        additional_info: json!({"channel": "EMONEY_OVO_SNAP"}),
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Receipt {
    pub reference_no: Option<String>,
    pub web_redirect_url: Option<String>,
}

/// Operations at a path that ends with their service code.
macro_rules! operations {
    ($($(#[$about:meta])* $name:ident: $kind:ident $service:literal $auth:ident;)+) => {$(
        $(#[$about])*
        #[derive(Debug)]
        pub struct $name;

        impl Operation for $name {
            type Request = Order;
            type Response = Receipt;
            type Auth = $auth;
            const INFO: OperationInfo = OperationInfo::new(
                stringify!($name),
                Method::POST,
                concat!("/pay/", $service),
                $service,
                OperationKind::$kind,
            )
            .with_reference("partnerReferenceNo");

            fn limits(order: &Order) -> Vec<LimitFinding> {
                limits(order)
            }
        }
    )+};
}

operations! {
    Pay: Debit "54" B2b;
    Transfer: Credit "43" B2b;
    Refund: Reversal "58" B2b;
    /// A debit with the customer's token.
    Purchase: Debit "60" B2b2c;
    TopUp: Credit "38" B2b;
    Cancel: Reversal "57" B2b;
    Authorize: Debit "63" B2b;
    Capture: Debit "65" B2b;
    Void: Reversal "67" B2b;
    /// Changes a binding.
    Bind: Session "09" B2b;
}

fn limits(order: &Order) -> Vec<LimitFinding> {
    let most = Limit::max(64, "a page").refused();
    let mut check = LimitCheck::new(None);
    check.text(
        "partnerReferenceNo",
        Some(&order.partner_reference_no),
        &[most],
    );
    check.into_findings()
}

/// The service that answers at a path.
pub fn service_at(path: &str) -> &str {
    match path {
        TOKEN_PATH => "73",
        CUSTOMER_TOKEN_PATH => "74",
        _ => path.strip_prefix("/pay/").unwrap_or("11"),
    }
}

/// What is answered at a path when nothing is wrong.
pub fn success_at(path: &str) -> String {
    let code = format!("200{}00", service_at(path));
    let name = if path.starts_with("/pay/") {
        "partnerReferenceNo"
    } else {
        "unused"
    };
    json!({"responseCode": code, "echo": "hi", name: REFERENCE}).to_string()
}

/// An answer with this code under its own HTTP status, and nothing else in it.
pub fn coded(code: &str) -> Said {
    Ok((code[..3].parse().unwrap(), refusal(code, "As scripted")))
}

/// An answer with these members.
pub fn answer(http_status: u16, members: Value) -> Said {
    Ok((http_status, members.to_string()))
}

pub type Result<T = Receipt> = std::result::Result<Response<T>, Error>;

/// One call of an operation to a DOKU that says this.
pub async fn call_of<O>(said: Said) -> (Result, Arc<Doku>)
where
    O: Operation<Request = Order, Response = Receipt, Auth = B2b>,
{
    let doku = Doku::new();
    doku.say_to_call(said);
    let result = client(&doku).call::<O>(&order()).await;
    (result, doku)
}

/// The state a result claims.
#[track_caller]
pub fn money(result: &Result) -> MoneyState {
    let state = match result {
        Ok(answer) => answer.money(),
        Err(error) => error.money(),
    };
    state
        .expect("a call that moves money says where it is")
        .clone()
}

/// Every claim of the result agrees with the state.
#[track_caller]
pub fn is(result: &Result, expected: &MoneyState) {
    assert_eq!(&money(result), expected, "{result:?}");
    let pending = match result {
        Ok(answer) => answer.pending(),
        Err(error) => error.pending(),
    };
    match (pending, expected) {
        (None, MoneyState::NotMoved(_)) => {}
        (Some(pending), state) => {
            assert_eq!(&pending.state, state);
            assert_eq!(pending.intent.reference.as_deref(), Some(REFERENCE));
        }
        (None, state) => panic!("nothing to resolve {state:?} with"),
    }
    if let Err(error) = result {
        assert_eq!(error.reference(), Some(REFERENCE), "{error}");
        let is_unknown = matches!(expected, MoneyState::Unknown(_));
        assert_eq!(error.is_outcome_unknown(), is_unknown, "{error}");
        is_one_line(error, expected);
    }
}

/// The line that a log keeps names everything that finding out more starts with.
#[track_caller]
fn is_one_line(error: &Error, state: &MoneyState) {
    let line = error.to_string();
    assert!(!line.contains(char::is_control), "{line:?}");
    let code = error.response_code().map(ToString::to_string);
    let id = error.external_id().map(ToString::to_string);
    let operation = error.operation().expect("it names the operation");
    let state = state.to_string();
    let all = [
        Some(operation),
        Some(&state),
        Some(REFERENCE),
        code.as_deref(),
        id.as_deref(),
    ];
    for part in all.into_iter().flatten() {
        assert!(line.contains(part), "{part} is not in: {line}");
    }
    if error.stage() != Stage::NotSent {
        assert!(id.is_some(), "{line}");
    }
}

pub fn not_moved(proof: NotMovedProof) -> MoneyState {
    MoneyState::NotMoved(proof)
}

pub fn unknown(reason: UnknownReason) -> MoneyState {
    MoneyState::Unknown(reason)
}

/// A client whose first token is there already, so that the next request is the call.
pub async fn ready(doku: &Arc<Doku>) -> Client {
    let client = client(doku);
    super::token(&client).await;
    client
}

/// A session that pays for a customer of this name.
pub async fn paying(client: &Client, name: &str) -> CustomerTokens {
    CustomerTokens::from(&super::customers::bound(client, name).await)
}
