//! Polls all cells of a batch by one exporter: with their faults, without, with them again, and without again.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use metastudio_exporter::cloud::proxies::Proxies;
use metastudio_exporter::config::Config;
use tokio::time::{Instant, sleep};

use crate::cell::{Cell, TIMEOUT, collectors, is_of, poll};
use crate::common::{Exporter, samples};
use crate::log::{Line, Log};
use crate::place::Stage;
use crate::truth::Series;

/// Between two looks at the metrics.
const PAUSE: Duration = Duration::from_millis(200);

/// What is published of one API.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Published {
    /// Exactly what the cloud has.
    Everything,
    /// What the cloud had before, or nothing if it is the first poll.
    LastAnswer,
    /// What the cloud has, but for so many series that are missing and so many that differ or are more.
    Part { missing: usize, other: usize },
}

/// What a poll of one API leads to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Outcome {
    pub(crate) published: Published,
    pub(crate) up: bool,
    pub(crate) reason: String,
    pub(crate) error: String,
    pub(crate) advice: String,
    pub(crate) is_consistent: bool,
    pub(crate) invalid_values: u64,
}

/// The outcomes of a cell by collector; those of the first poll, and those of a poll after a success.
pub(crate) struct Outcomes {
    pub(crate) first: BTreeMap<&'static str, Outcome>,
    pub(crate) later: BTreeMap<&'static str, Outcome>,
}

struct Batch<'a> {
    cells: &'a [Cell],
    exporter: Exporter,
    log: Log,
    polls: u32,
    /// How often each API of each project was polled, as far as a scrape tells.
    polled: HashMap<(usize, &'static str), Polled>,
}

/// Changes with each poll.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
struct Polled {
    failures: f64,
    last_success: f64,
}

/// The series of each project, with the label of the project that the truth has.
type Scrape = Vec<Series>;

/// Runs all cells.
pub(crate) async fn run(cells: &[Cell]) -> Vec<Outcomes> {
    let (log, _recording) = Log::start();
    for cell in cells {
        cell.fail().await;
    }
    let projects = cells.iter().map(|cell| cell.config(true)).collect();
    let exporter = Exporter::start_with(poll(0), projects, false).await;
    let mut batch = Batch { cells, exporter, log, polls: 0, polled: HashMap::new() };
    let nothing = vec![Series::new(); cells.len()];
    let scrape = batch.polled().await;
    let first = batch.outcomes(&scrape, &nothing);
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

impl Batch<'_> {
    /// Polls everything once more.
    async fn poll(&mut self, is_faulty: bool) -> Scrape {
        self.polls += 1;
        let projects = self.cells.iter().map(|cell| cell.config(is_faulty)).collect();
        self.exporter.will_read(Ok(Config { poll: poll(self.polls), projects, proxies: Proxies::default() }));
        self.exporter.reloader.reload().await.unwrap();
        self.polled().await
    }

    /// Waits until each API of each project is polled once more.
    async fn polled(&mut self) -> Scrape {
        let apis = &collectors()[..3];
        let started = Instant::now();
        loop {
            let scrape = self.scrape().await;
            let polled = self.polls_of(&scrape);
            let before = |key| self.polled.get(key).copied().unwrap_or_default();
            if polled.iter().all(|(key, polled)| !apis.contains(&key.1) || before(key) != *polled) {
                self.polled = polled;
                return scrape;
            }
            assert!(started.elapsed() < 10 * TIMEOUT, "all polls end");
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
            let ill = self.cells.iter().zip(&scrape).find(|(cell, shown)| !is_healthy(cell, shown));
            assert!(
                started.elapsed() < 10 * TIMEOUT,
                "{:?} recovers: {:?}, {:?}",
                ill.unwrap().0.faults,
                collectors().map(|collector| outcome(
                    ill.unwrap().0,
                    ill.unwrap().1,
                    &Series::new(),
                    collector,
                    Line::default()
                )),
                self.log.take()
            );
            if self.cells.iter().zip(&scrape).all(|(cell, shown)| is_healthy(cell, shown)) {
                self.log.take();
                return scrape;
            }
            sleep(PAUSE).await;
        }
    }

    async fn scrape(&self) -> Scrape {
        let text = self.exporter.metrics().await;
        let mut projects = vec![Series::new(); self.cells.len()];
        for (series, value) in samples(&text) {
            let Some((before, rest)) = series.split_once("project=\"p") else { continue };
            let (number, after) = rest.split_once('"').unwrap();
            let number: usize = number.parse().unwrap();
            projects[number].insert(format!("{before}project=\"production\"{after}"), value);
        }
        projects
    }

    fn polls_of(&self, scrape: &Scrape) -> HashMap<(usize, &'static str), Polled> {
        let of = |number: usize, collector: &'static str| {
            let last_success =
                sample(&scrape[number], "last_success_timestamp_seconds", collector).unwrap_or(0.0);
            let failures = failures(&scrape[number], collector).map(|(_, number)| number).sum();
            ((number, collector), Polled { failures, last_success })
        };
        (0..scrape.len()).flat_map(|number| collectors().map(|collector| of(number, collector))).collect()
    }

    /// What the last polls led to. `before` is what was published before them.
    fn outcomes(&self, scrape: &Scrape, before: &Scrape) -> Vec<BTreeMap<&'static str, Outcome>> {
        let lines = self.log.take();
        let of = |number: usize, collector: &'static str| {
            let name = format!("p{number}");
            let mut logged = lines.iter().filter(|line| line.project == name && line.collector == collector);
            let line = logged.next().cloned().unwrap_or_default();
            assert!(logged.next().is_none(), "one line for each failed poll: {lines:?}");
            outcome(&self.cells[number], &scrape[number], &before[number], collector, line)
        };
        let numbers = 0..self.cells.len();
        numbers
            .map(|number| collectors().map(|collector| (collector, of(number, collector))).into())
            .collect()
    }
}

fn outcome(cell: &Cell, shown: &Series, before: &Series, collector: &str, line: Line) -> Outcome {
    let of = |all: &Series| -> Series {
        all.iter()
            .filter(|(series, _)| is_of(series, collector))
            .map(|(series, value)| (series.clone(), *value))
            .collect()
    };
    let (shown_series, truth) = (of(shown), cell.truth(collector));
    let published = if shown_series == truth {
        Published::Everything
    } else if shown_series == of(before) {
        Published::LastAnswer
    } else {
        let missing = truth.iter().filter(|(series, _)| !shown_series.contains_key(*series)).count();
        let is_other = |(series, value): &(&String, &f64)| truth.get(*series) != Some(*value);
        Published::Part { missing, other: shown_series.iter().filter(is_other).count() }
    };
    if let Some(duration) = sample(shown, "poll_duration_seconds", collector) {
        assert!(duration < 2.0 * TIMEOUT.as_secs_f64(), "{collector} took {duration} s: {line:?}");
    }
    assert!(cell.hits() <= 3 * 3 * 4 * 3, "{} requests met the fault", cell.hits());
    Outcome {
        published,
        up: sample(shown, "up", collector) == Some(1.0),
        reason: line.reason,
        error: without_details(&line.error),
        advice: line.advice,
        is_consistent: sample(shown, "snapshot_consistent", collector) != Some(0.0),
        invalid_values: sample(shown, "invalid_values", collector).unwrap_or(0.0) as u64,
    }
}

fn is_healthy(cell: &Cell, shown: &Series) -> bool {
    collectors().into_iter().all(|collector| {
        let Outcome { published, up, is_consistent, .. } =
            outcome(cell, shown, &Series::new(), collector, Line::default());
        // Names that could not be read are looked up again after an hour.
        let is_whole =
            published == Published::Everything || (collector == "user_names" && cell.has(Stage::Names));
        is_whole && up && is_consistent
    })
}

fn sample(shown: &Series, name: &str, collector: &str) -> Option<f64> {
    shown.get(&format!("metastudio_{name}{{project=\"production\",collector=\"{collector}\"}}")).copied()
}

/// The failed polls by reason.
fn failures<'a>(shown: &'a Series, collector: &str) -> impl Iterator<Item = (&'a str, f64)> {
    let prefix = format!("metastudio_exporter_poll_failures_total{{collector=\"{collector}\",");
    let of = move |(series, number): (&'a String, &f64)| {
        let reason = series.strip_prefix(&prefix)?.split_once("reason=\"")?.1.trim_end_matches("\"}");
        Some((reason, *number))
    };
    shown.iter().filter_map(of)
}

/// An error without what differs from run to run: ports and times.
fn without_details(error: &str) -> String {
    let mut text = error.to_owned();
    for (pattern, stands_for) in [
        (r"127\.\d+\.\d+\.\d+:\d+", "HOST"),
        (r"\d{8}T\d{6}Z", "TIME"),
        (r"time \d+ \(UNIX\)", "TIME"),
        (r" \(\d+ seconds ago\)", ""),
        (r"line \d+, column \d+ on", "PLACE on"),
        ("a{64}", "aaa..."),
    ] {
        text = regex_lite::Regex::new(pattern).unwrap().replace_all(&text, stands_for).into_owned();
    }
    text
}
