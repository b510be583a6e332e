//! Whether IAM lists the names of users, for projects that look them up.

use tokio::time::Instant;

use super::report::{Check, Finding, Status, Step};
use super::{finding, step};
use crate::advice::CalledApi;
use crate::cloud::client::{Call, Client};
use crate::config::ProjectConfig;

/// Lists the users until `deadline`. A failure is only a warning unless patterns select users, because all else works.
pub(super) async fn check_names(
    check: &mut Check,
    project: &ProjectConfig,
    client: &Client,
    deadline: Instant,
) {
    match client.user_names(Call { deadline, observe: &|_| {} }).await {
        Ok(names) => {
            for step in [Step::Authentication, Step::Authorization, Step::FirstPage] {
                check.pass(step);
            }
            check.rows = Some(names.names.len() as u64);
        }
        Err(error) => {
            let step = step(&error);
            if step == Step::Authorization {
                check.pass(Step::Authentication);
            }
            let result = if project.user_quotas.has_patterns() { Status::Failed } else { Status::Warning };
            check.add(Finding { result, ..finding(step, &error, project, CalledApi::Users) });
        }
    }
}
