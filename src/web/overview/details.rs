//! The details of an API's row: why it failed, what to do, and what is wrong with its data.

use super::apis::{ApiRow, ApiState, DataSummary};
use super::language::{Language, Text};
use super::{failure_texts, texts};

/// A line about an API.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Detail {
    /// `data-detail`
    pub(super) id: &'static str,
    pub(super) label: Option<&'static Text>,
    pub(super) text: String,
    /// Whether the text is the cloud's.
    pub(super) is_code: bool,
}

/// The details of `row`.
pub(super) fn details(language: Language, row: &ApiRow<'_>) -> Vec<Detail> {
    let line = |id, label, text: &str, is_code| Detail { id, label, text: text.to_owned(), is_code };
    let sentence = |id, text: &str| line(id, None, text, false);
    let mut details = Vec::new();
    if let Some(failure) = row.failure {
        let advice = failure_texts::advice(language, failure.advice);
        details.push(sentence("reason", language.text(failure_texts::reason(failure))));
        details.push(line("advice", Some(texts::WHAT_TO_DO), &advice, false));
        let status = failure.status.map(|status| format!("HTTP {status} ")).unwrap_or_default();
        let code = format!("{status}{}", failure.code);
        if !code.is_empty() {
            details.push(line("code", Some(texts::ERROR_CODE), code.trim_end(), true));
        }
        if let Some(id) = &failure.request_id {
            details.push(line("request-id", Some(texts::REQUEST_ID), id, true));
        }
    }
    match row.data {
        DataSummary::Missing => {}
        DataSummary::Stale(_) => details.push(sentence("too-old", language.text(texts::STALE))),
        DataSummary::Fresh { consistent, invalid_values, .. } => {
            if row.state == ApiState::Fails {
                details.push(sentence("old-numbers", language.text(texts::SHOWING_LAST_DATA)));
            }
            if !consistent {
                details.push(sentence("inconsistent", language.text(texts::INCONSISTENT)));
            }
            if invalid_values > 0 {
                details.push(sentence("invalid-values", &texts::invalid_values(language, invalid_values)));
            }
        }
    }
    details
}
