//! `generated/outcomes.rs`: the table as `snap-core` looks it up.

use std::collections::BTreeSet;

use anyhow::{Context, Result};
use heck::ToUpperCamelCase;
use proc_macro2::{TokenStream, TokenTree};
use quote::{format_ident, quote};

use super::codes::{Codes, Status, case_code};
use super::header;
use super::table::{Met, Rule, Table};
use super::words::{Cell, Column};

pub(super) fn text(table: &Table, hash: &str) -> Result<String> {
    let items = [
        rules(table)?,
        aliases(table),
        gateways(table),
        presumptions(table)?,
        redirect_members(table),
        cell_function(),
    ];
    let names: BTreeSet<String> = items.iter().cloned().flat_map(names).collect();
    let names: Vec<&str> = NAMES
        .iter()
        .copied()
        .filter(|name| names.contains(*name))
        .collect();
    let mut text = format!(
        "{}//! What each answer means: the rows of the outcome table.\n\n\
         use crate::outcome::{{{}}};\n",
        header(hash),
        names.join(", ")
    );
    for item in items {
        text.push('\n');
        text.push_str(&print(item)?);
    }
    Ok(text)
}

/// An item, formatted.
pub(super) fn print(item: TokenStream) -> Result<String> {
    let item: syn::File = syn::parse2(item).context("an emitted item is not Rust")?;
    Ok(prettyplease::unparse(&item))
}

fn rules(table: &Table) -> Result<TokenStream> {
    let rules: Result<Vec<TokenStream>> = table.rules.iter().map(rule).collect();
    let rules = rules?;
    Ok(quote! {
        /// The rules: the stages, then the codes from the narrowest rule to the one for any other
        /// code, which is the last.
        #[rustfmt::skip]
        pub(crate) const RULES: &[Rule] = &[#(#rules),*];
    })
}

/// Keeps a row short.
fn cell_function() -> TokenStream {
    quote! {
        const fn cell(again: Again, then: Then) -> Cell {
            Cell { again, then }
        }
    }
}

fn rule(rule: &Rule) -> Result<TokenStream> {
    let met = match &rule.met {
        Met::Stage(stage) => {
            let stage = format_ident!("{}", stage.to_upper_camel_case());
            quote!(Met::Stage(Stages::#stage))
        }
        Met::Codes(codes) => codes_value(codes),
    };
    let calls = rule.cells.iter().filter(|(column, _)| !column.is_token());
    let cells: Result<Vec<TokenStream>> =
        calls.map(|(column, cell)| field(*column, cell)).collect();
    let (id, cells) = (&rule.id, cells?);
    Ok(quote!(Rule { id: #id, met: #met, #(#cells),* }))
}

fn codes_value(codes: &Codes) -> TokenStream {
    let http = codes.http.iter().copied().map(number);
    let cases = codes.cases.iter().copied().map(number);
    let status = match codes.status {
        Some(Status::Success) => quote!(Some(Http::Success)),
        Some(Status::Conflict) => quote!(Some(Http::Conflict)),
        Some(Status::Other) => quote!(Some(Http::Other)),
        None => quote!(None),
    };
    quote!(Met::Codes(Codes { http: &[#(#http),*], cases: &[#(#cases),*], status: #status }))
}

fn field(column: Column, cell: &Cell) -> Result<TokenStream> {
    let key = format_ident!("{}", column.key());
    let no_form = |word| format!("`{word}` has no form in Rust: add it to the generator");
    let again = match cell.tried.first() {
        Some(first) => first.rust.with_context(|| no_form(first.word))?,
        None => "Never",
    };
    let again = format_ident!("{again}");
    let then = cell.comes_to.rust;
    let then = then.with_context(|| no_form(cell.comes_to.word))?;
    let then: syn::Expr = syn::parse_str(then).with_context(|| no_form(cell.comes_to.word))?;
    Ok(quote!(#key: cell(Again::#again, #then)))
}

fn aliases(table: &Table) -> TokenStream {
    let aliases = table.aliases.iter().map(|alias| {
        let (asked, answered) = (&alias.service, &alias.answered);
        quote!((#asked, #answered))
    });
    quote! {
        /// Service asked, and another service that answers for it.
        #[rustfmt::skip]
        pub(crate) const ALIASES: &[(&str, &str)] = &[#(#aliases),*];
    }
}

fn gateways(table: &Table) -> TokenStream {
    let gateways = table.gateways.iter().map(|gateway| {
        let https = gateway.http.iter().copied().map(number);
        let services = &gateway.services;
        quote!((&[#(#https),*], &[#(#services),*]))
    });
    quote! {
        /// HTTP parts, and the services under which gateways refuse with them.
        #[rustfmt::skip]
        pub(crate) const GATEWAYS: &[(&[u16], &[&str])] = &[#(#gateways),*];
    }
}

fn presumptions(table: &Table) -> Result<TokenStream> {
    let mut presumptions = Vec::new();
    for presumption in &table.presumptions {
        let (http, case) = (
            number(presumption.http),
            number(case_code(&presumption.case)?),
        );
        let (moved, not_moved) = (&presumption.moved, &presumption.not_moved);
        presumptions.push(quote!(((#http, #case), &[#(#moved),*], &[#(#not_moved),*])));
    }
    Ok(quote! {
        /// HTTP part and case, services for which it usually means moved, services for which not.
        #[rustfmt::skip]
        pub(crate) const PRESUMPTIONS: &[((u16, u16), &[&str], &[&str])] = &[#(#presumptions),*];
    })
}

fn redirect_members(table: &Table) -> TokenStream {
    let members = &table.redirect.members;
    quote! {
        /// Members of a success that leave a step to the customer.
        #[rustfmt::skip]
        pub(crate) const REDIRECT_MEMBERS: &[&str] = &[#(#members),*];
    }
}

fn number(value: u16) -> proc_macro2::Literal {
    proc_macro2::Literal::u16_unsuffixed(value)
}

/// Every identifier.
fn names(tokens: TokenStream) -> Vec<String> {
    let mut found = Vec::new();
    for token in tokens {
        match token {
            TokenTree::Ident(name) => found.push(name.to_string()),
            TokenTree::Group(group) => found.extend(names(group.stream())),
            _ => {}
        }
    }
    found
}

/// What the file may import.
const NAMES: &[&str] = &[
    "Again", "Cell", "Codes", "Http", "Met", "NextStep", "Proof", "Reason", "Rule", "Stages",
    "Then",
];
