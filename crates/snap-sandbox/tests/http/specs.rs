//! The embedded specifications as the tests read them: JSON values, and a walker of their own.

use std::sync::{Arc, LazyLock};

use serde_json::{Map, Value, json};
use snap_sandbox::Sandbox;

use crate::support::{
    BALANCE_PATH, Call, Draft, Reply, card_data, client, customer_tokens, send_by, timestamp, token,
};

/// One operation of a specification.
#[derive(Clone)]
pub(crate) struct Spec {
    pub(crate) id: String,
    /// Path on the wire.
    pub(crate) path: String,
    pub(crate) token: String,
    pub(crate) service: String,
    pub(crate) unverified: bool,
    headers: Map<String, Value>,
    request: Value,
    components: Arc<Value>,
}

/// Every operation of every embedded specification.
pub(crate) fn all() -> &'static [Spec] {
    static ALL: LazyLock<Vec<Spec>> = LazyLock::new(read);
    &ALL
}

fn read() -> Vec<Spec> {
    let files = [
        ("kirimdoku", include_str!("../../specs/kirimdoku.json")),
        ("wallet", include_str!("../../specs/wallet.json")),
        (
            "direct-debit",
            include_str!("../../specs/direct-debit.json"),
        ),
    ];
    let mut specs = Vec::new();
    for (product, text) in files {
        let document: Value = serde_json::from_str(text).expect("JSON");
        let components = Arc::new(document["components"]["schemas"].clone());
        for (path, methods) in document["paths"].as_object().expect("paths") {
            let operation = &methods["post"];
            let snap = &operation["x-snap"];
            let text = |value: &Value| value.as_str().expect("text").to_owned();
            specs.push(Spec {
                id: format!("{product}.{}", text(&operation["operationId"])),
                path: path.split('#').next().expect("a path").to_owned(),
                token: text(&snap["token"]),
                service: text(&snap["service-code"]),
                unverified: snap["unverified"] == true,
                headers: snap["headers"].as_object().cloned().unwrap_or_default(),
                request: operation["requestBody"]["content"]["application/json"]["schema"].clone(),
                components: Arc::clone(&components),
            });
        }
    }
    specs
}

/// The operation of that id.
#[track_caller]
pub(crate) fn named(id: &str) -> Spec {
    let mut specs = all().iter();
    specs.find(|spec| spec.id == id).expect(id).clone()
}

/// A member of a request, found by walking the schema.
pub(crate) struct Found {
    /// Names and list positions from the top of the body.
    pub(crate) steps: Vec<String>,
    pub(crate) required: bool,
    /// A value of another JSON type; None where every type is right.
    pub(crate) wrong: Option<Value>,
    /// Shortest and longest text, in characters.
    pub(crate) limits: (usize, Option<usize>),
    /// Is it an amount?
    pub(crate) amount: bool,
}

impl Found {
    /// The member as refusals name it.
    pub(crate) fn name(&self) -> String {
        let mut name = String::new();
        for step in &self.steps {
            match step.parse::<usize>() {
                Ok(position) => name.push_str(&format!("[{position}]")),
                Err(_) if name.is_empty() => name.push_str(step),
                Err(_) => name.push_str(&format!(".{step}")),
            }
        }
        name
    }

    /// The place of the member in a body.
    pub(crate) fn pointer(&self) -> String {
        format!("/{}", self.steps.join("/"))
    }
}

impl Spec {
    /// A body with the required members, or with all.
    pub(crate) fn body(&self, sandbox: &Sandbox, all: bool) -> Value {
        let mut body = self.sample(&self.request, all);
        if self.path == BALANCE_PATH {
            body["accountNo"] = json!(sandbox.merchant().agent_key);
        }
        if body.get("cardData").is_some() {
            body["cardData"] = json!(card_data(&sandbox.merchant().client_secret, CARD));
        }
        body
    }

    /// Every member of the body, at every depth.
    pub(crate) fn members(&self) -> Vec<Found> {
        let mut found = Vec::new();
        self.walk(&self.request, &mut Vec::new(), &mut found);
        found
    }

    /// Is there another operation that a request of this one may be taken for?
    pub(crate) fn is_ambiguous(&self) -> bool {
        let same = |other: &&Spec| other.path == self.path && other.token == self.token;
        all().iter().filter(same).count() > 1
    }

    fn walk(&self, schema: &Value, steps: &mut Vec<String>, found: &mut Vec<Found>) {
        let schema = self.meant(schema);
        if schema["type"] == "array" {
            steps.push("0".to_owned());
            self.walk(&schema["items"], steps, found);
            steps.pop();
            return;
        }
        let required = schema["required"].as_array().cloned().unwrap_or_default();
        for (name, given) in schema["properties"].as_object().into_iter().flatten() {
            let member = self.meant(given);
            let limit = |key: &str| {
                let limit = member["x-limits"][key].as_u64();
                limit.map(|limit| usize::try_from(limit).expect("a length"))
            };
            let amount = is_amount(&member);
            steps.push(name.clone());
            found.push(Found {
                steps: steps.clone(),
                required: required.contains(&json!(name)),
                wrong: wrong(&member),
                limits: (limit("min").unwrap_or(0), limit("max")),
                amount,
            });
            if !amount {
                self.walk(given, steps, found);
            }
            steps.pop();
        }
    }

    fn sample(&self, schema: &Value, all: bool) -> Value {
        let schema = self.meant(schema);
        if is_amount(&schema) {
            return json!({"value": "15000.00", "currency": "IDR"});
        }
        if is_free(&schema) {
            return json!({"any": ["thing"]});
        }
        match schema["type"].as_str() {
            Some("boolean") => json!(true),
            Some("array") => json!([self.sample(&schema["items"], all)]),
            Some("object") => {
                let required = schema["required"].as_array().cloned().unwrap_or_default();
                let members = schema["properties"].as_object().expect("members").iter();
                let wanted = members.filter(|(name, _)| all || required.contains(&json!(name)));
                wanted
                    .map(|(name, given)| (name.clone(), self.sample(given, all)))
                    .collect::<Map<_, _>>()
                    .into()
            }
            _ => text_of(&schema),
        }
    }

    /// The schema with its reference followed; what stands beside the reference counts.
    fn meant(&self, schema: &Value) -> Value {
        let reference = schema["$ref"]
            .as_str()
            .or(schema["allOf"][0]["$ref"].as_str());
        let Some(name) = reference.and_then(|path| path.rsplit('/').next()) else {
            return schema.clone();
        };
        let mut meant = self.meant(&self.components[name]);
        for (key, value) in schema.as_object().expect("an object") {
            if key.starts_with("x-") {
                meant[key] = value.clone();
            }
        }
        meant
    }
}

fn is_amount(schema: &Value) -> bool {
    let members = schema["properties"].as_object();
    members.is_some_and(|members| {
        members.len() == 2 && members.contains_key("value") && members.contains_key("currency")
    })
}

fn is_free(schema: &Value) -> bool {
    let nothing_known = schema["properties"].as_object().is_none_or(Map::is_empty);
    schema["x-shape"] == "free" || (schema["type"] == "object" && nothing_known)
}

fn wrong(schema: &Value) -> Option<Value> {
    if is_free(schema) {
        return None;
    }
    match schema["type"].as_str() {
        Some("string") => Some(json!(1)),
        _ => Some(json!("text")),
    }
}

fn text_of(schema: &Value) -> Value {
    let limit = |key: &str| schema["x-limits"][key].as_u64();
    let documented = [
        &schema["x-default"],
        &schema["x-example"],
        &schema["x-values"][0],
        &schema["enum"][0],
        &schema["x-limits"]["values"][0],
    ];
    if let Some(text) = documented.into_iter().find(|value| value.is_string()) {
        return text.clone();
    }
    let length = limit("min")
        .unwrap_or(8)
        .max(1)
        .min(limit("max").unwrap_or(u64::MAX));
    json!("7".repeat(usize::try_from(length).expect("a length")))
}

/// A client that has both tokens and sends one operation after another.
pub(crate) struct Caller<'a> {
    pub(crate) sandbox: &'a Sandbox,
    pub(crate) token: String,
    pub(crate) customer_token: String,
    pub(crate) client: reqwest::Client,
}

impl<'a> Caller<'a> {
    pub(crate) async fn of(sandbox: &'a Sandbox, customer: &str) -> Self {
        Self {
            sandbox,
            token: token(sandbox).await,
            customer_token: customer_tokens(sandbox, customer).await.0,
            client: client(),
        }
    }

    /// The same client for another customer.
    pub(crate) async fn for_customer(&self, customer: &str) -> Self {
        Self {
            sandbox: self.sandbox,
            token: self.token.clone(),
            customer_token: customer_tokens(self.sandbox, customer).await.0,
            client: self.client.clone(),
        }
    }

    /// The request as it should be; the customer's token is sent wherever it may be.
    pub(crate) fn call(&self, spec: &Spec, body: &Value) -> Call {
        self.numbered(self.sandbox.requests().len(), spec, body)
    }

    /// The same under this external id.
    pub(crate) fn numbered(&self, external_id: usize, spec: &Spec, body: &Value) -> Call {
        let draft = Draft {
            method: "POST",
            path: spec.path.clone(),
            token: self.token.clone(),
            timestamp: timestamp(self.sandbox, 0),
            external_id: external_id.to_string(),
            body: body.to_string(),
        };
        let mut call = draft.sign(self.sandbox.merchant());
        call.headers.remove("channel-id");
        for (name, presence) in &spec.headers {
            if presence == "required" {
                let (name, value) = header(name);
                call.set(name, value);
            }
        }
        if spec.token != "b2b" {
            let value = format!("Bearer {}", self.customer_token);
            call.set("authorization-customer", &value);
        }
        call
    }

    pub(crate) async fn send(&self, spec: &Spec, body: &Value) -> Reply {
        let call = self.call(spec, body);
        send_by(&self.client, self.sandbox.base_url(), call).await
    }
}

/// The HTTP status of an answer that a fault replaced.
pub(crate) async fn status_of(caller: &Caller<'_>, id: &str, body: &Value) -> u16 {
    let call = caller.call(&named(id), body);
    let url = format!("{}{}", caller.sandbox.base_url(), call.path);
    let request = caller.client.post(url).headers(call.headers);
    let answer = request.body(call.body).send().await.expect("an answer");
    answer.status().as_u16()
}

/// A card as its merchant describes it.
pub(crate) const CARD: &str =
    r#"{"bankCardNo":"5221840000000001","bankCardType":"D","expiryDate":"1229"}"#;

/// A header that an operation requires, with a right value.
fn header(name: &str) -> (&'static str, &'static str) {
    match name {
        "CHANNEL-ID" => ("channel-id", "H2H"),
        "X-IP-ADDRESS" => ("x-ip-address", "198.51.100.7"),
        "X-DEVICE-ID" => ("x-device-id", "device1"),
        other => unreachable!("a header that is not known: {other}"),
    }
}
