//! What is exposed is the cloud's list as it was in the last good walk, series for series and value for value.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use metastudio_exporter::cloud::credentials::Source;
use metastudio_exporter::cloud::proxies::Proxies;
use metastudio_exporter::config::{Config, PollConfig, ProjectConfig, UserQuotasConfig};
use metastudio_exporter::snapshot::Collector;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config as Cases, FileFailurePersistence, TestRunner};
use reqwest::Url;

use super::exposition::{Series, parse};
use super::judge::{Exposed, judge};
use super::rows::{Api, PROJECT};
use super::schedule::{Case, POLLS, case};
use super::server::Clouds;
use crate::common::{Exporter, POLL, given};

/// Cases without `PROPTEST_CASES`.
const CASES: u32 = 120;
/// The most cases of a batch. A batch has half as many on average.
const BATCH: u32 = 80;
/// The metrics of the state of polls and of the exporter.
const STATE: [&str; 7] = [
    "metastudio_up",
    "metastudio_last_success_timestamp_seconds",
    "metastudio_poll_duration_seconds",
    "metastudio_snapshot_consistent",
    "metastudio_invalid_values",
    "metastudio_project_info",
    "metastudio_exporter_",
];

/// The cases of one exporter. Their content is too long for the file of regressions; a failure shows that of its case.
struct Batch {
    cases: Vec<Case>,
    concurrency: usize,
}

impl std::fmt::Debug for Batch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} cases, concurrency {}", self.cases.len(), self.concurrency)
    }
}

fn batch() -> impl Strategy<Value = Batch> {
    (vec(case(), 1..=BATCH as usize), any::<bool>()).prop_map(|(cases, is_concurrent)| {
        if is_concurrent {
            Batch { cases: cases.into_iter().map(Case::still).collect(), concurrency: 4 }
        } else {
            Batch { cases, concurrency: 1 }
        }
    })
}

#[test]
fn what_is_exposed_is_the_list_of_the_last_good_walk() {
    let persistence = FileFailurePersistence::WithSource("regressions");
    let cases = std::env::var("PROPTEST_CASES").map_or(CASES, |cases| cases.parse().unwrap());
    let config = Cases {
        cases: cases.div_ceil(BATCH / 2),
        failure_persistence: Some(Box::new(persistence)),
        max_shrink_time: 60_000,
        max_shrink_iters: 1000,
        ..Cases::with_source_file(file!())
    };
    let result = TestRunner::new(config).run(&batch(), |batch| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(check(&batch.cases, batch.concurrency)).map_err(TestCaseError::fail)
    });
    if let Err(error) = result {
        panic!("{error}");
    }
}

/// Polls all cases several times, and compares after each poll.
async fn check(cases: &[Case], concurrency: usize) -> Result<(), String> {
    let (clouds, url) = Clouds::serve(cases).await;
    let projects: Vec<_> =
        cases.iter().enumerate().map(|(number, case)| project(number, case.api, &url)).collect();
    let poll = |number: u32| PollConfig {
        concurrency,
        timeout: Duration::from_secs(60),
        // Another number makes a reload poll everything again.
        requests_per_second: 1000.0 + f64::from(number),
        ..POLL
    };
    let exporter = Exporter::start_with(poll(0), projects.clone(), false).await;
    let mut exposed: Vec<Option<Exposed>> = vec![None; cases.len()];
    let mut ends = BTreeMap::new();
    for number in 1.. {
        let text = polled(&exporter, &mut ends, cases.len()).await;
        keep(&text);
        let shown = by_project(parse(&text)?, cases.len());
        for (number, (case, log)) in cases.iter().zip(clouds.next_poll()).enumerate() {
            let judged = judge(case, &log);
            let is_up = judged.is_some();
            exposed[number] = judged.or(exposed[number].take());
            compare(&shown[number], is_up, exposed[number].as_ref())
                .map_err(|problem| format!("{problem}\nin the poll {log:#?}\nof {case:#?}"))?;
        }
        if number as usize == POLLS {
            break;
        }
        exporter.will_read(Ok(Config {
            poll: poll(number),
            projects: projects.clone(),
            proxies: Proxies::default(),
        }));
        exporter.reloader.reload().await?;
    }
    exporter.shutdown.cancel();
    exporter.running.await.unwrap().map_err(|error| error.to_string())
}

fn project(number: usize, api: Api, url: &Url) -> ProjectConfig {
    ProjectConfig {
        name: format!("p{number}"),
        id: Some(format!("p{number}")),
        region: "cn-north-4".to_owned(),
        endpoint: url.clone(),
        credentials: Source::Token(given("token")),
        iam_endpoint: url.clone(),
        ca_file: None,
        collectors: vec![match api {
            Api::Voice => Collector::VoiceTraining,
            Api::Users => Collector::UserQuotas,
            Api::Tenant => Collector::TenantResources,
        }],
        user_quotas: UserQuotasConfig::default(),
    }
}

/// Waits until each project is polled once more. Returns the scrape.
async fn polled(exporter: &Exporter, ends: &mut BTreeMap<String, String>, projects: usize) -> String {
    let waiting = async {
        loop {
            let text = exporter.metrics().await;
            let now = last_ends(&text);
            if now.len() == projects && now.iter().all(|(project, end)| ends.get(project) != Some(end)) {
                *ends = now;
                return text;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(180), waiting).await.expect("all polls end")
}

/// What changes with each poll, by project. The counters of failures would be early: a scrape reads them last.
fn last_ends(text: &str) -> BTreeMap<String, String> {
    let mut ends = BTreeMap::<String, String>::new();
    let lines = text.split('\n').filter(|line| line.starts_with("metastudio_poll_duration_seconds{"));
    for line in lines {
        let project = line.split("project=\"").nth(1).unwrap().split('"').next().unwrap();
        ends.insert(project.to_owned(), line.to_owned());
    }
    ends
}

/// Writes a scrape to the directory `METASTUDIO_EXPOSITIONS`, for other parsers (`A/test_expositions.py`).
fn keep(text: &str) {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    if let Some(directory) = std::env::var_os("METASTUDIO_EXPOSITIONS") {
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        std::fs::write(Path::new(&directory).join(format!("{number}.prom")), text).unwrap();
    }
}

/// The series of each project, all with one label.
fn by_project(series: Series, projects: usize) -> Vec<Series> {
    let mut all = vec![Series::new(); projects];
    for ((name, mut labels), value) in series {
        if let Some(project) = labels.insert("project".to_owned(), PROJECT.to_owned()) {
            let number: usize = project.trim_start_matches('p').parse().unwrap();
            all[number].insert((name, labels), value);
        }
    }
    all
}

fn compare(shown: &Series, is_up: bool, expected: Option<&Exposed>) -> Result<(), String> {
    let state = |name: &str| shown.iter().find(|((shown, _), _)| shown == name).map(|(_, value)| *value);
    let data: Series = shown
        .iter()
        .filter(|((name, _), _)| !STATE.iter().any(|state| name.starts_with(state)))
        .map(|(series, value)| (series.clone(), *value))
        .collect();
    let expected_data = expected.map(|expected| expected.data.clone()).unwrap_or_default();
    let missing: Vec<_> =
        expected_data.iter().filter(|(series, value)| data.get(*series) != Some(value)).collect();
    let extra: Vec<_> =
        data.iter().filter(|(series, value)| expected_data.get(*series) != Some(value)).collect();
    if !missing.is_empty() || !extra.is_empty() {
        return Err(format!("expected {missing:.200?}, not {extra:.200?}"));
    }
    for (name, expected) in [
        ("metastudio_up", Some(f64::from(u8::from(is_up)))),
        ("metastudio_snapshot_consistent", expected.map(|expected| f64::from(u8::from(expected.consistent)))),
        ("metastudio_invalid_values", expected.map(|expected| expected.invalid as f64)),
    ] {
        if state(name) != expected {
            return Err(format!("{name} is {:?}, not {expected:?}", state(name)));
        }
    }
    Ok(())
}
