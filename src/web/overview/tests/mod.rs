//! Pages of facts that the simulated cloud cannot produce: hostile names, old data, every failure.

mod attention;
mod attention_bounds;
mod counts;
mod filters;
mod hostile;
mod language;
mod links;
mod lists;
mod order;
mod products;

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use axum::http::{HeaderMap, StatusCode};
use jiff::Timestamp;

use super::facts::{ApiFacts, Facts, LastData, ProjectFacts};
use super::model::{Coverage, Overview};
use super::page_context::PageContext;
use super::query::Query;
use super::resource_levels::ResourceLevel;
use super::sort_order::SortOrder;
use super::{apis, pages};
use crate::advice::Advice;
use crate::cloud::reason::Reason;
use crate::config;
use crate::poll::{LastPoll, PollFailure, PolledProject, PolledProjects, Stage};
use crate::snapshot::{
    Collector, CollectorData, Quota, Ranking, Snapshot, TenantResource, TenantResources, User, UserQuotas,
    VoiceResource, VoiceTraining,
};
use crate::telemetry::Telemetry;

const NOW: i64 = 1_800_000_000;
const DAY: i64 = 86_400;

fn now() -> Timestamp {
    Timestamp::from_second(NOW).unwrap()
}

fn ended(failure: Option<PollFailure>) -> LastPoll {
    LastPoll::new(SystemTime::from(now()), failure)
}

impl From<VoiceTraining> for CollectorData {
    fn from(data: VoiceTraining) -> Self {
        Self::VoiceTraining(data)
    }
}

impl From<UserQuotas> for CollectorData {
    fn from(data: UserQuotas) -> Self {
        Self::UserQuotas(data)
    }
}

impl From<TenantResources> for CollectorData {
    fn from(data: TenantResources) -> Self {
        Self::TenantResources(data)
    }
}

fn fresh(data: impl Into<CollectorData>) -> ApiFacts {
    let data = data.into();
    let fetched_at = SystemTime::from(now()) - Duration::from_secs(90);
    let snapshot = Snapshot { data, fetched_at, consistent: true, invalid_values: 0 };
    ApiFacts { last: Some(ended(None)), data: ranked(snapshot) }
}

fn ranked(snapshot: Snapshot) -> LastData {
    let ranking = snapshot.user_quotas().map(|quotas| Arc::new(Ranking::new(&quotas.users, None)));
    LastData::Fresh(Arc::new(snapshot), ranking)
}

fn project(name: &str) -> ProjectFacts {
    ProjectFacts {
        name: name.to_owned(),
        id: None,
        region: "cn-north-4".to_owned(),
        endpoint: "https://metastudio.example.com".to_owned(),
        voice_training: None,
        user_quotas: None,
        tenant_resources: None,
        user_names: None,
    }
}

fn quota(item: &'static str, usage: f64, limit: f64) -> Quota {
    Quota { item: item.into(), usage: Some(usage), limit: Some(limit) }
}

fn user(id: &str, quotas: Vec<Quota>) -> User {
    User { id: id.to_owned(), name: None, quotas }
}

fn users(users: Vec<User>) -> UserQuotas {
    UserQuotas { listed: users.len() as u64, omitted: 0, users: users.into_iter().collect() }
}

fn resource(id: &str, days: Option<i64>, status: f64, left: f64) -> VoiceResource {
    VoiceResource {
        id: id.to_owned(),
        resource_type: "BASIC".to_owned(),
        models: Some(10.0),
        models_available: Some(left),
        expiry: days.map(|days| (NOW + days * DAY) as f64),
        status: Some(status),
        ..VoiceResource::default()
    }
}

/// A product of 100 minutes of which some are used, expiring in some seconds.
fn product(id: &str, used: f64, seconds: Option<i64>, status: f64) -> TenantResource {
    TenantResource {
        id: id.to_owned(),
        resource_type: format!("TYPE_{id}"),
        business_type: "VIDEO_2D".to_owned(),
        charging_mode: "PERIODIC".to_owned(),
        unit: "seconds".into(),
        amount: Some(6000.0),
        usage: Some(used * 60.0),
        expiry: seconds.map(|seconds| (NOW + seconds) as f64),
        status: Some(status),
        ..TenantResource::default()
    }
}

fn products(resources: Vec<TenantResource>) -> ApiFacts {
    fresh(TenantResources { listed: resources.len() as u64, resources })
}

fn facts(projects: Vec<ProjectFacts>) -> Facts {
    Facts { now: now(), projects }
}

fn polled(facts: &Facts) -> PolledProjects {
    let telemetry = Telemetry::new().unwrap();
    let polled = facts.projects.iter().map(|project| {
        let mut config = config::tests::project(&project.name);
        config.collectors.extend(project.tenant_resources.is_some().then_some(Collector::TenantResources));
        PolledProject::new(config, &telemetry)
    });
    PolledProjects::new(polled.collect(), Duration::from_secs(1800), false)
}

fn context(facts: &Facts, path: &'static str, parameters: &[(&str, &str)]) -> PageContext {
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    let parameters: Vec<_> = parameters.iter().map(owned).collect();
    PageContext::new(Query::new(&parameters, &HeaderMap::new()), path, "/metrics", &polled(facts), facts)
}

/// The text of a page that exists.
fn found(page: pages::RenderedPage) -> String {
    let (status, text) = page.unwrap();
    assert_eq!(status, StatusCode::OK);
    text
}

/// The text of the page about a missing user.
fn not_found(page: pages::RenderedPage) -> String {
    let (status, text) = page.unwrap();
    assert_eq!(status, StatusCode::NOT_FOUND);
    text
}

/// All pages of these facts in a language.
fn all_pages(facts: &Facts, language: &str) -> Vec<String> {
    let lang = ("lang", language);
    let mut all = vec![
        found(pages::overview(context(facts, "/", &[lang]), facts)),
        found(pages::users(context(facts, "/users", &[lang]), facts)),
        found(pages::resources(context(facts, "/resources", &[lang]), facts)),
        found(pages::products(context(facts, "/products", &[lang]), facts)),
        not_found(pages::user(context(facts, "/user", &[lang]), facts)),
        found(pages::products(context(facts, "/products", &[lang, ("q", "none"), ("level", "high")]), facts)),
        found(pages::users(context(facts, "/users", &[lang, ("q", "none"), ("refresh", "30")]), facts)),
        found(pages::resources(context(facts, "/resources", &[lang, ("q", "none"), ("level", "ok")]), facts)),
        not_found(pages::user(context(facts, "/user", &[lang, ("from", "/users?q=x")]), facts)),
    ];
    if let [project] = &facts.projects[..] {
        for user in project.users().into_iter().flat_map(|users| users.users.iter()) {
            let query = [lang, ("project", project.name.as_str()), ("id", &user.id)];
            all.push(found(pages::user(context(facts, "/user", &query), facts)));
        }
    }
    all
}

/// The values of an attribute in a page, in order.
fn attributes<'a>(page: &'a str, name: &str) -> Vec<&'a str> {
    let start = format!(" {name}=\"");
    page.split(start.as_str()).skip(1).filter_map(|rest| Some(rest.split_once('"')?.0)).collect()
}

fn default_order() -> SortOrder {
    SortOrder::parse("", apis::KEYS)
}
