//! What a poll has to lead to, from what the cloud answered in it.

use std::collections::{BTreeMap, BTreeSet};

use super::exposition::Series;
use super::numbers::Numbers;
use super::rows::{Api, Row, available, series};
use super::schedule::Case;
use super::server::{Answered, Outcome, Page};

/// Attempts of a request.
const ATTEMPTS: usize = 4;

/// What is exposed after a good poll.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Exposed {
    pub(crate) data: Series,
    pub(crate) consistent: bool,
    pub(crate) invalid: u64,
}

/// The pages of a walk, in the order of the list.
#[derive(Default)]
struct Walk {
    pages: Vec<(usize, Page)>,
    failures: BTreeMap<usize, usize>,
    is_over: bool,
}

/// What a walk read.
#[derive(Default)]
struct List {
    rows: BTreeMap<String, Row>,
    without_id: Vec<Row>,
    counts: BTreeSet<u64>,
    has_duplicates: bool,
    last_count: Option<u64>,
    invalid: u64,
}

/// What has to be exposed; `None` if the poll fails.
pub(crate) fn judge(case: &Case, log: &[Answered]) -> Option<Exposed> {
    let mut walks = vec![Walk::default()];
    for Answered { offset, outcome } in log {
        let is_new = *offset == 0 && walks.last()?.pages.iter().any(|(offset, _)| *offset == 0);
        if is_new {
            walks.push(Walk::default());
        }
        let walk = walks.last_mut()?;
        match outcome {
            Outcome::Lasting => return None,
            Outcome::Passing => {
                let failures = walk.failures.entry(*offset).or_default();
                *failures += 1;
                walk.is_over |= *failures == ATTEMPTS;
            }
            Outcome::Page(page) => {
                walk.failures.remove(offset);
                walk.pages.push((*offset, page.clone()));
            }
        }
    }
    let newest = walks.last()?;
    assert!(newest.is_over || newest.failures.is_empty(), "a request was not tried again: {log:#?}");
    // The walk before one that fails is complete.
    walks.retain(|walk| !walk.is_over);
    let mut walk = walks.pop()?;
    walk.pages.sort_by_key(|(offset, _)| *offset);
    let pages: Vec<_> = walk.pages.into_iter().map(|(_, page)| page).collect();
    let list = list(&pages);
    if list.length() == 0 && list.last_count.is_some_and(|count| count > 0) {
        return None;
    }
    Some(exposed(case, &pages, &list))
}

impl List {
    fn length(&self) -> usize {
        self.rows.len() + self.without_id.len()
    }
}

/// Of rows with one ID the last counts. Rows without an ID are new unless a page only repeats them.
fn list(pages: &[Page]) -> List {
    let mut list = List::default();
    let mut before: Vec<Row> = vec![];
    for page in pages {
        list.counts.extend(page.count);
        list.last_count = page.count.or(list.last_count);
        list.invalid += page.invalid;
        let mut has_new = false;
        for row in &page.rows {
            if let Some(key) = &row.key {
                let is_new = list.rows.insert(key.clone(), row.clone()).is_none();
                has_new |= is_new;
                list.has_duplicates |= !is_new;
            }
        }
        let without_id: Vec<_> = page.rows.iter().filter(|row| row.key.is_none()).cloned().collect();
        if without_id.is_empty() {
            continue;
        }
        if !has_new && without_id == before {
            list.has_duplicates = true;
            continue;
        }
        list.without_id.extend(without_id.clone());
        before = without_id;
    }
    list
}

fn exposed(case: &Case, pages: &[Page], list: &List) -> Exposed {
    let versions: BTreeSet<_> = pages.iter().map(|page| page.version).collect();
    let is_lossy = pages.iter().any(|page| page.is_short) || says_it_is_complete(case, pages);
    if let (Some(version), 1) = (versions.first(), versions.len())
        && !is_lossy
        && is_plain(&case.versions[*version].rows)
    {
        // The list stood still: what was read is the list.
        let rows: BTreeMap<_, _> = case.versions[*version]
            .rows
            .iter()
            .filter_map(|row| Some((row.key.clone()?, row.clone())))
            .collect();
        assert!(rows == list.rows, "the walk lost rows of the list: {} of {}", list.rows.len(), rows.len());
    }
    let mut data: Series = list.rows.values().flat_map(|row| row.series.clone()).collect();
    data.insert(series(case.api.length(), &[]), list.length() as f64);
    let mut invalid: u64 = list.rows.values().chain(&list.without_id).map(|row| row.invalid).sum();
    match case.api {
        Api::Users => drop(data.insert(series("metastudio_users_omitted", &[]), 0.0)),
        Api::Voice => invalid += add_available(case, pages, &mut data),
        Api::Tenant => {}
    }
    let consistent = match (list.last_count, list.counts.len()) {
        (Some(count), 1) => count == list.length() as u64,
        (None, _) => !list.has_duplicates,
        _ => false,
    };
    Exposed { data, consistent, invalid: invalid + list.invalid }
}

/// The first page with an object counts. An object of another type is an invalid field of its page.
fn add_available(case: &Case, pages: &[Page], data: &mut Series) -> u64 {
    let mut invalid = 0;
    let mut is_found = false;
    for page in pages {
        let numbers = &case.versions[page.version].available;
        match numbers {
            Numbers::Object(_) if is_found => {}
            Numbers::Object(_) => {
                let (series, unreadable) = available(numbers);
                data.extend(series);
                invalid += unreadable;
                is_found = true;
            }
            Numbers::Other(_, unreadable) => invalid += unreadable,
            Numbers::Absent => {}
        }
    }
    invalid
}

/// Whether a wrong `count` is the length of the first page, and the next one is not requested: nothing shows more rows.
fn says_it_is_complete(case: &Case, pages: &[Page]) -> bool {
    case.page < 100 && pages.first().is_some_and(|page| page.count == Some(page.rows.len() as u64))
}

/// Whether no row looks like another one.
fn is_plain(rows: &[Row]) -> bool {
    let keys: BTreeSet<_> = rows.iter().map(|row| &row.key).collect();
    keys.len() == rows.len()
}
