//! The number of tasks, by which a leak of tasks is seen before its memory is.

use prometheus::IntGauge;
use prometheus::core::{Collector, Desc};
use prometheus::proto::MetricFamily;
use tokio::runtime::Handle;

use super::opts;

/// Counts the tasks of the runtime in which it is collected.
pub(super) struct Tasks(IntGauge);

impl Tasks {
    pub(super) fn new() -> prometheus::Result<Self> {
        let help = "Concurrent tasks in the process: connections, polls, and those that run all the time.";
        Ok(Self(IntGauge::with_opts(opts("tasks", help))?))
    }
}

impl Collector for Tasks {
    fn desc(&self) -> Vec<&Desc> {
        self.0.desc()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        let alive = Handle::try_current().map_or(0, |runtime| runtime.metrics().num_alive_tasks());
        self.0.set(i64::try_from(alive).unwrap_or(i64::MAX));
        self.0.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_tasks_that_have_not_ended_are_counted_at_each_scrape() {
        let tasks = Tasks::new().unwrap();
        let count = || tasks.collect()[0].get_metric()[0].get_gauge().get_value();
        assert_eq!(count(), 0.0);
        let waiting: Vec<_> = (0..3).map(|_| tokio::spawn(std::future::pending::<()>())).collect();
        assert_eq!(count(), 3.0);
        for task in waiting {
            task.abort();
            task.await.unwrap_err();
        }
        assert_eq!(count(), 0.0);
    }
}
