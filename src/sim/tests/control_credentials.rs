//! `/simulation/`: accounts, credentials, the truth, and the request log.

use futures_util::{FutureExt, StreamExt};

use super::*;
use crate::sim::locked;

async fn refused(cloud: &Cloud, method: &str, target: &str, body: &str) -> (u16, String) {
    send_plain(cloud, method, &format!("/simulation/{target}"), body).await
}

fn sentence(status: u16, sentence: &str) -> (u16, String) {
    (status, format!("{sentence}\n"))
}

#[tokio::test]
async fn accounts_are_listed_with_their_secrets_and_projects() {
    let theirs = ProjectSpec::new("theirs", "cn-east-3", 4, 5).in_account(1);
    let cloud = cloud_with(vec![ProjectSpec::new("test", "cn-north-4", 2, 1), theirs.clone()]);
    let (accounts, account) = (get_control(&cloud, "accounts").await, &cloud.accounts()[1]);
    assert_eq!(accounts.as_array().unwrap().len(), 2);
    assert_eq!(accounts[0]["access_key"], cloud.access_key());
    assert_eq!(
        accounts[1],
        json!({
            "number": 1,
            "domain": "simulated-account-1",
            "domain_id": account.domain_id,
            "user": "exporter",
            "user_id": account.user_id,
            "password": account.password,
            "access_key": account.access_key,
            "secret_key": account.secret_key,
            "user_access_key": account.user_access_key,
            "user_secret_key": account.user_secret_key,
            "agency_urn": format!("iam::{}:agency:metastudio-exporter", account.domain_id),
            "provider_urn": format!("iam::{}:oidc-provider:simulated", account.domain_id),
            "projects": [
                {"name": "theirs", "id": theirs.id, "region": "cn-east-3", "users": 4, "resources": 5}
            ],
        })
    );
}

#[tokio::test]
async fn access_keys_can_be_created_and_deleted() {
    let cloud = cloud(3, 3);
    let (status, text) = send_plain(&cloud, "POST", "/simulation/accounts/0/access_keys", "").await;
    let key: Value = serde_json::from_str(&text).unwrap();
    assert_eq!((status, key.as_object().unwrap().len()), (200, 2));
    let (id, secret) = (key["access_key"].as_str().unwrap(), key["secret_key"].as_str().unwrap());
    assert_eq!(signed_status(&cloud, id, secret, None).await.0, 200);
    let path = format!("access_keys/{id}");
    assert_eq!(refused(&cloud, "DELETE", &path, "").await, no_content());
    assert_eq!(signed_status(&cloud, id, secret, None).await.0, 401);
    let gone = format!("there is no access key \"{id}\"");
    assert_eq!(refused(&cloud, "DELETE", &path, "").await, sentence(404, &gone));
    for number in ["1", "-1", "first"] {
        assert_eq!(
            refused(&cloud, "POST", &format!("accounts/{number}/access_keys"), "").await,
            sentence(404, &format!("there is no account {number}"))
        );
    }
}

#[tokio::test]
async fn the_truth_is_what_the_api_returns_without_faults() {
    let cloud = cloud(7, 8);
    let truth = get_control(&cloud, &format!("truth/{}", project_id())).await;
    let users = get(&cloud, &users_path()).await.json()["assets"].clone();
    let voices = get(&cloud, &resources_path()).await.json();
    let names: Vec<_> = cloud.users(&project_id()).into_iter().map(|user| user.name).collect();
    let mut assets = truth["assets"].clone();
    for (row, name) in assets.as_array_mut().unwrap().iter_mut().zip(names) {
        assert_eq!(row.as_object_mut().unwrap().remove("user_name"), Some(json!(name)));
    }
    assert_eq!(assets, users);
    assert_eq!(truth["resources"], voices["resources"]);
    assert_eq!(truth["resource_available_nums"], voices["resource_available_nums"]);

    cloud.set_faults(vec!["odd-fields".parse().unwrap()]).unwrap();
    assert_eq!(get_control(&cloud, &format!("truth/{}", project_id())).await, truth);
    assert_eq!(
        refused(&cloud, "GET", "truth/nowhere", "").await,
        sentence(404, "there is no project \"nowhere\"")
    );
}

#[tokio::test]
async fn identity_tokens_are_shown_and_rotated() {
    let cloud = cloud(3, 3);
    for (target, current) in
        [("id_token", Cloud::id_token as fn(&Cloud) -> String), ("pod_token", Cloud::pod_token)]
    {
        let target = format!("/simulation/{target}");
        let old = current(&cloud);
        assert_eq!(send_plain(&cloud, "GET", &target, "").await, (200, old.clone()));
        let (status, new) = send_plain(&cloud, "POST", &target, "").await;
        assert_eq!((status, &new), (200, &current(&cloud)));
        assert_ne!(new, old);
    }
}

#[tokio::test]
async fn lifetimes_can_be_set_and_credentials_revoked() {
    let cloud = cloud(3, 3);
    let put = |target: &'static str, body: &'static str| refused(&cloud, "PUT", target, body);
    assert_eq!(put("lifetimes/temporary_key", "90s\n").await, no_content());
    assert_eq!(cloud.issue_temporary_key(0).unwrap().expires, at("2026-01-01T12:01:30Z"));
    assert_eq!(put("lifetimes/iam_token", "3s").await, no_content());
    for target in ["lifetimes/temporary_key", "lifetimes/iam_token"] {
        for body in ["", "3", "0s", "soon"] {
            let expected = format!("\"{body}\" is not a valid lifetime: write 3s, 15m or 24h");
            assert_eq!(put(target, body).await, sentence(400, &expected));
        }
    }

    for (target, key_ends, token_ends) in [
        ("credentials", true, true),
        ("credentials/temporary_keys", true, false),
        ("credentials/iam_tokens", false, true),
    ] {
        let (key, token) = (cloud.issue_temporary_key(0).unwrap(), cloud.issue_token(&project_id()));
        assert_eq!(refused(&cloud, "DELETE", target, "").await, no_content());
        let by_key = signed_status(&cloud, &key.id, &key.secret, Some(&key.security_token)).await.0;
        let by_token = send(&cloud, with_token(&token, &users_path())).await.status;
        assert_eq!((by_key == 401, by_token == 401), (key_ends, token_ends), "{target}");
    }
    cloud.stop_clock(at("2026-01-01T12:00:00Z"));
    let token = cloud.issue_token(&project_id());
    cloud.stop_clock(at("2026-01-01T12:00:03Z"));
    assert_eq!(send(&cloud, with_token(&token, &users_path())).await.status, 401);
}

#[tokio::test]
async fn the_metadata_server_can_be_configured() {
    let cloud = cloud(3, 3);
    let put = |target: &'static str, body: &'static str| refused(&cloud, "PUT", target, body);
    assert_eq!(put("metadata", "unsupported\n").await, no_content());
    assert_eq!(send_plain(&cloud, "GET", "/openstack/latest/securitykey", "").await.0, 200);
    assert_eq!(put("metadata", "required").await, no_content());
    assert_eq!(send_plain(&cloud, "GET", "/openstack/latest/securitykey", "").await.0, 401);
    assert_eq!(
        put("metadata", "v2").await,
        sentence(400, "there is no metadata mode \"v2\"; the modes are required, unsupported, no-agency")
    );
    assert_eq!(put("machine_account", "0").await, no_content());
    for body in ["1", "first", ""] {
        assert_eq!(put("machine_account", body).await, sentence(400, &format!("there is no account {body}")));
    }
}

#[tokio::test]
async fn requests_are_counted_by_method_path_and_status() {
    let cloud = cloud(3, 3);
    for target in [users_path(), users_path(), format!("{}?limit=0", users_path()), "/v3/users".to_owned()] {
        get(&cloud, &target).await;
    }
    send_plain(&cloud, "POST", "/v3/auth/tokens", "{}").await;
    send_plain(&cloud, "GET", "/weather", "").await;
    let row = |method: &str, path: &str, status: u16, count: u64| json!({"method": method, "path": path, "status": status, "count": count});
    assert_eq!(
        get_control(&cloud, "requests").await,
        json!([
            row("GET", "/v1/{project_id}/user/quotas", 200, 2),
            row("GET", "/v1/{project_id}/user/quotas", 400, 1),
            row("GET", "/v3/users", 200, 1),
            row("GET", "other", 404, 1),
            row("POST", "/v3/auth/tokens", 401, 1),
        ])
    );
}

#[tokio::test(start_paused = true)]
async fn the_maximum_of_requests_in_flight_is_kept_until_reset() {
    let latency = std::time::Duration::from_millis(300);
    let cloud = Cloud::new(CloudOptions { latency, ..CloudOptions::default() });
    futures_util::future::join3(get(&cloud, "/"), get(&cloud, "/"), get(&cloud, "/")).await;
    get(&cloud, "/").await;
    assert_eq!(get_control(&cloud, "most_in_flight").await, 3);
    assert_eq!(refused(&cloud, "DELETE", "most_in_flight", "").await, no_content());
    assert_eq!(get_control(&cloud, "most_in_flight").await, 0);
}

#[tokio::test]
async fn a_stalled_response_is_in_flight_until_its_client_gives_up() {
    let cloud = cloud_with_faults(3, 3, &["stalled"]);
    let token = cloud.issue_token(&project_id());
    let stalled = cloud.router().oneshot(with_token(&token, &users_path())).await.unwrap();
    let mut body = stalled.into_body().into_data_stream();
    assert!(body.next().now_or_never().is_none());
    locked(&cloud.inner.log).reset_most_in_flight();
    assert_eq!(locked(&cloud.inner.log).most_in_flight, 1);
    drop(body);
    locked(&cloud.inner.log).reset_most_in_flight();
    assert_eq!(locked(&cloud.inner.log).most_in_flight, 0);
}
