use std::process::ExitCode;
use std::time::Duration;

/// Readers and name look-ups that may run beside the threads that move bytes; each holds some memory.
const BLOCKING_THREADS_MAX: usize = 8;
/// What still runs after the command has ended (a slow name look-up) is not waited for longer.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(1);

fn main() -> ExitCode {
    if let Some(code) = huitoukan::cli::child() {
        return code;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().max_blocking_threads(BLOCKING_THREADS_MAX).build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("huitoukan: no thread can be started: {error}");
            return ExitCode::FAILURE;
        }
    };
    let code = runtime.block_on(huitoukan::cli::run());
    runtime.shutdown_timeout(SHUTDOWN_TIMEOUT);
    code
}
