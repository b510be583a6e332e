//! The counters and gauges of one project. Plain numbers: thousands of projects have dozens of them each.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::UNIX_EPOCH;

use prometheus::HistogramVec;

use crate::cloud::client::Event;
use crate::cloud::reason::Reason;
use crate::exposition::{write_header, write_sample};

/// Reasons for which a request is retried.
const RETRIED: [Reason; 6] =
    [Reason::Auth, Reason::ClockSkew, Reason::Connect, Reason::Server, Reason::Throttled, Reason::Timeout];

/// The exporter's own metrics of one project.
#[derive(Debug)]
pub(crate) struct ProjectMetrics {
    name: String,
    /// Shared by all projects: a histogram for each would take too much memory.
    durations: HistogramVec,
    /// The samples of each of [`FAMILIES`], by the values of their labels other than `project`.
    samples: Mutex<[BTreeMap<LabelValues, f64>; FAMILIES.len()]>,
}

/// Empty texts for labels that the metric does not have.
type LabelValues = (Cow<'static, str>, &'static str);

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

impl ProjectMetrics {
    /// `collectors` are values of label `collector`. Their counters of failures start at 0, so that Prometheus sees their first increase.
    pub(super) fn new(name: &str, collectors: &[&'static str], durations: HistogramVec) -> Self {
        let metrics = Self { name: name.to_owned(), durations, samples: Mutex::default() };
        for collector in collectors {
            for reason in Reason::ALL {
                metrics.add(POLL_FAILURES, (*collector).into(), reason.as_str(), 0.0);
            }
            for reason in RETRIED {
                metrics.add(RETRIES, (*collector).into(), reason.as_str(), 0.0);
            }
        }
        metrics
    }

    /// Records an event of the client during a poll of `collector`.
    pub(crate) fn observe(&self, collector: &'static str, event: Event) {
        match event {
            Event::Request { code, duration } => {
                self.add(REQUESTS, code.into(), collector, 1.0);
                self.durations.with_label_values(&[collector]).observe(duration.as_secs_f64());
            }
            Event::Retry(reason) => self.add(RETRIES, collector.into(), reason.as_str(), 1.0),
            Event::ClockSkew(seconds) => self.set(CLOCK_SKEW, seconds as f64),
            Event::CredentialsExpiry(at) => {
                let at = at.duration_since(UNIX_EPOCH).unwrap_or_default();
                self.set(CREDENTIALS_EXPIRY, at.as_secs_f64());
            }
        }
    }

    /// Counts a failed poll.
    pub(crate) fn poll_failed(&self, collector: &'static str, reason: Reason) {
        self.add(POLL_FAILURES, collector.into(), reason.as_str(), 1.0);
    }

    fn add(&self, family: usize, first: Cow<'static, str>, second: &'static str, number: f64) {
        *self.samples()[family].entry((first, second)).or_default() += number;
    }

    fn set(&self, family: usize, value: f64) {
        self.samples()[family].insert(LabelValues::default(), value);
    }

    /// A panic leaves the samples intact, because every change is a single step.
    fn samples(&self) -> MutexGuard<'_, [BTreeMap<LabelValues, f64>; FAMILIES.len()]> {
        self.samples.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Writes a family of `projects`, sorted by label values as a registry does.
pub(super) fn write(text: &mut String, index: usize, projects: &[&ProjectMetrics]) {
    let ProjectFamily { name, help, kind, labels } = FAMILIES[index];
    let mut samples = Vec::new();
    for project in projects {
        for ((first, second), value) in &project.samples()[index] {
            let project = Cow::Borrowed(project.name.as_str());
            let values = match labels {
                [_, "project", _] => [first.clone(), project, Cow::Borrowed(*second)],
                [_, _, "project"] => [first.clone(), Cow::Borrowed(*second), project],
                _ => [project, Cow::default(), Cow::default()],
            };
            samples.push((values, *value));
        }
    }
    if samples.is_empty() {
        return;
    }
    samples.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
    write_header(text, name, help, kind);
    for (values, value) in &samples {
        write_sample(text, name, labels.iter().copied().zip(values.iter().map(AsRef::as_ref)), *value);
    }
}
