//! `check`: the doctor on the command line.

use std::io::{IsTerminal, Write};

use clap::{Args, ValueEnum};

use super::configured::Configured;
use super::{Failure, log};
use crate::app;
use crate::check;
use crate::cloud::client::Client;
use crate::cloud::pool::ClientPool;
use crate::config::{Config, ProjectConfig};

/// Check credentials, rights, clock and pages of every project, and say what to do; 1 if any API failed.
#[derive(Args)]
#[command(
    after_help = JSON,
    // The report says it all, and better.
    mut_arg("level", |level| level.default_value("error"))
)]
pub(super) struct Flags {
    /// Form of the report.
    #[arg(
        long = "format",
        env = "METASTUDIO_EXPORTER_FORMAT",
        value_name = "FORMAT",
        default_value = "table"
    )]
    report: Format,
    #[command(flatten)]
    configured: Configured,
    #[command(flatten)]
    log: log::Log,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    Table,
    Json,
}

const JSON: &str = "\
JSON is a list with an object for each collector of each project, in the order of the configuration:
  project, collector, result (ok, warning, failed), project_id, region, endpoint,
  credentials {kind, access_key, expires_at}, clock_skew_seconds, rows, duration_seconds,
  steps {credentials, clock, project, authentication, authorization, first_page, last_page},
    each ok, warning, failed or skipped,
  findings [{step, result, reason, message, advice, request_id}]
What is not known is null.";

pub(super) async fn run(flags: Flags) -> Result<(), Failure> {
    flags.log.start();
    let config = flags.configured.load().map_err(Failure::Usage)?;
    let timeout = config.poll.timeout;
    let projects = with_clients(config)?;
    let report = check::run(&projects, timeout, progress(projects.len())).await;
    let text = match flags.report {
        Format::Table => check::table(&report),
        Format::Json => json(&report)?,
    };
    let written = std::io::stdout().lock().write_all(text.as_bytes());
    written.map_err(|error| Failure::Work(format!("cannot write the report: {error}")))?;
    match report.count(check::Status::Failed) {
        0 => Ok(()),
        failed => {
            let all = report.checks.len();
            Err(Failure::Work(format!("{failed} of {all} checks failed; the report says what to do")))
        }
    }
}

fn json(report: &check::Report) -> Result<String, Failure> {
    let text = serde_json::to_string_pretty(report);
    let text =
        text.map_err(|error| Failure::Work(format!("the report is no JSON: {error}; please report this")))?;
    Ok(text + "\n")
}

/// Writes how far it is over and over on one line, and takes that away in the end; nothing where nobody watches.
fn progress(all: usize) -> impl Fn(usize) {
    let is_watched = std::io::stderr().is_terminal();
    move |done| {
        if is_watched && done < all {
            eprint!("\r\x1b[K{done} of {all} projects checked");
        } else if is_watched {
            eprint!("\r\x1b[K");
        }
    }
}

/// Each project with its client. They share credentials and connections, as when polling.
fn with_clients(config: Config) -> Result<Vec<(ProjectConfig, Client)>, Failure> {
    let clients = ClientPool::default();
    let with_client = |project: ProjectConfig| {
        let client = app::client(&project, config.poll, &clients)
            .map_err(|cause| Failure::Work(format!("project {}: {cause}", project.name)))?;
        Ok((project, client))
    };
    config.projects.into_iter().map(with_client).collect()
}
