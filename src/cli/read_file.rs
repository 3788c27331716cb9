//! The child process that reads one file, and the programs that it becomes: not for people, and no command of the help.

use std::ffi::OsString;
use std::process::ExitCode;

use crate::flow::file;
use crate::sandbox;

/// Plays the child where the first word says so; `None`: this is a command of a person.
///
/// Asked before any thread is started: the memory of threads would count against the file's.
pub fn child() -> Option<ExitCode> {
    let mut words = std::env::args_os().skip(1);
    let first = words.next()?;
    if first == sandbox::READ_FILE {
        Some(read_file())
    } else if first == sandbox::RUN_TOOL {
        Some(run_tool(words))
    } else {
        None
    }
}

fn read_file() -> ExitCode {
    match file::in_child(std::io::stdin().lock(), std::io::stdout().lock()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("huitoukan read-file is called by huitoukan itself, to read a file apart: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run_tool(words: impl Iterator<Item = OsString>) -> ExitCode {
    let error = sandbox::become_tool(words);
    eprintln!("the program cannot be run: {error}");
    ExitCode::from(127)
}
