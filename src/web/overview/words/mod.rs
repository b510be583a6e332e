//! All words of the pages, a table a language. A word that a language lacks does not compile.

mod en;
mod terms;
#[cfg(test)]
mod tests;
mod zh;

use super::resources::Mark;
use super::span::Span;
use crate::poll::PollFailure;
use crate::snapshot::Collector;

pub(super) use terms::Terms;

/// A language of the pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Language {
    English,
    Chinese,
}

impl Language {
    pub(super) const ALL: [Self; 2] = [Self::English, Self::Chinese];

    /// The language's words.
    pub(super) fn words(self) -> &'static Words {
        match self {
            Self::English => &en::WORDS,
            Self::Chinese => &zh::WORDS,
        }
    }

    /// The language of a tag such as `zh-Hans-CN`, whatever its script and region.
    pub(super) fn of_tag(tag: &str) -> Option<Self> {
        let primary = tag.split('-').next().unwrap_or_default();
        let is = |language: &str| primary.eq_ignore_ascii_case(language);
        if is("zh") { Some(Self::Chinese) } else { is("en").then_some(Self::English) }
    }

    /// The first of the languages that `Accept-Language` likes best; English where it likes none.
    pub(super) fn accepted(header: &str) -> Self {
        let mut best = (0.0, Self::English);
        for range in header.split(',') {
            let (tag, weight) = range.split_once(';').unwrap_or((range, "q=1"));
            let weight: f64 = weight.trim().strip_prefix("q=").and_then(|q| q.parse().ok()).unwrap_or(0.0);
            match Self::of_tag(tag.trim()) {
                Some(language) if weight > best.0 => best = (weight, language),
                _ => {}
            }
        }
        best.1
    }
}

/// The words of one language. Those that need a value are functions of it.
pub(super) struct Words {
    /// The language's tag, for `lang`.
    pub(super) tag: &'static str,
    /// The language's name in itself.
    pub(super) name: &'static str,
    /// What the API's own texts mean.
    pub(super) terms: Terms,

    /// Between a label and what it is the label of.
    pub(super) colon: &'static str,
    pub(super) skip: &'static str,
    pub(super) pages: &'static str,
    pub(super) languages: &'static str,
    pub(super) overview: &'static str,
    pub(super) resources: &'static str,
    pub(super) users: &'static str,
    pub(super) user: &'static str,
    pub(super) as_of: &'static str,
    pub(super) reload: &'static str,
    pub(super) more: &'static str,
    pub(super) metrics: &'static str,
    pub(super) discovery: &'static str,
    pub(super) health: &'static str,
    pub(super) readiness: &'static str,
    pub(super) documentation: &'static str,
    pub(super) version: &'static str,
    pub(super) revision: &'static str,

    pub(super) project: &'static str,
    pub(super) all_projects: &'static str,
    pub(super) show: &'static str,
    pub(super) filter: &'static str,
    pub(super) unknown_project: &'static str,
    pub(super) project_id: &'static str,
    pub(super) region: &'static str,
    pub(super) endpoint: &'static str,

    pub(super) totals: &'static str,
    pub(super) projects: &'static str,
    pub(super) all_work: &'static str,
    pub(super) working: fn(usize) -> String,
    pub(super) failing: fn(usize) -> String,
    pub(super) not_polled: fn(usize) -> String,
    pub(super) expired_count: fn(usize) -> String,
    pub(super) frozen_count: fn(usize) -> String,
    pub(super) expiring_count: fn(usize) -> String,
    pub(super) high_count: fn(usize) -> String,
    pub(super) used_up_count: fn(usize) -> String,
    pub(super) omitted_count: fn(u64) -> String,
    pub(super) nothing_wrong: &'static str,
    pub(super) not_known: &'static str,
    pub(super) partly_known: fn(usize, usize) -> String,
    pub(super) never_polled: &'static str,
    pub(super) still_waiting: &'static str,
    pub(super) no_fresh_numbers: &'static str,

    pub(super) apis: &'static str,
    pub(super) apis_caption: &'static str,
    pub(super) api: &'static str,
    pub(super) state: &'static str,
    pub(super) age: &'static str,
    pub(super) details: &'static str,
    pub(super) waiting: &'static str,
    pub(super) works: &'static str,
    pub(super) fails: &'static str,
    pub(super) never: &'static str,
    pub(super) too_old: &'static str,
    pub(super) old_numbers: &'static str,
    pub(super) inconsistent: &'static str,
    pub(super) invalid_values: fn(u64) -> String,
    pub(super) last_poll: &'static str,
    pub(super) what_to_do: &'static str,
    pub(super) error_code: &'static str,
    pub(super) request_id: &'static str,
    pub(super) collector: fn(Collector) -> &'static str,
    pub(super) reason: fn(&PollFailure) -> &'static str,
    pub(super) advice: fn(&PollFailure, Collector) -> &'static str,

    pub(super) available: &'static str,
    pub(super) available_caption: &'static str,
    pub(super) resource_type: &'static str,
    pub(super) available_number: &'static str,
    pub(super) projects_with_none: &'static str,
    pub(super) and_more: fn(usize) -> String,
    pub(super) none: &'static str,
    pub(super) expiring: &'static str,
    pub(super) expiring_caption: &'static str,
    pub(super) nothing_expires: &'static str,
    pub(super) all_resources: &'static str,
    pub(super) resources_caption: &'static str,
    pub(super) no_resources: &'static str,
    pub(super) resource: &'static str,
    pub(super) left: &'static str,
    pub(super) left_of: fn(&str, &str) -> String,
    pub(super) expires: &'static str,
    pub(super) never_expires: &'static str,
    pub(super) charging: &'static str,
    pub(super) normal: &'static str,
    pub(super) mark: fn(&Mark) -> &'static str,

    pub(super) nearest: &'static str,
    pub(super) nearest_caption: &'static str,
    pub(super) nobody_near: &'static str,
    pub(super) all_users: &'static str,
    pub(super) users_caption: &'static str,
    pub(super) no_users: &'static str,
    pub(super) item: &'static str,
    pub(super) fullest_item: &'static str,
    pub(super) usage: &'static str,
    pub(super) limit: &'static str,
    pub(super) utilisation: &'static str,
    pub(super) unlimited: &'static str,
    pub(super) not_told: &'static str,
    pub(super) no_quota: &'static str,
    pub(super) unused: &'static str,
    pub(super) high: &'static str,
    pub(super) critical: &'static str,
    pub(super) used_up: &'static str,
    pub(super) no_items: &'static str,
    pub(super) user_id: &'static str,
    pub(super) user_name: &'static str,
    pub(super) quotas: &'static str,
    pub(super) quotas_caption: &'static str,
    pub(super) fetched: &'static str,
    pub(super) omitted_note: fn(u64) -> String,

    pub(super) rows: fn(&str, &str, &str) -> String,
    pub(super) paging: &'static str,
    pub(super) page_of: fn(usize, usize) -> String,
    pub(super) previous: &'static str,
    pub(super) next: &'static str,

    pub(super) not_found: &'static str,
    pub(super) no_such_user: &'static str,
    pub(super) user_not_known: &'static str,
    pub(super) back: &'static str,

    pub(super) ago: fn(Span) -> String,
    pub(super) ahead: fn(Span) -> String,
    pub(super) just_now: &'static str,
    pub(super) video_time: fn(u64, u64) -> String,
    pub(super) short_time: fn(&str) -> String,
    pub(super) exact_time: fn(&str) -> String,
}
