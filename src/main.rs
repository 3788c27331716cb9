use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    huitoukan::cli::run().await
}
