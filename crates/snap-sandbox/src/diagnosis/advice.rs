//! What to do about a refusal, in a sentence or two.

use chrono::{DateTime, TimeDelta, Utc};

use super::{LONGEST_SHOWN, body, shown};
use crate::{
    arrived::Arrived,
    clock::{self, in_jakarta, jakarta},
    json::Json,
    judge::{Judge, State},
    operations::METHOD,
    record::RecordedRequest,
    registry,
    timeline::{SeenRequest, What},
    timestamp,
    transaction::{AUTHORIZATION, TIMESTAMP},
};

/// The advice for a request that came at a time of the schedule.
pub(super) fn of(judge: &Judge, state: &State, at: DateTime<Utc>, seen: &SeenRequest) -> String {
    let special = seen.refused.as_ref().and_then(|arrived| {
        let case = Case {
            judge,
            state,
            at,
            seen,
            arrived,
        };
        case.advice()
    });
    special
        .or_else(|| by_message(seen))
        .or_else(|| registry::says(&seen.recorded.verdict))
        .unwrap_or_else(|| "Nothing is known about this verdict.".to_owned())
}

struct Case<'a> {
    judge: &'a Judge,
    state: &'a State,
    at: DateTime<Utc>,
    seen: &'a SeenRequest,
    arrived: &'a Arrived,
}

impl Case<'_> {
    fn advice(&self) -> Option<String> {
        match self.seen.recorded.verdict.as_str() {
            "route.unknown" => Some(self.route()),
            "authorization.scheme" => self.bare_customer_token(),
            "timestamp.drift" => self.drift(),
            "timestamp.format" | "timestamp.fraction" => self.form_of_timestamp(),
            "token.superseded" => Some(self.superseded()),
            "token.expired" => self.expired(),
            "token.unknown" => Some(self.unknown_token()),
            "external-id.repeated" => self.external_id(),
            "partner-reference.repeated" | "partner-reference.inconsistent" => self.reference(),
            "digest.disagreement" | "signature.mismatch" => self.disagreement(),
            _ => None,
        }
    }

    fn route(&self) -> String {
        let (method, path) = (&self.arrived.method, self.arrived.path());
        let paths = self.judge.paths();
        if paths.iter().any(|served| served == path) {
            return format!(
                "`{}` is served with {METHOD}, not with {}.",
                shown(path),
                shown(method)
            );
        }
        if self.judge.knows_path(path) {
            return format!(
                "DOKU has not confirmed `{path}`; it is served on request only: \
                 `snap sandbox --unverified`, or `SandboxBuilder::unverified`."
            );
        }
        let near = paths.iter().filter(|_| path.len() <= LONGEST_SHOWN);
        let near = near.min_by_key(|served| strsim::levenshtein(served, path));
        let near = near.map_or_else(String::new, |near| format!(" The nearest one is `{near}`."));
        format!("Nothing is served at `{}`.{near}", shown(path))
    }

    /// A token without `Bearer `, as DOKU's own libraries send it.
    fn bare_customer_token(&self) -> Option<String> {
        let usual = by_message(self.seen)?;
        let sent = self.arrived.first("authorization-customer")?;
        let is_bare = usual.starts_with("`Authorization-Customer`") && !sent.contains(' ');
        is_bare.then(|| {
            format!(
                "{usual} DOKU's own libraries for Node and Python send the token alone; for them there is \
                 `--danger-official-libraries`."
            )
        })
    }

    fn drift(&self) -> Option<String> {
        let stamp = timestamp::read(self.arrived.first(TIMESTAMP)?).ok()?;
        let ahead = stamp - self.seen.door;
        let side = if ahead > TimeDelta::zero() {
            "ahead of"
        } else {
            "behind"
        };
        Some(format!(
            "X-TIMESTAMP is {} {side} the sandbox's clock, which said {}; 15 minutes are let through. \
             Make the timestamp when the request is sent, for each attempt anew, and check the clock of \
             the client (and `snap clock`).",
            span(ahead.abs()),
            jakarta(self.seen.door),
        ))
    }

    fn form_of_timestamp(&self) -> Option<String> {
        let sent = self.arrived.first(TIMESTAMP)?;
        Some(format!(
            "X-TIMESTAMP is `{}`; send seconds without a fraction, and `Z` or an offset: `{}`.",
            shown(sent),
            jakarta(self.seen.door),
        ))
    }

    /// The latest token wins, so the request that got it is the last one before this that was answered.
    fn superseded(&self) -> String {
        let newer = self.earlier().find(|other| {
            other.recorded.operation.as_deref() == Some("token.b2b")
                && other.recorded.verdict == "ok"
        });
        let newer = newer.map_or_else(String::new, |newer| {
            let (number, at) = (newer.recorded.number, jakarta(newer.door));
            format!(" The one that is honoured was issued to request {number} at {at}.")
        });
        format!(
            "This token ended when a newer one was asked for.{newer} Share one token between all \
             processes of a client id, and ask for another only when it ends."
        )
    }

    fn expired(&self) -> Option<String> {
        let token = self.token()?;
        let expired = self.state.tokens.expires(token)?;
        let ago = self.at - expired;
        if ago < TimeDelta::zero() {
            return Some("This token was ended before its time. Ask for another.".to_owned());
        }
        Some(format!(
            "This token expired {} before the request came, at {}. Ask for another before it ends.",
            span(ago),
            jakarta(expired),
        ))
    }

    fn unknown_token(&self) -> String {
        let has_issued = !self.state.tokens.last_issued(1).is_empty();
        let what = if has_issued {
            "This sandbox has issued other tokens, not this one"
        } else {
            "This sandbox has issued no token"
        };
        format!(
            "{what}. Ask it for one (`POST /authorization/v1/access-token/b2b`); tokens of another \
             sandbox, or of an earlier run with another seed, are not known here."
        )
    }

    /// A request that was refused before its external id was looked at has not used it.
    fn external_id(&self) -> Option<String> {
        let id = self.seen.recorded.external_id.as_deref()?;
        let today = in_jakarta(self.at).date();
        let mut before = self.earlier_events().filter(|(at, other)| {
            other.recorded.external_id.as_deref() == Some(id)
                && in_jakarta(*at).date() == today
                && uses_external_id(&other.recorded)
        });
        let first = before.next_back();
        let by = first.map_or_else(String::new, |(at, other)| {
            format!(" by request {} at {}", other.recorded.number, jakarta(at))
        });
        Some(format!(
            "X-EXTERNAL-ID `{}` was used before today{by}. Draw a new one for each request; it is free \
             again after midnight in Jakarta.",
            shown(id)
        ))
    }

    fn reference(&self) -> Option<String> {
        let reference = self.seen.recorded.reference.as_deref()?;
        let operation = self.seen.recorded.operation.as_deref();
        let mut before = self.earlier().filter(|other| {
            other.recorded.reference.as_deref() == Some(reference)
                && other.recorded.operation.as_deref() == operation
                && other.recorded.verdict == "ok"
        });
        let first = before.next_back();
        let by = first.map_or_else(String::new, |first| {
            format!(" by request {}", first.recorded.number)
        });
        Some(format!(
            "`{}` was used before{by}. Do not send it again, and take no new reference for the same \
             order: ask for its status.",
            shown(reference)
        ))
    }

    /// Used where the signature is right for the minified body, or the readings disagree.
    fn disagreement(&self) -> Option<String> {
        let sent = self.arrived.body.as_deref()?;
        let what = match (body::whitespace(sent), Json::read(sent)) {
            (_, None) => "is no JSON".to_owned(),
            (Some(spaces), _) => format!("has {spaces}"),
            (None, _) => "has escapes, numbers or members in an unusual spelling".to_owned(),
        };
        Some(format!(
            "The signature is right under one reading of \"minify\" and wrong under another: the body \
             {what}. Write it compact and plain, hash those bytes, and send those bytes; or choose one \
             reading (`SandboxBuilder::digest_model`, or `--danger-official-libraries` for DOKU's own)."
        ))
    }

    fn token(&self) -> Option<&str> {
        self.arrived.first(AUTHORIZATION)?.strip_prefix("Bearer ")
    }

    /// The requests before this one, the last one first.
    fn earlier(&self) -> impl DoubleEndedIterator<Item = &SeenRequest> {
        self.earlier_events().map(|(_, seen)| seen)
    }

    fn earlier_events(&self) -> impl DoubleEndedIterator<Item = (DateTime<Utc>, &SeenRequest)> {
        let number = self.seen.recorded.number;
        let events = self.state.timeline.events().rev();
        events.filter_map(move |event| match &event.what {
            What::Request(seen) if seen.recorded.number < number => Some((event.at, &**seen)),
            _ => None,
        })
    }
}

/// What the answer itself has named.
fn by_message(seen: &SeenRequest) -> Option<String> {
    let message = seen.message.as_deref()?;
    let subject = message
        .strip_prefix("Invalid Mandatory Field ")
        .or_else(|| message.strip_prefix("Invalid Field Format "))?;
    let verdict = seen.recorded.verdict.as_str();
    let operation = seen
        .recorded
        .operation
        .as_deref()
        .unwrap_or("this operation");
    let what = match verdict {
        "header.missing" => "is required and was not sent, or empty. Send it",
        "header.duplicate" => "was sent more than once. Send it once",
        "header.unreadable" => "holds letters that are not visible ASCII. Send plain text",
        "header.too-long" => "is longer than documented. Shorten it",
        "content-type.not-json" => "is not `application/json`. Send that",
        "authorization.scheme" => "is not `Bearer ` and one token. Send both",
        "external-id.format" => "is not made of digits. Send digits only, at most 36",
        "field.missing" => "is required and was missing, null or empty. Send it",
        "field.format" => "has another JSON type than documented. Compare it with the page",
        "field.too-long" => "is longer than documented. Shorten it",
        "field.too-short" => "is shorter than documented. Lengthen it",
        "amount.format" => {
            "is no amount: text with two decimals such as \"10000.00\", and a currency of three capitals"
        }
        _ => return None,
    };
    Some(format!("`{subject}` of {operation} {what}."))
}

/// The checks before that of the external id; a request that failed one of them has not used it.
fn uses_external_id(recorded: &RecordedRequest) -> bool {
    let before = [
        "route.",
        "body.too-large",
        "header.",
        "content-type.",
        "authorization.",
        "client.",
        "timestamp.",
        "token.",
        "signature.",
        "digest.",
        "external-id.",
    ];
    let is_product = !recorded
        .operation
        .as_deref()
        .is_some_and(|id| id.starts_with("token."));
    is_product
        && !before
            .iter()
            .any(|start| recorded.verdict.starts_with(start))
}

fn span(time: TimeDelta) -> String {
    clock::span(time.to_std().unwrap_or_default())
}
