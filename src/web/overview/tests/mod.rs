//! Pages of facts that no simulated cloud has: hostile names, old numbers, every failure.

mod counts;
mod hostile;
mod language;
mod lists;

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use axum::http::HeaderMap;
use jiff::Timestamp;

use super::facts::{Api, Data, Facts, Project};
use super::frame::Frame;
use super::model::{Coverage, Overview};
use super::order::Order;
use super::query::Query;
use super::resources::Trouble;
use super::{apis, pages};
use crate::cloud::credentials::{SecretValue, Source};
use crate::cloud::reason::Reason;
use crate::config;
use crate::poll::{LastPoll, PollFailure, PolledProject, PolledProjects, Stage};
use crate::snapshot::{
    Collector, CollectorData, Quota, Snapshot, User, UserQuotas, VoiceResource, VoiceTraining,
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

fn fresh(data: impl Into<CollectorData>) -> Api {
    let data = data.into();
    let fetched_at = SystemTime::from(now()) - Duration::from_secs(90);
    let snapshot = Snapshot { data, fetched_at, consistent: true, invalid_values: 0 };
    Api { last: Some(ended(None)), data: Data::Fresh(Arc::new(snapshot)) }
}

fn project(name: &str) -> Project {
    Project {
        name: name.to_owned(),
        id: None,
        region: "cn-north-4".to_owned(),
        endpoint: "https://metastudio.example.com".to_owned(),
        voice_training: None,
        user_quotas: None,
    }
}

fn quota(item: &'static str, usage: f64, limit: f64) -> Quota {
    Quota { item: item.into(), usage: Some(usage), limit: Some(limit) }
}

fn user(id: &str, quotas: Vec<Quota>) -> User {
    User { id: id.to_owned(), name: None, quotas }
}

fn users(users: Vec<User>) -> UserQuotas {
    UserQuotas { listed: users.len() as u64, omitted: 0, users }
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

fn facts(projects: Vec<Project>) -> Facts {
    Facts { now: now(), projects }
}

fn polled(facts: &Facts) -> PolledProjects {
    let telemetry = Telemetry::new().unwrap();
    let polled = facts.projects.iter().map(|project| {
        let config = config::ProjectConfig {
            name: project.name.clone(),
            id: None,
            region: String::new(),
            endpoint: "http://127.0.0.1:9".parse().unwrap(),
            iam_endpoint: "http://127.0.0.1:9".parse().unwrap(),
            ca_file: None,
            credentials: Source::Token(SecretValue::Inline("t".into())),
            collectors: Collector::ALL.to_vec(),
            user_quotas: config::UserQuotasConfig::default(),
        };
        PolledProject::new(config, &telemetry)
    });
    PolledProjects::new(polled.collect(), Duration::from_secs(1800), false)
}

fn frame(facts: &Facts, path: &'static str, parameters: &[(&str, &str)]) -> Frame {
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    let parameters: Vec<_> = parameters.iter().map(owned).collect();
    Frame::new(Query::of(&parameters, &HeaderMap::new()), path, "/metrics", &polled(facts), facts)
}

/// All pages of these facts in a language.
fn all_pages(facts: &Facts, language: &str) -> Vec<String> {
    let lang = ("lang", language);
    let mut all = vec![
        pages::overview(frame(facts, "/", &[lang]), facts).unwrap(),
        pages::users(frame(facts, "/users", &[lang]), facts).unwrap(),
        pages::resources(frame(facts, "/resources", &[lang]), facts).unwrap(),
        pages::user(frame(facts, "/user", &[lang]), facts).unwrap().unwrap_err(),
    ];
    if let [project] = &facts.projects[..] {
        for user in project.users().into_iter().flat_map(|users| &users.users) {
            let query = [lang, ("project", project.name.as_str()), ("id", &user.id)];
            all.push(pages::user(frame(facts, "/user", &query), facts).unwrap().unwrap());
        }
    }
    all
}

fn default_order() -> Order {
    Order::of("", apis::KEYS)
}
