//! Whether the credentials could read the optional APIs that a project does not poll.

use std::time::Duration;

use tokio::time::Instant;

use super::report::UnpolledApi;
use crate::cloud::client::{Call, Client};
use crate::collect::probe;
use crate::config::ProjectConfig;
use crate::snapshot::Collector;

/// Reads the first page of each, each within `timeout`. No problem here is a failure of the project.
pub(super) async fn check_unpolled(
    project: &ProjectConfig,
    client: &Client,
    timeout: Duration,
) -> Vec<UnpolledApi> {
    let is_optional = |collector: &Collector| !Collector::DEFAULT.contains(collector);
    let is_off = |collector: &Collector| !project.collectors.contains(collector);
    let mut apis = Vec::new();
    for collector in Collector::ALL.into_iter().filter(is_optional).filter(is_off) {
        let call = Call { deadline: Instant::now() + timeout, observe: &|_| {} };
        let first = probe(client, collector, 0, call).await;
        apis.push(UnpolledApi {
            project: project.name.clone(),
            collector: collector.as_str(),
            rows: first.map(|first| first.count).map_err(|error| error.to_string()),
        });
    }
    apis
}
