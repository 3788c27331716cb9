//! What is kept and for how long, and what of it is shown: the real program over its own stores, hostile ones included.

#[path = "support/program.rs"]
#[allow(dead_code)]
mod program;
#[path = "support/world.rs"]
#[allow(dead_code)]
mod world;
#[path = "keep/retention.rs"]
mod retention;
#[path = "keep/hostile.rs"]
mod hostile;
#[path = "keep/log.rs"]
mod log;
#[path = "keep/lawful.rs"]
mod lawful;
