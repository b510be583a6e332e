//! Paging, parameters and rows of the two MetaStudio APIs.

use super::*;
use crate::sim::data::{ITEMS, ItemAmount};

#[tokio::test]
async fn pages_contain_every_row_once_in_the_order_of_ids() {
    let cloud = cloud(250, 0);
    let mut ids = Vec::new();
    for offset in [0, 100, 200] {
        let reply = get(&cloud, &format!("{}?limit=100&offset={offset}", users_path())).await;
        assert_eq!(reply.json()["count"], 250);
        ids.extend(reply.column("assets", "user_id"));
    }
    let truth: Vec<Value> = cloud.users(&project_id()).into_iter().map(|user| json!(user.id)).collect();
    assert_eq!(ids, truth);
    assert!(truth.is_sorted_by(|a, b| a.as_str() < b.as_str()));
}

#[tokio::test]
async fn a_page_has_ten_rows_from_the_start_by_default() {
    let cloud = cloud(30, 30);
    for (path, list) in [(users_path(), "assets"), (resources_path(), "resources")] {
        let reply = get(&cloud, &path).await;
        assert_eq!(reply.json()[list].as_array().unwrap().len(), 10);
        assert_eq!(reply.json(), get(&cloud, &format!("{path}?offset=0&limit=10")).await.json());
    }
}

#[tokio::test]
async fn parameters_are_valid_within_their_bounds() {
    let cloud = cloud(250, 30);
    for path in [users_path(), resources_path()] {
        for good in ["limit=1", "limit=100", "offset=0", "offset=2147483647", "unknown=1"] {
            assert_eq!(get(&cloud, &format!("{path}?{good}")).await.status, 200, "{good}");
        }
        for (bad, name) in [
            ("limit=0", "limit"),
            ("limit=101", "limit"),
            ("limit=", "limit"),
            ("limit=ten", "limit"),
            ("offset=-1", "offset"),
            ("offset=2147483648", "offset"),
            ("offset=1.5", "offset"),
        ] {
            let reply = get(&cloud, &format!("{path}?{bad}")).await;
            assert_eq!(reply.status, 400, "{bad}");
            assert_eq!(
                reply.json(),
                json!({"error_code": "MSS.00000003", "error_msg": format!("Invalid parameter: {name}")})
            );
        }
    }
}

#[tokio::test]
async fn a_page_after_the_end_is_empty() {
    let reply = get(&cloud(3, 0), &format!("{}?offset=3", users_path())).await;
    assert_eq!(reply.json(), json!({"count": 3, "assets": []}));
}

#[tokio::test]
async fn a_list_can_be_limited_to_one_user() {
    let cloud = cloud(250, 0);
    let id = &cloud.users(&project_id())[123].id;
    let reply = get(&cloud, &format!("{}?user_id={id}", users_path())).await;
    assert_eq!(reply.json()["count"], 1);
    assert_eq!(reply.column("assets", "user_id"), [json!(id)]);
    let reply = get(&cloud, &format!("{}?user_id=unknown", users_path())).await;
    assert_eq!(reply.json(), json!({"count": 0, "assets": []}));
}

#[tokio::test]
async fn a_user_row_has_the_documented_fields_and_types() {
    let cloud = cloud(7, 0);
    let users = cloud.users(&project_id());
    let rows = get(&cloud, &users_path()).await.json()["assets"].clone();
    for (user, row) in users.iter().zip(rows.as_array().unwrap()) {
        for quota in &user.quotas {
            let (limit, usage) = (&row["quota"][quota.item], &row["usage"][quota.item]);
            assert_eq!(limit.as_f64(), Some(quota.limit.value()), "{row}");
            assert_eq!(usage.as_f64(), quota.usage.map(ItemAmount::value), "{row}");
            assert_eq!(limit.is_f64(), quota.item.starts_with("video_time_"), "{row}");
        }
        assert_eq!(row["quota"].as_object().unwrap().len(), ITEMS.len());
    }
    assert_eq!(rows[3]["quota"]["voice_clone_basic"], json!(-1));
    assert_eq!(rows[3]["quota"]["video_time_2d_model"], json!(-1.0));
    assert_eq!(rows[5].get("usage"), None, "a user without usage");
}

#[tokio::test]
async fn a_resource_row_has_the_documented_fields() {
    let cloud = cloud(0, 30);
    let resources = cloud.resources(&project_id());
    let body = get(&cloud, &format!("{}?limit=100", resources_path())).await.json();
    assert_eq!(body["count"], 30);
    let available: serde_json::Map<String, Value> = cloud
        .available(&project_id())
        .into_iter()
        .map(|(key, number)| (key.to_owned(), json!(number)))
        .collect();
    assert_eq!(body["resource_available_nums"], Value::Object(available));
    assert_eq!(
        body["resources"][0],
        json!({
            "asset_id": resources[0].asset_id,
            "charge_mode": "PERIODIC",
            "expire_time": "2026-01-02T12:00:00Z",
            "operation_type": "ADD",
            "resource_available_nums": resources[0].available,
            "resource_id": resources[0].id,
            "resource_nums": resources[0].nums,
            "resource_source": "PURCHASED",
            "resource_type": "BASIC",
            "status": 0
        })
    );
    assert_eq!(body["resources"][5].get("expire_time"), None, "a one-time resource");
}

#[tokio::test]
async fn empty_and_tiny_projects_work() {
    for (users, resources) in [(0, 0), (1, 3)] {
        let cloud = cloud(users, resources);
        assert_eq!(get(&cloud, &users_path()).await.json()["count"], users);
        assert_eq!(get(&cloud, &resources_path()).await.json()["count"], resources);
    }
}

#[tokio::test]
async fn usage_grows_at_the_set_speed() {
    let options =
        CloudOptions { speed: 3600.0, epoch: at("2026-01-01T00:00:00Z"), ..CloudOptions::default() };
    let id = options.projects[0].id.clone();
    let cloud = Cloud::new(options);
    let used = |cloud: &Cloud| -> f64 {
        let quotas = cloud.users(&id).into_iter().flat_map(|user| user.quotas);
        quotas.filter_map(|quota| quota.usage).map(ItemAmount::value).sum()
    };
    let now = Timestamp::now();
    cloud.stop_clock(now);
    let before = used(&cloud);
    cloud.stop_clock(now + jiff::SignedDuration::from_mins(1));
    assert!(used(&cloud) > before + 100.0, "usage must grow in two and a half days");
}
