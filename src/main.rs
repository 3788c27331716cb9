use std::process::ExitCode;

fn main() -> ExitCode {
    huitoukan::cli::child().unwrap_or_else(huitoukan::cli::run)
}
