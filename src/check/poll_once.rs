//! One poll of every collector, for a recording: all pages, which the checks do not read.

use futures_util::{StreamExt, stream};
use tokio::time::Instant;

use super::CONCURRENCY;
use super::report::{Report, Status, Step};
use crate::cloud::client::{Call, Client};
use crate::cloud::reason::Reason;
use crate::collect::collect;
use crate::config::{PollConfig, ProjectConfig};
use crate::snapshot::Collector;

/// Reads the complete list of every collector whose check did not fail with rejected credentials or without a connection:
/// another attempt would bring the key closer to being locked, or wait as long for the same host. What the cloud answers
/// is all that counts here, also if it is an error.
pub async fn poll_once(projects: &[(ProjectConfig, Client)], report: &Report, settings: PollConfig) {
    let polls =
        stream::iter(projects).map(|(project, client)| poll_project(project, client, report, settings));
    let mut polls = polls.buffer_unordered(CONCURRENCY);
    while polls.next().await.is_some() {}
}

async fn poll_project(project: &ProjectConfig, client: &Client, report: &Report, settings: PollConfig) {
    for collector in &project.collectors {
        if is_reachable(report, project, *collector) {
            let call = Call { deadline: Instant::now() + settings.timeout, observe: &|_| {} };
            let _ = collect(*collector, client, settings.concurrency, call, None).await;
        }
    }
}

fn is_reachable(report: &Report, project: &ProjectConfig, collector: Collector) -> bool {
    let hopeless = [Reason::Auth, Reason::ClockSkew, Reason::Connect].map(|reason| Some(reason.as_str()));
    report.checks.iter().all(|check| {
        check.project != project.name
            || check.collector != collector.as_str()
            || check.steps.get(&Step::FirstPage) == Some(&Status::Ok)
            || !check.findings.iter().any(|finding| hopeless.contains(&finding.reason))
    })
}
