//! The counters and gauges of one project. Plain numbers: thousands of projects have dozens of them each.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use prometheus::HistogramVec;

use crate::cloud::client::Event;
use crate::cloud::reason::Reason;
use crate::exposition::PieceWriter;
use crate::snapshot::Collector;

/// Reasons for which a request is retried.
const RETRIED: [Reason; 6] =
    [Reason::Auth, Reason::ClockSkew, Reason::Connect, Reason::Server, Reason::Throttled, Reason::Timeout];

/// The exporter's own metrics of one project.
#[derive(Debug)]
pub(crate) struct ProjectMetrics {
    name: String,
    /// Shared by all projects: a histogram for each would take too much memory.
    durations: HistogramVec,
    values: Mutex<Values>,
}

#[derive(Debug, Default)]
struct Values {
    /// By code and collector.
    requests: BTreeMap<(String, &'static str), u64>,
    retries: ByReason,
    poll_failures: ByReason,
    clock_skew: Option<f64>,
    credentials_expiry: Option<f64>,
}

/// A counter by collector and reason.
type ByReason = BTreeMap<(&'static str, &'static str), u64>;

impl ProjectMetrics {
    /// Counters of failures start at 0, so that Prometheus sees their first increase.
    pub(super) fn new(name: &str, collectors: &[Collector], durations: HistogramVec) -> Self {
        let mut values = Values::default();
        for collector in collectors {
            let zero = |reason: Reason| ((collector.as_str(), reason.as_str()), 0);
            values.poll_failures.extend(Reason::ALL.map(zero));
            values.retries.extend(RETRIED.map(zero));
        }
        Self { name: name.to_owned(), durations, values: Mutex::new(values) }
    }

    /// Records an event of the client during a poll of `collector`.
    pub(crate) fn observe(&self, collector: Collector, event: Event) {
        let collector = collector.as_str();
        let mut values = self.values();
        match event {
            Event::Request { code, duration } => {
                *values.requests.entry((code, collector)).or_default() += 1;
                self.durations.with_label_values(&[collector]).observe(duration.as_secs_f64());
            }
            Event::Retry(reason) => *values.retries.entry((collector, reason.as_str())).or_default() += 1,
            Event::ClockSkew(seconds) => values.clock_skew = Some(seconds as f64),
            Event::CredentialsExpiry(at) => values.credentials_expiry = Some(timestamp(at)),
        }
    }

    /// Counts a failed poll.
    pub(crate) fn poll_failed(&self, collector: Collector, reason: Reason) {
        *self.values().poll_failures.entry((collector.as_str(), reason.as_str())).or_default() += 1;
    }

    /// A panic leaves the values intact, because every change is a single step.
    fn values(&self) -> MutexGuard<'_, Values> {
        self.values.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A metric with the label `project`.
pub(super) struct Family {
    pub(super) name: &'static str,
    help: &'static str,
    kind: &'static str,
    labels: &'static [&'static str],
    samples: for<'a> fn(&Values, &'a str, &mut Vec<Sample<'a>>),
}

/// The values of the family's labels, and the sample's own.
type Sample<'a> = (Vec<Cow<'a, str>>, f64);

/// All metrics with the label `project`, sorted by name.
pub(super) const FAMILIES: [Family; 5] = [
    Family {
        name: "metastudio_exporter_api_requests_total",
        help: "Requests to the cloud by HTTP status, or timeout, connect, body.",
        kind: "counter",
        labels: &["code", "collector", "project"],
        samples: |values, project, samples| {
            samples.extend(values.requests.iter().map(|((code, collector), count)| {
                (vec![code.clone().into(), (*collector).into(), project.into()], *count as f64)
            }));
        },
    },
    Family {
        name: "metastudio_exporter_api_retries_total",
        help: "Requests that were sent again, by the reason.",
        kind: "counter",
        labels: &["collector", "project", "reason"],
        samples: |values, project, samples| by_reason(&values.retries, project, samples),
    },
    Family {
        name: "metastudio_exporter_clock_skew_seconds",
        help: "The cloud's clock less this machine's, to about a second.",
        kind: "gauge",
        labels: &["project"],
        samples: |values, project, samples| {
            samples.extend(values.clock_skew.map(|value| (vec![project.into()], value)));
        },
    },
    Family {
        name: "metastudio_exporter_credentials_expiry_timestamp_seconds",
        help: "When the credentials in use end, where that is known.",
        kind: "gauge",
        labels: &["project"],
        samples: |values, project, samples| {
            samples.extend(values.credentials_expiry.map(|value| (vec![project.into()], value)));
        },
    },
    Family {
        name: "metastudio_exporter_poll_failures_total",
        help: "Polls that failed, by the reason.",
        kind: "counter",
        labels: &["collector", "project", "reason"],
        samples: |values, project, samples| by_reason(&values.poll_failures, project, samples),
    },
];

fn by_reason<'a>(counts: &ByReason, project: &'a str, samples: &mut Vec<Sample<'a>>) {
    samples.extend(counts.iter().map(|((collector, reason), count)| {
        (vec![(*collector).into(), project.into(), (*reason).into()], *count as f64)
    }));
}

impl Family {
    /// Writes the metric of `projects`, sorted by label values as a registry does.
    pub(super) fn write(&self, text: &mut PieceWriter, projects: &[&ProjectMetrics]) {
        let mut samples = Vec::new();
        for project in projects {
            (self.samples)(&project.values(), &project.name, &mut samples);
        }
        if samples.is_empty() {
            return;
        }
        samples.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
        text.header(self.name, self.help, self.kind);
        for (values, value) in &samples {
            let values = values.iter().map(AsRef::as_ref);
            text.sample(self.name, self.labels.iter().copied().zip(values), *value);
        }
    }
}

/// Seconds since the Unix epoch; 0 for a time before 1970.
fn timestamp(at: SystemTime) -> f64 {
    at.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64()
}
