//! Every fault at every stage of a poll. `tests/FAULTS.md` is what this program finds; it is generated.
//!
//! A program of its own, because it measures the memory of its process.

#[path = "../integration/certificates.rs"]
mod certificates;
#[expect(dead_code, reason = "shared with the integration tests")]
#[path = "../integration/common.rs"]
mod common;
#[expect(dead_code, reason = "shared with the integration tests")]
#[path = "../integration/truth.rs"]
mod truth;

mod batch;
mod cell;
mod endpoint;
mod fault;
mod log;
mod outcome;
mod page;
mod pairs;
mod place;
mod reply;
mod singles;
mod tls;

use std::sync::Mutex;
use std::thread;
use std::time::Duration;

use fault::{Effect, KINDS};

/// The time of a poll that nothing else ends. Long enough for a poll without faults on a slow machine.
const SHORT_TIME: Duration = Duration::from_secs(8);
/// The time of all others.
const LONG_TIME: Duration = Duration::from_secs(120);

/// The most memory that the process may take, in kB.
const MAX_MEMORY: u64 = 400_000;

/// Batches that run at the same time, each on a thread of its own. They mostly wait.
const THREADS: usize = 3;

#[test]
fn every_fault_of_the_simulated_cloud_is_tried() {
    let error = "none".parse::<metastudio_exporter::sim::Fault>().unwrap_err().to_string();
    let names: Vec<_> = error.split_once("the faults are ").unwrap().1.split(", ").collect();
    let tried = KINDS.iter().flat_map(|kind| kind.faults).filter_map(|fault| match fault.effect {
        Effect::Simulated(name) => Some(name),
        _ => None,
    });
    assert_eq!(tried.collect::<Vec<_>>(), names);
}

#[test]
fn every_fault_at_every_stage_and_every_pair() {
    let outcomes = singles::run();
    let problems = singles::problems(&outcomes);
    assert!(problems.is_empty(), "{}", problems.join("\n"));
    let problems = pairs::run(&outcomes);
    assert!(problems.is_empty(), "{}", problems.join("\n"));
    let memory = peak_memory();
    assert!(memory < MAX_MEMORY, "{memory} kB");
    compare(&page::page(&KINDS, &singles::found(&outcomes)));
}

/// Calls `run` for each batch, on a few threads. Returns all results.
fn in_parallel<B: Send, R: Send>(batches: Vec<B>, run: impl AsyncFn(B) -> Vec<R> + Sync) -> Vec<R> {
    let (batches, results) = (Mutex::new(batches.into_iter()), Mutex::new(Vec::new()));
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
                let next = || batches.lock().unwrap().next();
                while let Some(batch) = next() {
                    let result = runtime.block_on(run(batch));
                    results.lock().unwrap().extend(result);
                }
            });
        }
    });
    results.into_inner().unwrap()
}

/// Compares the page with the committed one, or writes it with `UPDATE_FAULTS=1`.
fn compare(page: &str) {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/FAULTS.md");
    if std::env::var_os("UPDATE_FAULTS").is_some() {
        return std::fs::write(path, page).unwrap();
    }
    let committed = std::fs::read_to_string(path).unwrap();
    for (found, committed) in page.lines().zip(committed.lines()) {
        assert_eq!(
            found, committed,
            "if this is intended, run UPDATE_FAULTS=1 cargo test --test fault_matrix"
        );
    }
    assert_eq!(page.len(), committed.len(), "a line more or less");
}

/// The most memory that this process has had, in kB.
fn peak_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}
