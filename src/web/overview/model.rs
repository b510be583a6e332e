//! The overview as plain data, built from the facts by pure functions.

use std::collections::BTreeMap;

use super::apis::{self, ApiRow, ApiState};
use super::facts::{Facts, Knowledge};
use super::order::Order;
use super::paging::Paged;
use super::resources::{self, ResourceRow, Trouble};
use super::users::{self, UserRow};
use crate::snapshot::Collector;

/// APIs on one page.
pub(super) const APIS: usize = 50;
/// Resources and users on the overview.
pub(super) const TOP: usize = 10;
/// Names of projects in one cell; more are counted.
const NAMES: usize = 3;

/// The overview.
#[derive(Debug, PartialEq)]
pub(super) struct Overview<'a> {
    pub(super) totals: Totals,
    pub(super) apis: Paged<ApiRow<'a>>,
    /// Sorted by type.
    pub(super) available: Vec<Available<'a>>,
    pub(super) expiring: Vec<ResourceRow<'a>>,
    pub(super) nearest: Vec<UserRow<'a>>,
}

/// The numbers at the top. Those of an API mean nothing unless its coverage has something fresh.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Totals {
    pub(super) projects: usize,
    /// Projects of which each API works.
    pub(super) working: usize,
    /// Projects of which an API fails.
    pub(super) failing: usize,
    pub(super) voice_training: Coverage,
    pub(super) resources: u64,
    pub(super) trouble: Trouble,
    pub(super) user_quotas: Coverage,
    /// Users that the API lists.
    pub(super) users: u64,
    /// Users left out by the limit on users.
    pub(super) omitted: u64,
    /// Users over the warning threshold of a quota, those included who have used one up.
    pub(super) high: usize,
    pub(super) used_up: usize,
}

/// Of how many projects an API's numbers are known.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Coverage {
    pub(super) polled: usize,
    /// The first poll has not ended.
    pub(super) waiting: usize,
    pub(super) fresh: usize,
}

/// What is left of a type.
#[derive(Debug, PartialEq)]
pub(super) struct Available<'a> {
    pub(super) resource_type: &'a str,
    /// Of all projects.
    pub(super) number: f64,
    /// Projects that have it.
    pub(super) some: usize,
    /// The first of the projects that have none, and how many more there are.
    pub(super) none: Vec<&'a str>,
    pub(super) none_more: usize,
}

impl<'a> Overview<'a> {
    /// The overview with a page of its APIs.
    pub(super) fn of(facts: &'a Facts, order: Order, page: usize) -> Self {
        let (resources, places) = (resources::all(facts), users::places(facts));
        let apis = apis::all(facts);
        let (high, used_up) = users::near(&places);
        let (working, failing) = working(&apis);
        let voice = || facts.projects.iter().filter_map(|project| project.voice());
        let users = || facts.projects.iter().filter_map(|project| project.users());
        let totals = Totals {
            projects: facts.projects.len(),
            working,
            failing,
            voice_training: coverage(facts, Collector::VoiceTraining),
            resources: voice().map(|voice| voice.listed).sum(),
            trouble: resources::trouble(&resources),
            user_quotas: coverage(facts, Collector::UserQuotas),
            users: users().map(|users| users.listed).sum(),
            omitted: users().map(|users| users.omitted).sum(),
            high,
            used_up,
        };
        Self {
            totals,
            apis: apis::page(apis, order, page, APIS),
            available: available(facts),
            expiring: resources::next(&resources, facts.now, TOP),
            nearest: users::nearest(facts, places, TOP),
        }
    }
}

/// Projects of which each API works, and those of which one fails. The APIs of a project stand together.
fn working(apis: &[ApiRow<'_>]) -> (usize, usize) {
    let projects = || apis.chunk_by(|a, b| a.project == b.project);
    let works = |project: &&[ApiRow<'_>]| project.iter().all(|api| api.state == ApiState::Works);
    let fails = |project: &&[ApiRow<'_>]| project.iter().any(|api| api.state == ApiState::Fails);
    (projects().filter(works).count(), projects().filter(fails).count())
}

/// How far the numbers of an API are known.
pub(super) fn coverage(facts: &Facts, collector: Collector) -> Coverage {
    let mut coverage = Coverage::default();
    for project in &facts.projects {
        let knowledge = project.knowledge(collector);
        coverage.polled += usize::from(knowledge != Knowledge::NotAsked);
        coverage.waiting += usize::from(knowledge == Knowledge::Waiting);
        coverage.fresh += usize::from(knowledge == Knowledge::Fresh);
    }
    coverage
}

fn available(facts: &Facts) -> Vec<Available<'_>> {
    let mut types: BTreeMap<&str, Available<'_>> = BTreeMap::new();
    for project in &facts.projects {
        for (resource_type, number) in project.voice().into_iter().flat_map(|voice| &voice.available) {
            let nothing =
                || Available { resource_type, number: 0.0, some: 0, none: Vec::new(), none_more: 0 };
            let of_type = types.entry(resource_type).or_insert_with(nothing);
            of_type.number += number;
            match *number {
                0.0 if of_type.none.len() < NAMES => of_type.none.push(&project.name),
                0.0 => of_type.none_more += 1,
                _ => of_type.some += 1,
            }
        }
    }
    types.into_values().collect()
}
