//! What a cell comes to: every word, with where it may stand and its forms in Rust and on the page.

use anyhow::{Result, bail};

use super::Column::{self, CustomerToken, Read, Session, Token};
use super::{ALL, MONEY, TOKENS, unfit};

/// A word for what it comes to.
#[derive(Debug)]
pub(in super::super) struct Conclusion {
    pub(in super::super) word: &'static str,
    /// Value of `snap-core`'s `Then`; what only token requests come to has none.
    pub(in super::super) rust: Option<&'static str>,
    columns: &'static [Column],
    /// In the page's table.
    pub(in super::super) reads: &'static str,
    /// In the page's legend.
    pub(in super::super) means: &'static str,
}

impl Conclusion {
    pub(super) fn find(column: Column, word: &str) -> Result<&'static Self> {
        let fits = |conclusion: &&Self| conclusion.columns.contains(&column);
        match CONCLUSIONS
            .iter()
            .find(|conclusion| conclusion.word == word)
        {
            Some(conclusion) if fits(&conclusion) => Ok(conclusion),
            found => {
                let known = CONCLUSIONS.iter().filter(fits);
                let known = known.map(|conclusion| conclusion.word);
                bail!(unfit(word, found.is_some(), "as the last word", known))
            }
        }
    }
}

const fn conclusion(
    word: &'static str,
    rust: Option<&'static str>,
    columns: &'static [Column],
    reads: &'static str,
    means: &'static str,
) -> Conclusion {
    Conclusion {
        word,
        rust,
        columns,
        reads,
        means,
    }
}

/// All of them.
pub(in super::super) const CONCLUSIONS: &[Conclusion] = &[
    conclusion(
        "ok",
        Some("Then::Ok"),
        ANSWERED,
        "ok",
        "The call succeeds; no money is concerned.",
    ),
    conclusion(
        "error",
        Some("Then::Error"),
        UNMOVED,
        "error",
        "The call fails; no money is concerned.",
    ),
    conclusion(
        "query",
        Some("Then::Query"),
        &[Session],
        "open; ask",
        "It is open whether the session changed: ask before repeating.",
    ),
    conclusion(
        "stop",
        None,
        TOKENS,
        "stop",
        "The auth code may be used up: it is not sent again.",
    ),
    conclusion("cache", None, TOKENS, "cached", "The token is kept."),
    conclusion("none", Some("Then::Impossible"), ALL, "–", "Cannot happen."),
    conclusion(
        "accepted",
        Some("Then::Accepted"),
        MONEY,
        "`Moved`, or `InProgress`",
        "`Moved`, or `InProgress` where the answer leaves a step open.",
    ),
    conclusion(
        "accepted-later",
        Some("Then::AcceptedLater"),
        MONEY,
        "`InProgress`: settlement later",
        "`InProgress` until a settlement says more.",
    ),
    conclusion(
        "first-answer",
        Some("Then::FirstAnswer"),
        MONEY,
        "the first answer",
        "The first answer again, if it is about our reference; else `Unknown`.",
    ),
    conclusion(
        "confirm",
        Some("Then::Confirm"),
        MONEY,
        "`Unknown`: inquire",
        "`Unknown` until an inquiry has decided.",
    ),
    conclusion(
        "inquire-once",
        Some("Then::InquireOnce"),
        MONEY,
        "`Unknown`: inquire once",
        "`Unknown`; the first inquiry that finds nothing makes it `NotMoved`.",
    ),
    conclusion(
        "not-moved:local",
        Some("Then::NotMoved(Proof::Local)"),
        MONEY,
        "`NotMoved`: local",
        "It was found wrong before anything was sent.",
    ),
    conclusion(
        "not-moved:journal-failed",
        Some("Then::NotMoved(Proof::JournalFailed)"),
        MONEY,
        "`NotMoved`: journal failed",
        "The journal did not take the intent, so nothing was sent.",
    ),
    conclusion(
        "not-moved:no-token",
        Some("Then::NotMoved(Proof::NoToken)"),
        MONEY,
        "`NotMoved`: no token",
        "There was no access token, so nothing was sent.",
    ),
    conclusion(
        "not-moved:not-sent",
        Some("Then::NotMoved(Proof::NotSent)"),
        MONEY,
        "`NotMoved`: not sent",
        "Nothing reached DOKU.",
    ),
    conclusion(
        "not-moved:auth-rejected",
        Some("Then::NotMoved(Proof::AuthRejected)"),
        MONEY,
        "`NotMoved`: authentication rejected",
        "DOKU refused signature, client or token.",
    ),
    conclusion(
        "not-moved:customer-token-refused",
        Some("Then::NotMoved(Proof::CustomerTokenRefused)"),
        MONEY,
        "`NotMoved`: customer token refused",
        "DOKU refused the customer's token.",
    ),
    conclusion(
        "not-moved:rate-limited",
        Some("Then::NotMoved(Proof::RateLimited)"),
        MONEY,
        "`NotMoved`: rate limited",
        "DOKU refused because of too many requests.",
    ),
    conclusion(
        "not-moved:rejected",
        Some("Then::NotMoved(Proof::Rejected)"),
        MONEY,
        "`NotMoved`: rejected",
        "DOKU refused the operation.",
    ),
    conclusion(
        "in-progress:customer-redirect",
        Some("Then::InProgress(NextStep::CustomerRedirect)"),
        MONEY,
        "`InProgress`: customer's page",
        "The customer continues on a page.",
    ),
    conclusion(
        "in-progress:otp",
        Some("Then::InProgress(NextStep::Otp)"),
        MONEY,
        "`InProgress`: OTP",
        "An OTP is awaited.",
    ),
    conclusion(
        "in-progress:settlement",
        Some("Then::InProgress(NextStep::Settlement)"),
        MONEY,
        "`InProgress`: settlement",
        "DOKU still works on it.",
    ),
    conclusion(
        "unknown:no-answer",
        Some("Then::Unknown(Reason::NoAnswer)"),
        MONEY,
        "`Unknown`: no answer",
        "The request may have left, and no answer began.",
    ),
    conclusion(
        "unknown:unreadable",
        Some("Then::Unknown(Reason::Unreadable)"),
        MONEY,
        "`Unknown`: unreadable",
        "An answer began and cannot be read to its end.",
    ),
    conclusion(
        "unknown:redirected",
        Some("Then::Unknown(Reason::Redirected)"),
        MONEY,
        "`Unknown`: redirected",
        "A redirect came, and is not followed.",
    ),
    conclusion(
        "unknown:inconsistent",
        Some("Then::Unknown(Reason::Inconsistent)"),
        MONEY,
        "`Unknown`: inconsistent",
        "The code and the HTTP status contradict each other.",
    ),
    conclusion(
        "unknown:already-processed",
        Some("Then::Unknown(Reason::AlreadyProcessed)"),
        MONEY,
        "`Unknown`: already processed",
        "An earlier request took effect; an inquiry says whether it is the same.",
    ),
    conclusion(
        "unknown:server-error",
        Some("Then::Unknown(Reason::ServerError)"),
        MONEY,
        "`Unknown`: server error",
        "DOKU failed on the request, at some point.",
    ),
    conclusion(
        "unknown:unlisted-code",
        Some("Then::Unknown(Reason::UnlistedCode)"),
        MONEY,
        "`Unknown`: unlisted code",
        "No document lists the code.",
    ),
];

const ANSWERED: &[Column] = &[Read, Session];
const UNMOVED: &[Column] = &[Read, Session, Token, CustomerToken];
