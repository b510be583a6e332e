//! The configuration file: YAML, read strictly, and all that is wrong with it told at once.
//!
//! text -> `tree` (YAML with lines) -> `format` (through serde) -> `project` and `credentials` (checked, plain).

mod context;
mod credentials;
mod deserialize;
mod field;
mod format;
mod problems;
mod project;
mod schema;
mod tree;
mod values;

use std::io::Read;
use std::path::Path;

use serde::Deserialize;

use super::{Config, Environment, Poll};
use context::Context;
use deserialize::Value;
use field::Field;
use problems::{Place, Problems};

pub use schema::schema;

/// What is read at most; 5,000 projects need a tenth of it.
const LARGEST: u64 = 16 * 1024 * 1024;

/// Everything that is wrong with a file: a line each, `FILE:LINE: KEY: sentence`. There is no key where the file as a
/// whole is meant, and no line either where it cannot be read.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("{}", .0.join("\n"))]
pub struct Errors(pub Vec<String>);

/// Reads a configuration file. `defaults` fills in for what its `poll` does not say, `environment` for projects without
/// credentials. Relative paths in it begin at its directory.
///
/// # Errors
/// All that is wrong, at once, and nothing of the file's values.
pub fn load(path: &Path, environment: &Environment, defaults: Poll) -> Result<Config, Errors> {
    let unreadable = |sentence: String| Errors(vec![format!("{}: {sentence}", path.display())]);
    let bytes = read(path).map_err(unreadable)?;
    let problems = Problems::default();
    let directory = path.parent().unwrap_or(Path::new(""));
    let config = config(&bytes, &Context { problems: &problems, directory, environment }, defaults);
    match config {
        Some(config) if problems.is_empty() => Ok(config),
        _ => Err(problems.into_errors(path)),
    }
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    let unreadable = |error: std::io::Error| format!("cannot be read: {error}");
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).map_err(unreadable)?;
    file.take(LARGEST + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > LARGEST {
        return Err("has more than 16 MiB: that cannot be the right file".to_owned());
    }
    Ok(bytes)
}

/// None where something was noted.
fn config(bytes: &[u8], context: &Context<'_>, defaults: Poll) -> Option<Config> {
    let problems = context.problems;
    let whole = Place { line: 1, key: String::new() };
    let note = |(line, sentence): (usize, String)| problems.note(whole.clone().on_line(line), sentence);
    let text = std::str::from_utf8(bytes)
        .map_err(|error| note((line_at(bytes, error.valid_up_to()), NO_UTF8.to_owned())))
        .ok()?;
    let Some(document) = tree::parse(text).map_err(note).ok()? else {
        problems.note(whole, "is empty: write projects: and at least one project below it");
        return None;
    };
    let root = Value { node: &document, place: whole.clone(), problems };
    let file = format::File::deserialize(root).ok()?;

    let missing = "is missing: write it, and at least one project below it, with - before it";
    let projects = file.projects.read(|place, found| project::projects(context, place, found));
    let projects = projects.required(problems, whole.under("projects"), missing);
    let poll = file.poll.read(|_, found| poll(problems, found, defaults));
    Some(Config { poll: poll.or(defaults)?, projects: projects? })
}

const NO_UTF8: &str = "is no UTF-8 text: save it as UTF-8";

fn line_at(bytes: &[u8], index: usize) -> usize {
    1 + bytes.iter().take(index).filter(|&&byte| byte == b'\n').count()
}

fn poll(problems: &Problems, found: format::Poll, defaults: Poll) -> Option<Poll> {
    let duration = |field: Field<String>| field.check(problems, |text| values::duration(&text));
    let interval = duration(found.interval);
    let timeout = duration(found.timeout);
    let max_staleness = duration(found.max_staleness);
    let concurrency = found.concurrency.check(problems, |number| values::whole(number, &values::CONCURRENCY));
    let requests_per_second = found.requests_per_second.check(problems, values::rate);
    Some(Poll {
        interval: interval.or(defaults.interval)?,
        timeout: timeout.or(defaults.timeout)?,
        max_staleness: max_staleness.or(defaults.max_staleness)?,
        concurrency: concurrency.or(defaults.concurrency)?,
        requests_per_second: requests_per_second.or(defaults.requests_per_second)?,
    })
}
