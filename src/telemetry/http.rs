//! The web server's own metrics.

use std::fmt::{self, Debug};

use prometheus::core::{Collector, Desc};
use prometheus::proto::MetricFamily;
use prometheus::{IntCounterVec, IntGauge};

use super::opts;

/// The requests and connections of the web server. Clones share them.
#[derive(Clone)]
pub(crate) struct HttpMetrics {
    requests: IntCounterVec,
    connections: IntGauge,
}

impl HttpMetrics {
    /// Fails if a name or label is invalid.
    pub(super) fn new() -> prometheus::Result<Self> {
        let requests = IntCounterVec::new(
            opts("http_requests_total", "Requests that the web server answered, by HTTP status."),
            &["code"],
        )?;
        // The counter of successes is there before the first one, for rates.
        requests.with_label_values(&["200"]);
        let connections =
            IntGauge::with_opts(opts("http_connections", "Open connections of the web server."))?;
        Ok(Self { requests, connections })
    }

    /// Counts a response of this status.
    pub(crate) fn count_request(&self, status: u16) {
        self.requests.with_label_values(&[&status.to_string()]).inc();
    }

    /// Records that a connection was opened.
    pub(crate) fn connection_opened(&self) {
        self.connections.inc();
    }

    /// Records that a connection was closed.
    pub(crate) fn connection_closed(&self) {
        self.connections.dec();
    }
}

impl Debug for HttpMetrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpMetrics").finish_non_exhaustive()
    }
}

impl Collector for HttpMetrics {
    fn desc(&self) -> Vec<&Desc> {
        [self.requests.desc(), self.connections.desc()].concat()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        [self.requests.collect(), self.connections.collect()].concat()
    }
}
