//! Pairs of faults on two pages of one list. Each list of a project has a pair of its own, so that a pair must not
//! affect the others.

use std::collections::HashMap;

use crate::batch::{ByCollector, run_once};
use crate::cell::Cell;
use crate::fault::{Effect, Fault};
use crate::outcome::Outcome;
use crate::place::{Api, Place, Stage};
use crate::singles::{Single, problem};
use crate::{LONG_TIME, in_parallel};

/// Pairs that one exporter meets.
const PAIRS_OF_A_BATCH: usize = 90;

/// The faults whose pairs are tried, one of each kind. `FAULT_PAIRS=all` tries all that concern single requests.
const CHOSEN: [&str; 22] = [
    "connection reset",
    "connection closed without a response",
    "400",
    "401",
    "403",
    "429 without a body",
    "500",
    "502 with an HTML page",
    "redirect to another host",
    "206",
    "an error in a body with success",
    "HTML instead of JSON",
    "cut JSON",
    "a body that breaks off",
    "Content-Length too small",
    "a gzip bomb of 1 GB",
    "`count` is 0",
    "no `count`",
    "no rows",
    "the list grows",
    "a row twice",
    "numbers of 1e400",
];

/// A fault on the middle page and another one on the last page.
type Pair = (&'static Fault, &'static Fault);

/// Tries all pairs. Returns what does not hold.
pub(crate) fn run(singles: &[Single]) -> Vec<String> {
    let alone: HashMap<(&str, Stage), &ByCollector> =
        singles.iter().map(|single| ((single.fault.name, single.stage), &single.outcomes.first)).collect();
    let pairs = pairs(singles);
    let number = pairs.len().div_ceil(PAIRS_OF_A_BATCH);
    // Neighbours share a fault. A batch of gzip bombs alone would take the memory of all at once.
    let batches =
        (0..number).map(|first| pairs.iter().skip(first).step_by(number).copied().collect()).collect();
    let outcomes = in_parallel(batches, async |pairs: Vec<Pair>| {
        let mut cells = Vec::new();
        for pairs in pairs.chunks(Api::ALL.len()) {
            let placed = pairs.iter().zip(Api::ALL).flat_map(|((middle, last), api)| {
                let at = |stage| vec![Place::of_page(stage, api)];
                [(middle.effect, at(Stage::MiddlePage)), (last.effect, at(Stage::LastPage))]
            });
            cells.push(Cell::new(cells.len(), placed.collect()).await);
        }
        let outcomes = run_once(&cells, LONG_TIME).await;
        let of_lists =
            outcomes.into_iter().flat_map(|of| Api::ALL.map(|api| (api, of[api.collector()].clone())));
        pairs.into_iter().zip(of_lists).collect()
    });
    let problem_of = |((middle, last), (api, outcome)): &(Pair, (Api, Outcome))| {
        let alone = [(middle, Stage::MiddlePage), (last, Stage::LastPage)]
            .map(|(fault, stage)| &alone[&(fault.name, stage)][Api::collector(*api)]);
        let may_differ = middle.is_answer || last.is_answer;
        let is_expected = if outcome.up {
            alone.iter().all(|alone| alone.up)
        } else {
            alone.iter().any(|alone| !alone.up && alone.reason == outcome.reason)
        };
        let problem = problem(outcome, may_differ).or((!is_expected).then_some("unlike each alone"))?;
        Some(format!("{} and {} of {}: {problem}: {outcome:?}", middle.name, last.name, api.collector()))
    };
    outcomes.iter().filter_map(problem_of).collect()
}

fn pairs(singles: &[Single]) -> Vec<Pair> {
    let is_all = std::env::var("FAULT_PAIRS").is_ok_and(|pairs| pairs == "all");
    let is_paired = |fault: &Fault| {
        let is_of_a_request = matches!(fault.effect, Effect::Reply(_)) && !fault.is_endless;
        is_of_a_request && fault.stages.contains(&Stage::LastPage) && (is_all || CHOSEN.contains(&fault.name))
    };
    let mut faults: Vec<&'static Fault> = singles.iter().map(|single| single.fault).collect();
    faults.sort_by_key(|fault| fault.name);
    faults.dedup_by_key(|fault| fault.name);
    faults.retain(|fault| is_paired(fault));
    assert!(is_all || faults.len() == CHOSEN.len(), "every chosen fault exists");
    let with_later = |(first, middle): (usize, &&'static Fault)| {
        let middle = *middle;
        faults[first + 1..].iter().map(move |last| (middle, *last)).collect::<Vec<_>>()
    };
    faults.iter().enumerate().flat_map(with_later).collect()
}
