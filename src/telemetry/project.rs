//! What is counted for one project: plain numbers, because thousands of projects have dozens of them each.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use prometheus::HistogramVec;
use prometheus::proto::{Counter, Gauge, LabelPair, Metric, MetricFamily, MetricType};

use crate::cloud::client::Event;
use crate::cloud::reason::Reason;
use crate::snapshot::Collector;

/// Failures after which a request is sent again.
const RETRIED: [Reason; 6] =
    [Reason::Auth, Reason::ClockSkew, Reason::Connect, Reason::Server, Reason::Throttled, Reason::Timeout];

/// The exporter's own metrics of one project.
#[derive(Debug)]
pub struct ProjectMetrics {
    name: String,
    /// All projects share these: a histogram a project would be too much to keep.
    durations: HistogramVec,
    counts: Mutex<Counts>,
}

#[derive(Debug, Default)]
struct Counts {
    /// By code and collector.
    requests: BTreeMap<(String, &'static str), u64>,
    /// By collector and reason.
    retries: BTreeMap<(&'static str, &'static str), u64>,
    /// By collector and reason.
    poll_failures: BTreeMap<(&'static str, &'static str), u64>,
    clock_skew: Option<f64>,
    credentials_expiry: Option<f64>,
}

impl ProjectMetrics {
    /// Counters of what can go wrong start at 0, so that their first increase is seen.
    pub(super) fn new(name: &str, collectors: &[Collector], durations: HistogramVec) -> Self {
        let mut counts = Counts::default();
        for collector in collectors {
            let zero = |reason: Reason| ((collector.as_str(), reason.as_str()), 0);
            counts.poll_failures.extend(Reason::ALL.map(zero));
            counts.retries.extend(RETRIED.map(zero));
        }
        Self { name: name.to_owned(), durations, counts: Mutex::new(counts) }
    }

    /// Counts what a client tells while it calls one API.
    pub(crate) fn observe(&self, collector: Collector, event: Event) {
        let collector = collector.as_str();
        match event {
            Event::Request { code, duration } => {
                *self.counts().requests.entry((code, collector)).or_default() += 1;
                self.durations.with_label_values(&[collector]).observe(duration.as_secs_f64());
            }
            Event::Retry(reason) => {
                *self.counts().retries.entry((collector, reason.as_str())).or_default() += 1;
            }
            Event::ClockSkew(seconds) => self.counts().clock_skew = Some(seconds as f64),
            Event::CredentialsExpiry(at) => self.counts().credentials_expiry = Some(timestamp(at)),
        }
    }

    /// A poll failed.
    pub fn poll_failed(&self, collector: Collector, reason: Reason) {
        *self.counts().poll_failures.entry((collector.as_str(), reason.as_str())).or_default() += 1;
    }

    /// Every change is a single step, so what a panicking holder left behind is whole.
    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds this project's samples to those of the [`FAMILIES`].
    fn sample(&self, [requests, retries, clock_skew, expiry, poll_failures]: &mut [Vec<Metric>; 5]) {
        let project = ("project", self.name.as_str());
        let counts = self.counts();
        requests.extend(counts.requests.iter().map(|((code, collector), count)| {
            counter(&[("code", code), ("collector", collector), project], *count)
        }));
        let by_reason = |((collector, reason), count): (&(&str, &str), &u64)| {
            counter(&[("collector", collector), project, ("reason", reason)], *count)
        };
        retries.extend(counts.retries.iter().map(by_reason));
        poll_failures.extend(counts.poll_failures.iter().map(by_reason));
        clock_skew.extend(counts.clock_skew.map(|value| gauge(&[project], value)));
        expiry.extend(counts.credentials_expiry.map(|value| gauge(&[project], value)));
    }
}

/// The metrics with the label `project`, in the order of [`Project::sample`].
const FAMILIES: [(&str, &str, MetricType); 5] = [
    (
        "metastudio_exporter_api_requests_total",
        "Requests to the cloud by HTTP status, or timeout, connect, body.",
        MetricType::COUNTER,
    ),
    (
        "metastudio_exporter_api_retries_total",
        "Requests that were sent again, by the reason.",
        MetricType::COUNTER,
    ),
    (
        "metastudio_exporter_clock_skew_seconds",
        "The cloud's clock less this machine's, to about a second.",
        MetricType::GAUGE,
    ),
    (
        "metastudio_exporter_credentials_expiry_timestamp_seconds",
        "When the credentials in use end, where that is known.",
        MetricType::GAUGE,
    ),
    ("metastudio_exporter_poll_failures_total", "Polls that failed, by the reason.", MetricType::COUNTER),
];

/// The samples of `projects` by metric, as a registry would gather them.
pub(super) fn families<'a>(projects: impl IntoIterator<Item = &'a ProjectMetrics>) -> Vec<MetricFamily> {
    let mut samples = [const { Vec::new() }; 5];
    for project in projects {
        project.sample(&mut samples);
    }
    let mut families = Vec::new();
    for ((name, help, kind), mut metrics) in FAMILIES.into_iter().zip(samples) {
        if metrics.is_empty() {
            continue;
        }
        metrics.sort_by(|a, b| values(a).cmp(values(b)));
        let mut family = MetricFamily::default();
        family.set_name(name.to_owned());
        family.set_help(help.to_owned());
        family.set_field_type(kind);
        family.set_metric(metrics);
        families.push(family);
    }
    families
}

fn values(metric: &Metric) -> impl Iterator<Item = &str> {
    metric.get_label().iter().map(LabelPair::value)
}

fn counter(labels: &[(&str, &str)], count: u64) -> Metric {
    let mut value = Counter::default();
    value.set_value(count as f64);
    let mut metric = labelled(labels);
    metric.set_counter(value);
    metric
}

fn gauge(labels: &[(&str, &str)], number: f64) -> Metric {
    let mut value = Gauge::default();
    value.set_value(number);
    let mut metric = labelled(labels);
    metric.set_gauge(value);
    metric
}

fn labelled(labels: &[(&str, &str)]) -> Metric {
    let pair = |(name, value): &(&str, &str)| {
        let mut pair = LabelPair::default();
        pair.set_name((*name).to_owned());
        pair.set_value((*value).to_owned());
        pair
    };
    Metric::from_label(labels.iter().map(pair).collect())
}

/// Seconds since the Unix epoch.
fn timestamp(at: SystemTime) -> f64 {
    at.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64()
}
