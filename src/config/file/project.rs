//! One project of the configuration file.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use reqwest::Url;

use super::credentials::{self, CredentialsContext};
use super::{Context, format};
use crate::cloud::credentials::Scope;
use crate::config::chain::{self, Found};
use crate::config::problems::{Node, Setting};
use crate::config::{ProjectConfig, UserQuotasConfig, url, values};
use crate::snapshot::Collector;

/// The line and key of the first project with each name.
type Names = HashMap<String, (u64, String)>;

/// All projects, or `None` after recording a problem.
pub(super) fn projects(
    context: &Context<'_>,
    list: &Node<'_>,
    found: Vec<Setting<format::ProjectSection>>,
) -> Option<Vec<ProjectConfig>> {
    if found.is_empty() {
        list.record("is empty: write at least one project below it, with - before it");
    }
    let mut names = Names::new();
    let projects: Vec<_> =
        list.items(found).map(|(node, found)| project(context, &mut names, &node, found)).collect();
    projects.into_iter().collect()
}

fn project(
    context: &Context<'_>,
    names: &mut Names,
    node: &Node<'_>,
    found: format::ProjectSection,
) -> Option<ProjectConfig> {
    let name = node.check("name", &found.name, |text| values::name(text));
    let region = node.check("region", &found.region, |text| values::plain(text));
    let mut id = node.check("project_id", &found.project_id, |text| values::plain(text));
    let mut endpoint = node.check("endpoint", &found.endpoint, |text| values::base_url(text));
    let mut iam_endpoint = node.check("iam_endpoint", &found.iam_endpoint, |text| values::base_url(text));
    let ca_file = node.check("ca_file", &found.ca_file, |text| values::ca_file(context.directory, text));

    let chained = if found.credentials.is_set() {
        None
    } else {
        chained(context, node, region.as_deref().unwrap_or_default())
    };
    let (mut has_id, mut has_iam_endpoint) = (found.project_id.is_set(), found.iam_endpoint.is_set());
    if let Some(profile) = chained.as_ref().and_then(|chained| chained.profile.as_ref()) {
        if let (Some(text), false) = (&profile.project_id, has_id) {
            (id, has_id) = (from_profile(node, "project_id", values::plain(text)), true);
        }
        if let (Some(text), false) = (&profile.iam_endpoint, has_iam_endpoint) {
            (iam_endpoint, has_iam_endpoint) =
                (from_profile(node, "iam_endpoint", values::base_url(text)), true);
        }
    }

    // An endpoint of its own needs no region if the ID is known too.
    let region = if found.region.is_set() {
        region
    } else if has_id && found.endpoint.is_set() {
        Some(String::new())
    } else {
        node.record_under("region", "is missing: write one like cn-north-4, or both project_id and endpoint");
        None
    };
    if let Some(region) = &region {
        if !found.endpoint.is_set() {
            endpoint = of_region(node, "endpoint", url::metastudio(region));
        }
        if !has_iam_endpoint {
            iam_endpoint = of_region(node, "iam_endpoint", url::iam(region));
        }
    }

    // Without an ID, the region identifies the project: as its name, and to IAM.
    let default_name = if has_id { id.clone() } else { region.clone() };
    let scope = if has_id { id.clone().map(Scope::ProjectId) } else { region.clone().map(Scope::Region) };
    let facts = CredentialsContext {
        region: region.as_deref().unwrap_or_default(),
        scope,
        iam_endpoint: iam_endpoint.clone(),
    };
    let configured = node.read("credentials", found.credentials, |node, found| {
        credentials::source(context, facts, node, found)
    });
    let collectors = node.read("collectors", found.collectors, |list, found| Some(collectors(list, found)));
    let user_quotas =
        node.read("user_quotas", found.user_quotas, |node, found| Some(user_quotas(node, found)));
    let name = unique_name(names, node, &found.name, name, default_name);

    Some(ProjectConfig {
        name: name?,
        id,
        region: region?,
        endpoint: endpoint?,
        iam_endpoint: iam_endpoint?,
        ca_file,
        credentials: configured.or_else(|| Some(chained?.source))?,
        collectors: collectors.unwrap_or(Collector::DEFAULT.to_vec()),
        user_quotas: user_quotas.unwrap_or_default(),
    })
}

/// The environment's credentials, for a project without configured ones.
fn chained(context: &Context<'_>, node: &Node<'_>, region: &str) -> Option<Found> {
    let found = chain::credentials(context.environment, region);
    found
        .map_err(|error| {
            let sentence = format!("is missing, and the environment has no usable credentials: {error}");
            node.record_under("credentials", sentence);
        })
        .ok()
}

/// A value of the SDKs' profile file, for a key that is missing.
fn from_profile<T>(node: &Node<'_>, name: &str, checked: Result<T, String>) -> Option<T> {
    let record = |sentence| {
        node.record_under(name, format!("is missing, and the value in the SDKs' profile file {sentence}"));
    };
    checked.map_err(record).ok()
}

/// The region's endpoint, for a key that is missing.
pub(super) fn of_region(node: &Node<'_>, name: &str, endpoint: Result<Url, String>) -> Option<Url> {
    endpoint.map_err(|error| node.record_under(name, format!("is missing, and the region's {error}"))).ok()
}

/// The name, unless a project before has it.
fn unique_name(
    names: &mut Names,
    node: &Node<'_>,
    setting: &Setting<String>,
    name: Option<String>,
    default: Option<String>,
) -> Option<String> {
    let name = if setting.is_set() { name? } else { default? };
    match names.entry(name.clone()) {
        Entry::Vacant(entry) => {
            entry.insert((node.line, node.key.clone()));
            Some(name)
        }
        Entry::Occupied(first) => {
            let (line, key) = first.get();
            let what = if setting.is_set() { "is" } else { "is missing, and its default is" };
            node.child("name", setting)
                .record(format!("{what} already the name of {key} on line {line}: write another"));
            None
        }
    }
}

/// The APIs to poll, in the order of the metrics.
fn collectors(list: &Node<'_>, found: Vec<Setting<String>>) -> Vec<Collector> {
    if found.is_empty() {
        list.record("is empty: write the collectors, or remove the key for all");
    }
    let mut chosen = Vec::new();
    for (node, text) in list.items(found) {
        let Some(collector) = node.checked(values::collector(&text)) else { continue };
        if chosen.contains(&collector) {
            node.record("is in the list twice: keep one");
        }
        chosen.push(collector);
    }
    Collector::ALL.into_iter().filter(|collector| chosen.contains(collector)).collect()
}

fn user_quotas(node: &Node<'_>, found: format::UserQuotasSection) -> UserQuotasConfig {
    let default = UserQuotasConfig::default();
    let max_users =
        node.check_plain("max_users", &found.max_users, |number| values::whole(*number, &values::MAX_USERS));
    UserQuotasConfig {
        max_users: max_users.unwrap_or(default.max_users),
        include: node.check_items("include", found.include, |text: &String| values::pattern(text)),
        exclude: node.check_items("exclude", found.exclude, |text: &String| values::pattern(text)),
        items: node.check_items("items", found.items, |text: &String| values::item(text)),
        names: node.check_plain("names", &found.names, |names| Ok(*names)).unwrap_or(default.names),
    }
}
