//! The text of the metrics with the label `project`.

use std::collections::BTreeSet;

use super::project::{ByReason, CollectorCounts, Counts, ProjectMetrics};
use crate::cloud::reason::Reason;
use crate::exposition::{BodyText, write_header};

/// Reasons for which a request is retried.
const RETRIED: [Reason; 6] =
    [Reason::Auth, Reason::ClockSkew, Reason::Connect, Reason::Server, Reason::Throttled, Reason::Timeout];

/// A metric with the label `project`.
pub(super) struct ProjectFamily {
    pub(super) name: &'static str,
    help: &'static str,
    kind: &'static str,
    labels: &'static [&'static str],
}

// Indices in `FAMILIES`.
const REQUESTS: usize = 0;
const RETRIES: usize = 1;
const CLOCK_SKEW: usize = 2;
const CREDENTIALS_EXPIRY: usize = 3;
const POLL_FAILURES: usize = 4;

/// All metrics with the label `project`, sorted by name.
pub(super) const FAMILIES: [ProjectFamily; 5] = [
    ProjectFamily {
        name: "metastudio_exporter_api_requests_total",
        help: "Requests to the cloud by HTTP status, or timeout, connect, body.",
        kind: "counter",
        labels: &["code", "collector", "project"],
    },
    ProjectFamily {
        name: "metastudio_exporter_api_retries_total",
        help: "Requests that were sent again, by the reason.",
        kind: "counter",
        labels: &["collector", "project", "reason"],
    },
    ProjectFamily {
        name: "metastudio_exporter_clock_skew_seconds",
        help: "The cloud's clock less this machine's, to about a second.",
        kind: "gauge",
        labels: &["project"],
    },
    ProjectFamily {
        name: "metastudio_exporter_credentials_expiry_timestamp_seconds",
        help: "When the credentials in use end, where that is known.",
        kind: "gauge",
        labels: &["project"],
    },
    ProjectFamily {
        name: "metastudio_exporter_poll_failures_total",
        help: "Polls that failed, by the reason.",
        kind: "counter",
        labels: &["collector", "project", "reason"],
    },
];

/// Writes a family of `projects`, which are sorted by name. Its samples are sorted by label values, as those of a registry.
pub(super) fn write(text: &mut BodyText, index: usize, projects: &[&ProjectMetrics]) {
    let mut family = FamilyWriter { family: &FAMILIES[index], text, has_samples: false };
    match index {
        REQUESTS => family.requests(projects),
        RETRIES => family.reasons(projects, |counts| &counts.retries, &RETRIED),
        CLOCK_SKEW => family.value(projects, |counts| counts.clock_skew),
        CREDENTIALS_EXPIRY => family.value(projects, |counts| counts.credentials_expiry),
        POLL_FAILURES => family.reasons(projects, |counts| &counts.failures, &Reason::ALL),
        _ => {}
    }
}

/// Writes one family.
struct FamilyWriter<'a> {
    family: &'a ProjectFamily,
    text: &'a mut BodyText,
    has_samples: bool,
}

impl FamilyWriter<'_> {
    /// A sample for each code and collector.
    fn requests(&mut self, projects: &[&ProjectMetrics]) {
        let mut labels = BTreeSet::new();
        for project in projects {
            labels.extend(project.counts().requests.iter().map(|(code, by, _)| (code.clone(), *by)));
        }
        for (code, collector) in &labels {
            for project in projects {
                let counts = project.counts();
                let number = counts.requests.iter().find(|(of, by, _)| (of, by) == (code, collector));
                if let Some((_, _, number)) = number {
                    self.sample([code, collector, project.name()], *number as f64);
                }
            }
        }
    }

    /// A sample for each collector and reason. Reasons that are not `expected` have one once they have occurred.
    fn reasons(
        &mut self,
        projects: &[&ProjectMetrics],
        numbers: fn(&CollectorCounts) -> &ByReason,
        expected: &[Reason],
    ) {
        let mut collectors = BTreeSet::new();
        for project in projects {
            collectors.extend(project.counts().collectors.iter().map(|counts| counts.collector));
        }
        let mut reasons = Reason::ALL;
        reasons.sort_unstable_by_key(|reason| reason.as_str());
        for collector in collectors {
            for project in projects {
                let counts = project.counts();
                let counts = counts.collectors.iter().find(|counts| counts.collector == collector);
                let Some(numbers) = counts.map(numbers) else { continue };
                for reason in reasons {
                    let number = numbers[reason as usize];
                    if number > 0 || expected.contains(&reason) {
                        self.sample([collector, project.name(), reason.as_str()], number as f64);
                    }
                }
            }
        }
    }

    /// At most one sample for each project.
    fn value(&mut self, projects: &[&ProjectMetrics], value: fn(&Counts) -> Option<f64>) {
        for project in projects {
            if let Some(value) = value(&project.counts()) {
                self.sample([project.name()], value);
            }
        }
    }

    /// Writes a sample, after the header if it is the first one.
    fn sample<const N: usize>(&mut self, values: [&str; N], value: f64) {
        let ProjectFamily { name, help, kind, labels } = self.family;
        if !std::mem::replace(&mut self.has_samples, true) {
            write_header(self.text.text(), name, help, kind);
        }
        self.text.sample(name, labels.iter().copied().zip(values), value);
    }
}
