//! What is counted for one project.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::UNIX_EPOCH;

use prometheus::HistogramVec;

use crate::cloud::client::Event;
use crate::cloud::reason::Reason;

/// The exporter's own metrics of one project.
#[derive(Debug)]
pub(crate) struct ProjectMetrics {
    name: String,
    /// Shared by all projects: a histogram for each would take too much memory.
    durations: HistogramVec,
    counts: Mutex<Counts>,
}

/// What was counted for one project: numbers without their labels, because thousands of projects have dozens of them.
#[derive(Debug, Default)]
pub(super) struct Counts {
    /// Requests by code and collector.
    pub(super) requests: Vec<(String, &'static str, u64)>,
    pub(super) collectors: Vec<CollectorCounts>,
    pub(super) clock_skew: Option<f64>,
    pub(super) credentials_expiry: Option<f64>,
}

/// What was counted for one value of label `collector`.
#[derive(Debug)]
pub(super) struct CollectorCounts {
    pub(super) collector: &'static str,
    pub(super) failures: ByReason,
    pub(super) retries: ByReason,
}

/// A number for each of [`Reason::ALL`].
pub(super) type ByReason = [u64; Reason::ALL.len()];

impl ProjectMetrics {
    /// `collectors` are values of label `collector`. Their counters of failures start at 0, so that Prometheus sees their first increase.
    pub(super) fn new(name: &str, collectors: &[&'static str], durations: HistogramVec) -> Self {
        let mut counts = Counts { collectors: Vec::with_capacity(collectors.len()), ..Counts::default() };
        for collector in collectors {
            counts.of(collector);
        }
        Self { name: name.to_owned(), durations, counts: Mutex::new(counts) }
    }

    /// The value of label `project`.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Records an event of the client during a poll of `collector`.
    pub(crate) fn observe(&self, collector: &'static str, event: Event) {
        let mut counts = self.counts();
        match event {
            Event::Request { code, duration } => {
                counts.add_request(code, collector);
                self.durations.with_label_values(&[collector]).observe(duration.as_secs_f64());
            }
            Event::Retry(reason) => counts.of(collector).retries[reason as usize] += 1,
            Event::ClockSkew(seconds) => counts.clock_skew = Some(seconds as f64),
            Event::CredentialsExpiry(at) => {
                let at = at.duration_since(UNIX_EPOCH).unwrap_or_default();
                counts.credentials_expiry = Some(at.as_secs_f64());
            }
        }
    }

    /// Counts a failed poll.
    pub(crate) fn poll_failed(&self, collector: &'static str, reason: Reason) {
        self.counts().of(collector).failures[reason as usize] += 1;
    }

    /// A panic leaves the counts intact, because every change is a single step.
    pub(super) fn counts(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Counts {
    /// The counts of a value of label `collector`.
    fn of(&mut self, collector: &'static str) -> &mut CollectorCounts {
        let known = self.collectors.iter().position(|counts| counts.collector == collector);
        let place = known.unwrap_or_else(|| {
            let (failures, retries) = Default::default();
            self.collectors.push(CollectorCounts { collector, failures, retries });
            self.collectors.len() - 1
        });
        &mut self.collectors[place]
    }

    fn add_request(&mut self, code: String, collector: &'static str) {
        let known = self.requests.iter_mut().find(|(of, by, _)| (&**of, *by) == (&code, collector));
        match known {
            Some((_, _, number)) => *number += 1,
            None => self.requests.push((code, collector, 1)),
        }
    }
}
