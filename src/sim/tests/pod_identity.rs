//! Temporary keys for a pod.

use super::*;

async fn ask(cloud: &Cloud, authorization: &str, body: &str) -> Reply {
    let request = Request::post("/pod-identity/credentials").header("authorization", authorization);
    send(cloud, request.body(Body::from(body.to_owned())).unwrap()).await
}

#[tokio::test]
async fn the_pods_token_buys_a_key_that_opens_the_cloud() {
    let cloud = cloud(3, 3);
    let reply = ask(&cloud, &cloud.pod_token(), "{}").await;
    assert_eq!(reply.status, 200);
    let credentials = &reply.json()["credentials"];
    assert_eq!(credentials["expiration"], "2026-01-01T18:00:00Z");
    assert_eq!(credentials.as_object().unwrap().len(), 4);
    let text = |name: &str| credentials[name].as_str().unwrap();
    let (id, secret, token) = (text("accessKeyId"), text("secretAccessKey"), text("securityToken"));
    assert_eq!(verdict(&cloud, id, secret, Some(token)).await.0, 200);
}

#[tokio::test]
async fn no_other_token_and_no_other_body_is_taken() {
    let cloud = cloud(3, 3);
    let old = cloud.pod_token();
    let bearer = format!("Bearer {old}");
    for wrong in ["", "nonsense", &bearer] {
        assert_eq!(
            ask(&cloud, wrong, "{}").await.json(),
            json!({"error": {"code": 401, "message": "The pod's token is invalid.", "title": "Unauthorized"}})
        );
    }
    for body in ["", "[]"] {
        assert_eq!(ask(&cloud, &old, body).await.status, 400, "{body}");
    }
    cloud.rotate_pod_token();
    assert_eq!(ask(&cloud, &old, "{}").await.status, 401);
    assert_eq!(ask(&cloud, &cloud.pod_token(), "{}").await.status, 200);
}

#[tokio::test]
async fn the_key_is_of_the_pods_account() {
    let theirs = ProjectSpec::new("theirs", "cn-north-4", 1, 1).in_account(1);
    let cloud = cloud_of(vec![ProjectSpec::new("test", "cn-north-4", 3, 3), theirs]);
    cloud.set_machine_account(1).unwrap();
    let credentials = ask(&cloud, &cloud.pod_token(), "{}").await.json()["credentials"].clone();
    let text = |name: &str| credentials[name].as_str().unwrap();
    let (id, secret, token) = (text("accessKeyId"), text("secretAccessKey"), text("securityToken"));
    assert_eq!(verdict(&cloud, id, secret, Some(token)).await, (403, "Forbidden".to_owned()));
}
