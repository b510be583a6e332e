//! Every fault alone, at each of its stages.

use crate::batch::{self, Outcomes};
use crate::cell::Cell;
use crate::fault::{Effect, Fault, KINDS};
use crate::outcome::{Outcome, Published};
use crate::page::Found;
use crate::place::{Api, Place, Stage};
use crate::{LONG_TIME, SHORT_TIME, in_parallel};

/// Faults that one exporter meets, each at its stages.
const FAULTS_OF_A_BATCH: usize = 6;

/// What a fault leads to at a stage.
pub(crate) struct Single {
    pub(crate) fault: &'static Fault,
    pub(crate) stage: Stage,
    pub(crate) outcomes: Outcomes,
}

/// Runs all faults at all stages.
pub(crate) fn run() -> Vec<Single> {
    let faults = KINDS.iter().flat_map(|kind| kind.faults);
    let (endless, others): (Vec<_>, Vec<_>) = faults.partition(|fault| fault.is_endless);
    let batches = |faults: Vec<&'static Fault>, timeout| {
        let chunks = faults.chunks(FAULTS_OF_A_BATCH).map(<[_]>::to_vec).collect::<Vec<_>>();
        chunks.into_iter().map(move |faults| (faults, timeout))
    };
    let batches = batches(endless, SHORT_TIME).chain(batches(others, LONG_TIME)).collect();
    in_parallel(batches, async |(faults, timeout)| {
        let (mut cells, mut placed) = (Vec::new(), Vec::new());
        for fault in faults {
            for stage in fault.stages {
                cells.push(Cell::new(cells.len(), vec![(fault.effect, places(*stage))]).await);
                placed.push((fault, *stage));
            }
        }
        let outcomes = batch::run(&cells, timeout).await;
        let single = |((fault, stage), outcomes)| Single { fault, stage, outcomes };
        placed.into_iter().zip(outcomes).map(single).collect()
    })
}

/// The places of a fault at a stage.
fn places(stage: Stage) -> Vec<Place> {
    if stage.is_of_pages() {
        Api::ALL.map(|api| Place::of_page(stage, api)).to_vec()
    } else {
        vec![Place::of_iam(stage)]
    }
}

/// The outcomes for the page: of each API, or of the names if the fault concerns only them.
pub(crate) fn found(singles: &[Single]) -> Vec<Found> {
    let of = |Single { fault, stage, outcomes }: &Single| {
        let found = |api: Option<Api>| {
            let outcome = outcomes.first[api.map_or("user_names", Api::collector)].clone();
            Found { fault: fault.name, stage: *stage, api, outcome }
        };
        match stage {
            Stage::Names => vec![found(None)],
            _ => Api::ALL.map(|api| found(Some(api))).into(),
        }
    };
    singles.iter().flat_map(of).collect()
}

/// What does not hold although it should under every fault.
pub(crate) fn problems(singles: &[Single]) -> Vec<String> {
    singles.iter().flat_map(problems_of).collect()
}

fn problems_of(Single { fault, stage, outcomes: Outcomes { first, later } }: &Single) -> Vec<String> {
    let (mut problems, later_users) = (Vec::new(), &later["user_quotas"]);
    for (collector, outcome) in first {
        let what = format!("{}, {}, {collector}", fault.name, stage.words());
        let is_affected = (*collector == "user_names") == (*stage == Stage::Names);
        let later = &later[collector];
        if is_affected {
            let may_differ = fault.is_answer || *stage == Stage::Names;
            let problem = problem(outcome, may_differ);
            problems.extend(problem.map(|problem| format!("{what}: {problem}: {outcome:?}")));
        }
        if !is_repeated(fault) {
            continue;
        }
        if is_affected && *stage != Stage::Names && later != outcome {
            problems.push(format!("{what}: the first poll {outcome:?}, a later one {later:?}"));
        }
        // Names are those of the users that are published.
        let has_all_users = later_users.published == Published::Everything || !later_users.up;
        let must_be_right = !is_affected && (has_all_users || *collector != "user_names");
        if must_be_right && !(later.published == Published::Everything && later.up) {
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

/// What is wrong with an outcome. `may_differ`: if the cloud itself says something else than it has.
pub(crate) fn problem(outcome: &Outcome, may_differ: bool) -> Option<&'static str> {
    let Outcome { published, up, reason, error, advice, is_consistent, invalid_values } = outcome;
    match (up, published) {
        (true, _) if !error.is_empty() => Some("logged as failed"),
        (true, _) if may_differ => None,
        (true, Published::LastAnswer) => Some("nothing new, and up"),
        (true, Published::Part { .. }) if *is_consistent && *invalid_values == 0.0 => {
            Some("silently incomplete")
        }
        (false, published) if *published != Published::LastAnswer => Some("published, and not up"),
        (false, _) if reason.is_empty() || error.is_empty() || advice.is_empty() => Some("silent"),
        (false, _) if error.contains("panicked") => Some("panic"),
        _ => None,
    }
}
