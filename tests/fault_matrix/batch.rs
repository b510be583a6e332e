//! Polls all cells of a batch by one exporter: with their faults, without, with them again, and without again.

use std::collections::BTreeMap;
use std::time::Duration;

use metastudio_exporter::cloud::proxies::Proxies;
use metastudio_exporter::config::Config;
use tokio::time::{Instant, sleep};
use tracing::subscriber::DefaultGuard;

use crate::cell::{COLLECTORS, Cell, poll};
use crate::common::{Exporter, samples};
use crate::log::Log;
use crate::outcome::{Outcome, is_healthy, outcome};
use crate::truth::Series;

/// Between two looks at the metrics.
const PAUSE: Duration = Duration::from_millis(100);
/// Longer than any batch takes on a slow machine.
const LONGEST_WAIT: Duration = Duration::from_secs(240);

/// The outcomes of a cell.
pub(crate) type ByCollector = BTreeMap<&'static str, Outcome>;

/// The outcomes of a cell; those of the first poll, and those of a poll after a success.
pub(crate) struct Outcomes {
    pub(crate) first: ByCollector,
    pub(crate) later: ByCollector,
}

struct Batch<'a> {
    cells: &'a [Cell],
    exporter: Exporter,
    log: Log,
    /// The time of a poll.
    timeout: Duration,
    /// How often all projects were polled again.
    number: u32,
    polls: Polls,
}

/// The lines of a scrape that change with each poll, by project and collector.
type Polls = BTreeMap<(String, String), String>;

/// The series of each project, with the label of the project that the truth has.
type Scrape = Vec<Series>;

/// Polls all cells with their faults and without, twice.
pub(crate) async fn run(cells: &[Cell], timeout: Duration) -> Vec<Outcomes> {
    let (mut batch, first, _recording) = Batch::start(cells, timeout).await;
    let healthy = batch.recover().await;
    for cell in cells {
        cell.change().await;
        cell.fail().await;
    }
    let scrape = batch.poll(true).await;
    let later = batch.outcomes(&scrape, &healthy);
    batch.recover().await;
    first.into_iter().zip(later).map(|(first, later)| Outcomes { first, later }).collect()
}

/// Polls all cells with their faults, and without. Returns the outcomes of the first poll.
pub(crate) async fn run_once(cells: &[Cell], timeout: Duration) -> Vec<ByCollector> {
    let (mut batch, first, _recording) = Batch::start(cells, timeout).await;
    batch.recover().await;
    first
}

impl<'a> Batch<'a> {
    /// Polls all cells with their faults, for the first time.
    async fn start(cells: &'a [Cell], timeout: Duration) -> (Self, Vec<ByCollector>, DefaultGuard) {
        let (log, recording) = Log::start();
        for cell in cells {
            cell.fail().await;
        }
        let projects = cells.iter().map(|cell| cell.config(true)).collect();
        let exporter = Exporter::start_with(poll(0, timeout), projects, false).await;
        let mut batch = Self { cells, exporter, log, timeout, number: 0, polls: Polls::new() };
        let scrape = batch.polled().await;
        let first = batch.outcomes(&scrape, &vec![Series::new(); cells.len()]);
        (batch, first, recording)
    }

    /// Polls everything once more.
    async fn poll(&mut self, is_faulty: bool) -> Scrape {
        self.number += 1;
        let projects = self.cells.iter().map(|cell| cell.config(is_faulty)).collect();
        let poll = poll(self.number, self.timeout);
        self.exporter.will_read(Ok(Config { poll, projects, proxies: Proxies::default() }));
        self.exporter.reloader.reload().await.unwrap();
        self.polled().await
    }

    /// Waits until each API of each project is polled once more.
    async fn polled(&mut self) -> Scrape {
        let started = Instant::now();
        loop {
            let text = self.exporter.metrics().await;
            let polls = polls(&text);
            let is_polled = |number: usize, collector: &str| {
                let key = (format!("p{number}"), collector.to_owned());
                polls.get(&key) != self.polls.get(&key)
            };
            let [lists @ .., _names] = COLLECTORS;
            if (0..self.cells.len()).all(|number| lists.iter().all(|list| is_polled(number, list))) {
                self.polls = polls;
                return self.by_project(&text);
            }
            assert!(started.elapsed() < LONGEST_WAIT, "all polls end");
            sleep(PAUSE).await;
        }
    }

    /// Ends all faults, and polls until everything is right again. An issuer that failed is not asked at once.
    async fn recover(&mut self) -> Scrape {
        for cell in self.cells {
            cell.recover().await;
        }
        let started = Instant::now();
        loop {
            let scrape = self.poll(false).await;
            let lines = self.log.take();
            let mut all = self.cells.iter().zip(&scrape);
            let Some((ill, shown)) = all.find(|(cell, shown)| !is_healthy(cell, shown)) else {
                return scrape;
            };
            assert!(started.elapsed() < LONGEST_WAIT, "{ill:?} recovers: {lines:?}, {shown:?}");
            sleep(PAUSE).await;
        }
    }

    fn by_project(&self, text: &str) -> Scrape {
        let mut projects = vec![Series::new(); self.cells.len()];
        for (series, value) in samples(text) {
            let Some((before, rest)) = series.split_once("project=\"p") else { continue };
            let (number, after) = rest.split_once('"').unwrap();
            let number: usize = number.parse().unwrap();
            projects[number].insert(format!("{before}project=\"production\"{after}"), value);
        }
        projects
    }

    /// What the last polls led to. `before` is what was published before them.
    fn outcomes(&self, scrape: &Scrape, before: &Scrape) -> Vec<ByCollector> {
        let lines = self.log.take();
        let of = |number: usize, collector: &'static str| {
            let name = format!("p{number}");
            let is_of = |line: &&crate::log::Line| line.project == name && line.collector == collector;
            let failures: Vec<_> =
                lines.iter().filter(|line| is_of(line) && !line.error.is_empty()).collect();
            assert!(failures.len() <= 1, "one line for each failed poll: {failures:?}");
            let line = failures.first().copied().cloned().unwrap_or_default();
            (collector, outcome(&self.cells[number], &scrape[number], &before[number], collector, line))
        };
        (0..self.cells.len()).map(|number| COLLECTORS.map(|collector| of(number, collector)).into()).collect()
    }
}

fn polls(text: &str) -> Polls {
    let mut polls = Polls::new();
    for line in text.lines() {
        let is_changing =
            ["metastudio_last_success_timestamp_seconds{", "metastudio_exporter_poll_failures_total{"]
                .iter()
                .any(|name| line.starts_with(name));
        // Counters begin with 0.
        if is_changing && !line.ends_with(" 0") {
            let label = |name: &str| line.split(&format!("{name}=\"")).nth(1)?.split('"').next();
            let key = (label("project").unwrap().to_owned(), label("collector").unwrap().to_owned());
            polls.entry(key).or_default().push_str(line);
        }
    }
    polls
}
