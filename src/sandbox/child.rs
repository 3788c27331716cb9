//! One child process from its start to its end, watched from outside: time, output, and how it ended.

use std::ffi::OsStr;
use std::io::{Read, Write as _};
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions};

use super::{Limits, failed};
use crate::model::Unreadable;

/// What a child says on standard error is kept so far, in bytes; the rest is read and thrown away.
const COMPLAINT_BYTES_MAX: u64 = 4096;
/// After a child has ended its output is waited for no longer: a stray grandchild may hold the pipe open.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(1);

enum Event {
    Output(Vec<u8>),
    Ended,
}

/// Runs `program`, gives it `input`, and returns its standard output.
///
/// # Errors
/// [`Unreadable::Limits`] where it took too long, wrote too much or was ended by a limit of its own;
/// [`Unreadable::Failed`] where it could not be started, crashed, or ended with an error.
pub(super) fn run(program: &Path, arguments: &[&OsStr], input: &[&[u8]], limits: &Limits) -> Result<Vec<u8>, Unreadable> {
    let mut command = Command::new(program);
    // No variable of ours is any business of a file's reader; one arena, since reserved memory counts too.
    command.args(arguments).env_clear().env("MALLOC_ARENA_MAX", "1").env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command.current_dir("/").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
    let started = command.spawn();
    let child = started.map_err(|error| failed(&format!("{} cannot be started: {error}", program.display())))?;
    Running { child }.watch(input, limits)
}

/// A child under way; killed with all its group, and waited for, when it goes out of scope.
struct Running {
    child: Child,
}

impl Running {
    fn watch(mut self, input: &[&[u8]], limits: &Limits) -> Result<Vec<u8>, Unreadable> {
        let deadline = Instant::now() + limits.time;
        let (tell, events) = mpsc::channel();
        self.feed(input.concat());
        self.listen(limits.output_bytes, &tell);
        let output = wait(&events, deadline, limits)?;
        let status = self.status(&events, deadline, limits)?;
        judge(status, limits).map(|()| output)
    }

    /// Bytes go in from a thread of their own: a child that does not read must not stop us.
    fn feed(&mut self, input: Vec<u8>) {
        let Some(mut pipe) = self.child.stdin.take() else { return };
        // A child that has seen enough closes its end; that is no error.
        thread::spawn(move || drop(pipe.write_all(&input)));
    }

    fn listen(&mut self, output_bytes_max: u64, tell: &Sender<Event>) {
        if let Some(pipe) = self.child.stdout.take() {
            let tell = tell.clone();
            thread::spawn(move || tell.send(Event::Output(read_most(pipe, output_bytes_max + 1))));
        }
        if let Some(mut pipe) = self.child.stderr.take() {
            thread::spawn(move || {
                let complaint = read_most(&mut pipe, COMPLAINT_BYTES_MAX);
                let _ = std::io::copy(&mut pipe, &mut std::io::sink());
                if !complaint.is_empty() {
                    tracing::debug!("the process that reads files said: {}", printable(&complaint));
                }
            });
        }
        let Some(pid) = self.pid() else { return };
        let tell = tell.clone();
        // Waits without reaping, so that the number cannot come to mean another process before we are done with it.
        thread::spawn(move || {
            let _ = rustix::process::waitid(WaitId::Pid(pid), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT);
            tell.send(Event::Ended)
        });
    }

    fn status(&mut self, events: &Receiver<Event>, deadline: Instant, limits: &Limits) -> Result<ExitStatus, Unreadable> {
        loop {
            if let Ok(Some(status)) = self.child.try_wait() {
                return Ok(status);
            }
            match events.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(Event::Ended) => return self.child.wait().map_err(|error| failed(&format!("the reading process is lost: {error}"))),
                Ok(Event::Output(_)) => {}
                Err(_) => return Err(too_slow(limits)),
            }
        }
    }

    fn pid(&self) -> Option<Pid> {
        Pid::from_raw(i32::try_from(self.child.id()).ok()?)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(pid) = self.pid() {
            let _ = rustix::process::kill_process_group(pid, Signal::KILL);
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn wait(events: &Receiver<Event>, deadline: Instant, limits: &Limits) -> Result<Vec<u8>, Unreadable> {
    let mut until = deadline;
    let mut has_ended = false;
    loop {
        match events.recv_timeout(until.saturating_duration_since(Instant::now())) {
            Ok(Event::Output(output)) if output.len() as u64 > limits.output_bytes => {
                return Err(Unreadable::Limits { limit: format!("{} of output", size(limits.output_bytes)) });
            }
            Ok(Event::Output(output)) => return Ok(output),
            Ok(Event::Ended) => {
                has_ended = true;
                until = deadline.min(Instant::now() + DRAIN_TIMEOUT);
            }
            Err(_) if has_ended => return Err(failed("the process that reads files left something behind; please report the file")),
            Err(_) => return Err(too_slow(limits)),
        }
    }
}

/// What the way it ended means. Our own child catches panics, so that an abort is memory or stack used up.
fn judge(status: ExitStatus, limits: &Limits) -> Result<(), Unreadable> {
    match status.signal() {
        None if status.success() => Ok(()),
        None => {
            Err(failed(&format!("the process that reads files ended with code {}; please report the file", status.code().unwrap_or(-1))))
        }
        Some(signal) if signal == Signal::XCPU.as_raw() => Err(too_slow(limits)),
        Some(signal) if signal == Signal::ABORT.as_raw() || signal == Signal::SEGV.as_raw() => Err(too_much_memory(limits)),
        // The kernel's last word: the second limit on the processor's time, or no memory left on the machine.
        Some(signal) if signal == Signal::KILL.as_raw() => Err(too_much_memory(limits)),
        Some(signal) => Err(failed(&format!("the process that reads files was ended by signal {signal}; please report the file"))),
    }
}

fn too_slow(limits: &Limits) -> Unreadable {
    Unreadable::Limits { limit: format!("{} s", limits.time.as_secs()) }
}

fn too_much_memory(limits: &Limits) -> Unreadable {
    Unreadable::Limits { limit: format!("{} of memory", size(limits.memory_bytes)) }
}

fn size(bytes: u64) -> String {
    match bytes >> 20 {
        0 => format!("{bytes} bytes"),
        mebibytes => format!("{mebibytes} MiB"),
    }
}

fn read_most(pipe: impl Read, bytes_max: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    let _ = pipe.take(bytes_max).read_to_end(&mut bytes);
    bytes
}

fn printable(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}
