//! What every page has besides its own content: the language, links, headings and pagers.

use jiff::Timestamp;

use super::apis::ApiRow;
use super::details::{Detail, details};
use super::facts::Facts;
use super::language::{Language, Text};
use super::model::AvailableModels;
use super::paging::Paged;
use super::products::ProductRow;
use super::query::{Query, relative};
use super::resource_state::ResourceProblem;
use super::resources::ResourceRow;
use super::sort_order::SortOrder;
use super::users::{QuotaAmount, QuotaRow, UserRow};
use super::{assets, format, terms, texts};
use crate::poll::PolledProjects;
use crate::snapshot::{Collector, TenantResource, Unit, Utilisation};

/// With more projects than this, the filter is a text field instead of a list.
const MAX_LISTED_PROJECTS: usize = 100;

/// The context of a page, which templates call for texts and links.
pub(super) struct PageContext {
    pub(super) language: Language,
    pub(super) query: Query,
    pub(super) now: Timestamp,
    /// The page's own path.
    pub(super) path: &'static str,
    pub(super) title: String,
    /// A link to the metrics.
    pub(super) metrics: String,
    /// A link to the style sheet.
    pub(super) style: String,
    /// The projects to choose from; `None` if there are too many to list.
    pub(super) projects: Option<Vec<String>>,
    /// Whether a project has the products of its account polled.
    pub(super) has_products: bool,
    /// Whether the query names a project that does not exist.
    pub(super) is_project_unknown: bool,
    pub(super) version: &'static str,
    pub(super) revision: &'static str,
}

impl PageContext {
    /// The context of the page at `path`.
    pub(super) fn new(
        query: Query,
        path: &'static str,
        metrics: &str,
        projects: &PolledProjects,
        facts: &Facts,
    ) -> Self {
        let names = || projects.projects.iter().map(|project| project.config.name.clone()).collect();
        Self {
            language: query.language,
            now: facts.now,
            path,
            title: String::new(),
            metrics: relative(metrics),
            style: assets::link(),
            projects: (projects.projects.len() <= MAX_LISTED_PROJECTS).then(names),
            has_products: projects
                .projects
                .iter()
                .any(|project| project.config.collectors.contains(&Collector::TenantResources)),
            is_project_unknown: query.project.as_deref().is_some_and(|name| projects.get(name).is_none()),
            query,
            version: env!("CARGO_PKG_VERSION"),
            revision: env!("BUILD_REVISION"),
        }
    }

    pub(super) fn text(&self, text: &Text) -> &'static str {
        self.language.text(text)
    }

    /// What a text of the API means, if it is known.
    pub(super) fn term(&self, api_text: &str) -> Option<&'static str> {
        terms::term(self.language, api_text)
    }

    /// A link about the same project.
    pub(super) fn link(&self, path: &str) -> String {
        self.query.link_within(path, &[])
    }

    /// The other languages, with links to this page in them.
    pub(super) fn other_languages(&self) -> Vec<(Language, String)> {
        let others = Language::ALL.into_iter().filter(|language| *language != self.language);
        others
            .map(|language| (language, self.query.link_here(self.path, &[("lang", language.tag())])))
            .collect()
    }

    /// A link to the overview of one project.
    pub(super) fn project_link(&self, project: &str) -> String {
        self.query.link("/", &[("project", project)])
    }

    /// A link to the page of a user, which knows the way back to this list.
    pub(super) fn user_link(&self, row: &UserRow<'_>) -> String {
        let list = (self.path == "/users").then(|| self.query.list());
        let from = list.as_deref().map(|list| ("from", list));
        let all: Vec<_> =
            [("project", row.project), ("id", row.id.as_str())].into_iter().chain(from).collect();
        self.query.link("/user", &all)
    }

    /// A link from a user to the list that led there, else to the overview.
    pub(super) fn back(&self) -> (String, &'static Text) {
        match self.query.back() {
            Some(list) => (list, texts::BACK_TO_LIST),
            None if self.is_project_unknown => (self.home(), texts::BACK),
            None => (self.link("/"), texts::BACK),
        }
    }

    /// A link to this page itself.
    pub(super) fn own_link(&self) -> String {
        self.query.link_here(self.path, &[])
    }

    /// A link to this page without `?refresh=`.
    pub(super) fn without_refresh(&self) -> String {
        self.query.link_here(self.path, &[("refresh", "")])
    }

    /// A link to this table without the search and the level.
    pub(super) fn without_filter(&self) -> String {
        self.query.link_here(self.path, &[("q", ""), ("level", ""), ("page", "")])
    }

    /// Whether rows are missing because of a search or a level.
    pub(super) fn is_filtered(&self) -> bool {
        !self.query.search.is_empty() || !self.query.level.is_empty()
    }

    /// What the list of this page can be searched for; `None` without a list.
    pub(super) fn search_label(&self) -> Option<&'static Text> {
        match self.path {
            "/users" => Some(texts::SEARCH_USERS),
            "/resources" => Some(texts::SEARCH_RESOURCES),
            "/products" => Some(texts::SEARCH_PRODUCTS),
            _ => None,
        }
    }

    pub(super) fn filter_label(&self) -> &'static Text {
        if self.search_label().is_some() { texts::SEARCH } else { texts::FILTER }
    }

    /// Says how often the page is loaded again, if it is.
    pub(super) fn refreshes(&self) -> Option<String> {
        self.query.refresh.map(|seconds| texts::refreshes(self.language, seconds))
    }

    /// How many items of a user are used up, and of how many.
    pub(super) fn used_up(&self, row: &UserRow<'_>) -> String {
        texts::of(self.language, &row.used_up.to_string(), &row.items.to_string())
    }

    /// A link to the overview of all projects.
    pub(super) fn home(&self) -> String {
        self.query.link("/", &[])
    }

    /// The requested project; empty for all.
    pub(super) fn project(&self) -> &str {
        self.query.project.as_deref().unwrap_or_default()
    }

    pub(super) fn relative(&self, time: &Timestamp) -> String {
        format::relative(self.language, *time, self.now)
    }

    pub(super) fn amount(&self, amount: &QuotaAmount) -> String {
        format::amount(self.language, amount.value, amount.unit)
    }

    pub(super) fn exact(&self, amount: &QuotaAmount) -> Option<String> {
        format::exact(self.language, amount.value, amount.unit)
    }

    pub(super) fn utilisation(&self, utilisation: &Utilisation) -> String {
        format::utilisation(self.language, *utilisation)
    }

    pub(super) fn level(&self, quota: &QuotaRow) -> Option<&'static str> {
        format::level(self.language, quota.utilisation)
    }

    /// How much of a product is used, and of how much.
    pub(super) fn product_usage(&self, row: &ProductRow<'_>) -> String {
        let TenantResource { usage, amount, unit, .. } = row.product;
        let used = format::amount_in(self.language, *usage, unit);
        match amount {
            None if row.is_on_demand() => format!("{used} ({})", self.text(texts::PAY_PER_USE)),
            None => used,
            // The amount has the word for the unit.
            Some(all) if all.is_finite() && *unit != "seconds" => {
                let used = format::amount(self.language, *usage, Unit::Count);
                texts::of(self.language, &used, &format::amount_in(self.language, *amount, unit))
            }
            Some(_) => texts::of(self.language, &used, &format::amount_in(self.language, *amount, unit)),
        }
    }

    /// How much of a product is used, in percent; `None` if it has no amount.
    pub(super) fn product_utilisation(&self, row: &ProductRow<'_>) -> Option<String> {
        row.has_amount().then(|| self.utilisation(&row.utilisation))
    }

    pub(super) fn collector(&self, row: &ApiRow<'_>) -> &'static str {
        self.text(texts::collector(row.collector))
    }

    pub(super) fn state(&self, row: &ApiRow<'_>) -> &'static str {
        self.text(texts::api_state(row.state))
    }

    pub(super) fn details(&self, row: &ApiRow<'_>) -> Vec<Detail> {
        details(self.language, row)
    }

    pub(super) fn number(&self, row: &AvailableModels<'_>) -> String {
        format::amount(self.language, Some(row.number), Unit::Count)
    }

    pub(super) fn and_more(&self, row: &AvailableModels<'_>) -> String {
        texts::and_more(self.language, row.more_with_none)
    }

    /// How many models are left, and of how many.
    pub(super) fn models_left(&self, row: &ResourceRow<'_>) -> String {
        let count = |value| format::amount(self.language, value, Unit::Count);
        let (left, all) = (row.resource.models_available, row.resource.models);
        match all {
            Some(_) => texts::of(self.language, &count(left), &count(all)),
            None => count(left),
        }
    }

    pub(super) fn problem(&self, problem: &ResourceProblem) -> String {
        let text = self.text(texts::problem(problem));
        match problem {
            ResourceProblem::Status(status) => format!("{text} {}", format::number(*status)),
            _ => text.to_owned(),
        }
    }

    /// A column that can be sorted by `key`, in a table sorted by `order`.
    pub(super) fn sortable(&self, label: &'static Text, key: &'static str, order: SortOrder) -> Heading {
        let natural = SortOrder::natural(key);
        let is_sorted = natural.key == order.key;
        let link = if is_sorted { order.reversed() } else { natural };
        Heading {
            label,
            href: Some(self.query.link_here(self.path, &[("sort", &link.text()), ("page", "")])),
            aria: is_sorted.then(|| order.aria()),
            is_number: false,
        }
    }

    /// The same; without an order the table cannot be sorted.
    pub(super) fn column(
        &self,
        label: &'static Text,
        key: &'static str,
        order: Option<SortOrder>,
    ) -> Heading {
        order.map_or(Heading::fixed(label), |order| self.sortable(label, key, order))
    }

    /// The links between the pages of a table; `None` if there is one page.
    pub(super) fn pager<T>(&self, paged: &Paged<T>) -> Option<Pager> {
        let count = |rows: usize| format::count(rows as u64);
        let link = |page: usize| self.query.link_here(self.path, &[("page", &page.to_string())]);
        let rows = [paged.first, paged.last(), paged.total].map(count);
        (paged.pages > 1).then(|| Pager {
            rows: texts::rows(self.language, &rows[0], &rows[1], &rows[2]),
            page_of: texts::page_of(self.language, paged.page, paged.pages),
            previous: (paged.page > 1).then(|| link(paged.page - 1)),
            next: (paged.page < paged.pages).then(|| link(paged.page + 1)),
        })
    }
}

/// The heading of a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Heading {
    pub(super) label: &'static Text,
    /// A link to the same table sorted by this column.
    pub(super) href: Option<String>,
    /// The value of `aria-sort`, if the table is sorted by this column.
    pub(super) aria: Option<&'static str>,
    pub(super) is_number: bool,
}

impl Heading {
    /// A column that cannot be sorted by.
    pub(super) fn fixed(label: &'static Text) -> Self {
        Self { label, href: None, aria: None, is_number: false }
    }

    /// The same column, aligned for numbers.
    pub(super) fn of_numbers(self) -> Self {
        Self { is_number: true, ..self }
    }
}

/// The links between the pages of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pager {
    pub(super) rows: String,
    pub(super) page_of: String,
    pub(super) previous: Option<String>,
    pub(super) next: Option<String>,
}
