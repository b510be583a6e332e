//! What every page has around its content, and how its content says things.

use jiff::Timestamp;

use super::order::Order;
use super::paging::Paged;
use super::query::Query;
use super::resources::{Mark, ResourceRow};
use super::users::{QuotaRow, UserRow};
use super::words::{Language, Words};
use super::{facts::Facts, say, style};
use crate::poll::PolledProjects;

/// More projects than this are not offered to choose from: their name is typed.
const OFFERED: usize = 100;

/// The frame of a page.
pub(super) struct Frame {
    pub(super) w: &'static Words,
    pub(super) query: Query,
    pub(super) now: Timestamp,
    /// The page's own path.
    pub(super) path: &'static str,
    pub(super) title: String,
    /// The path of the metrics.
    pub(super) metrics: String,
    /// The path of the style sheet.
    pub(super) style: String,
    /// The projects to choose from; none where they are too many.
    pub(super) offered: Option<Vec<String>>,
    /// Whether the query names a project that is not there.
    pub(super) unknown_project: bool,
    pub(super) version: &'static str,
    pub(super) revision: &'static str,
}

impl Frame {
    /// The frame of the page at `path`.
    pub(super) fn new(
        query: Query,
        path: &'static str,
        metrics: &str,
        projects: &PolledProjects,
        facts: &Facts,
    ) -> Self {
        let names = || projects.projects.iter().map(|project| project.config.name.clone()).collect();
        Self {
            w: query.language.words(),
            now: facts.now,
            path,
            title: String::new(),
            metrics: metrics.to_owned(),
            style: style::link(),
            offered: (projects.projects.len() <= OFFERED).then(names),
            unknown_project: query.project.as_deref().is_some_and(|name| projects.get(name).is_none()),
            query,
            version: env!("CARGO_PKG_VERSION"),
            revision: env!("BUILD_REVISION"),
        }
    }

    /// A link that keeps the project.
    pub(super) fn link(&self, path: &str) -> String {
        self.query.link_within(path, &[])
    }

    /// The same page in the other languages: name, tag, link.
    pub(super) fn languages(&self) -> Vec<(&'static str, &'static str, String)> {
        let others = Language::ALL.into_iter().filter(|language| *language != self.query.language);
        others
            .map(|language| {
                let words = language.words();
                (words.name, words.tag, self.query.in_language(self.path, language))
            })
            .collect()
    }

    /// The overview of one project.
    pub(super) fn project_link(&self, project: &str) -> String {
        self.query.link("/", &[("project", project)])
    }

    /// A user's own page.
    pub(super) fn user_link(&self, row: &UserRow<'_>) -> String {
        self.query.link("/user", &[("project", row.project), ("id", row.id)])
    }

    /// The page itself, as it was asked for.
    pub(super) fn this_page(&self) -> String {
        if self.query.says_language {
            return self.query.in_language(self.path, self.query.language);
        }
        let page = self.query.page.to_string();
        let sort = Some(("sort", self.query.sort.as_str())).filter(|(_, sort)| !sort.is_empty());
        let page = Some(("page", page.as_str())).filter(|_| self.query.page > 1);
        self.query.link_within(self.path, &sort.into_iter().chain(page).collect::<Vec<_>>())
    }

    /// The overview of all projects.
    pub(super) fn home(&self) -> String {
        self.query.link("/", &[])
    }

    /// The project that is asked for; empty for all.
    pub(super) fn chosen(&self) -> &str {
        self.query.project.as_deref().unwrap_or_default()
    }

    pub(super) fn is_chosen(&self, project: &str) -> bool {
        self.query.project.as_deref() == Some(project)
    }

    pub(super) fn relative(&self, time: &Timestamp) -> String {
        say::relative(self.w, *time, self.now)
    }

    pub(super) fn item(&self, quota: &QuotaRow<'_>) -> Option<&'static str> {
        self.w.terms.item(quota.item)
    }

    pub(super) fn usage(&self, quota: &QuotaRow<'_>) -> String {
        say::amount(self.w, quota.usage, quota.unit)
    }

    pub(super) fn exact_usage(&self, quota: &QuotaRow<'_>) -> Option<String> {
        say::exact(self.w, quota.usage, quota.unit)
    }

    pub(super) fn limit(&self, quota: &QuotaRow<'_>) -> String {
        say::amount(self.w, quota.limit, quota.unit)
    }

    pub(super) fn exact_limit(&self, quota: &QuotaRow<'_>) -> Option<String> {
        say::exact(self.w, quota.limit, quota.unit)
    }

    pub(super) fn utilisation(&self, quota: &QuotaRow<'_>) -> String {
        say::utilisation(self.w, quota.utilisation)
    }

    pub(super) fn level(&self, quota: &QuotaRow<'_>) -> Option<&'static str> {
        say::level(self.w, quota.utilisation)
    }

    pub(super) fn resource_type(&self, row: &ResourceRow<'_>) -> Option<&'static str> {
        self.w.terms.resource_type(&row.resource.resource_type)
    }

    pub(super) fn charge_mode(&self, row: &ResourceRow<'_>) -> Option<&'static str> {
        self.w.terms.charge_mode(&row.resource.charge_mode)
    }

    /// How many models are left, of how many.
    pub(super) fn left(&self, row: &ResourceRow<'_>) -> String {
        let count = |value| say::amount(self.w, value, crate::snapshot::Unit::Count);
        let (left, all) = (row.resource.models_available, row.resource.models);
        match all {
            Some(_) => (self.w.left_of)(&count(left), &count(all)),
            None => count(left),
        }
    }

    pub(super) fn mark(&self, mark: &Mark) -> String {
        match mark {
            Mark::Status(status) => format!("{} {}", (self.w.mark)(mark), say::number(*status)),
            _ => (self.w.mark)(mark).to_owned(),
        }
    }

    /// A column that can be sorted by `key`, under `order`.
    pub(super) fn sorted(&self, label: &'static str, key: &'static str, order: Order) -> Heading {
        let natural = Order::natural(key);
        let is_sorted = natural.key == order.key;
        let link = if is_sorted { order.reversed() } else { natural };
        Heading {
            label,
            href: Some(self.query.link_within(self.path, &[("sort", &link.text())])),
            aria: is_sorted.then(|| order.aria()),
            number: false,
        }
    }

    /// The way through the pages of a table; none where there is one page.
    pub(super) fn pager<T>(&self, paged: &Paged<T>) -> Option<Pager> {
        let link = |page: usize| {
            let page = page.to_string();
            let sort = Some(("sort", self.query.sort.as_str())).filter(|(_, sort)| !sort.is_empty());
            let all: Vec<_> = sort.into_iter().chain([("page", page.as_str())]).collect();
            self.query.link_within(self.path, &all)
        };
        let count = |rows: usize| say::count(rows as u64);
        (paged.pages > 1).then(|| Pager {
            rows: (self.w.rows)(&count(paged.first), &count(paged.last()), &count(paged.total)),
            page_of: (self.w.page_of)(paged.page, paged.pages),
            previous: (paged.page > 1).then(|| link(paged.page - 1)),
            next: (paged.page < paged.pages).then(|| link(paged.page + 1)),
        })
    }
}

/// The head of a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Heading {
    pub(super) label: &'static str,
    /// The same table sorted by the column.
    pub(super) href: Option<String>,
    /// The value of `aria-sort`, where the table is sorted by the column.
    pub(super) aria: Option<&'static str>,
    /// Whether it is a column of numbers.
    pub(super) number: bool,
}

impl Heading {
    /// A column that cannot be sorted by.
    pub(super) fn plain(label: &'static str) -> Self {
        Self { label, href: None, aria: None, number: false }
    }

    /// The same, of numbers.
    pub(super) fn of_numbers(self) -> Self {
        Self { number: true, ..self }
    }
}

/// The way through the pages of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pager {
    pub(super) rows: String,
    pub(super) page_of: String,
    pub(super) previous: Option<String>,
    pub(super) next: Option<String>,
}
