//! The report as text: a table of the checks, and below it the findings, equal ones grouped.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::fmt::Write;

use unicode_width::UnicodeWidthStr;

use super::report::{Check, CredentialsReport, Finding, Report, Status, UnpolledApi};

/// The maximum number of checks to name with a finding.
const MAX_NAMED: usize = 5;

const HEADER: [&str; 7] = ["PROJECT", "API", "RESULT", "CREDENTIALS", "CLOCK", "ROWS", "TIME"];

/// The report as a table, with the findings and the advice about them below.
#[must_use]
pub fn table(report: &Report) -> String {
    let rows: Vec<_> = report.checks.iter().map(row).collect();
    let mut text = lines(&rows);
    for group in groups(report) {
        text.push('\n');
        text.push_str(&sentences(&group));
    }
    if !report.unpolled.is_empty() {
        text.push('\n');
        text.push_str(&unpolled(report));
    }
    let _ = writeln!(text, "\n{}", summary(report));
    text
}

fn row(check: &Check) -> [String; 7] {
    let or_dash = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
    [
        check.project.clone(),
        check.collector.to_owned(),
        check.result.as_str().to_owned(),
        or_dash(check.credentials.as_ref().map(credentials)),
        or_dash(check.clock_skew_seconds.map(|seconds| format!("{seconds:+}s"))),
        or_dash(check.rows.map(|rows| rows.to_string())),
        format!("{:.1}s", check.duration_seconds),
    ]
}

fn credentials(credentials: &CredentialsReport) -> String {
    let mut text = credentials.kind.to_owned();
    if let Some(access_key) = &credentials.access_key {
        let _ = write!(text, " {access_key}");
    }
    if let Some(expires_at) = &credentials.expires_at {
        let _ = write!(text, " until {expires_at}");
    }
    text
}

/// Aligns columns by the width of their text in a terminal: a Chinese character takes two cells.
fn lines(rows: &[[String; 7]]) -> String {
    let header = HEADER.map(ToOwned::to_owned);
    let all = || std::iter::once(&header).chain(rows);
    let widths: [usize; 7] =
        std::array::from_fn(|column| all().map(|row| row[column].width()).max().unwrap_or_default());
    let mut text = String::new();
    for row in all() {
        let mut gap = 0;
        for (cell, width) in row.iter().zip(widths) {
            let _ = write!(text, "{:gap$}{cell}", "");
            gap = width.saturating_sub(cell.width()) + 2;
        }
        text.push('\n');
    }
    text
}

/// Findings that differ only in the check and the request.
type Group<'a> = (&'a Finding, Vec<(&'a Check, &'a Finding)>);

fn groups(report: &Report) -> Vec<Group<'_>> {
    let mut groups: Vec<Group> = Vec::new();
    let mut indexes = HashMap::new();
    for check in &report.checks {
        for finding in &check.findings {
            let index =
                *indexes.entry((finding.result, &finding.message, &finding.advice)).or_insert_with(|| {
                    groups.push((finding, Vec::new()));
                    groups.len() - 1
                });
            if let Some((_, members)) = groups.get_mut(index) {
                members.push((check, finding));
            }
        }
    }
    // Failures first.
    groups.sort_by_key(|(finding, _)| Reverse(finding.result));
    groups
}

fn sentences((finding, members): &Group<'_>) -> String {
    let labels = members.iter().map(|(check, finding)| {
        let request = finding.request_id.as_ref().map(|id| format!(" (request {id})")).unwrap_or_default();
        format!("{} {}{request}", check.project, check.collector)
    });
    let names = named(labels, members.len());
    format!("{}: {}\n    of: {names}\n    do: {}\n", finding.result.as_str(), finding.message, finding.advice)
}

/// A line for each optional API that is not polled, and for each reason why it cannot be read.
fn unpolled(report: &Report) -> String {
    let mut groups: Vec<(String, Vec<String>)> = Vec::new();
    for UnpolledApi { project, collector, rows } in &report.unpolled {
        let (sentence, name) = match rows {
            Ok(rows) => {
                let rows = rows.map(|rows| format!(" ({rows} rows)")).unwrap_or_default();
                let advice = "These credentials can read it; to poll it, add it to the collectors of";
                (format!("{collector} is not polled. {advice}"), format!("{project}{rows}"))
            }
            Err(error) => {
                let problem = format!("and these credentials cannot read it ({error}):");
                (format!("{collector} is not polled, {problem}"), project.clone())
            }
        };
        match groups.iter_mut().find(|(known, _)| *known == sentence) {
            Some((_, names)) => names.push(name),
            None => groups.push((sentence, vec![name])),
        }
    }
    let line = |(sentence, names): (String, Vec<String>)| {
        let all = names.len();
        format!("{sentence} {}.\n", named(names.into_iter(), all))
    };
    groups.into_iter().map(line).collect()
}

/// The first names, and how many of `all` are left.
fn named(names: impl Iterator<Item = String>, all: usize) -> String {
    let mut text = names.take(MAX_NAMED).collect::<Vec<_>>().join(", ");
    if all > MAX_NAMED {
        let _ = write!(text, " and {} more", all - MAX_NAMED);
    }
    text
}

fn summary(report: &Report) -> String {
    let counts = [Status::Ok, Status::Warning, Status::Failed].map(|status| (status, report.count(status)));
    let counts = counts.iter().filter(|(_, count)| *count > 0);
    let counts: Vec<_> = counts.map(|(status, count)| format!("{count} {}", status.as_str())).collect();
    let all = report.checks.len();
    format!("{all} {}: {}.", if all == 1 { "check" } else { "checks" }, counts.join(", "))
}
