//! `cells.rs` of the suite: one case per rule, code and column.

use std::ops::Range;

use anyhow::{Context, Result};
use proc_macro2::{Literal, TokenStream};
use quote::quote;

use super::codes::{Codes, Status};
use super::rust::print;
use super::table::{Met, Rule, Table};
use super::words::{Cell, Column};
use super::{FILE, header};

pub(super) fn text(table: &Table, hash: &str) -> Result<String> {
    let mut text = header(hash);
    text.push_str(
        "//! The cells of the outcome table, each with one answer that its rule decides.\n",
    );
    let [cell, met] = types();
    let [of_rule, of_code] = functions();
    for item in [cell, met, cells(table)?, of_rule, of_code] {
        text.push('\n');
        text.push_str(&print(item)?);
    }
    Ok(text)
}

fn types() -> [TokenStream; 2] {
    let cell = quote! {
        /// One cell of the outcome table, as text.
        #[derive(Clone, Copy, Debug)]
        pub(crate) struct Cell {
            /// Id of the rule.
            pub(crate) rule: &'static str,
            pub(crate) met: Met,
            pub(crate) column: &'static str,
            pub(crate) tried: &'static [&'static str],
            pub(crate) comes_to: &'static str,
        }
    };
    let met = quote! {
        /// What the rule is about: a stage, or an example of its response codes.
        #[derive(Clone, Copy, Debug)]
        #[rustfmt::skip]
        pub(crate) enum Met {
            Stage(&'static str),
            Code { http_part: u16, case: &'static str, http_status: u16 },
        }
    };
    [cell, met]
}

fn cells(table: &Table) -> Result<TokenStream> {
    let mut cells = Vec::new();
    for rule in &table.rules {
        for met in met(table, rule)? {
            cells.extend(
                rule.cells
                    .iter()
                    .map(|(column, one)| cell(rule, &met, *column, one)),
            );
        }
    }
    Ok(quote! {
        /// Every cell of every rule.
        #[rustfmt::skip]
        pub(crate) const CELLS: &[Cell] = &[#(#cells),*];
    })
}

fn cell(rule: &Rule, met: &TokenStream, column: Column, cell: &Cell) -> TokenStream {
    let (id, column, comes_to) = (&rule.id, column.key(), cell.comes_to.word);
    let tried = cell.tried.iter().map(|first| first.word);
    quote!(cell(#id, #met, #column, &[#(#tried),*], #comes_to))
}

fn functions() -> [TokenStream; 2] {
    let cell = quote! {
        const fn cell(
            rule: &'static str,
            met: Met,
            column: &'static str,
            tried: &'static [&'static str],
            comes_to: &'static str,
        ) -> Cell {
            Cell { rule, met, column, tried, comes_to }
        }
    };
    let code = quote! {
        const fn code(http_part: u16, case: &'static str, http_status: u16) -> Met {
            Met::Code { http_part, case, http_status }
        }
    };
    [cell, code]
}

/// What plays the rule.
fn met(table: &Table, rule: &Rule) -> Result<Vec<TokenStream>> {
    let codes = match &rule.met {
        Met::Stage(stage) => return Ok(vec![quote!(Met::Stage(#stage))]),
        Met::Codes(codes) => codes,
    };
    let examples = examples(table, rule, codes)?.into_iter();
    let examples = examples.map(|Example { http, case, status }| {
        let (http, status) = (
            Literal::u16_unsuffixed(http),
            Literal::u16_unsuffixed(status),
        );
        let case = format!("{case:02}");
        quote!(code(#http, #case, #status))
    });
    Ok(examples.collect())
}

/// An answer that one rule decides.
#[derive(Debug, PartialEq)]
struct Example {
    http: u16,
    case: u16,
    status: u16,
}

/// One for each code that the rule lists, or for each HTTP part that it lists without cases.
fn examples(table: &Table, rule: &Rule, codes: &Codes) -> Result<Vec<Example>> {
    if codes.http.is_empty() {
        return Ok(vec![example(table, rule, NOWHERE..600, 77..100)?]);
    }
    let mut examples = Vec::new();
    for http in codes.http.iter().copied() {
        if codes.cases.is_empty() {
            examples.push(example(table, rule, http..http + 1, 0..100)?);
        }
        for case in codes.cases.iter().copied() {
            examples.push(example(table, rule, http..http + 1, case..case + 1)?);
        }
    }
    Ok(examples)
}

/// The first answer among these codes that the rule decides.
fn example(table: &Table, rule: &Rule, https: Range<u16>, cases: Range<u16>) -> Result<Example> {
    let named = format!("{}xx{:02}", https.start, cases.start);
    let codes = https.flat_map(|http| cases.clone().map(move |case| (http, case)));
    let mut answers = codes.flat_map(|(http, case)| {
        [http, 200, 409, 500].map(|status| Example { http, case, status })
    });
    let is_ours = |answer: &Example| {
        let decides = table.decides(answer.http, answer.case, Status::of(answer.status));
        decides.is_some_and(|decides| decides.id == rule.id)
    };
    answers.find(is_ours).with_context(|| {
        format!(
            "{FILE}: rule `{}` never decides about {named}: narrower rules cover it: take it out, \
             or narrow them",
            rule.id
        )
    })
}

/// An HTTP status that no SNAP document lists.
const NOWHERE: u16 = 418;
