//! What needs a person, as plain data. There is one item for each kind of problem and not for each resource, user or
//! project, so that the list stays short. Severities and bounds are those of the alerting rules. Knows no words.
//!
//! A new kind is a variant of [`Problem`], a function that finds it, and a sentence and a link in `attention_lines`.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::apis::{ApiRow, ApiState, DataSummary};
use super::attention_products;
use super::facts::Facts;
use super::products::ProductRow;
use super::resource_state::ResourceProblem;
use super::resources::ResourceRow;
use crate::poll::PollFailure;
use crate::snapshot::{LevelCounts, USER_NAMES};

/// What needs a person, and how much is known.
#[derive(Debug, PartialEq)]
pub(super) struct Attention<'a> {
    /// The most pressing first.
    pub(super) items: Vec<Item<'a>>,
    /// APIs of all projects.
    pub(super) apis: usize,
    /// APIs whose first poll has not finished; what they find is unknown.
    pub(super) waiting: usize,
    pub(super) now: Timestamp,
}

/// One kind of problem.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Item<'a> {
    pub(super) problem: Problem<'a>,
    pub(super) severity: Severity,
    /// Seconds until something is lost; 0 from then on, `None` if nothing is lost.
    pub(super) time_left: Option<i64>,
    /// The projects that have the problem, in the order of the configuration.
    pub(super) projects: Vec<&'a str>,
}

/// The severity of an alert; the worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Severity {
    Critical,
    Warning,
}

/// A kind of problem with its numbers.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Problem<'a> {
    /// One API fails for one reason.
    Failing {
        collector: &'static str,
        /// That of the first project.
        failure: &'a PollFailure,
        /// Projects of which no poll has succeeded.
        without_data: usize,
        /// When the oldest data of the others was fetched.
        oldest: Option<Timestamp>,
    },
    /// The polls of an API do not fail, but its data is too old to show.
    Stale {
        collector: &'static str,
        oldest: Timestamp,
    },
    /// No model of these types can be trained. Sorted.
    NothingToTrain {
        types: Vec<&'a str>,
    },
    /// Expired in the last 30 days.
    Expired(Models),
    Frozen(Models),
    /// Within 7 days.
    ExpiresVerySoon(Models),
    /// In 7 to 30 days.
    ExpiresSoon(Models),
    /// Products with one problem.
    Products {
        problem: ResourceProblem,
        products: usize,
    },
    UsedUp {
        users: u64,
    },
    /// At least 95 percent of a quota, but not all of it.
    RunningOut {
        users: u64,
    },
    InvalidValues {
        fields: u64,
    },
    Inconsistent {
        lists: usize,
    },
    Omitted {
        users: u64,
    },
}

/// Resources, and the models that can still be trained with them.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Models {
    pub(super) resources: usize,
    /// Of the resources that have a number.
    pub(super) left: f64,
    /// Whether a resource has no number.
    pub(super) is_unknown: bool,
}

impl<'a> Attention<'a> {
    /// `levels` has the users of each project.
    pub(super) fn new(
        facts: &'a Facts,
        apis: &[ApiRow<'a>],
        resources: &[ResourceRow<'a>],
        products: &[ProductRow<'a>],
        levels: &[(&'a str, LevelCounts)],
    ) -> Self {
        let mut items = failing(apis);
        items.extend(stale(apis));
        items.extend(nothing_to_train(resources, facts.now));
        items.extend(losses(resources, facts.now));
        items.extend(attention_products::items(products, facts.now));
        items.extend(users(levels));
        items.extend(unreliable(apis));
        items.extend(omitted(facts));
        // The sort is stable: equally pressing kinds stay in this order.
        items.sort_by_key(|item| (item.severity, item.time_left.unwrap_or(i64::MAX)));
        let waiting = apis.iter().filter(|api| api.state == ApiState::Waiting).count();
        Self { items, apis: apis.len(), waiting, now: facts.now }
    }
}

/// An item for each API and reason. Without data to show, a failing API blinds the operator.
fn failing<'a>(apis: &[ApiRow<'a>]) -> Vec<Item<'a>> {
    let mut groups: Vec<(Severity, Vec<&ApiRow<'a>>)> = Vec::new();
    for api in apis.iter().filter(|api| api.failure.is_some()) {
        let has_data = matches!(api.data, DataSummary::Fresh { .. });
        let is_warning = has_data || api.collector == USER_NAMES;
        let severity = if is_warning { Severity::Warning } else { Severity::Critical };
        let cause =
            |api: &ApiRow<'_>| (api.collector, api.failure.map(|failure| (failure.stage, failure.reason)));
        match groups.iter_mut().find(|(known, group)| *known == severity && cause(group[0]) == cause(api)) {
            Some((_, group)) => group.push(api),
            None => groups.push((severity, vec![api])),
        }
    }
    let items = groups.into_iter().filter_map(|(severity, group)| {
        let problem = Problem::Failing {
            collector: group[0].collector,
            failure: group[0].failure?,
            without_data: group.iter().filter(|api| api.fetched().is_none()).count(),
            oldest: group.iter().filter_map(|api| api.fetched()).min(),
        };
        Some(item(problem, severity, Some(0), group.iter().map(|api| api.project)))
    });
    items.collect()
}

/// An item for each API.
fn stale<'a>(apis: &[ApiRow<'a>]) -> Vec<Item<'a>> {
    let mut groups: BTreeMap<&'static str, Vec<&ApiRow<'a>>> = BTreeMap::new();
    for api in apis.iter().filter(|api| api.state == ApiState::Stale) {
        groups.entry(api.collector).or_default().push(api);
    }
    let items = groups.into_iter().filter_map(|(collector, group)| {
        let oldest = group.iter().filter_map(|api| api.fetched()).min()?;
        let problem = Problem::Stale { collector, oldest };
        Some(item(problem, Severity::Critical, Some(0), group.iter().map(|api| api.project)))
    });
    items.collect()
}

/// The types of a project of which all resources are used up, frozen or expired. Like the alert, ignores resources that
/// expired long ago, and types of which the API does not say how many models are left.
fn nothing_to_train<'a>(resources: &[ResourceRow<'a>], now: Timestamp) -> Option<Item<'a>> {
    let (mut types, mut projects) = (BTreeSet::new(), Vec::new());
    for project in resources.chunk_by(|a, b| a.project == b.project) {
        let mut own: BTreeMap<&str, Vec<&ResourceRow<'a>>> = BTreeMap::new();
        for row in project {
            own.entry(&row.resource.resource_type).or_default().push(row);
        }
        for (resource_type, rows) in own {
            let is_bought = rows
                .iter()
                .any(|row| row.resource.models.is_some_and(|models| models > 0.0) && !row.state.is_past(now));
            let is_known = rows.iter().all(|row| row.resource.models_available.is_some());
            if is_bought && is_known && !rows.iter().any(|row| row.state.is_usable()) {
                types.insert(resource_type);
                projects.push(rows[0].project);
            }
        }
    }
    let problem = Problem::NothingToTrain { types: types.into_iter().collect() };
    (!projects.is_empty()).then(|| item(problem, Severity::Critical, Some(0), projects))
}

/// The resources of which models are lost or will be lost.
fn losses<'a>(resources: &[ResourceRow<'a>], now: Timestamp) -> Vec<Item<'a>> {
    type Kind<'a> = (ResourceProblem, fn(Models) -> Problem<'a>, Severity);
    let kinds: [Kind<'a>; 4] = [
        (ResourceProblem::Expired, Problem::Expired, Severity::Critical),
        (ResourceProblem::ExpiresVerySoon, Problem::ExpiresVerySoon, Severity::Critical),
        (ResourceProblem::Frozen, Problem::Frozen, Severity::Warning),
        (ResourceProblem::ExpiresSoon, Problem::ExpiresSoon, Severity::Warning),
    ];
    let items = kinds.into_iter().filter_map(|(problem, kind, severity)| {
        let is_shown = |row: &&ResourceRow<'_>| {
            let is_past = problem == ResourceProblem::Expired && row.state.is_past(now);
            row.state.has(problem) && row.state.has_something_left && !is_past
        };
        let rows: Vec<_> = resources.iter().filter(is_shown).collect();
        let seconds = |row: &&ResourceRow<'_>| match problem {
            ResourceProblem::Frozen => Some(0),
            _ => row.state.seconds_left(now).map(|left| left.max(0)),
        };
        let time_left = rows.iter().filter_map(seconds).min()?;
        Some(item(kind(models(&rows)), severity, Some(time_left), rows.iter().map(|row| row.project)))
    });
    items.collect()
}

fn models(rows: &[&ResourceRow<'_>]) -> Models {
    let left = || rows.iter().map(|row| row.resource.models_available);
    Models {
        resources: rows.len(),
        left: left().flatten().sum(),
        is_unknown: left().any(|left| left.is_none()),
    }
}

/// The users who are out of quota, and those who will be soon.
fn users<'a>(levels: &[(&'a str, LevelCounts)]) -> Vec<Item<'a>> {
    let of = |count: fn(&LevelCounts) -> u64| -> (u64, Vec<&'a str>) {
        let some = levels.iter().filter(|(_, counts)| count(counts) > 0);
        (some.clone().map(|(_, counts)| count(counts)).sum(), some.map(|(name, _)| *name).collect())
    };
    let (used_up, out) = of(|counts| counts.used_up);
    let (running_out, nearly_out) = of(|counts| counts.running_out);
    [(Problem::UsedUp { users: used_up }, out), (Problem::RunningOut { users: running_out }, nearly_out)]
        .into_iter()
        .filter(|(_, projects)| !projects.is_empty())
        .map(|(problem, projects)| item(problem, Severity::Warning, Some(0), projects))
        .collect()
}

/// The lists that lack fields or rows.
fn unreliable<'a>(apis: &[ApiRow<'a>]) -> Vec<Item<'a>> {
    let (mut fields, mut invalid, mut inconsistent) = (0, Vec::new(), Vec::new());
    for api in apis {
        if let DataSummary::Fresh { consistent, invalid_values, .. } = api.data {
            fields += invalid_values;
            invalid.extend((invalid_values > 0).then_some(api.project));
            inconsistent.extend((!consistent).then_some(api.project));
        }
    }
    let lists = inconsistent.len();
    [(Problem::InvalidValues { fields }, invalid), (Problem::Inconsistent { lists }, inconsistent)]
        .into_iter()
        .filter(|(_, projects)| !projects.is_empty())
        .map(|(problem, projects)| item(problem, Severity::Warning, None, projects))
        .collect()
}

/// The users who are not watched.
fn omitted(facts: &Facts) -> Option<Item<'_>> {
    let omitted = facts
        .projects
        .iter()
        .map(|project| (&*project.name, project.users().map_or(0, |users| users.omitted)));
    let some: Vec<_> = omitted.filter(|(_, users)| *users > 0).collect();
    let problem = Problem::Omitted { users: some.iter().map(|(_, users)| users).sum() };
    let projects = some.iter().map(|(name, _)| *name);
    (!some.is_empty()).then(|| item(problem, Severity::Warning, None, projects))
}

/// An item about the projects of adjacent rows.
pub(super) fn item<'a>(
    problem: Problem<'a>,
    severity: Severity,
    time_left: Option<i64>,
    projects: impl IntoIterator<Item = &'a str>,
) -> Item<'a> {
    let mut projects: Vec<_> = projects.into_iter().collect();
    projects.dedup();
    Item { problem, severity, time_left, projects }
}
