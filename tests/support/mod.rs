//! What tests share: a world to tell stories in.

pub mod world;
