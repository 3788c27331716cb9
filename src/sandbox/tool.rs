//! Programs of others, run by the process that reads a file: they inherit its limits and end with it.

use std::ffi::{OsStr, OsString};
use std::io::{Read as _, Write as _};
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::Path;
use std::process::{Command, Stdio};

use super::{RUN_TOOL, failed, own_program, walls};
use crate::model::Unreadable;

/// What a program may write, in bytes. Words with their places take some 60 times their text; the longest notice has 31 MB of PDF
/// and 200 kB of text.
const OUTPUT_BYTES_MAX: u64 = 96 << 20;
const COMPLAINT_BYTES_MAX: u64 = 64 << 10;

/// What a program did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Done {
    pub output: Vec<u8>,
    /// What it said on standard error, cut off after a while.
    pub complaint: String,
    /// `None`: it was ended by a signal.
    pub code: Option<i32>,
    /// Whether that was the signal for too much computing.
    pub was_slow: bool,
}

/// Runs a program with `input` on its standard input. Waits for its end; whoever started this process watches the clock.
///
/// # Errors
/// `None` where there is no such program; [`Unreadable`] where it cannot be run or writes too much.
pub fn run_tool(program: &Path, arguments: &[&OsStr], input: &[u8]) -> Result<Option<Done>, Unreadable> {
    let Some(path) = find(program) else { return Ok(None) };
    let mut command = Command::new(own_program());
    command.arg(RUN_TOOL).arg(std::process::id().to_string()).arg(path).args(arguments);
    command.env("OMP_THREAD_LIMIT", "1").env("LC_ALL", "C.UTF-8");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let cannot = |error: std::io::Error| failed(&format!("{} cannot be run: {error}", program.display()));
    let mut child = command.spawn().map_err(cannot)?;
    let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let (output, complaint) = std::thread::scope(|scope| {
        // A program that has seen enough closes its end; that is no error.
        scope.spawn(move || stdin.map(|mut pipe| pipe.write_all(input)));
        let complaint = scope.spawn(move || {
            let mut kept = Vec::new();
            if let Some(mut pipe) = stderr {
                let _ = pipe.by_ref().take(COMPLAINT_BYTES_MAX).read_to_end(&mut kept);
                let _ = std::io::copy(&mut pipe, &mut std::io::sink());
            }
            kept
        });
        let mut output = Vec::new();
        if let Some(pipe) = stdout {
            let _ = pipe.take(OUTPUT_BYTES_MAX + 1).read_to_end(&mut output);
        }
        if output.len() as u64 > OUTPUT_BYTES_MAX {
            let _ = child.kill();
        }
        (output, complaint.join().unwrap_or_default())
    });
    let status = child.wait().map_err(cannot)?;
    if output.len() as u64 > OUTPUT_BYTES_MAX {
        return Err(Unreadable::Limits { limit: format!("{} MiB from {}", OUTPUT_BYTES_MAX >> 20, program.display()) });
    }
    let was_slow = status.signal() == Some(rustix::process::Signal::XCPU.as_raw());
    Ok(Some(Done { output, complaint: String::from_utf8_lossy(&complaint).into_owned(), code: status.code(), was_slow }))
}

/// Becomes the program that the arguments name (parent's process number, program, its arguments), and ends with its parent.
///
/// # Errors
/// Only returns where that failed.
pub fn become_tool(mut arguments: impl Iterator<Item = OsString>) -> std::io::Error {
    let parent = arguments.next().and_then(|number| number.to_str()?.parse::<i32>().ok());
    let Some(program) = arguments.next() else { return std::io::Error::other("no program is named") };
    if let Err(error) = walls::end_with_parent() {
        return error;
    }
    // It may have ended before the kernel was asked to tell us.
    let present = rustix::process::getppid().map(rustix::process::Pid::as_raw_pid);
    if present != parent {
        return std::io::Error::other("the process that asked has ended");
    }
    Command::new(program).args(arguments).exec()
}

/// The program's file: as its path names it, or the first of that name in PATH.
fn find(program: &Path) -> Option<std::path::PathBuf> {
    if program.components().count() > 1 {
        return program.is_file().then(|| program.to_owned());
    }
    std::env::split_paths(&std::env::var_os("PATH")?).map(|folder| folder.join(program)).find(|path| path.is_file())
}
