//! The command line: flags, the environment, commands and exit codes. Nothing else reads flags or the environment.
//!
//! One file a command. A command gets parsed flags and answers with a [`Failure`], whose sentence is the last thing
//! that a person reads.

mod check;
mod configured;
mod demo;
mod flags;
mod listen;
mod log;
mod once;
mod serve;
mod simulate;
mod watch;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// Prometheus exporter for the resources and user quotas of Huawei Cloud MetaStudio.
#[derive(Parser)]
#[command(
    name = "metastudio-exporter",
    version,
    long_version = LONG_VERSION,
    after_help = CREDENTIALS,
    args_conflicts_with_subcommands = true
)]
struct CommandLine {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    serve: serve::Flags,
}

#[derive(Subcommand)]
enum Command {
    Check(check::Flags),
    Demo(demo::Flags),
    Once(once::Flags),
    Simulate(simulate::Flags),
}

const CREDENTIALS: &str = "\
Without a command it polls and serves.

Credentials come from the environment, never from flags; the first of these that is set is used:
  HUAWEICLOUD_SDK_AK and HUAWEICLOUD_SDK_SK (with HUAWEICLOUD_SDK_SECURITY_TOKEN for temporary keys)
  METASTUDIO_AUTH_TOKEN
  METASTUDIO_AUTH_TOKEN_FILE, which is read again when its token is refused";

const LONG_VERSION: &str = concat!(
    env!("CARGO_PKG_VERSION"),
    "\nrevision ",
    env!("BUILD_REVISION"),
    "\nrustc ",
    env!("BUILD_RUSTC_VERSION")
);

/// Why the program ends otherwise than well, as whole sentences, a line each.
#[derive(Debug)]
enum Failure {
    /// Wrong usage or configuration: exit code 2.
    Usage(String),
    /// Right usage, but it did not work: exit code 1.
    Work(String),
}

impl From<crate::app::Error> for Failure {
    fn from(error: crate::app::Error) -> Self {
        Self::Work(error.to_string())
    }
}

/// Runs the program: 0 good, 1 failed at work, 2 wrong usage or configuration.
#[must_use]
pub fn main() -> ExitCode {
    // Wrong flags end here, with clap's own sentence and code 2.
    let line = CommandLine::parse();
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return end(&Failure::Work(format!("cannot start: {error}"))),
    };
    let outcome = runtime.block_on(run(line));
    // A name look-up under way cannot be interrupted, and would hold the end up for as long as DNS likes.
    runtime.shutdown_background();
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => end(&failure),
    }
}

async fn run(line: CommandLine) -> Result<(), Failure> {
    match line.command {
        None => serve::run(line.serve).await,
        Some(Command::Check(flags)) => check::run(flags).await,
        Some(Command::Demo(flags)) => demo::run(flags).await,
        Some(Command::Once(flags)) => once::run(flags).await,
        Some(Command::Simulate(flags)) => simulate::run(flags).await,
    }
}

fn end(failure: &Failure) -> ExitCode {
    let (sentence, code) = match failure {
        Failure::Usage(sentence) => (sentence, 2),
        Failure::Work(sentence) => (sentence, 1),
    };
    for line in sentence.lines() {
        eprintln!("metastudio-exporter: {line}");
    }
    ExitCode::from(code)
}

/// A token that is cancelled at SIGTERM and SIGINT.
fn shutdown() -> Result<CancellationToken, Failure> {
    let (mut terminate, mut interrupt) =
        (signals(SignalKind::terminate())?, signals(SignalKind::interrupt())?);
    let token = CancellationToken::new();
    let cancelled = token.clone();
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("shutting down");
        cancelled.cancel();
    });
    Ok(token)
}

/// SIGHUP, from now on; before, it ends the program.
fn hangups() -> Result<Signal, Failure> {
    signals(SignalKind::hangup())
}

fn signals(kind: SignalKind) -> Result<Signal, Failure> {
    signal(kind).map_err(|error| Failure::Work(format!("cannot wait for signals: {error}")))
}
