//! Problems and measures of many notices to which are alike, however differently they are worded.
//!
//! A notice becomes a [`Sketch`]: its problems as folded statements, its measures as signatures. [`problems`] weighs sequences of two
//! characters by how rare they are in the archive; [`measures`] finds texts that were nearly copied. No model and no
//! dictionary: the genre's own boilerplate (针对, 方面存在, 不到位) counts for little because every notice has it.
//! Never reads a store; that a statement is true or a copy is wrong is nobody's claim here.

pub mod measures;
pub mod problems;
mod fold;
mod sketch;

pub use fold::statements;
pub use sketch::{Lines, Sketch, SketchedItem, SketchedMeasure, measures_of};
