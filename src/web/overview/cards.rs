//! The totals as cards: a number each, and notes about it.

use super::format;
use super::language::{Language, Text};
use super::model::{Coverage, Totals};
use super::texts;

/// A number and the notes about it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Card {
    /// `data-total`
    pub(super) id: &'static str,
    pub(super) label: &'static Text,
    /// `None` while it is unknown.
    pub(super) number: Option<String>,
    pub(super) notes: Vec<Note>,
}

/// A note, and the class of its severity.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Note {
    pub(super) class: &'static str,
    pub(super) text: String,
}

/// All cards.
pub(super) fn cards(language: Language, totals: &Totals) -> [Card; 3] {
    let data_card = |id, label, number, coverage: Coverage, counts: &[(&'static str, u64, &Text)]| {
        let mut notes = counted(language, counts);
        if notes.is_empty() && coverage.fresh > 0 {
            notes.push(note("fine", language.text(texts::NO_PROBLEMS).to_owned()));
        }
        notes.extend(missing_data(language, coverage).map(|text| note("muted", text)));
        Card { id, label, number: (coverage.fresh > 0).then(|| format::count(number)), notes }
    };
    let resource_counts = [
        ("critical", totals.problems.expired, texts::COUNT_EXPIRED),
        ("critical", totals.problems.frozen, texts::COUNT_FROZEN),
        ("high", totals.problems.expiring, texts::COUNT_EXPIRING),
    ];
    let user_counts = [
        ("critical", totals.used_up, texts::COUNT_USED_UP),
        ("high", totals.high, texts::COUNT_HIGH),
        ("muted", totals.omitted, texts::COUNT_OMITTED),
    ];
    [
        projects(language, totals),
        data_card("resources", texts::RESOURCES, totals.resources, totals.voice_training, &resource_counts),
        data_card("users", texts::USERS, totals.users, totals.user_quotas, &user_counts),
    ]
}

fn projects(language: Language, totals: &Totals) -> Card {
    let waiting = totals.projects - totals.working - totals.failing;
    let notes = if totals.working == totals.projects {
        vec![note("fine", language.text(texts::ALL_OK).to_owned())]
    } else {
        let counts = [
            ("critical", totals.failing, texts::COUNT_FAILING),
            ("muted", waiting, texts::COUNT_NOT_POLLED),
            ("fine", totals.working, texts::COUNT_OK),
        ];
        counted(language, &counts)
    };
    Card { id: "projects", label: texts::PROJECTS, number: Some(format::count(totals.projects)), notes }
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
fn counted(language: Language, notes: &[(&'static str, u64, &Text)]) -> Vec<Note> {
    let shown = notes.iter().filter(|(_, count, _)| *count > 0);
    shown.map(|(class, count, text)| note(class, format!("{count} {}", language.text(text)))).collect()
}

fn note(class: &'static str, text: String) -> Note {
    Note { class, text }
}
