//! The paths of the admin port.

use percent_encoding::percent_decode_str;

/// What a path stands for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Route {
    /// Leads to the first page.
    Home,
    Start,
    /// The page of a reference.
    Story(String),
    /// The page of one event.
    Event(u64),
    /// Takes the forms of the pages.
    Form,
    State,
    Timeline,
    Explain,
    Ledger,
    Notifications,
    Behaviours,
    Actions,
    Faults,
    Fault(String),
    Clock,
    Trigger,
    Reset,
}

impl Route {
    /// The route of a path without query.
    pub(super) fn find(path: &str) -> Option<Self> {
        if path == "/" || path == "/_sandbox" {
            return Some(Self::Home);
        }
        let segments = path.strip_prefix("/_sandbox/")?.split('/');
        let segments: Vec<String> = segments.map(decoded).collect::<Option<_>>()?;
        let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
        Some(match segments.as_slice() {
            [""] => Self::Start,
            ["timeline", reference] => Self::Story((*reference).to_owned()),
            ["event", number] => Self::Event(number.parse().ok()?),
            ["form"] => Self::Form,
            ["state"] => Self::State,
            ["timeline"] => Self::Timeline,
            ["explain"] => Self::Explain,
            ["ledger"] => Self::Ledger,
            ["notifications"] => Self::Notifications,
            ["behaviours"] => Self::Behaviours,
            ["actions"] => Self::Actions,
            ["faults"] => Self::Faults,
            ["faults", id] => Self::Fault((*id).to_owned()),
            ["clock"] => Self::Clock,
            ["trigger"] => Self::Trigger,
            ["reset"] => Self::Reset,
            _ => return None,
        })
    }

    /// The methods that it serves, as the header `Allow` lists them.
    pub(super) fn methods(&self) -> &'static str {
        match self {
            Self::Explain => "GET, HEAD",
            Self::Home | Self::Start | Self::Story(_) | Self::Event(_) => "GET, HEAD",
            Self::State
            | Self::Timeline
            | Self::Ledger
            | Self::Notifications
            | Self::Behaviours => "GET, HEAD",
            Self::Faults => "GET, HEAD, POST, DELETE",
            Self::Fault(_) => "DELETE",
            Self::Form | Self::Actions | Self::Clock | Self::Trigger | Self::Reset => "POST",
        }
    }
}

/// None if it is not UTF-8.
fn decoded(segment: &str) -> Option<String> {
    let text = percent_decode_str(segment).decode_utf8().ok()?;
    Some(text.into_owned())
}
