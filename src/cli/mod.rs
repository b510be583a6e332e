//! The command line: flags, the environment, commands and exit codes. Nothing else reads flags or the environment.
//!
//! One file per command. A command takes parsed flags, and returns an [`Error`] if it fails.

mod check;
mod configured;
mod demo;
mod dumps;
mod flags;
mod healthcheck;
mod listen;
mod log;
mod once;
mod open_files;
mod panics;
mod recording_file;
mod serve;
#[cfg(test)]
mod shell_files;
mod simulate;
mod systemd;
mod whole_file;

use std::ffi::OsStr;
use std::io::Write;
use std::process::ExitCode;

use clap::{Arg, CommandFactory, FromArgMatches, Parser, Subcommand};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::advice::Advice;
use crate::app;

/// Prometheus exporter for the resources and user quotas of Huawei Cloud MetaStudio.
#[derive(Parser)]
#[command(
    name = "metastudio-exporter",
    version,
    long_version = LONG_VERSION,
    override_usage = "metastudio-exporter [OPTIONS] [COMMAND]",
    after_help = MORE,
    after_long_help = CREDENTIALS_EXAMPLES_AND_EXIT_CODES,
    max_term_width = 100,
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
    Healthcheck(healthcheck::Flags),
    Once(once::Flags),
    Simulate(simulate::Flags),
}

const MORE: &str = "Without a command, it polls and serves. --help has all flags and credentials.";

const CREDENTIALS_EXAMPLES_AND_EXIT_CODES: &str = "\
Without a command, it polls and serves.

Credentials are never a flag. A project in the configuration file names its own. Without them, the
first of these that the environment has is used:
  access key    HUAWEICLOUD_SDK_AK and HUAWEICLOUD_SDK_SK;
                HUAWEICLOUD_SDK_SECURITY_TOKEN for temporary keys
  token         METASTUDIO_AUTH_TOKEN, or METASTUDIO_AUTH_TOKEN_FILE, which is read again when
                its token is refused
  OIDC          HUAWEICLOUD_OIDC_PROVIDER_URN, HUAWEICLOUD_OIDC_AGENCY_URN and
                HUAWEICLOUD_OIDC_TOKEN_FILE; optional: HUAWEICLOUD_OIDC_SESSION_NAME,
                HUAWEICLOUD_OIDC_DURATION_SECONDS, HUAWEICLOUD_SDK_STS_ENDPOINT
  pod identity  HC_CONTAINER_CREDENTIALS_FULL_URI and HC_CONTAINER_AUTHORIZATION_TOKEN_FILE
  profile       HUAWEICLOUD_SDK_CREDENTIALS_FILE, or ~/.huaweicloud/credentials
  agency        the agency of the ECS; METASTUDIO_METADATA_ENDPOINT for another metadata service
A user's name and password are possible in the configuration file only.

Proxies: HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY, in upper or lower case.

Examples:
  Without an account, on a simulated cloud:
    metastudio-exporter demo
  One project, with an access key in the environment:
    metastudio-exporter check --project.region=cn-north-4
    metastudio-exporter --project.region=cn-north-4
  Many projects:
    metastudio-exporter --config.check --config.file=exporter.yml
    metastudio-exporter --config.file=exporter.yml --config.auto-reload-interval=30s

Exit codes:
  0  stopped by SIGTERM or SIGINT, or the command succeeded
  1  the exporter or the command failed
  2  wrong usage or a wrong configuration";

const LONG_VERSION: &str = concat!(
    env!("CARGO_PKG_VERSION"),
    "\nrevision ",
    env!("BUILD_REVISION"),
    "\nrustc ",
    env!("BUILD_RUSTC_VERSION")
);

/// Why the program fails, in whole sentences, one line each.
#[derive(Debug)]
enum Error {
    /// Wrong usage or configuration: exit code 2.
    Usage(String),
    /// Anything else: exit code 1.
    Failed(String),
}

impl From<app::Error> for Error {
    fn from(error: app::Error) -> Self {
        match &error {
            app::Error::Client { cause, .. } => {
                Self::Failed(format!("{error}; {}", Advice::about_client(cause).sentence()))
            }
            _ => Self::Failed(error.to_string()),
        }
    }
}

/// Runs the program. The exit code is 0 if it succeeds, 1 if it fails, 2 for wrong usage or configuration.
#[must_use]
pub fn main() -> ExitCode {
    dumps::forbid();
    // Wrong flags end the program here, with clap's message and exit code 2.
    let command = for_short_help(without_empty_variables(CommandLine::command()));
    let matches = command.get_matches();
    let line = CommandLine::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return end(&Error::Failed(format!("cannot start: {error}"))),
    };
    open_files::raise_limit();
    let outcome = runtime.block_on(run(line));
    // A DNS look-up cannot be cancelled, and must not delay the exit.
    runtime.shutdown_background();
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => end(&error),
    }
}

/// Ignores the variables of flags that are set to nothing.
fn without_empty_variables(command: clap::Command) -> clap::Command {
    let is_empty = |name: &OsStr| {
        std::env::var_os(name).is_some_and(|value| value.to_str().is_some_and(|text| text.trim().is_empty()))
    };
    let without_empty = move |arg: Arg| match arg.get_env() {
        // clap cannot take a variable from a flag, but no variable has an empty name.
        Some(name) if is_empty(name) => arg.env("").hide_env(true),
        _ => arg,
    };
    command.mut_args(without_empty).mut_subcommands(without_empty_variables)
}

/// Leaves the variables to the long help: with them, the short one does not fit a screen. clap can hide them in both or in
/// none, so this depends on the arguments.
fn for_short_help(command: clap::Command) -> clap::Command {
    if std::env::args_os().any(|argument| argument == "-h") {
        without_shown_variables(command)
    } else {
        command
    }
}

fn without_shown_variables(command: clap::Command) -> clap::Command {
    command.mut_args(|arg| arg.hide_env(true)).mut_subcommands(without_shown_variables)
}

async fn run(line: CommandLine) -> Result<(), Error> {
    match line.command {
        None => serve::run(line.serve).await,
        Some(Command::Check(flags)) => check::run(flags).await,
        Some(Command::Demo(flags)) => demo::run(flags).await,
        Some(Command::Healthcheck(flags)) => healthcheck::run(flags).await,
        Some(Command::Once(flags)) => once::run(flags).await,
        Some(Command::Simulate(flags)) => simulate::run(flags).await,
    }
}

fn end(error: &Error) -> ExitCode {
    let (sentence, code) = match error {
        Error::Usage(sentence) => (sentence, 2),
        Error::Failed(sentence) => (sentence, 1),
    };
    for line in sentence.lines() {
        // Standard error may be closed; the exit code says it all the same.
        let _ = writeln!(std::io::stderr(), "metastudio-exporter: {line}");
    }
    ExitCode::from(code)
}

/// Writes to standard output, which may be closed.
fn print(text: &str) -> Result<(), Error> {
    print_bytes(text.as_bytes())
}

fn print_bytes(bytes: &[u8]) -> Result<(), Error> {
    let mut output = std::io::stdout().lock();
    let written = output.write_all(bytes).and_then(|()| output.flush());
    written.map_err(|error| Error::Failed(format!("cannot write to standard output: {error}")))
}

/// Waits for `work`, unless SIGTERM or SIGINT arrives before. Process 1 of a container gets neither without a handler.
async fn unless_stopped<T>(work: impl Future<Output = T>) -> Result<T, Error> {
    let stopped = shutdown()?;
    let done = stopped.run_until_cancelled(work).await;
    done.ok_or_else(|| Error::Failed("stopped by a signal".to_owned()))
}

/// A token that is cancelled at SIGTERM and SIGINT.
fn shutdown() -> Result<CancellationToken, Error> {
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
        systemd::stopping();
        cancelled.cancel();
    });
    Ok(token)
}

/// Receives SIGHUP from now on. Until then it ends the program.
fn hangups() -> Result<Signal, Error> {
    signals(SignalKind::hangup())
}

fn signals(kind: SignalKind) -> Result<Signal, Error> {
    signal(kind).map_err(|error| Error::Failed(format!("cannot wait for signals: {error}")))
}
