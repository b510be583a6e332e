//! One project from what the file says.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use reqwest::Url;

use super::context::Context;
use super::credentials::{self, Owner};
use super::{format, values};
use crate::cloud::credentials::Scope;
use crate::config::chain::{self, Chained};
use crate::config::yaml::{Field, Place};
use crate::config::{ProjectConfig, UserQuotasConfig, url};
use crate::snapshot::Collector;

/// All projects; no two with one name.
pub(super) fn projects(
    context: &Context<'_>,
    place: &Place,
    found: Vec<Field<format::Project>>,
) -> Option<Vec<ProjectConfig>> {
    if found.is_empty() {
        context
            .problems
            .note(place.clone(), "is empty: write at least one project below it, with - before it");
    }
    let mut names = HashMap::new();
    let read: Vec<_> = found
        .into_iter()
        .map(|found| found.read(|place, found| project(context, &mut names, place, found)))
        .collect();
    read.into_iter().map(Field::into_good).collect()
}

fn project(
    context: &Context<'_>,
    names: &mut HashMap<String, Place>,
    place: &Place,
    found: format::Project,
) -> Option<ProjectConfig> {
    let problems = context.problems;
    let name = found.name.check(problems, values::name);
    let region = found.region.check(problems, values::plain);
    let mut id = found.project_id.check(problems, values::plain);
    let endpoint = found.endpoint.check(problems, values::base_url);
    let mut iam_endpoint = found.iam_endpoint.check(problems, values::base_url);
    let ca_file = found.ca_file.check(problems, |text| values::ca_file(context.directory, &text).map(Some));

    let chained = if found.credentials.is_absent() {
        chained(context, place, region.good().map_or("", String::as_str))
    } else {
        None
    };
    if let Some(profile) = chained.as_ref().and_then(|chained| chained.profile.as_ref()) {
        let id_place = place.under("project_id");
        id = or_profile(context, id_place, id, profile.project_id.as_ref(), values::plain);
        let iam_place = place.under("iam_endpoint");
        let profile_endpoint = profile.iam_endpoint.as_ref();
        iam_endpoint = or_profile(context, iam_place, iam_endpoint, profile_endpoint, values::base_url);
    }

    let region = if region.is_absent() && (id.is_absent() || endpoint.is_absent()) {
        let missing = "is missing: write one like cn-north-4, or both project_id and endpoint";
        problems.note(place.under("region"), missing);
        None
    } else {
        region.or(String::new())
    };
    let of_region = |name, field: Field<Url>, default: fn(&str) -> Result<Url, String>| match &region {
        Some(region) => context.url_or(place, name, field, "the region's", || default(region)),
        None => field.into_good(),
    };
    let endpoint = of_region("endpoint", endpoint, url::metastudio);
    let iam_endpoint = of_region("iam_endpoint", iam_endpoint, url::iam);

    // Where there is no ID, the region stands for the project: as its name, and to IAM.
    let (id, default_name, scope) = match id {
        Field::Good(_, id) => (Some(Some(id.clone())), Some(id.clone()), Some(Scope::ProjectId(id))),
        Field::Absent => (Some(None), region.clone(), region.clone().map(Scope::Region)),
        Field::Bad => (None, None, None),
    };
    let owner =
        Owner { region: region.as_deref().unwrap_or_default(), scope, iam_endpoint: iam_endpoint.clone() };
    let said = found.credentials.read(|place, found| credentials::source(context, owner, place, found));
    let credentials = said.into_good().or_else(|| Some(chained?.source));
    let collectors = found.collectors.read(|place, found| collectors(context, place, found));
    let user_quotas = found.user_quotas.read(|_, found| user_quotas(context, found));

    Some(ProjectConfig {
        name: unique_name(context, names, place, name, default_name)?,
        id: id?,
        region: region?,
        endpoint: endpoint?,
        iam_endpoint: iam_endpoint?,
        ca_file: ca_file.or(None)?,
        credentials: credentials?,
        collectors: collectors.or(Collector::ALL.to_vec())?,
        user_quotas: user_quotas.or(UserQuotasConfig::default())?,
    })
}

/// What the environment has, for a project without credentials.
fn chained(context: &Context<'_>, place: &Place, region: &str) -> Option<Chained> {
    let note = |invalid| {
        let sentence = format!("is missing, and the environment has none that can be used: {invalid}");
        context.problems.note(place.under("credentials"), sentence);
    };
    chain::credentials(context.environment, region).map_err(note).ok()
}

/// What the file says, or else the SDKs' profile file.
fn or_profile<T>(
    context: &Context<'_>,
    place: Place,
    field: Field<T>,
    text: Option<&String>,
    check: fn(String) -> Result<T, String>,
) -> Field<T> {
    let Some(text) = text.filter(|_| field.is_absent()) else { return field };
    match check(text.clone()) {
        Ok(value) => Field::Good(place, value),
        Err(sentence) => {
            let sentence = format!("is missing, and that of the SDKs' profile file {sentence}");
            context.problems.note(place, sentence);
            Field::Bad
        }
    }
}

/// The name, which no project before has. `place` is the project's.
fn unique_name(
    context: &Context<'_>,
    names: &mut HashMap<String, Place>,
    place: &Place,
    name: Field<String>,
    default: Option<String>,
) -> Option<String> {
    let (name_place, name, is_default) = match name {
        Field::Good(place, name) => (place, name, false),
        Field::Absent => (place.under("name"), default?, true),
        Field::Bad => return None,
    };
    match names.entry(name.clone()) {
        Entry::Vacant(entry) => {
            entry.insert(place.clone());
            Some(name)
        }
        Entry::Occupied(first) => {
            let Place { line, key } = first.get();
            let what = if is_default { "is missing, and its default is one" } else { "is one" };
            let sentence = format!("{what} that {key} on line {line} has already: write another");
            context.problems.note(name_place, sentence);
            None
        }
    }
}

/// The APIs to poll, in the order of the metrics.
fn collectors(context: &Context<'_>, place: &Place, found: Vec<Field<String>>) -> Option<Vec<Collector>> {
    let problems = context.problems;
    if found.is_empty() {
        problems.note(place.clone(), "is empty: write the collectors, or take the key away for all");
        return None;
    }
    let mut read = Vec::new();
    for item in found {
        let item = item.read(|place, text| {
            let collector =
                values::collector(&text).map_err(|error| problems.note(place.clone(), error)).ok()?;
            if read.contains(&Some(collector)) {
                problems.note(place.clone(), "stands twice in the list: keep one");
                return None;
            }
            Some(collector)
        });
        read.push(item.into_good());
    }
    let read: Vec<_> = read.into_iter().collect::<Option<_>>()?;
    Some(Collector::ALL.into_iter().filter(|collector| read.contains(collector)).collect())
}

fn user_quotas(context: &Context<'_>, found: format::UserQuotas) -> Option<UserQuotasConfig> {
    let problems = context.problems;
    let default = UserQuotasConfig::default();
    let max_users = found.max_users.check(problems, |number| values::whole(number, &values::MAX_USERS));
    let include = found.include.check_items(problems, values::pattern);
    let exclude = found.exclude.check_items(problems, values::pattern);
    let items = found.items.check_items(problems, values::item);
    Some(UserQuotasConfig {
        max_users: max_users.or(default.max_users)?,
        include: include.or(default.include)?,
        exclude: exclude.or(default.exclude)?,
        items: items.or(default.items)?,
        names: found.names.or(default.names)?,
    })
}
