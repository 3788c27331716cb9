//! The only place where stages and edges meet; straight-line programs.
//!
//! What a stage decides is written down by an edge here, and nowhere else. Nothing here parses, compares or composes.

pub mod clock;
mod gather;
pub mod gates;
mod addresses;
mod openings;
pub mod house;
pub mod file;
mod poppler;
pub mod read;
pub mod judge;
pub mod crawl;
mod weigh;
mod settle;
mod waiting;
mod finish;
pub mod look;
mod newest;
pub mod parts;
pub mod prune;
pub mod list;
mod log;
pub mod render;
pub mod reread;
pub mod follow;
pub mod remind;
pub mod notify;
pub mod deliver;
pub mod daemon;
pub mod rehearse;
pub mod status;
pub mod ask;
