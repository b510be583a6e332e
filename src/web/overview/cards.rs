//! The totals in words: a card each.

use super::model::{Coverage, Totals};
use super::say;
use super::words::Words;

/// A number and what is to be said of it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Card {
    /// `data-total`
    pub(super) id: &'static str,
    pub(super) label: &'static str,
    /// None where it is not known.
    pub(super) number: Option<String>,
    pub(super) notes: Vec<Note>,
}

/// A remark, and the class of how bad it is.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Note {
    pub(super) class: &'static str,
    pub(super) text: String,
}

/// All cards.
pub(super) fn of(words: &Words, totals: &Totals) -> Vec<Card> {
    vec![projects(words, totals), resources(words, totals), users(words, totals)]
}

fn projects(words: &Words, totals: &Totals) -> Card {
    let waiting = totals.projects - totals.working - totals.failing;
    let notes = if totals.working == totals.projects {
        vec![note("fine", words.all_work.to_owned())]
    } else {
        let notes = [
            ("critical", totals.failing, (words.failing)(totals.failing)),
            ("muted", waiting, (words.not_polled)(waiting)),
            ("fine", totals.working, (words.working)(totals.working)),
        ];
        some(notes)
    };
    Card { id: "projects", label: words.projects, number: Some(say::count(totals.projects as u64)), notes }
}

fn resources(words: &Words, totals: &Totals) -> Card {
    let trouble = totals.trouble;
    let notes = [
        ("critical", trouble.expired, (words.expired_count)(trouble.expired)),
        ("critical", trouble.frozen, (words.frozen_count)(trouble.frozen)),
        ("high", trouble.expiring, (words.expiring_count)(trouble.expiring)),
    ];
    known(words, "resources", words.resources, totals.resources, totals.voice_training, some(notes))
}

fn users(words: &Words, totals: &Totals) -> Card {
    let omitted = usize::try_from(totals.omitted).unwrap_or(usize::MAX);
    let notes = [
        ("critical", totals.used_up, (words.used_up_count)(totals.used_up)),
        ("high", totals.high, (words.high_count)(totals.high)),
        ("muted", omitted, (words.omitted_count)(totals.omitted)),
    ];
    known(words, "users", words.users, totals.users, totals.user_quotas, some(notes))
}

/// A card of numbers that are known as far as `coverage` says.
fn known(
    words: &Words,
    id: &'static str,
    label: &'static str,
    number: u64,
    coverage: Coverage,
    mut notes: Vec<Note>,
) -> Card {
    if notes.is_empty() && coverage.fresh > 0 {
        notes.push(note("fine", words.nothing_wrong.to_owned()));
    }
    notes.extend(gap(words, coverage).map(|text| note("muted", text)));
    Card { id, label, number: (coverage.fresh > 0).then(|| say::count(number)), notes }
}

/// What is missing of an API's numbers; none where nothing is.
pub(super) fn gap(words: &Words, coverage: Coverage) -> Option<String> {
    match coverage {
        Coverage { polled: 0, .. } => Some(words.never_polled.to_owned()),
        Coverage { polled, fresh, .. } if fresh == polled => None,
        Coverage { polled, fresh: 0, waiting } if waiting == polled => Some(words.still_waiting.to_owned()),
        Coverage { fresh: 0, .. } => Some(words.no_fresh_numbers.to_owned()),
        Coverage { polled, fresh, .. } => Some((words.partly_known)(fresh, polled)),
    }
}

fn some<const N: usize>(notes: [(&'static str, usize, String); N]) -> Vec<Note> {
    let counted = notes.into_iter().filter(|(_, count, _)| *count > 0);
    counted.map(|(class, _, text)| note(class, text)).collect()
}

fn note(class: &'static str, text: String) -> Note {
    Note { class, text }
}
