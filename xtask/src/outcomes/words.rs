//! The words of a cell: what is tried first, and what it comes to.

use anyhow::{Result, bail};

mod conclusion;
mod first;

pub(super) use self::conclusion::{CONCLUSIONS, Conclusion};
pub(super) use self::first::{FIRSTS, First};

/// One column of the table.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Column {
    Read,
    Session,
    Debit,
    Credit,
    Reversal,
    /// The B2B token request.
    Token,
    /// The B2B2C token request.
    CustomerToken,
}

impl Column {
    pub(super) const ALL: [Self; 7] = [
        Self::Read,
        Self::Session,
        Self::Debit,
        Self::Credit,
        Self::Reversal,
        Self::Token,
        Self::CustomerToken,
    ];

    /// Its key in the file.
    pub(super) const fn key(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Session => "session",
            Self::Debit => "debit",
            Self::Credit => "credit",
            Self::Reversal => "reversal",
            Self::Token => "token",
            Self::CustomerToken => "customer_token",
        }
    }

    pub(super) fn is_money(self) -> bool {
        MONEY.contains(&self)
    }

    pub(super) fn is_token(self) -> bool {
        TOKENS.contains(&self)
    }
}

/// What one kind of operation does, and what it comes to.
#[derive(Clone, Debug)]
pub(super) struct Cell {
    pub(super) tried: Vec<&'static First>,
    pub(super) comes_to: &'static Conclusion,
}

impl Cell {
    /// Reads words such as `clock, back-off, error`.
    pub(super) fn parse(column: Column, text: &str) -> Result<Self> {
        let mut words: Vec<&str> = text.split(',').map(str::trim).collect();
        let last = words.pop().unwrap_or_default();
        let comes_to = Conclusion::find(column, last)?;
        let tried: Vec<&'static First> = words
            .iter()
            .map(|word| First::find(column, word))
            .collect::<Result<_>>()?;
        let cell = Self { tried, comes_to };
        cell.check(column)?;
        Ok(cell)
    }

    fn check(&self, column: Column) -> Result<()> {
        let (tried, word) = (&self.tried, self.comes_to.word);
        let most = if column.is_token() { 2 } else { 1 };
        if tried.len() > most {
            bail!("{} words come before `{word}`: leave {most}", tried.len());
        }
        if tried.len() == 2 && tried[0].word == tried[1].word {
            bail!("`{}` is said twice: leave one", tried[0].word);
        }
        if tried.is_empty() {
            return Ok(());
        }
        if word == "none" {
            bail!("what cannot happen is not tried: leave `none` alone");
        }
        if column.is_money() && !word.starts_with("not-moved:") {
            bail!(
                "`{}` would send the money again although `{word}` leaves open whether it moved: \
                 leave `{word}` alone, or conclude with `not-moved:`",
                tried[0].word
            );
        }
        Ok(())
    }
}

fn unfit<'a>(word: &str, known: bool, place: &str, words: impl Iterator<Item = &'a str>) -> String {
    let fault = if known {
        "makes no sense here"
    } else {
        "is an unknown word"
    };
    let words: Vec<&str> = words.collect();
    format!(
        "`{word}` {fault}: {place} write one of {}",
        words.join(", ")
    )
}

const MONEY: &[Column] = &[Column::Debit, Column::Credit, Column::Reversal];
const TOKENS: &[Column] = &[Column::Token, Column::CustomerToken];
const ALL: &[Column] = &Column::ALL;

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(column: Column, text: &str, expected: &str) {
        let found = match Cell::parse(column, text) {
            Ok(cell) => {
                let mut words: Vec<&str> = cell.tried.iter().map(|first| first.word).collect();
                words.push(cell.comes_to.word);
                words.join(" ")
            }
            Err(error) => error.to_string(),
        };
        assert!(found.starts_with(expected), "{column:?}: {text}: {found}");
    }

    #[test]
    fn a_cell_is_what_is_tried_first_and_what_it_comes_to() {
        check(Column::Read, "error", "error");
        check(Column::Read, "retry-once, error", "retry-once error");
        check(
            Column::Debit,
            "clock, not-moved:auth-rejected",
            "clock not-moved:auth-rejected",
        );
        check(
            Column::Token,
            "clock, back-off, error",
            "clock back-off error",
        );
    }

    #[test]
    fn an_unknown_word_is_refused() {
        check(
            Column::Read,
            "eror",
            "`eror` is an unknown word: as the last word write one of ok, ",
        );
        check(
            Column::Read,
            "retyr, ok",
            "`retyr` is an unknown word: before the last word write ",
        );
        check(Column::Read, "", "`` is an unknown word");
    }

    #[test]
    fn a_word_of_another_column_is_refused() {
        check(Column::Debit, "error", "`error` makes no sense here");
        check(
            Column::Read,
            "not-moved:local",
            "`not-moved:local` makes no sense here",
        );
        check(Column::Read, "query", "`query` makes no sense here");
        check(
            Column::Session,
            "back-off, error",
            "`back-off` makes no sense here",
        );
        check(
            Column::CustomerToken,
            "retry, error",
            "`retry` makes no sense here",
        );
    }

    #[test]
    fn only_token_requests_try_two_things() {
        check(
            Column::Read,
            "clock, retry, error",
            "2 words come before `error`: leave 1",
        );
        check(
            Column::Token,
            "clock, clock, error",
            "`clock` is said twice",
        );
        check(
            Column::Token,
            "clock, token, back-off, error",
            "`token` makes no sense here",
        );
    }

    #[test]
    fn money_is_sent_again_only_after_a_proof_that_it_did_not_move() {
        check(
            Column::Credit,
            "retry, unknown:no-answer",
            "`retry` makes no sense here",
        );
        check(
            Column::Credit,
            "token, confirm",
            "`token` would send the money again although",
        );
        check(
            Column::Credit,
            "token, not-moved:rejected",
            "token not-moved:rejected",
        );
    }

    #[test]
    fn what_cannot_happen_is_not_tried() {
        check(Column::Debit, "none", "none");
        check(
            Column::Debit,
            "clock, none",
            "what cannot happen is not tried",
        );
    }

    #[test]
    fn every_word_has_one_meaning_and_a_form_in_rust_where_one_is_needed() {
        for column in Column::ALL.into_iter().filter(|column| !column.is_token()) {
            let fits = CONCLUSIONS
                .iter()
                .filter(|found| Conclusion::find(column, found.word).is_ok());
            assert!(fits.clone().all(|found| found.rust.is_some()), "{column:?}");
        }
        let mut words: Vec<&str> = CONCLUSIONS.iter().map(|found| found.word).collect();
        words.extend(FIRSTS.iter().map(|found| found.word));
        words.sort_unstable();
        let all = words.len();
        words.dedup();
        assert_eq!(words.len(), all);
    }
}
