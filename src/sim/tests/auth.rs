//! Signatures, the clock window and tokens.

use super::*;

async fn refusal(cloud: &Cloud, request: Request<Body>) -> String {
    let reply = send(cloud, request).await;
    assert_eq!((reply.status, &reply.json()["error_code"]), (401, &json!("APIG.0301")));
    assert_eq!(reply.json()["request_id"], reply.header("x-request-id"));
    reply.json()["error_msg"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_correct_signature_is_accepted_with_and_without_a_query() {
    let cloud = cloud(3, 3);
    for target in [users_path(), resources_path(), format!("{}?limit=100&offset=0", users_path())] {
        assert_eq!(send(&cloud, signed(&cloud, &target, NOON)).await.status, 200, "{target}");
    }
}

#[tokio::test]
async fn a_changed_request_is_refused_with_the_canonical_request() {
    let cloud = cloud(3, 3);
    let mut request = signed(&cloud, &users_path(), NOON);
    *request.uri_mut() = format!("{}?limit=2", users_path()).parse().unwrap();
    let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    let path = users_path();
    assert_eq!(
        refusal(&cloud, request).await,
        format!(
            "Incorrect IAM authentication information: verify aksk signature fail, canonicalRequest:\
             GET|{path}/|limit=2|host:metastudio.example|x-sdk-date:20260101T120000Z||host;x-sdk-date|{empty}"
        )
    );
}

#[tokio::test]
async fn unknown_keys_and_invalid_headers_are_refused() {
    let (cloud, other) = (cloud(3, 3), Cloud::new(CloudOptions { seed: 2, ..CloudOptions::default() }));
    let fail = "Incorrect IAM authentication information: verify aksk signature fail, canonicalRequest:GET|";
    assert!(refusal(&cloud, signed(&other, &users_path(), NOON)).await.starts_with(fail));
    for authorization in
        ["", "Bearer x", "SDK-HMAC-SHA256", "SDK-HMAC-SHA256 Access=, SignedHeaders=, Signature="]
    {
        let request = Request::get(users_path()).header("authorization", authorization);
        let request = request.header("x-sdk-date", NOON).body(Body::empty()).unwrap();
        assert!(refusal(&cloud, request).await.starts_with(fail), "{authorization}");
    }
}

#[tokio::test]
async fn host_and_date_must_be_signed() {
    let cloud = cloud(3, 3);
    for headers in [[("host", HOST)], [("x-sdk-date", NOON)]] {
        let request =
            sign::Request { method: "GET", path: &users_path(), query: "", headers: &headers, body: b"" };
        let authorization =
            request.authorization(cloud.access_key(), &request.signature(cloud.secret_key(), NOON));
        let mut request = signed(&cloud, &users_path(), NOON);
        request.headers_mut().insert("authorization", authorization.parse().unwrap());
        assert!(refusal(&cloud, request).await.contains("verify aksk signature fail"));
    }
}

#[tokio::test]
async fn a_signature_is_valid_fifteen_minutes_before_and_after_its_date() {
    let cloud = cloud(3, 3);
    for (server, good) in [
        ("2026-01-01T11:45:00Z", true),
        ("2026-01-01T12:15:00Z", true),
        ("2026-01-01T11:44:59Z", false),
        ("2026-01-01T12:15:01Z", false),
    ] {
        cloud.stop_clock(at(server));
        let reply = send(&cloud, signed(&cloud, &users_path(), NOON)).await;
        assert_eq!(reply.status == 200, good, "server time {server}");
    }
    assert_eq!(
        refusal(&cloud, signed(&cloud, &users_path(), NOON)).await,
        "Incorrect IAM authentication information: signature expired, \
         signature time:20260101T120000Z,server time:20260101T121501Z"
    );
}

#[tokio::test]
async fn a_token_must_be_known_and_current_and_is_for_one_project() {
    let cloud = cloud_with(["test", "other"].map(|name| ProjectSpec::new(name, "cn-north-4", 3, 3)).to_vec());
    let token = cloud.issue_token(&project_id());
    assert_eq!(send(&cloud, with_token(&token, &users_path())).await.status, 200);
    assert_eq!(
        refusal(&cloud, with_token("nonsense", &users_path())).await,
        "Incorrect IAM authentication information: decrypt token fail"
    );
    let other = ProjectSpec::new("other", "", 0, 0).id;
    let reply = send(&cloud, with_token(&token, &format!("/v1/{other}/user/quotas"))).await;
    assert_eq!(reply.status, 403);
    assert_eq!(reply.json(), json!({"error_code": "MSS.00000005", "error_msg": "Forbidden"}));
    cloud.stop_clock(at("2026-01-02T12:00:00Z"));
    assert_eq!(
        refusal(&cloud, with_token(&token, &users_path())).await,
        "Incorrect IAM authentication information: token expires"
    );
}

#[tokio::test]
async fn missing_credentials_are_refused_and_unknown_projects_are_forbidden() {
    let cloud = cloud(3, 3);
    let anonymous = Request::get(users_path()).body(Body::empty()).unwrap();
    assert_eq!(
        refusal(&cloud, anonymous).await,
        "Incorrect IAM authentication information: x-auth-token not found"
    );
    let strange = signed(&cloud, "/v1/00000000000000000000000000000000/user/quotas", NOON);
    assert_eq!(send(&cloud, strange).await.status, 403);
}

#[tokio::test]
async fn a_project_header_must_match_the_path() {
    let cloud = cloud(3, 3);
    for (sent, status) in [(project_id(), 200), ("00000000000000000000000000000000".to_owned(), 400)] {
        let mut request = signed(&cloud, &users_path(), NOON);
        request.headers_mut().insert("x-project-id", sent.parse().unwrap());
        assert_eq!(send(&cloud, request).await.status, status, "{sent}");
    }
}
