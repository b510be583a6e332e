//! Temporary keys for an identity token.

use super::*;

fn body(cloud: &Cloud) -> Value {
    let account = &cloud.accounts()[0];
    json!({
        "provider_urn": account.provider_urn,
        "agency_urn": account.agency_urn,
        "agency_session_name": "exporter",
        "id_token": cloud.id_token(),
        "duration_seconds": 7200,
    })
}

async fn assume(cloud: &Cloud, body: &Value) -> Reply {
    let request = Request::post("/v5/agencies/assume-with-oidc").header("content-type", "application/json");
    send(cloud, request.body(Body::from(body.to_string())).unwrap()).await
}

async fn expiration(cloud: &Cloud, duration: Value) -> Value {
    let mut body = body(cloud);
    body["duration_seconds"] = duration;
    assume(cloud, &body).await.json()["credentials"]["expiration"].clone()
}

#[tokio::test]
async fn an_identity_token_buys_a_key_that_opens_the_cloud() {
    let cloud = cloud(3, 3);
    let reply = assume(&cloud, &body(&cloud)).await;
    let (answer, account) = (reply.json(), &cloud.accounts()[0]);
    assert_eq!(reply.status, 200);
    assert_eq!(
        answer["assumed_agency"],
        json!({
            "urn": format!("sts::{}:assumed-agency:metastudio-exporter/exporter", account.domain_id),
            "id": format!("{}:exporter", account.agency_id),
        })
    );
    let credentials = &answer["credentials"];
    assert_eq!(credentials["expiration"], "2026-01-01T14:00:00.000Z");
    assert_eq!(credentials.as_object().unwrap().len(), 4);
    let text = |name: &str| credentials[name].as_str().unwrap();
    let (id, secret) = (text("access_key_id"), text("secret_access_key"));
    assert_eq!(verdict(&cloud, id, secret, Some(text("security_token"))).await.0, 200);
    cloud.stop_clock(at("2026-01-01T14:00:00Z"));
    let late = verdict_at(&cloud, "20260101T140000Z", id, secret, Some(text("security_token"))).await;
    assert_eq!(late, (401, "token expires".to_owned()));
}

#[tokio::test]
async fn a_key_lives_as_long_as_asked_within_bounds_and_never_longer_than_set() {
    let cloud = cloud(3, 3);
    for (seconds, expected) in [
        (json!(900), json!("2026-01-01T12:15:00.000Z")),
        (json!(43_200), json!("2026-01-02T00:00:00.000Z")),
        (Value::Null, json!("2026-01-01T13:00:00.000Z")),
        (json!(899), Value::Null),
        (json!(43_201), Value::Null),
        (json!("900"), Value::Null),
    ] {
        assert_eq!(expiration(&cloud, seconds.clone()).await, expected, "{seconds}");
    }
    cloud.set_temporary_key_lifetime(std::time::Duration::from_secs(3));
    assert_eq!(expiration(&cloud, json!(900)).await, "2026-01-01T12:00:03.000Z");
    cloud.set_temporary_key_lifetime(std::time::Duration::from_secs(24 * 3600));
    assert_eq!(expiration(&cloud, json!(900)).await, "2026-01-01T12:15:00.000Z");
}

#[tokio::test]
async fn what_is_wrong_is_said() {
    let cloud = cloud(3, 3);
    let foreign = "iam::0:oidc-provider:simulated";
    for (field, value, status, code, message) in [
        ("id_token", json!("old"), 403, "STS5.0006", "the id token is invalid or has expired"),
        ("id_token", json!(""), 400, "STS5.0002", "invalid parameter: id_token"),
        ("agency_session_name", Value::Null, 400, "STS5.0002", "invalid parameter: agency_session_name"),
        ("duration_seconds", json!(899), 400, "STS5.0002", "invalid parameter: duration_seconds"),
        (
            "provider_urn",
            json!(foreign),
            403,
            "STS5.0004",
            "the agency does not exist or does not trust the provider",
        ),
        (
            "agency_urn",
            json!("iam::0:agency:metastudio-exporter"),
            403,
            "STS5.0004",
            "the agency does not exist or does not trust the provider",
        ),
    ] {
        let mut body = body(&cloud);
        body[field] = value;
        let reply = assume(&cloud, &body).await;
        assert_eq!(reply.status, status, "{field}");
        let id = reply.header("x-request-id");
        assert_eq!(reply.json(), json!({"error_code": code, "error_msg": message, "request_id": id}));
    }
    assert_eq!(plain(&cloud, "POST", "/v5/agencies/assume-with-oidc", "{").await.0, 400);
}

#[tokio::test]
async fn an_identity_token_is_good_until_the_next_one() {
    let cloud = cloud(3, 3);
    let old = body(&cloud);
    cloud.rotate_id_token();
    assert_eq!(assume(&cloud, &old).await.status, 403);
    assert_eq!(assume(&cloud, &body(&cloud)).await.status, 200);
}
