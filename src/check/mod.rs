//! The doctor: for every API of every project, can it be polled, and what to do where it cannot.
//!
//! Asks as little as it can: the credentials, the first and the last page of each list, and IAM whether the project is
//! the region's. What one answer settles for the whole project is not asked again, because the cloud locks a key that
//! was refused a few times. Makes a [`Report`] and prints nothing.

mod advice;
mod pages;
mod region;
mod report;
mod table;

pub use report::{Check, Credentials, Finding, Report, State, Step};
pub use table::table;

use std::time::Duration;

use futures_util::{StreamExt, stream};
use tokio::time::Instant;

use crate::cloud::client::{Call, Client, Event};
use crate::cloud::error::Error;
use crate::cloud::reason::Reason;
use crate::config::ProjectConfig;
use crate::snapshot::Collector;

/// Projects that are looked at at a time.
const CONCURRENCY: usize = 16;

/// Examines every collector of every project, each within `timeout`. `progress` hears how many projects are done.
pub async fn run(
    projects: &[(ProjectConfig, Client)],
    timeout: Duration,
    progress: impl Fn(usize),
) -> Report {
    progress(0);
    let examined = stream::iter(projects)
        .enumerate()
        .map(|(place, (project, client))| async move { (place, examine(project, client, timeout).await) });
    // Unordered, so that one slow project does not keep the others from starting.
    let mut examined = examined.buffer_unordered(CONCURRENCY);
    let mut all = Vec::with_capacity(projects.len());
    while let Some(checks) = examined.next().await {
        all.push(checks);
        progress(all.len());
    }
    all.sort_unstable_by_key(|(place, _)| *place);
    Report { checks: all.into_iter().flat_map(|(_, checks)| checks).collect() }
}

async fn examine(project: &ProjectConfig, client: &Client, timeout: Duration) -> Vec<Check> {
    let started = Instant::now();
    let silent = |_: Event| {};
    let call = Call { deadline: started + timeout, observe: &silent };
    let mut checks: Vec<Check> =
        project.collectors.iter().map(|collector| Check::new(project, *collector)).collect();
    let can_ask = introduce(&mut checks, project, client, call).await;
    let introduced = started.elapsed();
    let mut settled: Option<Finding> = None;
    for (check, collector) in checks.iter_mut().zip(&project.collectors) {
        let started = Instant::now();
        if let Some(finding) = &settled {
            check.found(finding.clone());
        } else if can_ask {
            settled = pages::examine(check, project, *collector, client, started + timeout).await;
        }
        check.duration_seconds = (introduced + started.elapsed()).as_secs_f64();
    }
    if can_ask && settled.is_none() {
        region::ask(&mut checks, project, client).await;
    }
    checks
}

/// Gets the credentials and the project's ID; tells whether there are both.
async fn introduce(checks: &mut [Check], project: &ProjectConfig, client: &Client, call: Call<'_>) -> bool {
    let identity = match client.identity(call).await {
        Ok(identity) => Credentials::from(identity),
        Err(error) => {
            all_fail(checks, project, Step::Credentials, &error);
            return false;
        }
    };
    for check in &mut *checks {
        check.credentials = Some(identity.clone());
        check.is_good(Step::Credentials);
    }
    match client.project_id(call).await {
        Ok(id) => {
            for check in checks {
                check.project_id = Some(id.to_owned());
                // Whether an ID that somebody wrote down is right is another question.
                if project.id.is_none() {
                    check.is_good(Step::Project);
                }
            }
            true
        }
        Err(error) => {
            let step = match error.reason() {
                Reason::Auth => Step::Authentication,
                _ => Step::Project,
            };
            all_fail(checks, project, step, &error);
            false
        }
    }
}

fn all_fail(checks: &mut [Check], project: &ProjectConfig, step: Step, error: &Error) {
    for (check, collector) in checks.iter_mut().zip(&project.collectors) {
        check.found(failure(step, error, project, *collector));
    }
}

/// A call that failed.
fn failure(step: Step, error: &Error, project: &ProjectConfig, collector: Collector) -> Finding {
    let reason = error.reason();
    let request_id = error.request_id().map(ToOwned::to_owned);
    // Failures are alike if they are alike but for the request.
    let request = request_id.as_ref().map(|id| format!(" (request {id})")).unwrap_or_default();
    Finding {
        step,
        result: State::Failed,
        reason: Some(reason.as_str()),
        message: error.to_string().replacen(&request, "", 1),
        advice: advice::on(step, error, project.credentials.kind(), collector).to_owned(),
        request_id,
    }
}
