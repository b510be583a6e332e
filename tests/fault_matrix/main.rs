//! Every fault at every stage of a poll. `tests/FAULTS.md` is what this program finds; it is generated.
//!
//! A program of its own, because it measures the memory of its process.

#[allow(dead_code, reason = "shared with the integration tests")]
#[path = "../integration/certificates.rs"]
mod certificates;
#[allow(dead_code, reason = "shared with the integration tests")]
#[path = "../integration/common.rs"]
mod common;
#[allow(dead_code, reason = "shared with the integration tests")]
#[path = "../integration/truth.rs"]
mod truth;

mod batch;
mod cell;
mod endpoint;
mod fault;
mod log;
mod page;
mod place;
mod reply;
mod tls;

use std::sync::Mutex;
use std::thread;

use batch::{Outcome, Outcomes, Published, run};
use cell::Cell;
use fault::{Effect, Fault, KINDS};
use page::Found;
use place::{Api, Place, Stage};

/// Faults that one exporter meets, each at its stages.
const FAULTS_OF_A_BATCH: usize = 6;

/// The most memory that the process may take, in kB.
const MAX_MEMORY: u64 = 400_000;

/// The places of a fault at a stage.
fn places(stage: Stage) -> Vec<Place> {
    match stage.is_of_pages() {
        true => Api::ALL.map(|api| Place::of_page(stage, api)).to_vec(),
        false => vec![Place::of_iam(stage)],
    }
}

#[test]
fn every_fault_at_every_stage() {
    let faults: Vec<&'static Fault> = KINDS.iter().flat_map(|kind| kind.faults).collect();
    let batches = Mutex::new(faults.chunks(FAULTS_OF_A_BATCH));
    let outcomes = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                let next = || batches.lock().unwrap().next();
                while let Some(faults) = next() {
                    let found = outcomes_of(faults);
                    outcomes.lock().unwrap().extend(found);
                }
            });
        }
    });
    let outcomes = outcomes.into_inner().unwrap();
    let problems: Vec<_> =
        outcomes.iter().flat_map(|((fault, stage), of)| problems(fault, *stage, of)).collect();
    assert!(problems.is_empty(), "{}", problems.join("\n"));
    assert!(peak_memory() < MAX_MEMORY, "{} kB", peak_memory());
    let found: Vec<_> = outcomes.iter().flat_map(|((fault, stage), of)| found(fault, *stage, of)).collect();
    compare(&page::page(&KINDS, &found));
}

/// What these faults lead to at their stages.
fn outcomes_of(faults: &[&'static Fault]) -> Vec<((&'static Fault, Stage), Outcomes)> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let (mut cells, mut placed) = (Vec::new(), Vec::new());
        for fault in faults {
            for stage in fault.stages {
                cells.push(Cell::new(cells.len(), vec![(fault.effect, places(*stage))]).await);
                placed.push((*fault, *stage));
            }
        }
        placed.into_iter().zip(run(&cells).await).collect()
    })
}

/// The outcome of each API, or of the names if the fault concerns only them.
fn found(fault: &Fault, stage: Stage, Outcomes { first, .. }: &Outcomes) -> Vec<Found> {
    match stage {
        Stage::Names => {
            vec![Found { fault: fault.name, stage, api: None, outcome: first["user_names"].clone() }]
        }
        _ => Api::ALL
            .map(|api| Found {
                fault: fault.name,
                stage,
                api: Some(api),
                outcome: first[api.collector()].clone(),
            })
            .into(),
    }
}

/// What holds under every fault, as sentences about what does not.
fn problems(fault: &Fault, stage: Stage, Outcomes { first, later }: &Outcomes) -> Vec<String> {
    let (mut problems, later_users) = (Vec::new(), &later["user_quotas"]);
    for (collector, outcome) in first {
        let what = format!("{}, {}, {collector}", fault.name, stage.words());
        let is_affected = (*collector == "user_names") == (stage == Stage::Names);
        let later = &later[collector];
        if is_affected {
            problems.extend(
                problem(outcome, fault.is_answer || stage == Stage::Names)
                    .map(|problem| format!("{what}: {problem}: {outcome:?}")),
            );
        }
        if !is_repeated(fault) {
            continue;
        }
        if is_affected && stage != Stage::Names && later != outcome {
            problems.push(format!("{what}: the first poll {outcome:?}, a later one {later:?}"));
        }
        // Names are those of the users that are published.
        let has_all_users = later_users.published == Published::Everything || !later_users.up;
        if !is_affected
            && (has_all_users || *collector != "user_names")
            && !(later.published == Published::Everything && later.up)
        {
            problems.push(format!("{what}: affected: {later:?}"));
        }
    }
    problems
}

/// Whether a later poll is like the first one.
fn is_repeated(fault: &Fault) -> bool {
    match fault.effect {
        // Another address is another project, which has no last answer.
        Effect::Dns => false,
        // The first poll needs a token before all else, and a later one the project ID.
        Effect::Simulated(name) => name != "iam-error",
        _ => true,
    }
}

fn problem(outcome: &Outcome, may_differ: bool) -> Option<&'static str> {
    let Outcome { published, up, reason, error, advice, is_consistent, invalid_values } = outcome;
    match (up, published) {
        (true, _) if !error.is_empty() => Some("logged as failed"),
        (true, _) if may_differ => None,
        (true, Published::LastAnswer) => Some("nothing new, and up"),
        (true, Published::Part { .. }) if *is_consistent && *invalid_values == 0 => {
            Some("silently incomplete")
        }
        (true, _) => None,
        (false, published) if *published != Published::LastAnswer => Some("published, and not up"),
        (false, _) if reason.is_empty() || error.is_empty() || advice.is_empty() => Some("silent"),
        (false, _) if error.contains("panicked") => Some("panic"),
        (false, _) => None,
    }
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
