//! What the exporter makes of each recording in `tests/replays`: the series beside it, exactly.
//!
//! `UPDATE_REPLAYS=1 cargo test replays` writes them. Review the difference before you commit it.

use std::path::{Path, PathBuf};

use metastudio_exporter::cloud::credentials::Source;
use metastudio_exporter::config::{ProjectConfig, UserQuotasConfig};
use metastudio_exporter::sim::replay::{RecordedProject, Replay};
use metastudio_exporter::snapshot::Collector;
use reqwest::Url;

use crate::common::{POLL, given, once, serve};

const DIRECTORY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/replays");

/// Metrics whose values depend on the time of the run.
const VOLATILE: [&str; 2] = ["metastudio_last_success_timestamp_seconds", "metastudio_poll_duration_seconds"];

/// The projects of a recording, named by their number from 1.
pub(crate) fn configured(replay: &Replay, endpoint: &Url) -> Vec<ProjectConfig> {
    let project = |(index, project): (usize, &RecordedProject)| ProjectConfig {
        name: format!("project-{}", index + 1),
        id: project.project_id.clone(),
        region: project.region.clone(),
        endpoint: endpoint.clone(),
        iam_endpoint: endpoint.clone(),
        ca_file: None,
        credentials: Source::Token(given("token")),
        collectors: Collector::ALL
            .into_iter()
            .filter(|collector| project.collectors.iter().any(|name| name == collector.as_str()))
            .collect(),
        user_quotas: UserQuotasConfig { names: project.user_names, ..UserQuotasConfig::default() },
    };
    replay.projects().iter().enumerate().map(project).collect()
}

/// The series with data, and those that say whether it could be read, in the order of a scrape.
pub(crate) fn data_series(scrape: &str, endpoint: &Url) -> String {
    let is_data = |line: &&str| {
        line.starts_with("metastudio_")
            && !line.starts_with("metastudio_exporter_")
            && !VOLATILE.iter().any(|volatile| line.starts_with(volatile))
    };
    let lines = scrape.lines().filter(is_data);
    let endpoint = endpoint.as_str().trim_end_matches('/');
    lines.map(|line| line.replace(endpoint, "ENDPOINT") + "\n").collect()
}

fn recordings() -> Vec<PathBuf> {
    let entries = std::fs::read_dir(DIRECTORY).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> =
        entries.filter(|path| path.extension().is_some_and(|end| end == "json")).collect();
    files.sort();
    files
}

async fn replayed(file: &Path) -> String {
    let replay = Replay::read(&std::fs::read_to_string(file).unwrap()).unwrap();
    let endpoint = serve(replay.router()).await;
    data_series(&once(POLL, configured(&replay, &endpoint)).await, &endpoint)
}

#[tokio::test]
async fn every_recording_gives_the_series_beside_it() {
    let files = recordings();
    assert!(files.len() >= 3, "{files:?}");
    for file in files {
        let (shown, expected) = (replayed(&file).await, file.with_extension("prom"));
        if std::env::var_os("UPDATE_REPLAYS").is_some() {
            std::fs::write(&expected, &shown).unwrap();
        }
        let expected = std::fs::read_to_string(&expected).unwrap();
        for (shown, expected) in shown.lines().zip(expected.lines()) {
            assert_eq!(shown, expected, "{}", file.display());
        }
        assert_eq!(shown.len(), expected.len(), "{}: one text has more lines", file.display());
    }
}
