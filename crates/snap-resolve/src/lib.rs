#![doc = include_str!("../README.md")]

mod evidence;
mod inquiry;
pub mod journal;
mod outcomes;
mod pace;
mod resolver;
mod sweep;
#[cfg(test)]
mod testing;

pub use inquiry::Inquiries;
pub use journal::{Conflict, Entry, FileJournal, Journal, JournalError, MemoryJournal, Record};
pub use outcomes::{Outcomes, ResubmitError};
pub use pace::{InquiryPace, PaceError, PaceFuture};
pub use resolver::{NotFoundProof, Outcome, Resolver, Review, Step};
pub use sweep::OpenOrder;

#[cfg(feature = "postgres")]
pub use journal::PgJournal;
