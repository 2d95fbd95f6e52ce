//! `snap fault`: lets things go wrong in a running sandbox.

use clap::{Args, Subcommand};
use serde_json::{Map, Value, json};

use crate::{
    Answer, Failure,
    admin::{Admin, read},
};

#[derive(Subcommand)]
pub(crate) enum Fault {
    /// Lets something go wrong with requests to come.
    Add(Add),
    /// Lets anything go wrong, by chance.
    Any(Any),
    /// Lists the faults that wait.
    List {
        #[command(flatten)]
        admin: Admin,
    },
    /// Forgets all faults that wait.
    Clear {
        #[command(flatten)]
        admin: Admin,
    },
    /// Forgets one fault.
    Remove {
        /// Its number, as `snap fault list` has it.
        id: u64,
        #[command(flatten)]
        admin: Admin,
    },
}

#[derive(Args)]
pub(crate) struct Add {
    /// Where it strikes: `before-accept`, `after-head`, `after-request`, `before-head`, `mid-response` …
    #[arg(long, value_name = "POINT")]
    at: String,
    /// What it does: `rst`, `fin`, `hang`, `drip:100`, `garbage`, `truncate`, `status:503` …
    #[arg(long = "do", value_name = "ACT")]
    act: String,
    /// Product and operation it is for, such as `kirimdoku.transferBank`.
    #[arg(long, value_name = "ID")]
    operation: Option<String>,
    /// Reference of the merchant it is for; `*` stands for any letters.
    #[arg(long, value_name = "PATTERN")]
    reference: Option<String>,
    /// Path it is for; `*` stands for any letters.
    #[arg(long, value_name = "PATTERN")]
    path: Option<String>,
    /// Value of X-EXTERNAL-ID it is for.
    #[arg(long, value_name = "ID")]
    external_id: Option<String>,
    /// Strikes from this fitting request on, counted from 1.
    #[arg(long, value_name = "N")]
    nth: Option<u32>,
    /// Strikes with this chance only, from 0 to 1.
    #[arg(long, value_name = "P")]
    probability: Option<f64>,
    /// The request takes effect, and the client does not hear of it; without this it takes none.
    #[arg(long)]
    effect: bool,
    /// How often it strikes.
    #[arg(long, value_name = "N", default_value_t = 1)]
    times: u32,
    #[command(flatten)]
    admin: Admin,
}

#[derive(Args)]
pub(crate) struct Any {
    /// The chance of each request, from 0 to 1.
    #[arg(long, value_name = "P")]
    probability: f64,
    /// How often something goes wrong; without end if not given.
    #[arg(long, value_name = "N")]
    times: Option<u32>,
    #[command(flatten)]
    admin: Admin,
}

impl Fault {
    pub(crate) fn run(&self) -> Result<Answer, Failure> {
        match self {
            Self::Add(add) => injected(&add.admin, &add.action()),
            Self::Any(any) => injected(&any.admin, &any.action()),
            Self::List { admin } => list(admin),
            Self::Clear { admin } => {
                let made = admin.act(&json!({"action": "clear-faults"}))?;
                Answer::new(&made, "no fault waits".to_owned(), true)
            }
            Self::Remove { id, admin } => {
                let made = admin.act(&json!({"action": "remove-fault", "id": id}))?;
                Answer::new(&made, format!("fault {id} is forgotten"), true)
            }
        }
    }
}

impl Any {
    fn action(&self) -> Value {
        let mut action =
            json!({"action": "inject-any", "match": {"probability": self.probability}});
        if let Some(times) = self.times {
            action["times"] = json!(times);
        }
        action
    }
}

impl Add {
    /// The words of the admin API have `_` where an option has `-`.
    fn action(&self) -> Value {
        let given = [
            ("operation", self.operation.as_ref()),
            ("reference", self.reference.as_ref()),
            ("path", self.path.as_ref()),
            ("external_id", self.external_id.as_ref()),
        ];
        let given = given.into_iter();
        let mut matches: Map<String, Value> = given
            .filter_map(|(name, text)| Some((name.to_owned(), json!(text?))))
            .collect();
        matches.extend(
            self.probability
                .map(|chance| ("probability".to_owned(), json!(chance))),
        );
        matches.extend(self.nth.map(|nth| ("nth".to_owned(), json!(nth))));
        let (act, rest) = self
            .act
            .split_at(self.act.find(':').unwrap_or(self.act.len()));
        json!({
            "action": "inject",
            "match": matches,
            "at": self.at.replace('-', "_"),
            "do": format!("{}{rest}", act.replace('-', "_")),
            "apply_effect": self.effect,
            "times": self.times,
        })
    }
}

fn injected(admin: &Admin, action: &Value) -> Result<Answer, Failure> {
    let made = admin.act(action)?;
    let text = match made["id"].as_u64() {
        Some(id) => format!("fault {id} waits"),
        None => "the fault waits".to_owned(),
    };
    Answer::new(&made, text, true)
}

fn list(admin: &Admin) -> Result<Answer, Failure> {
    let answer = read(&admin.call(async |admin| admin.faults().await)?)?;
    let faults = answer["faults"].as_array().map_or(&[][..], Vec::as_slice);
    let lines: Vec<String> = faults.iter().map(shown).collect();
    let text = if lines.is_empty() {
        "no fault waits".to_owned()
    } else {
        lines.join("\n")
    };
    Answer::new(&answer, text, true)
}

/// Number, place, act, effect, how often still, and what it is for.
fn shown(fault: &Value) -> String {
    let text = |name: &str| fault[name].as_str().unwrap_or("anything");
    let effect = match fault["apply_effect"].as_bool() {
        Some(true) => "with effect",
        Some(false) => "without effect",
        None => "by chance",
    };
    let left = fault["timesLeft"].as_u64().or(fault["times"].as_u64());
    let left = left.map_or("without end".to_owned(), |left| format!("{left} ×"));
    let wanted = match &fault["match"] {
        Value::Object(wanted) if !wanted.is_empty() => fault["match"].to_string(),
        _ => "any request".to_owned(),
    };
    let (at, act) = (text("at"), text("do"));
    format!("{}  {at}  {act}  {effect}  {left}  {wanted}", fault["id"])
}
