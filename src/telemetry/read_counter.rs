//! A counter whose value another part of the process keeps.

use std::fmt::{self, Debug};
use std::sync::{Arc, OnceLock};

use prometheus::core::{Collector, Desc};
use prometheus::proto::MetricFamily;
use prometheus::{IntCounter, Opts};

/// Reads its value at each scrape; 0 until it has a function to read from.
#[derive(Clone)]
pub(super) struct ReadCounter {
    counter: IntCounter,
    read: Arc<OnceLock<Box<dyn Fn() -> u64 + Send + Sync>>>,
}

impl ReadCounter {
    pub(super) fn new(opts: Opts) -> prometheus::Result<Self> {
        Ok(Self { counter: IntCounter::with_opts(opts)?, read: Arc::default() })
    }

    /// Takes the value from `read` from now on. Further calls change nothing.
    pub(super) fn read_from(&self, read: impl Fn() -> u64 + Send + Sync + 'static) {
        let _ = self.read.set(Box::new(read));
    }
}

impl Debug for ReadCounter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.counter.fmt(f)
    }
}

impl Collector for ReadCounter {
    fn desc(&self) -> Vec<&Desc> {
        self.counter.desc()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        let value = self.read.get().map_or(0, |read| read());
        self.counter.inc_by(value.saturating_sub(self.counter.get()));
        self.counter.collect()
    }
}
