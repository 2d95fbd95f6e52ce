//! Tests of the generator: small pages in, files and errors out.

mod authored_refusals;
mod behaviours;
mod check;
mod common;
mod compiled;
mod diff_command;
mod diff_grades;
mod diff_properties;
mod diff_refusals;
mod emitted;
mod import_page;
mod never_smaller;
mod outcomes;
mod page_checks;
mod pages;
mod passes;
mod properties;
mod recipe;
mod refusals;
mod sent_by_doku;
mod text_pages;
mod text_refusals;
