//! Temporary keys by the metadata server of an ECS.

use super::*;
use crate::sim::MetadataMode;

const KEY: &str = "/openstack/latest/securitykey";

async fn token(cloud: &Cloud, ttl: Option<&str>) -> (u16, String) {
    let mut request = Request::put("/meta-data/latest/api/token");
    if let Some(ttl) = ttl {
        request = request.header("X-Metadata-Token-Ttl-Seconds", ttl);
    }
    let reply = send(cloud, request.body(Body::empty()).unwrap()).await;
    (reply.status, String::from_utf8(reply.body.to_vec()).unwrap())
}

async fn key(cloud: &Cloud, token: Option<&str>) -> Reply {
    let mut request = Request::get(KEY);
    if let Some(token) = token {
        request = request.header("X-Metadata-Token", token);
    }
    send(cloud, request.body(Body::empty()).unwrap()).await
}

async fn good_key(cloud: &Cloud) -> Value {
    let (_, token) = token(cloud, Some("21600")).await;
    let reply = key(cloud, Some(&token)).await;
    assert_eq!(reply.status, 200);
    reply.json()["credential"].clone()
}

async fn opens(cloud: &Cloud, credential: &Value) -> u16 {
    let text = |name: &str| credential[name].as_str().unwrap();
    verdict(cloud, text("access"), text("secret"), Some(text("securitytoken"))).await.0
}

#[tokio::test]
async fn a_metadata_token_buys_a_key_that_opens_the_cloud() {
    let cloud = cloud(3, 3);
    let credential = good_key(&cloud).await;
    assert_eq!(credential["expires_at"], "2026-01-01T18:00:00.000000Z");
    assert_eq!(credential.as_object().unwrap().len(), 4);
    assert_eq!(opens(&cloud, &credential).await, 200);
    assert_eq!(good_key(&cloud).await, credential, "the same key for everybody on the machine");
}

#[tokio::test]
async fn a_new_key_comes_when_half_of_the_life_is_over_or_the_old_one_was_revoked() {
    let cloud = cloud(3, 3);
    let first = good_key(&cloud).await;
    cloud.stop_clock(at("2026-01-01T14:59:59Z"));
    assert_eq!(good_key(&cloud).await, first);
    cloud.stop_clock(at("2026-01-01T15:00:00Z"));
    let second = good_key(&cloud).await;
    assert_ne!(second, first);
    assert_eq!(second["expires_at"], "2026-01-01T21:00:00.000000Z");
    cloud.revoke_temporary_keys();
    assert_ne!(good_key(&cloud).await, second);
}

#[tokio::test]
async fn a_metadata_token_has_a_life_between_a_second_and_six_hours() {
    let cloud = cloud(3, 3);
    for ttl in [None, Some(""), Some("0"), Some("21601"), Some("6h")] {
        assert_eq!(token(&cloud, ttl).await, (400, "400 Bad Request".to_owned()), "{ttl:?}");
    }
    let (status, short) = token(&cloud, Some("1")).await;
    assert_eq!((status, key(&cloud, Some(&short)).await.status), (200, 200));
    cloud.stop_clock(at("2026-01-01T12:00:01Z"));
    assert_eq!(key(&cloud, Some(&short)).await.status, 401);
    for bad in [None, Some("nonsense")] {
        let reply = key(&cloud, bad).await;
        assert_eq!((reply.status, reply.header("content-type")), (401, "text/plain"));
        assert_eq!(reply.body, "401 Unauthorized");
    }
}

#[tokio::test]
async fn an_old_server_knows_no_tokens_and_works_without() {
    let cloud = cloud(3, 3);
    cloud.set_metadata_mode(MetadataMode::Unsupported);
    assert_eq!(token(&cloud, Some("21600")).await, (404, "404 Not Found".to_owned()));
    let reply = key(&cloud, None).await;
    assert_eq!(opens(&cloud, &reply.json()["credential"]).await, 200);
}

#[tokio::test]
async fn a_machine_without_an_agency_gets_a_token_and_no_key() {
    let cloud = cloud(3, 3);
    cloud.set_metadata_mode(MetadataMode::NoAgency);
    let (status, token) = token(&cloud, Some("60")).await;
    assert_eq!(status, 200);
    let reply = key(&cloud, Some(&token)).await;
    assert_eq!(
        (reply.status, reply.body.as_ref()),
        (401, &b"Please configure Cloud Service Agency first"[..])
    );
}

#[tokio::test]
async fn the_key_is_of_the_machines_account() {
    let theirs = ProjectSpec::new("theirs", "cn-north-4", 1, 1).in_account(1);
    let cloud = cloud_of(vec![ProjectSpec::new("test", "cn-north-4", 3, 3), theirs]);
    let first = good_key(&cloud).await;
    cloud.set_machine_account(1).unwrap();
    let second = good_key(&cloud).await;
    assert_eq!((opens(&cloud, &first).await, opens(&cloud, &second).await), (200, 403));
    assert_eq!(cloud.set_machine_account(2).unwrap_err().to_string(), "there is no account 2");
}
