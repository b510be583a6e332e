//! `check`: diagnoses every project and prints a report.

use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::sync::Arc;

use clap::{Args, ValueEnum};

use super::configured::Configured;
use super::recording_file;
use super::{Error, log, print, unless_stopped};
use crate::app;
use crate::check;
use crate::cloud::client::Client;
use crate::cloud::exchanges::{Exchange, Exchanges};
use crate::cloud::pool::ClientPool;
use crate::config::{Config, ProjectConfig};
use crate::record::{RecordedProject, recording};

/// Check credentials, rights, clock and pages, and say what to fix.
///
/// For each API of each project, with the first and the last page.
#[derive(Args)]
#[command(
    after_long_help = EXIT_CODES_AND_JSON,
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
    /// Record what the cloud answers, for a report of a problem.
    ///
    /// Polls every API once after the check, and writes the responses to FILE, which must not exist. IDs, names and other
    /// texts of the account are replaced; requests, credentials and their issuers are left out.
    #[arg(long, env = "METASTUDIO_EXPORTER_RECORD", value_name = "FILE")]
    record: Option<PathBuf>,
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

const EXIT_CODES_AND_JSON: &str = "\
Exit codes: 0 if every API can be read, 1 if one cannot, 2 for wrong usage or a wrong configuration.

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
    let poll = config.poll;
    let mut projects = with_clients(config)?;
    // Before the first request, so that a file that cannot be written costs none.
    let file = flags.record.as_deref().map(recording_file::begin).transpose()?;
    let exchanges = if file.is_some() { record_exchanges(&mut projects) } else { Vec::new() };
    let work = async {
        let report = check::run(&projects, poll.timeout, progress(projects.len())).await;
        let checked: Vec<_> = exchanges.iter().map(|exchanges| exchanges.take()).collect();
        if file.is_some() {
            check::poll_once(&projects, &report, poll).await;
        }
        (report, checked)
    };
    let (report, checked) = unless_stopped(work).await?;
    let recorded = file.map(|file| -> Result<_, Error> {
        let recorded = projects.iter().zip(checked).zip(&exchanges);
        let recorded: Vec<_> = recorded
            .map(|(((project, client), checked), exchanges)| {
                recorded_project(project, client, checked, exchanges)
            })
            .collect();
        let (text, replaced) = recording(&recorded);
        let path = recording_file::write(file, &text)?;
        Ok(recording_file::describe(&path, &recorded, &replaced))
    });
    let text = match flags.report {
        ReportFormat::Table => check::table(&report),
        ReportFormat::Json => json(&report)?,
    };
    print(&text)?;
    if let Some(recorded) = recorded {
        // Only the exit code matters where standard error is closed.
        let _ = std::io::stderr().write_all(recorded?.as_bytes());
    }
    match report.count(check::Status::Failed) {
        0 => Ok(()),
        failed => {
            let all = report.checks.len();
            Err(Error::Failed(format!("{failed} of {all} checks failed; the report says what to do")))
        }
    }
}

/// From now on the exchanges of each project are kept.
fn record_exchanges(projects: &mut [(ProjectConfig, Client)]) -> Vec<Arc<Exchanges>> {
    let record = |(_, client): &mut (ProjectConfig, Client)| {
        let exchanges = Arc::new(Exchanges::default());
        client.record_to(Arc::clone(&exchanges));
        exchanges
    };
    projects.iter_mut().map(record).collect()
}

fn recorded_project(
    project: &ProjectConfig,
    client: &Client,
    checked: Vec<Exchange>,
    exchanges: &Exchanges,
) -> RecordedProject {
    RecordedProject {
        id: client.known_project_id().map(ToOwned::to_owned),
        region: project.region.clone(),
        collectors: project.collectors.iter().map(|collector| collector.as_str()).collect(),
        user_names: project.has_user_names(),
        checked,
        polled: exchanges.take(),
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
