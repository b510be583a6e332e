//! Temporary keys from the metadata server, the pod identity and STS.

use super::*;
use crate::sim::MetadataMode;

/// The names of access key ID, secret and security token in the responses of each service.
const MACHINE_KEY: [&str; 3] = ["access", "secret", "securitytoken"];
const POD_KEY: [&str; 3] = ["accessKeyId", "secretAccessKey", "securityToken"];
const STS_KEY: [&str; 3] = ["access_key_id", "secret_access_key", "security_token"];

async fn create_metadata_token(cloud: &Cloud, ttl: Option<&str>) -> (u16, String) {
    let mut request = Request::put("/meta-data/latest/api/token");
    if let Some(ttl) = ttl {
        request = request.header("X-Metadata-Token-Ttl-Seconds", ttl);
    }
    let reply = send(cloud, request.body(Body::empty()).unwrap()).await;
    (reply.status, String::from_utf8(reply.body.to_vec()).unwrap())
}

async fn request_machine_key(cloud: &Cloud, token: Option<&str>) -> Reply {
    let mut request = Request::get("/openstack/latest/securitykey");
    if let Some(token) = token {
        request = request.header("X-Metadata-Token", token);
    }
    send(cloud, request.body(Body::empty()).unwrap()).await
}

async fn machine_key(cloud: &Cloud) -> Value {
    let (_, token) = create_metadata_token(cloud, Some("21600")).await;
    let reply = request_machine_key(cloud, Some(&token)).await;
    assert_eq!(reply.status, 200);
    reply.json()["credential"].clone()
}

/// The result of a request signed with the key in a response, whose fields are `id`, `secret` and `token`.
async fn status_with_key(cloud: &Cloud, key: &Value, [id, secret, token]: [&str; 3]) -> (u16, String) {
    let text = |name: &str| key[name].as_str().unwrap();
    signed_status(cloud, text(id), text(secret), Some(text(token))).await
}

#[tokio::test]
async fn a_metadata_token_gives_a_valid_key() {
    let cloud = cloud(3, 3);
    let credential = machine_key(&cloud).await;
    assert_eq!(credential["expires_at"], "2026-01-01T18:00:00.000000Z");
    assert_eq!(credential.as_object().unwrap().len(), 4);
    assert_eq!(status_with_key(&cloud, &credential, MACHINE_KEY).await.0, 200);
    assert_eq!(machine_key(&cloud).await, credential, "all clients on the machine get the same key");
}

#[tokio::test]
async fn the_key_is_replaced_after_half_of_its_lifetime_or_when_revoked() {
    let cloud = cloud(3, 3);
    let first = machine_key(&cloud).await;
    cloud.stop_clock(at("2026-01-01T14:59:59Z"));
    assert_eq!(machine_key(&cloud).await, first);
    cloud.stop_clock(at("2026-01-01T15:00:00Z"));
    let second = machine_key(&cloud).await;
    assert_ne!(second, first);
    assert_eq!(second["expires_at"], "2026-01-01T21:00:00.000000Z");
    cloud.revoke_temporary_keys();
    assert_ne!(machine_key(&cloud).await, second);
}

#[tokio::test]
async fn a_metadata_token_lives_between_a_second_and_six_hours() {
    let cloud = cloud(3, 3);
    for ttl in [None, Some(""), Some("0"), Some("21601"), Some("6h")] {
        assert_eq!(create_metadata_token(&cloud, ttl).await, (400, "400 Bad Request".to_owned()), "{ttl:?}");
    }
    let (status, short) = create_metadata_token(&cloud, Some("1")).await;
    assert_eq!((status, request_machine_key(&cloud, Some(&short)).await.status), (200, 200));
    cloud.stop_clock(at("2026-01-01T12:00:01Z"));
    assert_eq!(request_machine_key(&cloud, Some(&short)).await.status, 401);
    for bad in [None, Some("nonsense")] {
        let reply = request_machine_key(&cloud, bad).await;
        assert_eq!((reply.status, reply.header("content-type")), (401, "text/plain"));
        assert_eq!(reply.body, "401 Unauthorized");
    }
}

#[tokio::test]
async fn an_old_metadata_server_works_without_tokens() {
    let cloud = cloud(3, 3);
    cloud.set_metadata_mode(MetadataMode::Unsupported);
    assert_eq!(create_metadata_token(&cloud, Some("21600")).await, (404, "404 Not Found".to_owned()));
    let reply = request_machine_key(&cloud, None).await;
    assert_eq!(status_with_key(&cloud, &reply.json()["credential"], MACHINE_KEY).await.0, 200);
}

#[tokio::test]
async fn a_machine_without_an_agency_gets_a_token_but_no_key() {
    let cloud = cloud(3, 3);
    cloud.set_metadata_mode(MetadataMode::NoAgency);
    let (status, token) = create_metadata_token(&cloud, Some("60")).await;
    assert_eq!(status, 200);
    let reply = request_machine_key(&cloud, Some(&token)).await;
    assert_eq!(
        (reply.status, reply.body.as_ref()),
        (401, &b"Please configure Cloud Service Agency first"[..])
    );
}

#[tokio::test]
async fn the_key_belongs_to_the_account_of_the_machine() {
    let theirs = ProjectSpec::new("theirs", "cn-north-4", 1, 1).in_account(1);
    let cloud = cloud_with(vec![ProjectSpec::new("test", "cn-north-4", 3, 3), theirs]);
    let first = machine_key(&cloud).await;
    cloud.set_machine_account(1).unwrap();
    let second = machine_key(&cloud).await;
    assert_eq!(
        (
            status_with_key(&cloud, &first, MACHINE_KEY).await.0,
            status_with_key(&cloud, &second, MACHINE_KEY).await.0
        ),
        (200, 403)
    );
    assert_eq!(cloud.set_machine_account(2).unwrap_err().to_string(), "there is no account 2");
}

async fn request_pod_key(cloud: &Cloud, authorization: &str, body: &str) -> Reply {
    let request = Request::post("/pod-identity/credentials").header("authorization", authorization);
    send(cloud, request.body(Body::from(body.to_owned())).unwrap()).await
}

#[tokio::test]
async fn the_token_of_the_pod_gives_a_valid_key() {
    let cloud = cloud(3, 3);
    let reply = request_pod_key(&cloud, &cloud.pod_token(), "{}").await;
    assert_eq!(reply.status, 200);
    let credentials = &reply.json()["credentials"];
    assert_eq!(credentials["expiration"], "2026-01-01T18:00:00Z");
    assert_eq!(credentials.as_object().unwrap().len(), 4);
    assert_eq!(status_with_key(&cloud, credentials, POD_KEY).await.0, 200);
}

#[tokio::test]
async fn other_tokens_and_invalid_bodies_are_refused() {
    let cloud = cloud(3, 3);
    let old = cloud.pod_token();
    let bearer = format!("Bearer {old}");
    for wrong in ["", "nonsense", &bearer] {
        assert_eq!(
            request_pod_key(&cloud, wrong, "{}").await.json(),
            json!({"error": {"code": 401, "message": "The pod's token is invalid.", "title": "Unauthorized"}})
        );
    }
    for body in ["", "[]"] {
        assert_eq!(request_pod_key(&cloud, &old, body).await.status, 400, "{body}");
    }
    cloud.rotate_pod_token();
    assert_eq!(request_pod_key(&cloud, &old, "{}").await.status, 401);
    assert_eq!(request_pod_key(&cloud, &cloud.pod_token(), "{}").await.status, 200);
}

#[tokio::test]
async fn the_key_belongs_to_the_account_of_the_pod() {
    let theirs = ProjectSpec::new("theirs", "cn-north-4", 1, 1).in_account(1);
    let cloud = cloud_with(vec![ProjectSpec::new("test", "cn-north-4", 3, 3), theirs]);
    cloud.set_machine_account(1).unwrap();
    let credentials = request_pod_key(&cloud, &cloud.pod_token(), "{}").await.json()["credentials"].clone();
    assert_eq!(status_with_key(&cloud, &credentials, POD_KEY).await, (403, "Forbidden".to_owned()));
}

fn sts_body(cloud: &Cloud) -> Value {
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
    let mut body = sts_body(cloud);
    body["duration_seconds"] = duration;
    assume(cloud, &body).await.json()["credentials"]["expiration"].clone()
}

#[tokio::test]
async fn an_identity_token_gives_a_valid_key() {
    let cloud = cloud(3, 3);
    let reply = assume(&cloud, &sts_body(&cloud)).await;
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
    assert_eq!(status_with_key(&cloud, credentials, STS_KEY).await.0, 200);
    let (id, secret) = (text("access_key_id"), text("secret_access_key"));
    cloud.stop_clock(at("2026-01-01T14:00:00Z"));
    let late = signed_status_at(&cloud, "20260101T140000Z", id, secret, Some(text("security_token"))).await;
    assert_eq!(late, (401, "token expires".to_owned()));
}

#[tokio::test]
async fn a_key_has_the_requested_lifetime_but_never_more_than_set() {
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
async fn invalid_parameters_and_identities_are_refused() {
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
        let mut body = sts_body(&cloud);
        body[field] = value;
        let reply = assume(&cloud, &body).await;
        assert_eq!(reply.status, status, "{field}");
        let id = reply.header("x-request-id");
        assert_eq!(reply.json(), json!({"error_code": code, "error_msg": message, "request_id": id}));
    }
    assert_eq!(send_plain(&cloud, "POST", "/v5/agencies/assume-with-oidc", "{").await.0, 400);
}

#[tokio::test]
async fn a_rotated_identity_token_is_refused() {
    let cloud = cloud(3, 3);
    let old = sts_body(&cloud);
    cloud.rotate_id_token();
    assert_eq!(assume(&cloud, &old).await.status, 403);
    assert_eq!(assume(&cloud, &sts_body(&cloud)).await.status, 200);
}
