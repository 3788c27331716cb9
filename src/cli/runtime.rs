//! The threads on which a command waits for sites, servers and readers; made for the commands that do.

use std::future::Future;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;

/// Readers and name look-ups that may run beside the threads that move bytes; each holds some memory.
const BLOCKING_THREADS_MAX: usize = 8;
/// What still runs after the command has ended (a slow name look-up) is not waited for longer.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(1);

pub fn wait_for(command: impl Future<Output = anyhow::Result<ExitCode>>) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().max_blocking_threads(BLOCKING_THREADS_MAX).build();
    let runtime = runtime.context("no thread can be started")?;
    let outcome = runtime.block_on(command);
    runtime.shutdown_timeout(SHUTDOWN_TIMEOUT);
    outcome
}
