//! What can be done from the first page.

use maud::{Markup, html};

use crate::{
    admin::forms::{button, hidden},
    judge::{Judge, State},
};

/// Moves the schedule, and sets the door's clock wrong.
pub(super) fn clock(state: &State) -> Markup {
    // The steps of DOKU's notifications: again after 30 minutes, 6 hours, 12 hours.
    let steps = [("30 min", "1800"), ("6 h", "21600"), ("13 h", "46800")];
    html! {
        section.card aria-labelledby="clock" {
            h2 #clock { "Time" }
            p.quiet { "Moves the schedule: tokens expire, payouts settle. The door stays." }
            div.actions {
                @for (label, seconds) in steps {
                    @let members = [("action", "skip"), ("seconds", seconds)];
                    (button(&format!("+ {label}"), "", HERE, &members))
                }
            }
            form.row method="post" action="/_sandbox/form" {
                (hidden(HERE, &[("action", "skip")]))
                div {
                    label for="skip-count" { "Forward by" }
                    input #skip-count name="count" type="number" min="1" max="100000" required;
                }
                div {
                    label for="skip-unit" { "Unit" }
                    select #skip-unit name="unit" {
                        option value="60" { "minutes" }
                        option value="3600" { "hours" }
                        option value="86400" { "days" }
                    }
                }
                button { "Move" }
            }
            form.row method="post" action="/_sandbox/form" {
                (hidden(HERE, &[("action", "door-offset")]))
                div {
                    label for="door-offset" { "The door's clock is off by, in seconds" }
                    input #door-offset name="seconds" type="number" required value=(state.times.door_offset());
                }
                button { "Set" }
            }
        }
    }
}

/// The faults that wait, and one more.
pub(super) fn faults(judge: &Judge, state: &State) -> Markup {
    let waiting: Vec<_> = state.faults.in_words().collect();
    html! {
        section.card aria-labelledby="faults" {
            h2 #faults { "Faults" }
            @if waiting.is_empty() { p { "None waits." } } @else {
                ul.lines { @for (id, says) in &waiting { (waits(*id, says)) } }
                (button("Clear all", "faults", HERE, &[("action", "clear-faults")]))
            }
            details {
                summary { "Let something go wrong" }
                (fault_form(judge))
            }
        }
    }
}

fn waits(id: u64, says: &str) -> Markup {
    let (number, about) = (id.to_string(), format!("fault {id}"));
    html! {
        li {
            p { "Fault " (id) ": " code { (says) } }
            (button("Remove", &about, HERE, &[("action", "remove-fault"), ("id", &number)]))
        }
    }
}

fn fault_form(judge: &Judge) -> Markup {
    let operations = judge.operations();
    let operations = operations.iter().filter_map(|line| line.split(' ').next());
    html! {
        form.fields method="post" action="/_sandbox/form" {
            (hidden(HERE, &[("action", "inject")]))
            div {
                label for="fault-do" { "What happens" }
                input #fault-do name="do" list="fault-acts" value="rst" required;
                datalist #fault-acts { @for act in ACTS { option value=(act); } }
            }
            div {
                label for="fault-at" { "When" }
                select #fault-at name="at" {
                    @for (word, says) in POINTS { option value=(word) { (says) } }
                }
            }
            div {
                label for="fault-operation" { "Operation; any of the products' if empty" }
                input #fault-operation name="operation" list="fault-operations";
                datalist #fault-operations { @for id in operations { option value=(id); } }
            }
            div {
                label for="fault-reference" { "Reference; any if empty" }
                input #fault-reference name="reference";
            }
            div {
                label for="fault-times" { "How often" }
                input #fault-times name="times" type="number" min="1" value="1" required;
            }
            label.check {
                input type="checkbox" name="apply_effect" value="true";
                "The request takes effect all the same"
            }
            div { button { "Add fault" } }
        }
    }
}

/// Everything but the keys.
pub(super) fn reset() -> Markup {
    html! {
        section.card aria-labelledby="reset" {
            h2 #reset { "Start over" }
            p.quiet { "Forgets every request, token, operation, fault and skipped hour. The keys stay." }
            form.fields method="post" action="/_sandbox/form" {
                (hidden(HERE, &[("action", "reset")]))
                label.check {
                    input type="checkbox" name="sure" value="yes" required;
                    "Forget everything"
                }
                div { button.danger { "Reset" } }
            }
        }
    }
}

const HERE: &str = "/_sandbox/";
/// What people want most; the field takes the others as well.
const ACTS: &[&str] = &[
    "rst",
    "fin",
    "hang",
    "status:500",
    "status:503",
    "html",
    "garbage",
    "truncate",
    "drip:10",
    "swap_answer",
];
/// Points of a request, the most wanted first.
const POINTS: &[(&str, &str)] = &[
    ("after_request", "when the request was read"),
    ("before_accept", "when the client connects"),
    ("after_head", "when its head was read"),
    ("mid_body", "when some of its body was read"),
    ("mid_head", "after half of the answer's head"),
    ("mid_response", "after half of the answer's body"),
    ("after_response", "after the answer"),
];
