//! The lines about what needs a person: a severity, a sentence, and a link to the page that shows it.

use super::attention::{Attention, Item, Problem, Severity};
use super::attention_texts as words;
use super::page_context::PageContext;
use super::resource_levels::ResourceLevel;
use super::resource_state::ResourceProblem;

/// Further lines are folded, so that the totals stay near the top.
const LINES: usize = 6;
/// Names of projects in one line; further ones are counted.
const PROJECT_NAMES: usize = 3;

/// The section about what needs a person.
#[derive(Debug, PartialEq)]
pub(super) struct AttentionSection<'a> {
    pub(super) lines: Vec<Line<'a>>,
    pub(super) more: Vec<Line<'a>>,
    /// The label of `more`.
    pub(super) more_label: String,
    pub(super) summary: Option<Summary>,
}

/// An item in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line<'a> {
    /// `data-attention`
    pub(super) id: &'static str,
    /// The class and the value of `data-severity`.
    pub(super) class: &'static str,
    pub(super) severity: &'static str,
    pub(super) sentence: String,
    pub(super) href: String,
    /// The first projects that have the problem, unless the page is about one project.
    pub(super) projects: Vec<&'a str>,
    /// How many further projects have the problem, in words.
    pub(super) more_projects: Option<String>,
}

/// What else is known, or that nothing is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Summary {
    /// `data-summary`
    pub(super) id: &'static str,
    pub(super) sentence: String,
}

impl<'a> AttentionSection<'a> {
    pub(super) fn new(page: &PageContext, attention: &Attention<'a>, projects: usize) -> Self {
        let mut lines: Vec<_> =
            attention.items.iter().map(|item| line(page, item, attention, projects)).collect();
        // One more line takes the place of the label.
        let more = if lines.len() > LINES + 1 { lines.split_off(LINES) } else { Vec::new() };
        let more_label = words::more(page.language, more.len());
        Self { lines, more, more_label, summary: summary(page, attention) }
    }
}

fn line<'a>(page: &PageContext, item: &Item<'a>, attention: &Attention<'a>, projects: usize) -> Line<'a> {
    let (class, severity) = match item.severity {
        Severity::Critical => ("critical", words::CRITICAL),
        Severity::Warning => ("warning", words::WARNING),
    };
    let (id, href) = target(page, item);
    let names = if projects > 1 { &item.projects[..] } else { &[] };
    let shown = &names[..names.len().min(PROJECT_NAMES)];
    let more = names.len() - shown.len();
    Line {
        id,
        class,
        severity: page.text(severity),
        sentence: words::sentence(page.language, item, attention.now),
        href,
        projects: shown.to_vec(),
        more_projects: (more > 0).then(|| words::more_projects(page.language, more)),
    }
}

/// The kind of an item, and a link to the rows that it is about.
fn target(page: &PageContext, item: &Item<'_>) -> (&'static str, String) {
    let apis = |id| (id, format!("{}#apis-section", link(page, item, "/", &[])));
    let resources =
        |level, sort| (level, link(page, item, "/resources", &[("level", level), ("sort", sort)]));
    let products = |level: ResourceLevel| link(page, item, "/products", &[("level", level.as_str())]);
    let users = |level| (level, link(page, item, "/users", &[("level", level)]));
    match item.problem {
        Problem::Failing { .. } => apis("failing"),
        Problem::Stale { .. } => apis("stale"),
        Problem::InvalidValues { .. } => apis("invalid-values"),
        Problem::Inconsistent { .. } => apis("inconsistent"),
        Problem::NothingToTrain { .. } => {
            ("nothing-to-train", link(page, item, "/resources", &[("sort", "type")]))
        }
        Problem::Expired(_) => resources("expired", "-expiry"),
        Problem::Frozen(_) => resources("frozen", "-left"),
        Problem::ExpiresVerySoon(_) => resources("expires-7d", "expiry"),
        Problem::ExpiresSoon(_) => resources("expires-30d", "expiry"),
        Problem::Products { problem, .. } => match problem {
            ResourceProblem::Expired => ("products-expired", products(ResourceLevel::Expired)),
            ResourceProblem::Frozen => ("products-frozen", products(ResourceLevel::Frozen)),
            ResourceProblem::UsedUp => ("products-used-up", products(ResourceLevel::UsedUp)),
            ResourceProblem::RunningOut => ("products-running-out", products(ResourceLevel::RunningOut)),
            ResourceProblem::High => ("products-high", products(ResourceLevel::High)),
            ResourceProblem::ExpiresVerySoon => {
                ("products-expires-7d", products(ResourceLevel::ExpiresVerySoon))
            }
            ResourceProblem::ExpiresSoon => ("products-expires-30d", products(ResourceLevel::ExpiresSoon)),
            ResourceProblem::Status(_) => ("products", link(page, item, "/products", &[])),
        },
        Problem::UsedUp { .. } => users("used-up"),
        Problem::RunningOut { .. } => users("running-out"),
        Problem::Omitted { .. } => ("omitted", link(page, item, "/users", &[])),
    }
}

/// A link that names the project if there is only one.
fn link(page: &PageContext, item: &Item<'_>, path: &str, parameters: &[(&str, &str)]) -> String {
    match &item.projects[..] {
        [project] if page.query.project.is_none() => {
            let all: Vec<_> = [("project", *project)].iter().chain(parameters).copied().collect();
            page.query.link(path, &all)
        }
        _ => page.query.link_within(path, parameters),
    }
}

/// `None` if there is nothing to add to the lines.
fn summary(page: &PageContext, attention: &Attention<'_>) -> Option<Summary> {
    let (apis, waiting) = (attention.apis, attention.waiting);
    let has_items = !attention.items.is_empty();
    let (id, sentence) = match waiting {
        0 if apis == 0 => ("unknown", page.text(words::NO_API).to_owned()),
        0 if has_items => return None,
        0 => ("nothing", words::nothing(page.language, apis)),
        _ if waiting == apis => ("unknown", page.text(words::NOTHING_POLLED).to_owned()),
        _ if has_items => ("partly", words::waiting(page.language, waiting, apis)),
        _ => ("partly", words::nothing_so_far(page.language, waiting, apis)),
    };
    Some(Summary { id, sentence })
}
