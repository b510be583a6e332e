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

/// A GET with the headers `sent` and a correct signature of the headers `signed`.
fn signed_headers(cloud: &Cloud, sent: &[(&str, &str)], signed: &[(&str, &str)]) -> Request<Body> {
    let path = users_path();
    let request = sign::Request { method: "GET", path: &path, query: "", headers: signed, body: b"" };
    let authorization =
        request.authorization(cloud.access_key(), &request.signature(cloud.secret_key(), NOON));
    let request = Request::get(&path).header("authorization", authorization);
    let request = sent.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    request.body(Body::empty()).unwrap()
}

#[tokio::test]
async fn any_set_of_headers_with_the_date_may_be_signed() {
    let cloud = cloud(3, 3);
    let project_id = project_id();
    let [host, date] = [("host", HOST), ("x-sdk-date", NOON)];
    let [project, json] = [("x-project-id", project_id.as_str()), ("content-type", "application/json")];
    let agent = ("user-agent", "huaweicloud-usdk-go/3.0");
    for (sdk, signed) in [
        ("Python and Java", [host, date, project, json].as_slice()),
        ("Go", [agent, project, date].as_slice()),
        ("only the date", [date].as_slice()),
    ] {
        let sent = [host, date, project, json, agent];
        assert_eq!(send(&cloud, signed_headers(&cloud, &sent, signed)).await.status, 200, "{sdk}");
    }
}

#[tokio::test]
async fn the_date_and_every_header_that_is_signed_must_be_there() {
    let [host, date, agent] = [("host", HOST), ("x-sdk-date", NOON), ("user-agent", "curl/7.88.1")];
    let fail = "Incorrect IAM authentication information: verify aksk signature fail, canonicalRequest:GET|";
    for (case, sent, signed) in [
        ("the date is not signed", [host, date].as_slice(), [host].as_slice()),
        ("the date is not sent", &[host], &[host, date]),
        ("no header is signed", &[host, date], &[]),
        ("a signed header is not sent", &[host, date], &[host, date, agent]),
        ("a signed header is empty", &[host, date], &[host, date, ("user-agent", "")]),
        (
            "a signed header has another value",
            &[host, date, ("user-agent", "curl/8.0.0")],
            &[host, date, agent],
        ),
    ] {
        // A new cloud each, because too many wrong signatures lock a key.
        let cloud = cloud(3, 3);
        let refusal = refusal(&cloud, signed_headers(&cloud, sent, signed)).await;
        assert!(refusal.starts_with(fail), "{case}: {refusal}");
    }
    let cloud = cloud(3, 3);
    let mut request = signed(&cloud, &users_path(), NOON);
    let authorization = request.headers()["authorization"].to_str().unwrap();
    let named = authorization.replace(";x-sdk-date", ";x-absent;x-sdk-date").parse().unwrap();
    request.headers_mut().insert("authorization", named);
    assert!(
        refusal(&cloud, request).await.starts_with(fail),
        "a header is named, but neither signed nor sent"
    );
}

#[tokio::test]
async fn the_fields_of_authorization_may_be_written_in_other_ways() {
    let cloud = cloud(3, 3);
    let headers = [("host", HOST), ("user-agent", "  curl/7.88.1 "), ("x-sdk-date", NOON)];
    let request = signed_headers(&cloud, &headers, &headers);
    let sent = request.headers()["authorization"].to_str().unwrap().to_owned();
    assert_eq!(send(&cloud, request).await.status, 200, "{sent}");
    let names = "host;user-agent;x-sdk-date";
    for (case, changed) in [
        ("no spaces between the fields", sent.replace(", ", ",")),
        ("two spaces between the fields", sent.replace(", ", ",  ")),
        ("another order of the names", sent.replace(names, "x-sdk-date;host;user-agent")),
        ("names in upper case", sent.replace(names, "Host;User-Agent;X-Sdk-Date")),
    ] {
        assert_ne!(changed, sent, "{case}");
        let mut request = signed_headers(&cloud, &headers, &headers);
        request.headers_mut().insert("authorization", changed.parse().unwrap());
        assert_eq!(send(&cloud, request).await.status, 200, "{case}");
    }
}

#[tokio::test]
async fn a_signed_date_in_another_format_is_refused() {
    for date in ["", "2026-01-01T12:00:00Z", "20260101T120000", "20260101T250000Z"] {
        let cloud = cloud(3, 3);
        let refusal = refusal(&cloud, signed(&cloud, &users_path(), date)).await;
        assert!(refusal.contains(": verify aksk signature fail, "), "{date}: {refusal}");
    }
}

#[tokio::test]
async fn a_signed_hash_replaces_that_of_the_body() {
    let cloud = cloud(3, 3);
    let [host, date] = [("host", HOST), ("x-sdk-date", NOON)];
    let hash = ("x-sdk-content-sha256", "UNSIGNED-PAYLOAD");
    for (sent, signed, status) in [
        ([host, date, hash].as_slice(), [host, date, hash].as_slice(), 200),
        (&[host, date], &[host, date, hash], 401),
    ] {
        let reply = send(&cloud, signed_headers(&cloud, sent, signed)).await;
        assert_eq!(reply.status, status, "sent {sent:?}, signed {signed:?}");
    }
}

#[tokio::test]
async fn a_query_may_be_sent_in_any_order_and_encoding() {
    let cloud = cloud(3, 3);
    let signed_target = format!("{}?limit=2&offset=1&user_id=a%20b", users_path());
    for query in [
        "limit=2&offset=1&user_id=a%20b",
        "user_id=a%20b&offset=1&limit=2",
        "offset=%31&limit=2&user_id=a%20b",
    ] {
        let mut request = signed(&cloud, &signed_target, NOON);
        *request.uri_mut() = format!("{}?{query}", users_path()).parse().unwrap();
        assert_eq!(send(&cloud, request).await.status, 200, "{query}");
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
