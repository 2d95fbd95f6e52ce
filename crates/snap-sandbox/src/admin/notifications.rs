//! What the merchant was told, as JSON.

use super::shown::{optional, word};
use crate::{
    clock::{calendar, jakarta},
    json::Json,
    judge::Judge,
    notify::{Notification, NotificationAttempt},
};

/// Every notification and every attempt of it.
pub(super) fn notifications(judge: &Judge) -> Json {
    let all = judge.look(|state, _| state.notifications.reports());
    let all = all.iter().map(notification).collect();
    Json::object([("notifications", Json::Array(all))])
}

fn notification(notification: &Notification) -> Json {
    let attempts = notification.attempts.iter().map(attempt).collect();
    Json::object([
        ("id", Json::number(notification.id)),
        ("reference", Json::text(&*notification.reference)),
        ("status", Json::text(notification.status)),
        ("externalId", Json::text(&notification.external_id)),
        ("body", Json::text(&*notification.body)),
        ("state", Json::text(word(notification.state))),
        (
            "due",
            optional(notification.due.map(|due| jakarta(calendar(due)))),
        ),
        ("attempts", Json::Array(attempts)),
    ])
}

fn attempt(attempt: &NotificationAttempt) -> Json {
    let mistakes = attempt.mistakes.iter();
    let mistakes = mistakes.map(|mistake| Json::text(mistake.to_string()));
    Json::object([
        ("sent", Json::text(jakarta(calendar(attempt.sent)))),
        (
            "httpStatus",
            attempt.http_status.map_or(Json::Null, Json::number),
        ),
        ("failure", optional(attempt.failure.as_deref())),
        ("mistakes", Json::Array(mistakes.collect())),
    ])
}
