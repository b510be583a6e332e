//! The doctor: whether each API of each project can be polled, and if not, what to do about it.
//!
//! Makes as few requests as possible: the credentials, the first and the last page of each list, the first page of an
//! optional list that is not polled, and the region's project in IAM. It does not repeat a request whose result holds for
//! the whole project, because the cloud locks a key after a few rejections. Returns a [`Report`] and prints nothing; knows
//! nothing of flags and metrics.

mod names;
mod pages;
mod poll_once;
mod region;
mod report;
mod table;
mod unpolled;

pub use poll_once::poll_once;
pub use report::{Check, CredentialsReport, Finding, Report, Status, Step, UnpolledApi};
pub use table::table;

use std::time::Duration;

use futures_util::{StreamExt, stream};
use tokio::time::Instant;

use crate::advice::{Advice, CalledApi};
use crate::cloud::client::{Call, Client};
use crate::cloud::error::Error;
use crate::cloud::reason::Reason;
use crate::config::ProjectConfig;
use crate::snapshot::USER_NAMES;

/// Projects that are checked concurrently.
const CONCURRENCY: usize = 16;

/// Checks every collector of every project, each within `timeout`. Calls `progress` with the number of projects done.
pub async fn run(
    projects: &[(ProjectConfig, Client)],
    timeout: Duration,
    progress: impl Fn(usize),
) -> Report {
    progress(0);
    let checked = stream::iter(projects).enumerate().map(|(index, (project, client))| async move {
        (index, check_project(project, client, timeout).await)
    });
    // Unordered, so that a slow project does not keep others from starting.
    let mut checked = checked.buffer_unordered(CONCURRENCY);
    let mut all = Vec::with_capacity(projects.len());
    while let Some(checks) = checked.next().await {
        all.push(checks);
        progress(all.len());
    }
    all.sort_unstable_by_key(|(index, _)| *index);
    let mut report = Report::default();
    for (_, (checks, unpolled)) in all {
        report.checks.extend(checks);
        report.unpolled.extend(unpolled);
    }
    report
}

async fn check_project(
    project: &ProjectConfig,
    client: &Client,
    timeout: Duration,
) -> (Vec<Check>, Vec<UnpolledApi>) {
    let started = Instant::now();
    let call = Call { deadline: started + timeout, observe: &|_| {} };
    let mut checks: Vec<Check> =
        project.collectors.iter().map(|collector| Check::new(project, collector.as_str())).collect();
    checks.extend(project.has_user_names().then(|| Check::new(project, USER_NAMES)));
    let access = check_access(&mut checks, project, client, call).await;
    let access_duration = started.elapsed();
    // A problem that all collectors share is not looked for again.
    let mut shared_problem = access.err();
    for (check, collector) in checks.iter_mut().zip(&project.collectors) {
        let started = Instant::now();
        if let Some((step, error)) = &shared_problem {
            check.add(finding(*step, error, project, CalledApi::Collector(*collector)));
        } else {
            let deadline = started + timeout;
            shared_problem = pages::check_pages(check, project, *collector, client, deadline).await;
        }
        check.duration_seconds = (access_duration + started.elapsed()).as_secs_f64();
    }
    // Present only if names are looked up.
    if let Some(check) = checks.get_mut(project.collectors.len()) {
        let started = Instant::now();
        match &shared_problem {
            Some((step, error)) => check.add(finding(*step, error, project, CalledApi::Users)),
            None => names::check_names(check, project, client, started + timeout).await,
        }
        check.duration_seconds = (access_duration + started.elapsed()).as_secs_f64();
    }
    if shared_problem.is_some() {
        return (checks, Vec::new());
    }
    region::check_region(&mut checks, project, client).await;
    (checks, unpolled::check_unpolled(project, client, timeout).await)
}

/// Fetches the credentials and the project's ID.
async fn check_access(
    checks: &mut [Check],
    project: &ProjectConfig,
    client: &Client,
    call: Call<'_>,
) -> Result<(), (Step, Error)> {
    let issued = client.credentials(call).await.map_err(|error| (Step::Credentials, error))?;
    for check in &mut *checks {
        check.credentials = Some(CredentialsReport::new(client.source().kind(), &issued));
        check.pass(Step::Credentials);
    }
    let id = client.project_id(call).await.map_err(|error| match error.reason() {
        Reason::Auth => (Step::Authentication, error),
        _ => (Step::Project, error),
    })?;
    for check in checks {
        check.project_id = Some(id.to_owned());
        // A configured ID is checked later.
        if project.id.is_none() {
            check.pass(Step::Project);
        }
    }
    Ok(())
}

/// The step at which the first call of an API failed.
fn step(error: &Error) -> Step {
    match error.reason() {
        Reason::Auth => Step::Authentication,
        Reason::Forbidden => Step::Authorization,
        Reason::ClockSkew => Step::Clock,
        _ => Step::FirstPage,
    }
}

fn finding(step: Step, error: &Error, project: &ProjectConfig, api: CalledApi) -> Finding {
    let api = if step == Step::Project { CalledApi::Projects } else { api };
    Finding {
        step,
        result: Status::Failed,
        reason: Some(error.reason().as_str()),
        message: error.to_string(),
        advice: Advice::about(error, &project.credentials, api).sentence().to_owned(),
        request_id: error.request_id().map(ToOwned::to_owned),
    }
}
