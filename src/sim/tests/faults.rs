//! The effect of each fault on responses.

use futures_util::FutureExt;

use super::*;

fn users(offset: usize) -> String {
    format!("{}?limit=100&offset={offset}", users_path())
}

async fn statuses(cloud: &Cloud, target: &str, tries: usize) -> Vec<u16> {
    let mut statuses = Vec::new();
    for _ in 0..tries {
        statuses.push(get(cloud, target).await.status);
    }
    statuses
}

#[tokio::test]
async fn throttled() {
    let cloud = cloud_with_faults(250, 3, &["throttled"]);
    let reply = get(&cloud, &users(0)).await;
    assert_eq!((reply.status, reply.header("retry-after")), (429, "1"));
    assert_eq!(
        reply.json(),
        json!({
            "error_code": "APIG.0308",
            "error_msg": "The throttling threshold has been reached: policy ip over ratelimit,limit:5,time:1 second",
            "request_id": reply.header("x-request-id"),
        })
    );
    assert_eq!(statuses(&cloud, &users(0), 3).await, [200, 429, 200]);
    assert_eq!(statuses(&cloud, &users(100), 2).await, [429, 200]);
    assert_eq!(get(&cloud, "/v3/users").await.status, 200);
}

#[tokio::test]
async fn failing_page() {
    let cloud = cloud_with_faults(200, 30, &["failing-page@user_quotas"]);
    assert_eq!(statuses(&cloud, &users(0), 2).await, [200, 200]);
    assert_eq!(statuses(&cloud, &users(100), 2).await, [500, 500]);
    assert_eq!(statuses(&cloud, &users(200), 1).await, [200]);
    assert_eq!(statuses(&cloud, &format!("{}?limit=100", resources_path()), 1).await, [200]);
    let reply = get(&cloud, &users(100)).await;
    assert_eq!(reply.json(), json!({"error_code": "MSS.00000004", "error_msg": "Internal Error"}));
}

#[tokio::test]
async fn server_error_flaky_and_forbidden() {
    assert_eq!(statuses(&cloud_with_faults(3, 3, &["server-error"]), &users(0), 3).await, [500, 500, 500]);
    assert_eq!(statuses(&cloud_with_faults(3, 3, &["flaky"]), &users(0), 4).await, [503, 200, 503, 200]);
    let cloud = cloud_with_faults(3, 3, &["forbidden"]);
    let reply = get(&cloud, &users(0)).await;
    assert_eq!(reply.status, 403);
    assert_eq!(reply.json(), json!({"error_code": "MSS.00000005", "error_msg": "Forbidden"}));
    cloud.set_faults(Vec::new()).unwrap();
    assert_eq!(statuses(&cloud, &users(0), 1).await, [200]);
}

/// `count` of each page and the number of different users, walk by walk.
async fn walks(cloud: &Cloud, walks: usize) -> Vec<(Vec<u64>, usize)> {
    let mut results = Vec::new();
    for _ in 0..walks {
        let (mut counts, mut ids) = (Vec::new(), std::collections::BTreeSet::new());
        for offset in [0, 100, 200] {
            let reply = get(cloud, &users(offset)).await;
            counts.push(reply.json()["count"].as_u64().unwrap());
            ids.extend(reply.column("assets", "user_id").iter().map(Value::to_string));
        }
        results.push((counts, ids.len()));
    }
    results
}

#[tokio::test]
async fn moving_list() {
    let moved_by_one = |first: u64| vec![first, first + 1, first];
    assert_eq!(
        walks(&cloud_with_faults(250, 3, &["moving-list"]), 3).await,
        [(moved_by_one(251), 250), (moved_by_one(250), 249), (moved_by_one(251), 250)]
    );
}

#[tokio::test]
async fn settling_list() {
    assert_eq!(
        walks(&cloud_with_faults(250, 3, &["settling-list"]), 3).await,
        [(vec![251, 252, 251], 250), (vec![250; 3], 250), (vec![250; 3], 250)]
    );
}

#[tokio::test]
async fn a_cut_page_does_not_count_as_a_walk() {
    let cloud = cloud_with_faults(250, 3, &["settling-list", "cut-body"]);
    let token = cloud.issue_token(&project_id());
    let cut = cloud.router().oneshot(with_token(&token, &users(0))).await.unwrap();
    assert!(to_bytes(cut.into_body(), usize::MAX).await.is_err());
    assert_eq!(get(&cloud, &users(0)).await.json()["count"], 251);
}

#[tokio::test]
async fn expired_token() {
    let cloud = cloud_with_faults(3, 3, &["expired-token"]);
    let token = cloud.issue_token(&project_id());
    for expected in [200, 200, 200, 401, 401] {
        assert_eq!(send(&cloud, with_token(&token, &users(0))).await.status, expected);
    }
    assert_eq!(send(&cloud, with_token(&token, "/v3/users")).await.status, 200);
    let reply = send(&cloud, with_token(&token, &users(0))).await;
    assert_eq!(reply.json()["error_msg"], "Incorrect IAM authentication information: token expires");
}

#[tokio::test]
async fn expired_key() {
    let cloud = cloud_with_faults(3, 3, &["expired-key"]);
    let key = cloud.issue_temporary_key(0).unwrap();
    let verdict = || signed_status(&cloud, &key.id, &key.secret, Some(&key.security_token));
    for expected in [200, 200, 200, 401, 401] {
        assert_eq!(verdict().await.0, expected);
    }
    assert_eq!(verdict().await.1, "token expires");
    let (id, secret) = (cloud.access_key(), cloud.secret_key());
    for _ in 0..4 {
        assert_eq!(super::signed_status(&cloud, id, secret, None).await.0, 200, "a permanent key");
    }
}

#[tokio::test]
async fn a_fault_of_one_project_leaves_the_other_alone() {
    let projects = ["test", "other"].map(|name| ProjectSpec::new(name, "cn-north-4", 3, 3)).to_vec();
    let (cloud, id) = (cloud_with(projects.clone()), projects[1].id.clone());
    let other = format!("/v1/{id}/user/quotas");
    let tokens = [cloud.issue_token(&project_id()), cloud.issue_token(&id)];
    for (fault, status) in [("redirect#other", 302), (&format!("server-error@user_quotas#{id}"), 500)] {
        cloud.set_faults(vec![fault.parse().unwrap()]).unwrap();
        assert_eq!(send(&cloud, with_token(&tokens[0], &users_path())).await.status, 200, "{fault}");
        assert_eq!(send(&cloud, with_token(&tokens[1], &other)).await.status, status, "{fault}");
    }
    cloud.set_faults(vec!["stalled#other".parse().unwrap()]).unwrap();
    assert_eq!(get(&cloud, &users_path()).await.status, 200);
    let stalled = cloud.router().oneshot(with_token(&tokens[1], &other)).await.unwrap();
    assert!(to_bytes(stalled.into_body(), usize::MAX).now_or_never().is_none());
}

#[tokio::test]
async fn a_fault_of_an_unknown_project_is_refused_and_changes_nothing() {
    let cloud = cloud_with_faults(3, 3, &["server-error"]);
    let faults = ["forbidden", "flaky#nowhere"].map(|fault| fault.parse::<Fault>().unwrap()).to_vec();
    assert_eq!(cloud.set_faults(faults).unwrap_err().to_string(), "there is no project \"nowhere\"");
    assert_eq!(get(&cloud, &users(0)).await.status, 500);
    assert_eq!(
        send_plain(&cloud, "PUT", "/simulation/faults", "flaky#nowhere").await,
        (400, "there is no project \"nowhere\"\n".to_owned())
    );
}

#[tokio::test]
async fn iam_forbidden() {
    let cloud = cloud_with_faults(3, 3, &["iam-forbidden"]);
    for path in ["/v3/projects", "/v3/users"] {
        let reply = get(&cloud, path).await;
        let message = "You are not authorized to perform the requested action.";
        assert_eq!(
            reply.json(),
            json!({"error": {"code": 403, "message": message, "title": "Forbidden"}}),
            "{path}"
        );
        assert_eq!(send_plain(&cloud, "GET", path, "").await.0, 401, "without credentials");
    }
    assert_eq!(get(&cloud, &users(0)).await.status, 200);
    assert_eq!(send_plain(&cloud, "POST", "/v3/auth/tokens", "{}").await.0, 401);
}

#[tokio::test]
async fn iam_error() {
    let cloud = cloud_with_faults(3, 3, &["iam-error"]);
    for (method, path) in [
        ("POST", "/v3/auth/tokens"),
        ("GET", "/v3/projects"),
        ("GET", "/v3/users"),
        ("POST", "/v5/agencies/assume-with-oidc"),
        ("PUT", "/meta-data/latest/api/token"),
        ("GET", "/openstack/latest/securitykey"),
        ("POST", "/pod-identity/credentials"),
    ] {
        let (status, body) = send_plain(&cloud, method, path, "").await;
        let message = "An unexpected error prevented the server from fulfilling your request.";
        let expected = json!({"error": {"code": 500, "message": message, "title": "Internal Server Error"}});
        assert_eq!((status, body.parse::<Value>().unwrap()), (500, expected), "{path}");
    }
    assert_eq!(get(&cloud, &users(0)).await.status, 200);
}

#[tokio::test]
async fn counts() {
    assert_eq!(get(&cloud_with_faults(3, 3, &["wrong-count"]), &users(0)).await.json()["count"], 13);
    assert_eq!(get(&cloud_with_faults(3, 3, &["no-count"]), &users(0)).await.json().get("count"), None);
}

#[tokio::test]
async fn odd_fields() {
    let cloud = cloud_with_faults(20, 30, &["odd-fields"]);
    let body = get(&cloud, &users(10)).await.json();
    assert_eq!(body["count"], "20");
    assert!(body["assets"][0]["quota"]["voice_clone_basic"].is_string());
    assert_eq!(body["assets"][5]["quota"]["voice_clone_ultra"], 7);
    let body = get(&cloud, &format!("{}?limit=100", resources_path())).await.json();
    assert_eq!(body["resources"][1]["expire_time"], "2026-01-06T20:00:00+08:00");
    assert_eq!(body["resources"][7]["resource_type"], "HOLOGRAM");
    assert_eq!(body["resource_available_nums"]["hologram"], 4);
}

#[tokio::test]
async fn odd_fields_do_not_add_a_missing_usage() {
    let body = get(&cloud_with_faults(20, 0, &["odd-fields"]), &users(0)).await.json();
    assert_eq!(body["assets"][5]["usage"], json!({"voice_clone_ultra": 3}));
    assert_eq!(body["assets"][3]["usage"], Value::Null);
}

#[tokio::test]
async fn redirect() {
    let reply = get(&cloud_with_faults(3, 3, &["redirect"]), &users(0)).await;
    assert_eq!((reply.status, reply.header("location")), (302, "http://127.0.0.1:9/"));
}

#[tokio::test]
async fn too_large() {
    let reply = get(&cloud_with_faults(3, 3, &["too-large"]), &users(0)).await;
    assert!(reply.body.len() > 9 << 20 && reply.body.len() < 10 << 20, "{}", reply.body.len());
    assert_eq!(reply.json()["count"], 3);
}

#[tokio::test]
async fn skewed_clock() {
    let cloud = cloud_with_faults(3, 3, &["skewed-clock"]);
    let reply = send(&cloud, signed(&cloud, &users_path(), NOON)).await;
    assert_eq!((reply.status, reply.header("date")), (401, "Thu, 01 Jan 2026 12:20:00 GMT"));
    assert_eq!(
        reply.json()["error_msg"],
        "Incorrect IAM authentication information: signature expired, \
         signature time:20260101T120000Z,server time:20260101T122000Z"
    );
    let corrected = signed(&cloud, &users_path(), "20260101T122000Z");
    assert_eq!(send(&cloud, corrected).await.status, 200);
}

#[tokio::test]
async fn short_pages() {
    let reply = get(&cloud_with_faults(250, 3, &["short-pages"]), &users(100)).await;
    assert_eq!(reply.json()["count"], 250);
    assert_eq!(reply.json()["assets"].as_array().unwrap().len(), 10);
}

#[tokio::test]
async fn empty_page() {
    let cloud = cloud_with_faults(250, 3, &["empty-page"]);
    for _walk in 0..2 {
        let mut rows = Vec::new();
        for offset in [0, 100, 100, 200] {
            let body = get(&cloud, &users(offset)).await.json();
            assert_eq!(body["count"], 250);
            rows.push(body["assets"].as_array().unwrap().len());
        }
        assert_eq!(rows, [100, 0, 100, 50]);
    }
}

#[tokio::test]
async fn duplicate_page() {
    let cloud = cloud_with_faults(250, 3, &["duplicate-page"]);
    assert_eq!(get(&cloud, &users(0)).await.body, get(&cloud, &users(200)).await.body);
}

#[tokio::test]
async fn not_json() {
    let reply = get(&cloud_with_faults(3, 3, &["not-json"]), &users(0)).await;
    assert_eq!((reply.status, reply.header("content-type")), (200, "text/html"));
    assert_eq!(reply.body, "<html><body>Please log in.</body></html>");
}

#[tokio::test]
async fn stalled() {
    let cloud = cloud_with_faults(3, 3, &["stalled"]);
    let token = cloud.issue_token(&project_id());
    let reply = cloud.router().oneshot(with_token(&token, &users(0))).await.unwrap();
    assert_eq!(reply.status(), 200);
    assert!(to_bytes(reply.into_body(), usize::MAX).now_or_never().is_none());
}
