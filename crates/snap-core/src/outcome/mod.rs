#![doc = include_str!("../../docs/outcomes.md")]

mod answer;
mod attempt;
mod classify;
mod intent;
mod pending;
mod recorder;
mod state;
mod table;

pub use self::{
    attempt::Attempt,
    intent::{Intent, OperationId},
    pending::Pending,
    recorder::{Event, RecordError, RecordFuture, Recorder},
    state::{MoneyState, MovedProof, NextStep, NotMovedProof, Presumption, UnknownReason},
};

pub(crate) use self::{
    answer::{AnswerFacts, Echo},
    classify::{Circumstance, concluded, is_ours, presumption, rule_for_answer, rule_for_stage},
    intent::{IntentParts, text},
    table::{Again, Cell, Codes, Http, Met, Proof, Reason, Rule, Stages, Then},
};
