//! The configuration file: YAML, read strictly, and all that is wrong with it told at once.
//!
//! text -> `yaml` -> `format` -> `project` and `credentials` (checked, plain).

mod context;
mod credentials;
mod format;
mod project;
mod schema;
mod values;

use std::path::Path;

use serde::Deserialize;

use super::yaml::{self, Field, Place, Problems, Value};
use super::{Config, Environment, PollConfig};
use context::Context;

pub use super::yaml::Errors;
pub use schema::schema;

/// Reads a configuration file. `defaults` fills in for what its `poll` does not say, `environment` for projects without
/// credentials. Relative paths in it begin at its directory.
///
/// # Errors
/// All that is wrong, at once, and nothing of the file's values.
pub fn load(path: &Path, environment: &Environment, defaults: PollConfig) -> Result<Config, Errors> {
    let bytes = yaml::read(path)?;
    let problems = Problems::default();
    let directory = path.parent().unwrap_or(Path::new(""));
    let config = config(&bytes, &Context { problems: &problems, directory, environment }, defaults);
    match config {
        Some(config) if problems.is_empty() => Ok(config),
        _ => Err(problems.into_errors(path)),
    }
}

/// None where something was noted.
fn config(bytes: &[u8], context: &Context<'_>, defaults: PollConfig) -> Option<Config> {
    let problems = context.problems;
    let whole = Place::whole();
    let Some(document) = yaml::document(bytes, problems).ok()? else {
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

fn poll(problems: &Problems, found: format::Poll, defaults: PollConfig) -> Option<PollConfig> {
    let duration = |field: Field<String>| field.check(problems, |text| values::duration(&text));
    let interval = duration(found.interval);
    let timeout = duration(found.timeout);
    let max_staleness = duration(found.max_staleness);
    let concurrency = found.concurrency.check(problems, |number| values::whole(number, &values::CONCURRENCY));
    let requests_per_second = found.requests_per_second.check(problems, values::rate);
    Some(PollConfig {
        interval: interval.or(defaults.interval)?,
        timeout: timeout.or(defaults.timeout)?,
        max_staleness: max_staleness.or(defaults.max_staleness)?,
        concurrency: concurrency.or(defaults.concurrency)?,
        requests_per_second: requests_per_second.or(defaults.requests_per_second)?,
    })
}
