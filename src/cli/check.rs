//! `check`: diagnoses every project and prints a report.

use std::io::{IsTerminal, Write};

use clap::{Args, ValueEnum};

use super::configured::Configured;
use super::{Error, log, print, unless_stopped};
use crate::app;
use crate::check;
use crate::cloud::client::Client;
use crate::cloud::pool::ClientPool;
use crate::config::{Config, ProjectConfig};

/// Check the credentials, rights, clock and pages of every project, and say what to fix. Exits with 1 if any API failed.
#[derive(Args)]
#[command(
    after_help = JSON,
    // The report has it all.
    mut_arg("level", |level| level.default_value("error"))
)]
pub(super) struct Flags {
    /// Format of the report.
    #[arg(
        long = "format",
        env = "METASTUDIO_EXPORTER_FORMAT",
        value_name = "FORMAT",
        default_value = "table"
    )]
    report: ReportFormat,
    #[command(flatten)]
    configured: Configured,
    #[command(flatten)]
    log: log::LogFlags,
}

#[derive(Clone, Copy, ValueEnum)]
enum ReportFormat {
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
Unknown values are null.";

pub(super) async fn run(flags: Flags) -> Result<(), Error> {
    let _log = flags.log.start();
    let config = flags.configured.load().map_err(Error::Usage)?;
    let timeout = config.poll.timeout;
    let projects = with_clients(config)?;
    let diagnosis = check::run(&projects, timeout, progress(projects.len()));
    let report = unless_stopped(diagnosis).await?;
    let text = match flags.report {
        ReportFormat::Table => check::table(&report),
        ReportFormat::Json => json(&report)?,
    };
    print(&text)?;
    match report.count(check::Status::Failed) {
        0 => Ok(()),
        failed => {
            let all = report.checks.len();
            Err(Error::Failed(format!("{failed} of {all} checks failed; the report says what to do")))
        }
    }
}

fn json(report: &check::Report) -> Result<String, Error> {
    let text = serde_json::to_string_pretty(report);
    let text = text.map_err(|error| {
        Error::Failed(format!("cannot write the report as JSON: {error}; please report this"))
    })?;
    Ok(text + "\n")
}

/// Shows the progress on one line of a terminal, and clears the line at the end.
fn progress(all: usize) -> impl Fn(usize) {
    let is_terminal = std::io::stderr().is_terminal();
    move |done| {
        if is_terminal {
            let text = if done < all { format!("{done} of {all} projects checked") } else { String::new() };
            // Only the report matters.
            let _ = write!(std::io::stderr(), "\r\x1b[K{text}");
        }
    }
}

/// Each project with its client. Clients share credentials and connections, as when polling.
fn with_clients(config: Config) -> Result<Vec<(ProjectConfig, Client)>, Error> {
    let clients = ClientPool::new(config.proxies);
    let with_client = |project: ProjectConfig| {
        let client = app::client(&project, config.poll, &clients)
            .map_err(|cause| app::Error::Client { project: project.name.clone(), cause })?;
        Ok((project, client))
    };
    config.projects.into_iter().map(with_client).collect()
}
