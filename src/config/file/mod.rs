//! The configuration file.
//!
//! text -> `yaml` -> `format` -> `project` and `credentials` (checked, plain). Knows no flags.

mod credentials;
mod format;
mod project;
#[cfg(test)]
mod schema;

use std::path::Path;

use super::problems::{Node, Problems};
use super::{Config, Environment, PollConfig, values, yaml};
use crate::cloud::proxies::Proxies;

pub use super::problems::Errors;

/// What all checks of the file need besides its values.
struct Context<'a> {
    /// Where relative paths begin.
    directory: &'a Path,
    environment: &'a Environment,
}

/// Reads a configuration file. `defaults` are for keys that are missing in `poll`, `environment` is for projects without
/// credentials. Relative paths in the file begin at its directory.
///
/// # Errors
/// All values that are wrong, or the first that the format does not allow. No error repeats a value.
pub fn load(path: &Path, environment: &Environment, defaults: PollConfig) -> Result<Config, Errors> {
    parse(path, &yaml::read(path)?, environment, defaults)
}

/// Reads the text of the file `path`.
pub(crate) fn parse(
    path: &Path,
    text: &str,
    environment: &Environment,
    defaults: PollConfig,
) -> Result<Config, Errors> {
    let file: format::ConfigFile = yaml::parse(path, text)?;
    let problems = Problems::default();
    let context = Context { directory: path.parent().unwrap_or(Path::new("")), environment };
    let root = Node::root(&problems);
    if !file.projects.is_set() {
        root.record_under(
            "projects",
            "is missing: write it, and at least one project below it, with - before it",
        );
    }
    let projects =
        root.read("projects", file.projects, |list, found| project::projects(&context, list, found));
    let poll = root.read("poll", file.poll, |poll, found| Some(poll_config(poll, &found, defaults)));
    match projects {
        Some(projects) if problems.is_empty() => {
            let poll = poll.unwrap_or(defaults);
            Ok(Config { poll, projects, proxies: Proxies::default() })
        }
        _ => Err(problems.into_errors(path)),
    }
}

fn poll_config(poll: &Node<'_>, found: &format::PollSection, defaults: PollConfig) -> PollConfig {
    let duration = |name, setting| poll.check(name, setting, |text: &String| values::duration(text));
    let concurrency = poll.check_plain("concurrency", &found.concurrency, |number| {
        values::whole(*number, &PollConfig::CONCURRENCY)
    });
    let requests_per_second =
        poll.check_plain("requests_per_second", &found.requests_per_second, |number| values::rate(*number));
    PollConfig {
        interval: duration("interval", &found.interval).unwrap_or(defaults.interval),
        timeout: duration("timeout", &found.timeout).unwrap_or(defaults.timeout),
        max_staleness: duration("max_staleness", &found.max_staleness).unwrap_or(defaults.max_staleness),
        concurrency: concurrency.unwrap_or(defaults.concurrency),
        requests_per_second: requests_per_second.unwrap_or(defaults.requests_per_second),
        shard: defaults.shard,
        total_shards: defaults.total_shards,
    }
}
