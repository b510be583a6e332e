//! `/simulation/`: edits, faults and errors.

use super::*;
use crate::sim::data::{ITEMS, ItemAmount, SimulatedResource};

const COUNT: &str = "voice_clone_basic";
const MINUTES: &str = "video_time_2d_model";

async fn put(cloud: &Cloud, target: &str, body: &str) -> (u16, String) {
    send_plain(cloud, "PUT", target, body).await
}

/// The path of a field of the user in a row.
fn user_path(cloud: &Cloud, row: usize, field: &str) -> String {
    format!("/simulation/projects/{}/users/{}/{field}", project_id(), cloud.users(&project_id())[row].id)
}

fn resource_path(cloud: &Cloud, row: usize, field: &str) -> String {
    let id = &cloud.resources(&project_id())[row].id;
    format!("/simulation/projects/{}/resources/{id}/{field}", project_id())
}

/// Limit and usage of one item of the user in a row, as the API returns them.
async fn shown_quota(cloud: &Cloud, row: usize, item: &str) -> (Value, Value) {
    let user = get(cloud, &users_path()).await.json()["assets"][row].clone();
    (user["quota"][item].clone(), user["usage"][item].clone())
}

async fn shown_resource(cloud: &Cloud, row: usize) -> Value {
    get(cloud, &resources_path()).await.json()["resources"][row].clone()
}

#[tokio::test]
async fn an_edited_usage_and_limit_change_the_api_and_the_truth_and_no_other_field() {
    let cloud = cloud(7, 0);
    let before = cloud.users(&project_id());
    for (field, body) in [
        (format!("usage/{COUNT}"), "12"),
        (format!("quota/{COUNT}"), "10\n"),
        (format!("usage/{MINUTES}"), "90.25"),
        (format!("quota/{MINUTES}"), "-1"),
    ] {
        assert_eq!(put(&cloud, &user_path(&cloud, 0, &field), body).await, no_content(), "{field}");
    }

    assert_eq!(shown_quota(&cloud, 0, COUNT).await, (json!(10), json!(12)));
    assert_eq!(shown_quota(&cloud, 0, MINUTES).await, (json!(-1.0), json!(90.25)));
    let mut expected = before;
    for quota in &mut expected[0].quotas {
        match quota.item {
            COUNT => (quota.limit, quota.usage) = (ItemAmount::Count(10), Some(ItemAmount::Count(12))),
            MINUTES => {
                (quota.limit, quota.usage) = (ItemAmount::Minutes(-1.0), Some(ItemAmount::Minutes(90.25)));
            }
            _ => {}
        }
    }
    assert_eq!(cloud.users(&project_id()), expected);
}

#[tokio::test]
async fn an_edit_adds_a_missing_usage() {
    let cloud = cloud(7, 0);
    assert_eq!(shown_quota(&cloud, 5, COUNT).await.1, Value::Null);
    put(&cloud, &user_path(&cloud, 5, &format!("usage/{COUNT}")), "1").await;
    let user = get(&cloud, &users_path()).await.json()["assets"][5].clone();
    assert_eq!(user["usage"], json!({COUNT: 1}));
}

#[tokio::test]
async fn an_edited_resource_changes_its_row_and_the_sum_of_its_type() {
    let cloud = cloud(0, 8);
    let basic = |cloud: &Cloud| cloud.available(&project_id())[1];
    let before = cloud.resources(&project_id());
    // The only resource of the basic edition.
    assert_eq!((before[0].resource_type, basic(&cloud)), ("BASIC", ("basic", before[0].available)));

    assert_eq!(put(&cloud, &resource_path(&cloud, 0, "resource_available_nums"), "3").await, no_content());
    assert_eq!(basic(&cloud), ("basic", 3));
    assert_eq!(get(&cloud, &resources_path()).await.json()["resource_available_nums"]["basic"], 3);
    assert_eq!(put(&cloud, &resource_path(&cloud, 0, "status"), "1").await, no_content());
    assert_eq!(basic(&cloud), ("basic", 0));
    assert_eq!(put(&cloud, &resource_path(&cloud, 0, "status"), "0").await, no_content());
    assert_eq!(basic(&cloud), ("basic", 3));
    let now = "2026-01-01T20:00:00+08:00";
    assert_eq!(put(&cloud, &resource_path(&cloud, 0, "expire_time"), now).await, no_content());
    assert_eq!(basic(&cloud), ("basic", 0));

    let expires = Some(at("2026-01-01T12:00:00Z"));
    let mut expected = before.clone();
    expected[0] = SimulatedResource { available: 3, expires, ..before[0].clone() };
    assert_eq!(cloud.resources(&project_id()), expected);
    let row = shown_resource(&cloud, 0).await;
    assert_eq!(row["expire_time"], "2026-01-01T12:00:00Z");
    assert_eq!((&row["resource_available_nums"], &row["status"]), (&json!(3), &json!(0)));
}

#[tokio::test]
async fn edited_fields_are_constant_until_the_edits_are_removed() {
    let project = ProjectSpec::new("test", "cn-north-4", 1, 0);
    let epoch = at("2026-01-01T12:00:00Z");
    let cloud = Cloud::new(CloudOptions { projects: vec![project], epoch, ..CloudOptions::default() });
    put(&cloud, &user_path(&cloud, 0, &format!("usage/{COUNT}")), "0").await;

    cloud.stop_clock(at("9999-01-01T00:00:00Z"));
    let user = &cloud.users(&project_id())[0];
    for quota in user.quotas {
        let expected = if quota.item == COUNT { 0.0 } else { quota.limit.value() };
        assert_eq!(quota.usage.map(ItemAmount::value), Some(expected), "{quota:?}");
    }
    assert_eq!(send_plain(&cloud, "DELETE", "/simulation/edits", "").await, no_content());
    let user = &cloud.users(&project_id())[0];
    assert!(user.quotas.iter().all(|quota| quota.usage == Some(quota.limit)), "{user:?}");
}

#[tokio::test]
async fn faults_can_be_set_and_removed() {
    let cloud = cloud(3, 3);
    let statuses =
        async || (get(&cloud, &users_path()).await.status, get(&cloud, &resources_path()).await.status);
    assert_eq!(
        put(&cloud, "/simulation/faults", "forbidden@user_quotas, server-error@voice_training").await,
        no_content()
    );
    assert_eq!(statuses().await, (403, 500));
    let refused = put(&cloud, "/simulation/faults", "flaky,slow").await;
    assert_eq!(refused.0, 400);
    assert!(refused.1.starts_with("there is no fault \"slow\"; the faults are throttled, "), "{}", refused.1);
    assert_eq!(statuses().await, (403, 500), "an invalid list changes nothing");
    assert_eq!(put(&cloud, "/simulation/faults", "").await, no_content());
    assert_eq!(statuses().await, (200, 200));
}

#[tokio::test]
async fn invalid_bodies_are_explained_and_change_nothing() {
    let cloud = cloud(7, 8);
    let before = (cloud.users(&project_id()), cloud.resources(&project_id()));
    let bad = |sentence: &str| (400, format!("{sentence}\n"));
    let user = |field: &str| user_path(&cloud, 0, field);
    let resource = |field: &str| resource_path(&cloud, 0, field);
    for (target, body, sentence) in [
        (
            user(&format!("usage/{COUNT}")),
            "1.5",
            "\"1.5\" is not a valid voice_clone_basic: write a whole number",
        ),
        (user(&format!("quota/{COUNT}")), "", "\"\" is not a valid voice_clone_basic: write a whole number"),
        (
            user(&format!("usage/{MINUTES}")),
            "NaN",
            "\"NaN\" is not a valid video_time_2d_model: write a number of minutes",
        ),
        (
            resource("expire_time"),
            "2026-01-01",
            "\"2026-01-01\" is not a valid expire_time: write a time of RFC 3339, such as 2026-01-31T12:00:00Z",
        ),
        (
            resource("status"),
            "frozen",
            "\"frozen\" is not a valid status: write a whole number from 0 to 255",
        ),
        (
            resource("resource_available_nums"),
            "-1",
            "\"-1\" is not a valid resource_available_nums: write a whole number from 0 to 4294967295",
        ),
    ] {
        assert_eq!(put(&cloud, &target, body).await, bad(sentence), "{target}");
    }
    assert_eq!((cloud.users(&project_id()), cloud.resources(&project_id())), before);
}

#[tokio::test]
async fn unknown_paths_and_rows_are_404() {
    let cloud = cloud(7, 8);
    let (project, unknown) = (project_id(), "0".repeat(32));
    let unknown_item = format!("there is no item \"holograms\"; the items are {}\n", ITEMS.join(", "));
    for (target, sentence) in [
        (user_path(&cloud, 0, "usage/holograms"), unknown_item.as_str()),
        (
            format!("/simulation/projects/{project}/users/{unknown}/usage/{COUNT}"),
            &format!("the project has no user \"{unknown}\"\n"),
        ),
        (
            format!("/simulation/projects/{project}/resources/{unknown}/status"),
            &format!("the project has no resource \"{unknown}\"\n"),
        ),
        (
            format!("/simulation/projects/{unknown}/resources/{unknown}/status"),
            &format!("there is no project \"{unknown}\"\n"),
        ),
        ("/simulation/weather".to_owned(), "there is nothing at /simulation/weather\n"),
        ("/simulation".to_owned(), "there is nothing at /simulation/\n"),
        (
            format!("/simulation/projects/{project}/users/{unknown}/name/{COUNT}"),
            &format!("there is nothing at /simulation/projects/{project}/users/{unknown}/name/{COUNT}\n"),
        ),
        (
            format!("/simulation/projects/{project}/resources/{unknown}/asset_id"),
            &format!("there is nothing at /simulation/projects/{project}/resources/{unknown}/asset_id\n"),
        ),
    ] {
        assert_eq!(put(&cloud, &target, "1").await, (404, sentence.to_owned()), "{target}");
    }
    assert_eq!(send_plain(&cloud, "GET", "/simulation/faults", "").await.0, 405);
}

#[tokio::test]
async fn control_requests_ignore_faults_and_are_not_logged() {
    let cloud = cloud_with_faults(3, 3, &["server-error"]);
    put(&cloud, "/simulation/faults", "").await;
    assert_eq!(cloud.requests(), []);
}

#[tokio::test]
async fn a_list_of_edits_applies_at_once_and_replaces_earlier_edits() {
    let cloud = cloud(7, 0);
    let line = |row: usize, field: &str, value: &str| {
        let path = user_path(&cloud, row, &format!("{field}/{COUNT}"));
        format!("{} {value}\n", path.trim_start_matches("/simulation/"))
    };
    let before = shown_quota(&cloud, 0, COUNT).await;
    let good = format!("{}\n{}", line(0, "usage", "3"), line(1, "quota", "-1"));
    assert_eq!(put(&cloud, "/simulation/edits", &good).await, no_content());
    assert_eq!(shown_quota(&cloud, 0, COUNT).await, (before.0.clone(), json!(3)));
    assert_eq!(shown_quota(&cloud, 1, COUNT).await.0, json!(-1));

    let bad = format!("{}{}", line(0, "usage", "4"), line(1, "usage", "many"));
    let sentence = "\"many\" is not a valid voice_clone_basic: write a whole number\n";
    assert_eq!(put(&cloud, "/simulation/edits", &bad).await, (400, sentence.to_owned()));
    let unknown = format!("{}weather", line(0, "usage", "4"));
    let sentence = "there is nothing at /simulation/weather\n";
    assert_eq!(put(&cloud, "/simulation/edits", &unknown).await, (404, sentence.to_owned()));
    assert_eq!(shown_quota(&cloud, 0, COUNT).await.1, json!(3), "invalid edits change nothing");

    assert_eq!(put(&cloud, "/simulation/edits", &line(1, "quota", "-1")).await, no_content());
    assert_eq!(shown_quota(&cloud, 0, COUNT).await, before);
    assert_eq!(shown_quota(&cloud, 1, COUNT).await.0, json!(-1));
}
