//! The totals as cards: a number each, and notes about it.

use super::format;
use super::language::{Language, Text};
use super::model::{Coverage, Totals};
use super::page_context::PageContext;
use super::resource_levels::{ProblemCounts, ResourceLevel};
use super::texts;

/// A number and the notes about it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Card {
    /// `data-total`
    pub(super) id: &'static str,
    pub(super) label: &'static Text,
    /// A link to the rows that are counted.
    pub(super) href: String,
    /// `None` while it is unknown.
    pub(super) number: Option<String>,
    pub(super) notes: Vec<Note>,
}

/// A note, and the class of its severity, which is that of the alerts.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Note {
    pub(super) class: &'static str,
    pub(super) text: String,
    /// A link to the rows that are counted.
    pub(super) href: Option<String>,
}

/// The class of a count, the count, the words after it, and the level by which the list is filtered.
type Count = (&'static str, u64, &'static Text, &'static str);

/// All cards. Products have one only if they are polled.
pub(super) fn cards(page: &PageContext, totals: &Totals) -> Vec<Card> {
    let user_counts = [
        ("high", totals.levels.used_up, texts::COUNT_USED_UP, "used-up"),
        ("high", totals.levels.running_out, texts::COUNT_RUNNING_OUT, "running-out"),
        ("muted", totals.levels.high, texts::COUNT_HIGH, "high"),
        ("muted", totals.omitted, texts::COUNT_OMITTED, ""),
    ];
    let list = |id, label, path, rows, coverage, counts: &[Count]| Card {
        id,
        label,
        href: page.link(path),
        number: number(rows, coverage),
        notes: data_notes(page, path, coverage, counts),
    };
    let (voice, products) = (resource_counts(totals.problems), resource_counts(totals.product_problems));
    let Totals { voice_training, tenant_resources, user_quotas, .. } = *totals;
    let mut cards = vec![
        projects(page, totals),
        list("resources", texts::RESOURCES, "/resources", totals.resources, voice_training, &voice),
    ];
    if tenant_resources.polled > 0 {
        cards.push(list(
            "products",
            texts::PRODUCTS,
            "/products",
            totals.products,
            tenant_resources,
            &products,
        ));
    }
    cards.push(list("users", texts::USERS, "/users", totals.users, user_quotas, &user_counts));
    cards
}

/// The problems of resources. Only products have those of their amounts.
fn resource_counts(problems: ProblemCounts) -> [Count; 7] {
    let count = |class, level: ResourceLevel, text| (class, problems.of(level), text, level.as_str());
    [
        count("critical", ResourceLevel::Expired, texts::COUNT_EXPIRED),
        count("high", ResourceLevel::Frozen, texts::COUNT_FROZEN),
        count("critical", ResourceLevel::ExpiresVerySoon, texts::COUNT_EXPIRING_VERY_SOON),
        count("high", ResourceLevel::ExpiresSoon, texts::COUNT_EXPIRING),
        count("critical", ResourceLevel::RunningOut, texts::COUNT_USED_TO_95),
        count("high", ResourceLevel::High, texts::COUNT_USED_TO_80),
        count("muted", ResourceLevel::UsedUp, texts::COUNT_NOTHING_LEFT),
    ]
}

fn number(number: u64, coverage: Coverage) -> Option<String> {
    (coverage.fresh > 0).then(|| format::count(number))
}

fn data_notes(page: &PageContext, path: &str, coverage: Coverage, counts: &[Count]) -> Vec<Note> {
    let link = |level: &str| {
        let level = Some(("level", level)).filter(|(_, level)| !level.is_empty());
        page.query.link_within(path, &level.into_iter().collect::<Vec<_>>())
    };
    let mut notes = counted(page.language, counts, link);
    if notes.is_empty() && coverage.fresh > 0 {
        notes.push(note("fine", page.text(texts::NO_PROBLEMS).to_owned()));
    }
    notes.extend(missing_data(page.language, coverage).map(|text| note("muted", text)));
    notes
}

fn projects(page: &PageContext, totals: &Totals) -> Card {
    let waiting = totals.projects - totals.working - totals.failing - totals.doubtful;
    let href = format!("{}#apis-section", page.link("/"));
    let counts: [Count; 4] = [
        ("critical", totals.failing, texts::COUNT_FAILING, ""),
        ("high", totals.doubtful, texts::COUNT_DOUBTFUL, ""),
        ("muted", waiting, texts::COUNT_NOT_POLLED, ""),
        ("fine", totals.working, texts::COUNT_OK, ""),
    ];
    let notes = match totals.projects {
        // Without projects nothing is OK.
        0 => Vec::new(),
        all if all == totals.working => vec![note("fine", page.text(texts::ALL_OK).to_owned())],
        _ => counted(page.language, &counts, |_| href.clone()),
    };
    let number = Some(format::count(totals.projects));
    Card { id: "projects", label: texts::PROJECTS, href, number, notes }
}

/// Says how much of an API's data is missing, if any is.
pub(super) fn missing_data(language: Language, coverage: Coverage) -> Option<String> {
    let text = match coverage {
        Coverage { polled: 0, .. } => texts::NEVER_POLLED,
        Coverage { polled, fresh, .. } if fresh == polled => return None,
        Coverage { polled, fresh: 0, waiting } if waiting == polled => texts::NOT_POLLED_YET,
        Coverage { fresh: 0, .. } => texts::NO_RECENT_DATA,
        Coverage { polled, fresh, .. } => return Some(texts::partial_data(language, fresh, polled)),
    };
    Some(language.text(text).to_owned())
}

/// The notes whose count is not 0.
fn counted(language: Language, counts: &[Count], link: impl Fn(&str) -> String) -> Vec<Note> {
    let shown = counts.iter().filter(|(_, count, ..)| *count > 0);
    let notes = shown.map(|(class, count, text, level)| Note {
        class,
        text: format!("{} {}", format::count(*count), language.text(text)),
        href: Some(link(level)),
    });
    notes.collect()
}

fn note(class: &'static str, text: String) -> Note {
    Note { class, text, href: None }
}
