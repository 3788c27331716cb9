//! 回头看: watches public bodies' pages for rectification notices (整改情况通报), keeps every version, mails what changed.
//!
//! The parts in reading order. Who may import whom is checked by `tests/architecture.rs`.
#![warn(clippy::unwrap_used)]

// Nouns: plain data; imports nothing of ours.
pub mod model;

// Stages: pure, values in, values out; no clock, no I/O; import only `model`.
pub mod site;
pub mod extract;
pub mod parse;
pub mod diff;
pub mod alike;
pub mod digest;
pub mod schedule;
pub mod table;

// Edges: one outside thing each; import only `model`.
pub mod fetch;
pub mod browser;
pub mod store;
pub mod channel;
pub mod sandbox;

// The only place where stages and edges meet.
pub mod flow;

// Doors: `config` imports `model` and the edges' `Settings`; `cli` imports anything.
pub mod config;
pub mod cli;

// A rehearsal of the whole, on loopback.
pub mod demo;
