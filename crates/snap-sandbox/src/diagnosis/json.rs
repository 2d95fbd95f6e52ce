//! A diagnosis as JSON, written and read.

use super::{Diagnosis, Mistake, Step};
use crate::json::Json;

impl Diagnosis {
    /// One JSON object with the members `verdict`, `advice`, `steps`, `mistakes` and
    /// `expectedSignature`.
    #[must_use]
    pub fn to_json(&self) -> String {
        self.json().to_string()
    }

    pub(crate) fn json(&self) -> Json {
        let signature = self.expected_signature.as_ref();
        Json::object([
            ("verdict", Json::text(&self.verdict)),
            ("advice", Json::text(&self.advice)),
            (
                "steps",
                Json::Array(self.steps.iter().map(Step::json).collect()),
            ),
            (
                "mistakes",
                Json::Array(self.mistakes.iter().map(Mistake::json).collect()),
            ),
            (
                "expectedSignature",
                signature.map_or(Json::Null, Json::text),
            ),
        ])
    }

    /// Reads what [`json`](Self::json) writes.
    pub(crate) fn read(json: &Json) -> Option<Self> {
        let items = |name: &str| json.member(name).map(Json::items).unwrap_or_default();
        Some(Self {
            verdict: text(json, "verdict")?,
            advice: text(json, "advice")?,
            steps: items("steps")
                .iter()
                .map(Step::read)
                .collect::<Option<_>>()?,
            mistakes: items("mistakes")
                .iter()
                .map(Mistake::read)
                .collect::<Option<_>>()?,
            expected_signature: text(json, "expectedSignature"),
        })
    }
}

impl Step {
    fn json(&self) -> Json {
        let note = self.note.iter().map(|note| ("note", Json::text(note)));
        let members = [
            ("name", Json::text(&self.name)),
            ("value", Json::text(&self.value)),
        ];
        Json::object(members.into_iter().chain(note))
    }

    fn read(json: &Json) -> Option<Self> {
        Some(Self {
            name: text(json, "name")?,
            value: text(json, "value")?,
            note: text(json, "note"),
        })
    }
}

impl Mistake {
    fn json(&self) -> Json {
        Json::object([
            ("part", Json::text(&self.part)),
            ("says", Json::text(&self.says)),
        ])
    }

    fn read(json: &Json) -> Option<Self> {
        Some(Self {
            part: text(json, "part")?,
            says: text(json, "says")?,
        })
    }
}

fn text(json: &Json, name: &str) -> Option<String> {
    json.member(name)?.as_text().map(ToOwned::to_owned)
}
