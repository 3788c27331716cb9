//! Three weeks of five small sites in seconds: the real daemon code, real HTTP on loopback, a real store, real digests.
//!
//! Used by `huitoukan demo`, and its [`Site`] by the tests. Nothing here is part of a running daemon.

mod bodies;
mod site;
mod story;

pub use bodies::{BODIES, PublicBody};
pub use site::{Hit, Served, Site};
pub use story::{Act, digests, play};
