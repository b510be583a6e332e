//! What a poll leads to: what is published, what the metrics say, and what is logged.

use crate::cell::{COLLECTORS, Cell};
use crate::log::Line;
use crate::place::Stage;
use crate::truth::Series;

/// What is published of one API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Published {
    /// Exactly what the cloud has.
    Everything,
    /// What the cloud had before, or nothing if it is the first poll.
    LastAnswer,
    /// What the cloud has, but for so many series that are missing and so many that differ or are more.
    Part { missing: usize, other: usize },
}

/// What a poll of one API leads to.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Outcome {
    pub(crate) published: Published,
    pub(crate) up: bool,
    pub(crate) reason: String,
    pub(crate) error: String,
    pub(crate) advice: String,
    pub(crate) is_consistent: bool,
    pub(crate) invalid_values: f64,
}

/// The outcome of a poll, by the series of the project before and after it and the line that is logged.
pub(crate) fn outcome(cell: &Cell, shown: &Series, before: &Series, collector: &str, line: Line) -> Outcome {
    // All attempts of three walks for each of three APIs, and of the issuer.
    assert!(cell.hits() <= 3 * 3 * 4 + 4, "{} requests met the fault", cell.hits());
    Outcome {
        published: published(&of(shown, collector), &of(before, collector), &cell.truth(collector)),
        up: sample(shown, "up", collector) == Some(1.0),
        reason: line.reason,
        error: without_details(&line.error),
        advice: line.advice,
        is_consistent: sample(shown, "snapshot_consistent", collector) != Some(0.0),
        invalid_values: sample(shown, "invalid_values", collector).unwrap_or(0.0),
    }
}

fn published(shown: &Series, before: &Series, truth: &Series) -> Published {
    if shown == truth {
        return Published::Everything;
    }
    if shown == before {
        return Published::LastAnswer;
    }
    let missing = truth.keys().filter(|series| !shown.contains_key(*series)).count();
    let other = shown.iter().filter(|(series, value)| truth.get(*series) != Some(*value)).count();
    Published::Part { missing, other }
}

/// Whether all is as the cloud has it.
pub(crate) fn is_healthy(cell: &Cell, shown: &Series) -> bool {
    COLLECTORS.into_iter().all(|collector| {
        let found = outcome(cell, shown, &Series::new(), collector, Line::default());
        let is_whole = found.published == Published::Everything
            // Names that could not be read are looked up again after an hour.
            || (collector == "user_names" && cell.has(Stage::Names));
        is_whole && found.up && found.is_consistent
    })
}

/// The series of one collector.
fn of(shown: &Series, collector: &str) -> Series {
    let is_of = |series: &str| {
        let name = series.split('{').next().unwrap_or_default().trim_start_matches("metastudio_");
        let is_names = name == "user_info";
        match collector {
            "voice_training" => name.starts_with("voice_training_"),
            "user_quotas" => !is_names && (name.starts_with("user_") || name.starts_with("users")),
            "tenant_resources" => name.starts_with("resource"),
            _ => is_names,
        }
    };
    let own = shown.iter().filter(|(series, _)| is_of(series));
    own.map(|(series, value)| (series.clone(), *value)).collect()
}

fn sample(shown: &Series, name: &str, collector: &str) -> Option<f64> {
    shown.get(&format!("metastudio_{name}{{project=\"production\",collector=\"{collector}\"}}")).copied()
}

/// An error without what differs from run to run.
fn without_details(error: &str) -> String {
    let mut text = error.to_owned();
    for (pattern, stands_for) in [
        (r"127\.\d+\.\d+\.\d+:\d+", "HOST"),
        (r"\d{8}T\d{6}Z", "TIME"),
        (r"time \d+ \(UNIX\)", "TIME"),
        (r" \(\d+ seconds ago\)", ""),
        (r"line \d+, column \d+ on", "PLACE on"),
        ("a{64}", "aaa..."),
    ] {
        text = regex_lite::Regex::new(pattern).unwrap().replace_all(&text, stands_for).into_owned();
    }
    text
}
