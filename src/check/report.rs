//! What the doctor found: plain data, in the very shape that `check --format json` prints.

use std::collections::BTreeMap;
use std::time::SystemTime;

use jiff::Timestamp;
use serde::Serialize;

use crate::advice::Advice;
use crate::cloud::credentials::{Authentication, IssuedCredentials};
use crate::config::ProjectConfig;

/// All checks, in the order of the configuration. In JSON it is a list.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Report {
    /// One for each collector of each project, and one for the names of its users if they are looked up.
    pub checks: Vec<Check>,
    /// The optional APIs that are not polled. Not in JSON, because nothing of them is checked.
    #[serde(skip)]
    pub unpolled: Vec<UnpolledApi>,
}

impl Report {
    /// The number of checks with this result.
    #[must_use]
    pub fn count(&self, result: Status) -> usize {
        self.checks.iter().filter(|check| check.result == result).count()
    }
}

/// One API of one project.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Check {
    /// The project's configured name.
    pub project: String,
    /// The API, as in the label `collector`: `voice_training`, `user_quotas` or `user_names`.
    pub collector: &'static str,
    /// The worst of the findings: `ok`, `warning` or `failed`.
    pub result: Status,
    /// The project's ID, configured or from IAM; null if unknown.
    pub project_id: Option<String>,
    /// The region; empty if only an endpoint is configured.
    pub region: String,
    /// The base URL of MetaStudio.
    pub endpoint: String,
    /// The credentials; null if there are none.
    pub credentials: Option<CredentialsReport>,
    /// The cloud's clock less this machine's, to about a second; null if no response had a date.
    pub clock_skew_seconds: Option<i64>,
    /// `count`, the length of the list as the API reports it; null if it does not.
    pub rows: Option<u64>,
    /// The time to fetch the credentials and to read the pages.
    pub duration_seconds: f64,
    /// The result of each step.
    pub steps: BTreeMap<Step, Status>,
    /// The problems, in the order of their detection.
    pub findings: Vec<Finding>,
}

/// An optional API that a project does not poll.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnpolledApi {
    /// The project's configured name.
    pub project: String,
    /// The API, as in the label `collector`.
    pub collector: &'static str,
    /// `count` of the first page, `None` if the API does not report it; or why the page cannot be read.
    pub rows: Result<Option<u64>, String>,
}

impl Check {
    /// A check of which every step is still to do.
    pub(super) fn new(project: &ProjectConfig, collector: &'static str) -> Self {
        Self {
            project: project.name.clone(),
            collector,
            result: Status::Ok,
            project_id: project.id.clone(),
            region: project.region.clone(),
            endpoint: project.endpoint.as_str().trim_end_matches('/').to_owned(),
            credentials: None,
            clock_skew_seconds: None,
            rows: None,
            duration_seconds: 0.0,
            steps: Step::ALL.map(|step| (step, Status::Skipped)).into(),
            findings: Vec::new(),
        }
    }

    /// Records that a step succeeded.
    pub(super) fn pass(&mut self, step: Step) {
        self.steps.insert(step, Status::Ok);
    }

    /// Records a problem that no failed call caused.
    pub(super) fn warn(&mut self, step: Step, message: String, advice: Advice) {
        let (reason, request_id, advice) = (None, None, advice.sentence().to_owned());
        self.add(Finding { step, result: Status::Warning, reason, message, advice, request_id });
    }

    /// Records a problem.
    pub(super) fn add(&mut self, finding: Finding) {
        self.steps.insert(finding.step, finding.result);
        self.result = self.result.max(finding.result);
        self.findings.push(finding);
    }
}

/// The result of a step or of a check. The worse, the greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Not done, because it was impossible or unnecessary.
    Skipped,
    /// It works.
    Ok,
    /// It works, but is probably a mistake.
    Warning,
    /// It does not work.
    Failed,
}

impl Status {
    /// The word in JSON.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Skipped => "skipped",
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Failed => "failed",
        }
    }
}

/// A step of a check, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// There are credentials.
    Credentials,
    /// The cloud's clock and this machine's agree.
    Clock,
    /// The project is one of the account's in the region.
    Project,
    /// The cloud accepts the signature or the token.
    Authentication,
    /// The credentials may call the API.
    Authorization,
    /// The first page can be read.
    FirstPage,
    /// The last page can be read.
    LastPage,
}

impl Step {
    /// All steps.
    pub const ALL: [Self; 7] = [
        Self::Credentials,
        Self::Clock,
        Self::Project,
        Self::Authentication,
        Self::Authorization,
        Self::FirstPage,
        Self::LastPage,
    ];
}

/// A problem, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The step that found it.
    pub step: Step,
    /// `warning` or `failed`.
    pub result: Status,
    /// The kind of failure, as in the label `reason`; null if no call failed.
    pub reason: Option<&'static str>,
    /// What is wrong, without secrets.
    pub message: String,
    /// What to do.
    pub advice: String,
    /// `X-Request-Id` of the answer, for Huawei Cloud's support; null if there was none.
    pub request_id: Option<String>,
}

/// Credentials without their secrets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CredentialsReport {
    /// The kind, by its key in the configuration file.
    pub kind: &'static str,
    /// The access key ID without its middle; null if there is none.
    pub access_key: Option<String>,
    /// When they expire, in RFC 3339; null if unknown.
    pub expires_at: Option<String>,
}

impl CredentialsReport {
    pub(super) fn new(kind: &'static str, issued: &IssuedCredentials) -> Self {
        let access_key = match &issued.authentication {
            Authentication::AccessKey(key) => Some(key.masked_id()),
            Authentication::Token(_) => None,
        };
        Self { kind, access_key, expires_at: issued.expires_at.and_then(to_the_second) }
    }
}

fn to_the_second(time: SystemTime) -> Option<String> {
    let time = Timestamp::try_from(time).ok()?;
    Some(Timestamp::from_second(time.as_second()).ok()?.to_string())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn an_expiry_is_shown_to_the_second() {
        let expiry = SystemTime::UNIX_EPOCH + Duration::from_millis(1_735_689_600_999);
        assert_eq!(to_the_second(expiry).as_deref(), Some("2025-01-01T00:00:00Z"));
    }
}
