//! What the doctor found: plain data, in the very shape that `check --format json` prints.

use std::collections::BTreeMap;
use std::time::SystemTime;

use jiff::Timestamp;
use serde::Serialize;

use crate::cloud::client::Identity;
use crate::config;
use crate::snapshot::Collector;

/// All checks, in the order of the configuration. In JSON it is a list.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Report {
    /// One for each collector of each project.
    pub checks: Vec<Check>,
}

impl Report {
    /// How many checks ended so.
    #[must_use]
    pub fn count(&self, result: State) -> usize {
        self.checks.iter().filter(|check| check.result == result).count()
    }
}

/// One API of one project.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Check {
    /// The project's configured name.
    pub project: String,
    /// `voice_training` or `user_quotas`.
    pub collector: &'static str,
    /// The worst of the findings: `ok`, `warning` or `failed`.
    pub result: State,
    /// The project's ID, configured or told by IAM; null where neither.
    pub project_id: Option<String>,
    /// The region; empty where only an endpoint is configured.
    pub region: String,
    /// The base URL of MetaStudio.
    pub endpoint: String,
    /// Who asked; null where there are no credentials.
    pub credentials: Option<Credentials>,
    /// The cloud's clock less this machine's, to about a second; null where the cloud did not tell.
    pub clock_skew_seconds: Option<i64>,
    /// `count`: how many rows the list has by its own word; null where it did not tell.
    pub rows: Option<u64>,
    /// How long it took to get the credentials and to read the pages.
    pub duration_seconds: f64,
    /// What was looked at, and how that is.
    pub steps: BTreeMap<Step, State>,
    /// What is wrong, in the order of finding; empty where all is well.
    pub findings: Vec<Finding>,
}

impl Check {
    /// A check that has not begun.
    pub(super) fn new(project: &config::ProjectConfig, collector: Collector) -> Self {
        Self {
            project: project.name.clone(),
            collector: collector.as_str(),
            result: State::Ok,
            project_id: project.id.clone(),
            region: project.region.clone(),
            endpoint: project.endpoint.as_str().trim_end_matches('/').to_owned(),
            credentials: None,
            clock_skew_seconds: None,
            rows: None,
            duration_seconds: 0.0,
            steps: Step::ALL.map(|step| (step, State::Skipped)).into(),
            findings: Vec::new(),
        }
    }

    /// The step is good.
    pub(super) fn is_good(&mut self, step: Step) {
        self.steps.insert(step, State::Ok);
    }

    /// Something is wrong.
    pub(super) fn found(&mut self, finding: Finding) {
        self.steps.insert(finding.step, finding.result);
        self.result = self.result.max(finding.result);
        self.findings.push(finding);
    }
}

/// How a step or a whole check is. The worse, the greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Not looked at, because it could not be or there was no need.
    Skipped,
    /// Good.
    Ok,
    /// It works, but hardly as meant.
    Warning,
    /// It does not work.
    Failed,
}

impl State {
    /// The word for it, as in JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Skipped => "skipped",
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Failed => "failed",
        }
    }
}

/// What is looked at, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// There are credentials.
    Credentials,
    /// The cloud's clock and this machine's agree.
    Clock,
    /// The project is one of the account's in the region.
    Project,
    /// The cloud takes the signature or the token.
    Authentication,
    /// The credentials may call the API.
    Authorization,
    /// The first page can be read.
    FirstPage,
    /// The last page can be read.
    LastPage,
}

impl Step {
    /// All of them.
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

/// Something that is wrong, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What was looked at.
    pub step: Step,
    /// `warning` or `failed`.
    pub result: State,
    /// The kind of failure, as in the label `reason`; null where no call failed.
    pub reason: Option<&'static str>,
    /// What is wrong, without secrets and without the request's ID.
    pub message: String,
    /// What to do.
    pub advice: String,
    /// `X-Request-Id` of the answer, for Huawei Cloud's support; null where there was none.
    pub request_id: Option<String>,
}

/// Credentials without their secrets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Credentials {
    /// The kind, as the configuration file calls it.
    pub kind: &'static str,
    /// The access key's ID but for its middle; null where there is none.
    pub access_key: Option<String>,
    /// When they end, in RFC 3339; null where that is not known.
    pub expires_at: Option<String>,
}

impl From<Identity> for Credentials {
    fn from(identity: Identity) -> Self {
        Self {
            kind: identity.kind,
            access_key: Some(identity.access_key).filter(|id| !id.is_empty()),
            expires_at: identity.expires_at.and_then(to_the_second),
        }
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
    fn an_end_is_told_to_the_second() {
        let end = SystemTime::UNIX_EPOCH + Duration::from_millis(1_735_689_600_999);
        assert_eq!(to_the_second(end).as_deref(), Some("2025-01-01T00:00:00Z"));
    }
}
