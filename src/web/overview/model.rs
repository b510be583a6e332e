//! The overview as plain data, built from the facts by pure functions. Knows no words.

use std::collections::BTreeMap;

use super::apis::{self, ApiRow, ApiState};
use super::attention::Attention;
use super::facts::{DataState, Facts};
use super::paging::Paged;
use super::products::{self, ProductRow};
use super::resource_levels::ProblemCounts;
use super::resources::{self, ResourceRow};
use super::sort_order::SortOrder;
use super::user_list::UserLists;
use super::users::UserRow;
use crate::snapshot::{Collector, LevelCounts};

/// APIs on one page.
const APIS: usize = 50;
/// Resources, products and users on the overview.
const TOP: usize = 10;
/// Names of projects in one cell; further ones are counted.
const PROJECT_NAMES: usize = 3;

/// The overview.
#[derive(Debug, PartialEq)]
pub(super) struct Overview<'a> {
    pub(super) attention: Attention<'a>,
    pub(super) totals: Totals,
    pub(super) apis: Paged<ApiRow<'a>>,
    /// Sorted by type.
    pub(super) available: Vec<AvailableModels<'a>>,
    pub(super) expiring: Vec<ResourceRow<'a>>,
    pub(super) products: Vec<ProductRow<'a>>,
    pub(super) most_used: Vec<UserRow<'a>>,
}

/// The numbers at the top. Those of an API mean nothing unless its coverage has fresh data.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Totals {
    pub(super) projects: u64,
    /// Projects whose APIs all work.
    pub(super) working: u64,
    /// Projects with a failing API.
    pub(super) failing: u64,
    /// Projects without a failing API, with data that is too old to show or incomplete.
    pub(super) doubtful: u64,
    pub(super) voice_training: Coverage,
    pub(super) resources: u64,
    pub(super) problems: ProblemCounts,
    pub(super) tenant_resources: Coverage,
    pub(super) products: u64,
    pub(super) product_problems: ProblemCounts,
    pub(super) user_quotas: Coverage,
    /// Users that the API lists.
    pub(super) users: u64,
    /// Users omitted by the limit on users.
    pub(super) omitted: u64,
    pub(super) levels: LevelCounts,
}

/// How many projects an API has data of.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Coverage {
    pub(super) polled: usize,
    /// Projects whose first poll has not finished.
    pub(super) waiting: usize,
    pub(super) fresh: usize,
}

/// The models of a resource type that can still be trained.
#[derive(Debug, Default, PartialEq)]
pub(super) struct AvailableModels<'a> {
    pub(super) resource_type: &'a str,
    /// The sum over all projects.
    pub(super) number: f64,
    /// How many projects have some.
    pub(super) projects_with_some: usize,
    /// The first projects with none.
    pub(super) projects_with_none: Vec<&'a str>,
    /// How many further projects have none.
    pub(super) more_with_none: usize,
}

impl<'a> Overview<'a> {
    /// The overview with a page of its APIs.
    pub(super) fn new(facts: &'a Facts, order: SortOrder, page: usize) -> Self {
        let (resources, user_lists) = (resources::all(facts), UserLists::new(facts));
        let (products, apis) = (products::all(facts), apis::all(facts));
        let levels: Vec<_> = user_lists.counts().collect();
        let (working, failing, doubtful) = count_states(&apis);
        let voice = || facts.projects.iter().filter_map(|project| project.voice());
        let users = || facts.projects.iter().filter_map(|project| project.users());
        let totals = Totals {
            projects: facts.projects.len() as u64,
            working,
            failing,
            doubtful,
            voice_training: coverage(facts, Collector::VoiceTraining),
            resources: voice().map(|voice| voice.listed).sum(),
            problems: ProblemCounts::new(resources.iter().map(|row| &row.state)),
            tenant_resources: coverage(facts, Collector::TenantResources),
            products: facts
                .projects
                .iter()
                .filter_map(|project| project.products())
                .map(|list| list.listed)
                .sum(),
            product_problems: ProblemCounts::new(products.iter().map(|row| &row.state)),
            user_quotas: coverage(facts, Collector::UserQuotas),
            users: users().map(|users| users.listed).sum(),
            omitted: users().map(|users| users.omitted).sum(),
            levels: levels.iter().map(|(_, counts)| *counts).sum(),
        };
        Self {
            attention: Attention::new(facts, &apis, &resources, &products, &levels),
            totals,
            apis: apis::page(apis, order, page, APIS),
            available: available(facts),
            expiring: resources::expiring_next(&resources, facts.now, TOP),
            products: products::most_pressing(&products, TOP),
            most_used: user_lists.most_used(TOP),
        }
    }
}

/// How many projects work, have a failing API, and have doubtful data. The APIs of a project are adjacent.
fn count_states(apis: &[ApiRow<'_>]) -> (u64, u64, u64) {
    let (mut working, mut failing, mut doubtful) = (0, 0, 0);
    for project in apis.chunk_by(|a, b| a.project == b.project) {
        let has = |state| project.iter().any(|api| api.state == state);
        match () {
            () if has(ApiState::Fails) => failing += 1,
            () if has(ApiState::Stale) || has(ApiState::Incomplete) => doubtful += 1,
            () => working += u64::from(!has(ApiState::Waiting)),
        }
    }
    (working, failing, doubtful)
}

/// How many projects have data of an API.
pub(super) fn coverage(facts: &Facts, collector: Collector) -> Coverage {
    let mut coverage = Coverage::default();
    for project in &facts.projects {
        let state = project.data_state(collector);
        coverage.polled += usize::from(state != DataState::NotPolled);
        coverage.waiting += usize::from(state == DataState::Waiting);
        coverage.fresh += usize::from(state == DataState::Fresh);
    }
    coverage
}

fn available(facts: &Facts) -> Vec<AvailableModels<'_>> {
    let mut types: BTreeMap<&str, AvailableModels<'_>> = BTreeMap::new();
    for project in &facts.projects {
        for (resource_type, number) in project.voice().into_iter().flat_map(|voice| &voice.available) {
            let models = types.entry(resource_type).or_default();
            models.resource_type = resource_type;
            models.number += number;
            match *number {
                0.0 if models.projects_with_none.len() < PROJECT_NAMES => {
                    models.projects_with_none.push(&project.name);
                }
                0.0 => models.more_with_none += 1,
                _ => models.projects_with_some += 1,
            }
        }
    }
    types.into_values().collect()
}
