//! Which users of a list are exported, how many are omitted, and what happens without names.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use metastudio_exporter::check::{Check, Status, Step};
use metastudio_exporter::config::{Pattern, PollConfig, UserQuotasConfig};
use metastudio_exporter::sim::Cloud;
use metastudio_exporter::sim::data::{ItemAmount, ItemQuota, SimulatedUser};
use reqwest::Url;

use crate::check::examine;
use crate::common::{Exporter, POLL, cloud, once, project, serve, until, value};
use crate::truth::{assert_same, names, shown_user_quotas, some_users};

const USERS: usize = 250;

fn patterns(texts: &[&str]) -> Vec<Pattern> {
    texts.iter().map(|text| Pattern::new(text).unwrap()).collect()
}

/// The users of the cloud, sorted by ID.
fn sorted_users(cloud: &Cloud, project_id: &str) -> Vec<SimulatedUser> {
    let mut users = cloud.users(project_id);
    users.sort_by(|a, b| a.id.cmp(&b.id));
    users
}

/// The used fraction of a quota. In the cloud's numbers, -1 is unlimited.
fn used(quota: &ItemQuota) -> f64 {
    let usage = quota.usage.map_or(0.0, ItemAmount::value);
    match quota.limit.value() {
        -1.0 => 0.0,
        0.0 => {
            if usage > 0.0 {
                f64::INFINITY
            } else {
                0.0
            }
        }
        limit => usage / limit,
    }
}

/// The `max` users with the highest utilisation of `items`.
fn highest(mut users: Vec<SimulatedUser>, max: usize, items: &[&str]) -> Vec<SimulatedUser> {
    let rank = |user: &SimulatedUser| {
        let quotas = user.quotas.iter().filter(|quota| items.is_empty() || items.contains(&quota.item));
        quotas.map(used).fold(0.0, f64::max)
    };
    // The sort is stable, so equal users stay sorted by ID.
    users.sort_by(|a, b| rank(b).total_cmp(&rank(a)));
    users.truncate(max);
    users
}

#[tokio::test]
async fn the_users_with_the_highest_utilisation_are_exported() {
    let (cloud, url) = cloud(USERS, 1, &[]).await;
    let mut project = project(&cloud, &url);
    let users = sorted_users(&cloud, project.id.as_ref().unwrap());
    for max_users in [0, 1, 40, USERS - 1, USERS, USERS + 1] {
        project.user_quotas = UserQuotasConfig { max_users, ..UserQuotasConfig::default() };
        let text = once(POLL, vec![project.clone()]).await;
        let left = highest(users.clone(), max_users, &[]);
        let expected = some_users(USERS, USERS - left.len(), &left);
        assert_same(&shown_user_quotas(&text), &expected, &format!("{max_users} users"));
    }
}

#[tokio::test]
async fn only_selected_items_are_exported_and_count() {
    let (cloud, url) = cloud(USERS, 1, &[]).await;
    let mut project = project(&cloud, &url);
    let items = ["video_time_2d_model", "voice_clone_flexus"];
    project.user_quotas = UserQuotasConfig {
        max_users: 20,
        items: items.map(ToOwned::to_owned).to_vec(),
        ..UserQuotasConfig::default()
    };
    let text = once(POLL, vec![project.clone()]).await;

    let users = sorted_users(&cloud, project.id.as_ref().unwrap());
    let mut expected = some_users(USERS, USERS - 20, &highest(users.clone(), 20, &items));
    expected.retain(|series, _| !series.contains("item=") || items.iter().any(|item| series.contains(item)));
    assert_same(&shown_user_quotas(&text), &expected, "two items");
    let all_items = highest(users, 20, &[]);
    assert!(all_items.iter().any(|user| !text.contains(&user.id)), "other items select other users");
}

#[tokio::test]
async fn users_are_selected_by_name_and_by_id() {
    let (cloud, url) = cloud(USERS, 1, &[]).await;
    let mut project = project(&cloud, &url);
    let users = sorted_users(&cloud, project.id.as_ref().unwrap());
    let begins = |user: &SimulatedUser, name: &str| user.name.starts_with(name);
    let excluded = users.iter().find(|user| begins(user, "studio-001")).unwrap().id.clone();
    project.user_quotas = UserQuotasConfig {
        max_users: 12,
        include: patterns(&["studio-00[12].", "studio-0030"]),
        exclude: patterns(&[&excluded, "studio-002[0-4]"]),
        names: true,
        ..UserQuotasConfig::default()
    };
    let text = once(POLL, vec![project]).await;

    let is_selected = |user: &SimulatedUser| {
        let included = begins(user, "studio-001") || begins(user, "studio-002") || user.name == "studio-0030";
        included && user.id != excluded && !("studio-0020"..="studio-0024").contains(&user.name.as_str())
    };
    let selected: Vec<SimulatedUser> = users.into_iter().filter(is_selected).collect();
    assert_eq!(selected.len(), 15, "enough users for the test");
    let left = highest(selected, 12, &[]);
    let mut expected = some_users(USERS, 3, &left);
    expected.extend(names(&left));
    assert_same(&shown_user_quotas(&text), &expected, "names and IDs");
}

/// An IAM that refuses to list users.
async fn refusing_iam() -> Url {
    let refusal =
        r#"{"error":{"code":403,"message":"You are not authorized to perform the requested action."}}"#;
    serve(Router::new().fallback(async move || (StatusCode::FORBIDDEN, refusal))).await
}

/// An IAM that refuses the first `refused` requests, and then lists these users.
async fn recovering_iam(refused: usize, users: &[SimulatedUser]) -> Url {
    let listed = users.iter().map(|user| format!(r#"{{"id":"{}","name":"{}"}}"#, user.id, user.name));
    let list = format!(r#"{{"users":[{}]}}"#, listed.collect::<Vec<_>>().join(","));
    let requests = Arc::new(AtomicUsize::new(0));
    let answer = async move || {
        let is_refused = requests.fetch_add(1, Ordering::Relaxed) < refused;
        if is_refused { (StatusCode::FORBIDDEN, String::new()) } else { (StatusCode::OK, list) }
    };
    serve(Router::new().fallback(answer)).await
}

fn up(text: &str, collector: &str) -> Option<f64> {
    value(text, &format!("metastudio_up{{project=\"production\",collector=\"{collector}\"}}"))
}

/// Failed polls because of missing rights.
fn refusals(text: &str, collector: &str) -> Option<f64> {
    let labels = format!("collector=\"{collector}\",project=\"production\",reason=\"forbidden\"");
    value(text, &format!("metastudio_exporter_poll_failures_total{{{labels}}}"))
}

#[tokio::test]
async fn without_patterns_names_that_cannot_be_looked_up_cost_only_themselves() {
    let (cloud, url) = cloud(USERS, 1, &[]).await;
    let mut project = project(&cloud, &url);
    project.iam_endpoint = refusing_iam().await;
    project.user_quotas.names = true;
    let users = sorted_users(&cloud, project.id.as_ref().unwrap());
    let text = once(POLL, vec![project]).await;
    assert_same(&shown_user_quotas(&text), &some_users(USERS, 0, &users), "all users");
    assert_eq!((up(&text, "user_quotas"), up(&text, "user_names")), (Some(1.0), Some(0.0)));
    assert_eq!((refusals(&text, "user_quotas"), refusals(&text, "user_names")), (Some(0.0), Some(1.0)));
    let requests = "metastudio_exporter_api_requests_total{code=\"403\",collector=\"user_names\",project=\"production\"}";
    assert_eq!(value(&text, requests), Some(1.0));
    let last_success =
        "metastudio_last_success_timestamp_seconds{project=\"production\",collector=\"user_names\"}";
    assert_eq!(value(&text, last_success), None);
    let duration = "metastudio_poll_duration_seconds{project=\"production\",collector=\"user_names\"}";
    assert!(value(&text, duration).is_some());
}

#[tokio::test]
async fn without_names_patterns_select_no_users() {
    let (cloud, url) = cloud(USERS, 1, &[]).await;
    let mut project = project(&cloud, &url);
    project.iam_endpoint = refusing_iam().await;
    for (include, exclude) in [(&["studio-.*"][..], &[][..]), (&[], &["studio-.*"])] {
        project.user_quotas = UserQuotasConfig {
            include: patterns(include),
            exclude: patterns(exclude),
            names: true,
            ..UserQuotasConfig::default()
        };
        let text = once(POLL, vec![project.clone()]).await;
        assert!(shown_user_quotas(&text).is_empty(), "{include:?} without {exclude:?}");
        assert_eq!((up(&text, "user_quotas"), up(&text, "user_names")), (Some(0.0), Some(0.0)));
        assert_eq!(up(&text, "voice_training"), Some(1.0));
        assert_eq!((refusals(&text, "user_quotas"), refusals(&text, "user_names")), (Some(1.0), Some(1.0)));
    }
}

#[tokio::test]
async fn users_are_selected_by_name_as_soon_as_iam_recovers() {
    let (cloud, url) = cloud(USERS, 1, &[]).await;
    let mut project = project(&cloud, &url);
    let users = sorted_users(&cloud, project.id.as_ref().unwrap());
    project.iam_endpoint = recovering_iam(1, &users).await;
    project.user_quotas =
        UserQuotasConfig { include: patterns(&["studio-001."]), names: true, ..UserQuotasConfig::default() };
    let poll = PollConfig { interval: Duration::from_millis(50), ..POLL };
    let exporter = Exporter::start_with(poll, vec![project], false).await;
    until(async || up(&exporter.metrics().await, "user_quotas") == Some(1.0)).await;
    let text = exporter.metrics().await;
    let selected: Vec<_> = users.into_iter().filter(|user| user.name.starts_with("studio-001")).collect();
    let mut expected = some_users(USERS, 0, &selected);
    expected.extend(names(&selected));
    assert_same(&shown_user_quotas(&text), &expected, "names");
    assert_eq!(up(&text, "user_names"), Some(1.0));
    assert_eq!((refusals(&text, "user_quotas"), refusals(&text, "user_names")), (Some(1.0), Some(1.0)));
}

#[tokio::test]
async fn the_check_warns_about_names_and_fails_if_patterns_need_them() {
    let (cloud, url) = cloud(3, 1, &[]).await;
    let mut project = project(&cloud, &url);
    project.user_quotas.names = true;
    let good = examine(vec![project.clone()]).await.checks;
    let summary = |checks: &[Check]| {
        checks.iter().map(|check| (check.collector, check.result, check.rows)).collect::<Vec<_>>()
    };
    let others = [("voice_training", Status::Ok, Some(1)), ("user_quotas", Status::Ok, Some(3))];
    assert_eq!(summary(&good), [&others[..], &[("user_names", Status::Ok, Some(3))]].concat());

    project.iam_endpoint = refusing_iam().await;
    for (include, result) in [(&[][..], Status::Warning), (&["studio-.*"], Status::Failed)] {
        project.user_quotas.include = patterns(include);
        let bad = examine(vec![project.clone()]).await.checks;
        assert_eq!(summary(&bad), [&others[..], &[("user_names", result, None)]].concat());
        let advice = "grant the credentials iam:users:listUsers (system policy IAM ReadOnlyAccess), or set \
                      user_quotas.names to false";
        assert_eq!(
            (bad[2].findings[0].step, bad[2].findings[0].advice.as_str()),
            (Step::Authorization, advice)
        );
    }
}

#[tokio::test]
async fn a_project_without_the_look_up_of_names_has_no_series_of_it() {
    let (cloud, url) = cloud(3, 1, &[]).await;
    let text = once(POLL, vec![project(&cloud, &url)]).await;
    assert!(!text.contains("user_names"));
}
