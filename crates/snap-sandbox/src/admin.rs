//! The admin port: what people, tests and other programs see of the sandbox, and do to it.
//!
//! It reads through [`Judge::look`] and changes through [`Judge::act`], and nothing else. A request in,
//! a response out, without a socket.

mod calls;
mod diagnosed;
mod events;
mod explain;
mod forms;
mod guard;
mod ledger;
mod lines;
mod notifications;
mod overview;
mod refused;
mod route;
pub(crate) mod shown;
mod start;
mod story;
mod told;
mod why;

pub(crate) use self::refused::Refused;
use self::route::Route;
use crate::{
    arrived::Arrived,
    json::Json,
    judge::Judge,
    response::Response,
    web::{policy, see_other},
};

/// Answers one request to the admin port.
pub(crate) fn answer(judge: &Judge, request: &Arrived) -> Response {
    let answer = guard::check(request).and_then(|()| served(judge, request));
    let response = answer.unwrap_or_else(Refused::into_response);
    // An auth code is what some calls are made for; what is read or shown has none.
    let is_call = request.method == "POST" && response.status == 200;
    secured(judge, response, !is_call)
}

fn served(judge: &Judge, request: &Arrived) -> Result<Response, Refused> {
    let route = Route::find(request.path()).ok_or_else(Refused::unknown)?;
    // A HEAD is answered as a GET, and the HTTP library leaves the body out.
    let method = match request.method.as_str() {
        "HEAD" => "GET",
        other => other,
    };
    match (&route, method) {
        (Route::Home, "GET") => Ok(see_other("/_sandbox/")),
        (Route::Start, "GET") => Ok(start::page(judge)),
        (Route::Story(reference), "GET") => Ok(story::page(judge, reference)),
        (Route::Event(number), "GET") => Ok(story::event_page(judge, *number)),
        (Route::Form, "POST") => Ok(forms::submit(judge, request)),
        (Route::State, "GET") => Ok(json(&overview::state(judge))),
        (Route::Timeline, "GET") => events::timeline(judge, request).map(|found| json(&found)),
        (Route::Explain, "GET") => explain::explain(judge, request).map(|found| json(&found)),
        (Route::Ledger, "GET") => Ok(json(&ledger::ledger(judge))),
        (Route::Notifications, "GET") => Ok(json(&notifications::notifications(judge))),
        (Route::Behaviours, "GET") => Ok(json(&overview::behaviours())),
        (Route::Faults, "GET") => Ok(json(&overview::faults(judge))),
        (Route::Actions, "POST") => calls::action(judge, &body(request)?),
        (Route::Faults, "POST") => calls::inject(judge, &body(request)?),
        (Route::Faults, "DELETE") => calls::clear_faults(judge),
        (Route::Fault(id), "DELETE") => calls::remove_fault(judge, id),
        (Route::Clock, "POST") => calls::clock(judge, &body(request)?),
        (Route::Trigger, "POST") => calls::trigger(judge, &body(request)?),
        (Route::Reset, "POST") => calls::reset(judge),
        _ => Err(Refused::method(route.methods())),
    }
}

/// The JSON object that a request brings.
fn body(request: &Arrived) -> Result<Json, Refused> {
    let bytes = request.body.as_deref().ok_or_else(Refused::too_large)?;
    let json = Json::read(bytes).filter(|json| matches!(json, Json::Object(_)));
    json.ok_or_else(|| {
        Refused::bad(
            "the body is no JSON object; send one such as {\"action\":\"skip\",\"seconds\":1800}",
        )
    })
}

fn json(json: &Json) -> Response {
    response(200, "application/json", json.to_string())
}

fn response(status: u16, content_type: &str, body: String) -> Response {
    Response {
        status,
        headers: vec![("content-type", content_type.to_owned())],
        body: body.into_bytes(),
    }
}

/// What holds for everything this port sends: no page of another site can use it, nothing is kept, and
/// neither the client secret nor the private key is in it, wherever somebody may have put them; nor, if
/// it is `shortened`, a whole token or number of a card.
fn secured(judge: &Judge, mut response: Response, shortened: bool) -> Response {
    let text = String::from_utf8_lossy(&response.body);
    let text = judge.look(|state, _| match shortened {
        true => state.secrets.hide(&text, shown::shortened),
        false => state.secrets.without_keys(&text),
    });
    response.body = text.into_bytes();
    response.headers.extend([
        ("content-security-policy", policy("'self'")),
        ("x-content-type-options", "nosniff".to_owned()),
        ("referrer-policy", "same-origin".to_owned()),
        ("cross-origin-resource-policy", "same-origin".to_owned()),
        ("cache-control", "no-store".to_owned()),
    ]);
    response
}

#[cfg(test)]
mod tests;
