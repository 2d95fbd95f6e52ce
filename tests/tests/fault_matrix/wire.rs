//! Rows about what comes back, or not, after the request may have left.

use snap_core::Stage::{NoAnswer, Unreadable};
use snap_sandbox::{Act, At, Fault};

use crate::{
    row::{Row, shown},
    subject::{How, Subject},
    world::{Setting, World},
};

#[tokio::test(start_paused = true)]
async fn a_connection_that_ends_inside_the_request_leaves_it_open() {
    for at in [At::AfterHead, At::MidBody] {
        for act in [Act::Reset, Act::Close] {
            lost("17", at, act).check().await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_ends_inside_the_head_leaves_it_open() {
    for act in [Act::Reset, Act::Close, Act::Garbage] {
        lost("17", At::MidHead, act).check().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_ends_inside_the_body_leaves_it_open() {
    for act in [Act::Reset, Act::Close] {
        Row::fault("17", At::MidResponse, act)
            .money("unknown:body-truncated", Unreadable)
            .read("error", 2)
            .session("error")
            .check()
            .await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_ends_after_the_whole_request_leaves_it_open() {
    for at in [At::AfterRequest, At::BeforeHead] {
        for act in [Act::Reset, Act::Close] {
            lost("18", at, act).check().await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_ends_once_costs_a_read_one_more_request() {
    for at in [
        At::AfterHead,
        At::AfterRequest,
        At::MidHead,
        At::MidResponse,
    ] {
        Row::fault("17 and 18", at, Act::Reset)
            .times(1)
            .read("ok", 2)
            .check()
            .await;
    }
}

#[tokio::test(start_paused = true)]
async fn silence_lasts_until_the_limit_and_leaves_it_open() {
    for at in [At::AfterHead, At::AfterRequest, At::MidHead] {
        Row::fault("19", at, Act::Hang)
            .money("unknown:timeout", NoAnswer)
            .read("error", 1)
            .session("error")
            .check()
            .await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_head_of_one_byte_a_second_leaves_it_open() {
    Row::fault("20", At::AfterRequest, SLOWLY)
        .money("unknown:timeout", NoAnswer)
        .read("error", 1)
        .session("error")
        .check()
        .await;
}

#[tokio::test(start_paused = true)]
async fn a_body_of_one_byte_a_second_and_one_that_stops_leave_it_open() {
    for act in [SLOWLY, Act::Hang] {
        Row::fault("21", At::MidResponse, act)
            .money("unknown:timeout", Unreadable)
            .read("error", 1)
            .session("error")
            .check()
            .await;
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_is_slow_but_in_time_is_an_answer() {
    let act = Act::Drip {
        bytes_per_second: 100,
    };
    Row::fault("20 and 21", At::AfterRequest, act)
        .with_effect()
        .money("accepted", None)
        .read("ok", 1)
        .session("ok")
        .check()
        .await;
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_is_cut_leaves_it_open() {
    let both = [
        (Act::TruncateWithLength, "unknown:body-truncated"),
        (Act::TruncateWithoutLength, "unknown:not-snap"),
    ];
    for (act, comes_to) in both {
        Row::fault("22", At::AfterRequest, act)
            .money(comes_to, Unreadable)
            .read("error", 2)
            .session("error")
            .check()
            .await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_page_instead_of_an_answer_leaves_it_open() {
    not_snap("23", Act::Html).check().await;
}

#[tokio::test(start_paused = true)]
async fn the_answer_to_another_request_leaves_it_open() {
    Row::fault("37", At::AfterRequest, Act::Swap)
        .money("unknown:foreign-answer", Unreadable)
        .check()
        .await;
}

/// The balance inquiry of Kirim DOKU names no reference, so nothing could show it there.
#[tokio::test(start_paused = true)]
async fn the_answer_to_the_read_of_another_customer_is_none() {
    let world = World::prepared(Setting::default(), Subject::CustomersBalance).await;
    world.inject(Fault::new(At::AfterRequest, Act::Swap));

    let result = world.call(Subject::CustomersBalance, How::default()).await;

    assert!(result.is_err(), "row 37: {}", shown(&result));
}

#[tokio::test(start_paused = true)]
async fn a_redirect_is_not_followed() {
    let addresses = [
        "https://elsewhere.example/",
        "http://elsewhere.example/",
        "http://169.254.169.254/latest/meta-data/",
    ];
    let redirects = addresses.map(|address| Act::Redirect(address.to_owned()));
    for act in redirects
        .into_iter()
        .chain([301, 302, 308].map(Act::Status))
    {
        Row::fault("38", At::AfterRequest, act)
            .money("unknown:redirected", Unreadable)
            .read("error", 1)
            .session("error")
            .check()
            .await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_proxy_that_wants_a_password_has_forwarded_nothing() {
    Row::fault("46", At::AfterRequest, Act::Status(407))
        .without_effect()
        .money("not-moved:not-sent", Unreadable)
        .read("error", 1)
        .session("error")
        .check()
        .await;
}

#[tokio::test(start_paused = true)]
async fn a_bad_gateway_leaves_it_open() {
    not_snap("46", Act::Status(502)).check().await;
}

fn lost(number: &'static str, at: At, act: Act) -> Row {
    Row::fault(number, at, act)
        .money("unknown:connection-lost", NoAnswer)
        .read("error", 3)
        .session("error")
}

pub fn not_snap(number: &'static str, act: Act) -> Row {
    Row::fault(number, At::AfterRequest, act)
        .money("unknown:not-snap", Unreadable)
        .read("error", 2)
        .session("error")
}

const SLOWLY: Act = Act::Drip {
    bytes_per_second: 1,
};
