//! What is to be said of an API beside its state, in words.

use super::apis::{Answer, ApiRow, ApiState};
use super::words::Words;

/// A line about an API: a label and a text.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Detail {
    /// `data-detail`
    pub(super) id: &'static str,
    /// None for a sentence that stands alone.
    pub(super) label: Option<&'static str>,
    pub(super) text: String,
    /// Whether the text is the cloud's.
    pub(super) is_code: bool,
}

/// Why it failed, what to do, and what is wrong with the numbers.
pub(super) fn of(words: &Words, row: &ApiRow<'_>) -> Vec<Detail> {
    let mut details = Vec::new();
    if let Some(failure) = row.failure {
        let told = [failure.status.map(|status| format!("HTTP {status}")), non_empty(&failure.code)];
        let told: Vec<_> = told.into_iter().flatten().collect();
        details.push(sentence("reason", (words.reason)(failure)));
        details.push(labelled("advice", words.what_to_do, (words.advice)(failure.advice)));
        details.extend(
            non_empty(&told.join(" "))
                .map(|code| Detail { is_code: true, ..labelled("code", words.error_code, code) }),
        );
        details.extend(
            failure
                .request_id
                .clone()
                .map(|id| Detail { is_code: true, ..labelled("request-id", words.request_id, id) }),
        );
    }
    match row.answer {
        Answer::TooOld(_) => details.push(sentence("too-old", words.too_old)),
        Answer::Fresh { consistent, invalid_values, .. } => {
            if row.state == ApiState::Fails {
                details.push(sentence("old-numbers", words.old_numbers));
            }
            if !consistent {
                details.push(sentence("inconsistent", words.inconsistent));
            }
            if invalid_values > 0 {
                details.push(sentence("invalid-values", &(words.invalid_values)(invalid_values)));
            }
        }
        Answer::Nothing => {}
    }
    details
}

fn sentence(id: &'static str, text: &str) -> Detail {
    Detail { id, label: None, text: text.to_owned(), is_code: false }
}

fn labelled(id: &'static str, label: &'static str, text: String) -> Detail {
    Detail { id, label: Some(label), text, is_code: false }
}

fn non_empty(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}
