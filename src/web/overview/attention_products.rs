//! The products that need a person. Those of voice training are in the items about its own list.

use jiff::Timestamp;

use super::attention::{Item, Problem, Severity, item};
use super::products::ProductRow;
use super::resource_state::ResourceProblem;

/// An item for each problem, with the severity of its alert.
pub(super) fn items<'a>(products: &[ProductRow<'a>], now: Timestamp) -> Vec<Item<'a>> {
    let kinds = [
        (ResourceProblem::UsedUp, Severity::Critical),
        (ResourceProblem::Expired, Severity::Critical),
        (ResourceProblem::RunningOut, Severity::Critical),
        (ResourceProblem::ExpiresVerySoon, Severity::Critical),
        (ResourceProblem::Frozen, Severity::Warning),
        (ResourceProblem::High, Severity::Warning),
        (ResourceProblem::ExpiresSoon, Severity::Warning),
    ];
    let items = kinds.into_iter().filter_map(|(problem, severity)| {
        let is_shown = |row: &&ProductRow<'_>| needs_a_person(row, problem, now) && !row.is_voice_training;
        let rows: Vec<_> = products.iter().filter(is_shown).collect();
        let time_left = rows.iter().map(|row| time_left(row, problem, now)).min()?;
        let kind = Problem::Products { problem, products: rows.len() };
        Some(item(kind, severity, Some(time_left), rows.iter().map(|row| row.project)))
    });
    items.collect()
}

fn needs_a_person(row: &ProductRow<'_>, problem: ResourceProblem, now: Timestamp) -> bool {
    let state = &row.state;
    match problem {
        ResourceProblem::UsedUp => row.is_missing(),
        // It cannot be used anyway.
        ResourceProblem::RunningOut | ResourceProblem::High => state.has(problem) && state.is_usable(),
        ResourceProblem::Expired => state.has(problem) && state.has_something_left && !state.is_past(now),
        _ => state.has(problem) && state.has_something_left,
    }
}

fn time_left(row: &ProductRow<'_>, problem: ResourceProblem, now: Timestamp) -> i64 {
    match problem {
        ResourceProblem::ExpiresVerySoon | ResourceProblem::ExpiresSoon => {
            row.state.seconds_left(now).unwrap_or_default().max(0)
        }
        _ => 0,
    }
}
