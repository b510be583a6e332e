//! Which users of a list are exported, how many are omitted, and what happens without names.

use axum::Router;
use axum::http::StatusCode;
use metastudio_exporter::config::{Pattern, UserQuotasConfig};
use metastudio_exporter::sim::Cloud;
use metastudio_exporter::sim::data::{ItemAmount, ItemQuota, SimulatedUser};

use crate::common::{POLL, cloud, once, project, serve, value};
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

#[tokio::test]
async fn without_the_right_to_list_users_ids_still_match() {
    let (cloud, url) = cloud(USERS, 1, &[]).await;
    let refusal =
        r#"{"error":{"code":403,"message":"You are not authorized to perform the requested action."}}"#;
    let iam = serve(Router::new().fallback(async move || (StatusCode::FORBIDDEN, refusal))).await;
    let mut project = project(&cloud, &url);
    project.iam_endpoint = iam;
    let users = sorted_users(&cloud, project.id.as_ref().unwrap());
    let (wanted, unwanted) = (&users[3], &users[7]);
    project.user_quotas = UserQuotasConfig {
        include: patterns(&[&wanted.id, &unwanted.id, "studio-.*"]),
        exclude: patterns(&[&unwanted.id]),
        names: true,
        ..UserQuotasConfig::default()
    };
    let text = once(POLL, vec![project]).await;
    let expected = some_users(USERS, 0, std::slice::from_ref(wanted));
    assert_same(&shown_user_quotas(&text), &expected, "IDs alone");
    let up = "metastudio_up{project=\"production\",collector=\"user_quotas\"}";
    assert_eq!(value(&text, up), Some(1.0));
}
