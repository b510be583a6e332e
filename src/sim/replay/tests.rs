use axum::http::Request;
use tower::ServiceExt;

use super::*;

/// A recording of two projects with these exchanges.
fn replay(exchanges: &[&str]) -> Replay {
    let project =
        |id: &str| format!(r#"{{"project_id":{id},"region":"cn-north-4","collectors":["user_quotas"]}}"#);
    let projects = [project("\"0b01\""), project("\"0b02\"")].join(",");
    let exchanges = exchanges.join(",");
    Replay::read(&format!(r#"{{"recording":1,"projects":[{projects}],"exchanges":[{exchanges}]}}"#)).unwrap()
}

fn exchange(project: usize, during: &str, path: &str, query: &str, answer: &str) -> String {
    format!(
        r#"{{"project":{project},"during":"{during}","method":"GET","path":"{path}","query":"{query}",{answer}}}"#
    )
}

async fn send(replay: &Replay, method: &str, uri: &str, project_id: &str) -> (u16, HeaderMap, String) {
    let request = Request::builder().method(method).uri(uri).header("x-project-id", project_id);
    let body = Body::from(r#"{"auth":{"scope":{"project":{"id":"0b02"}}}}"#);
    let response = replay.router().oneshot(request.body(body).unwrap()).await.unwrap();
    let (parts, body) = response.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    (parts.status.as_u16(), parts.headers, String::from_utf8_lossy(&body).into_owned())
}

async fn body(replay: &Replay, uri: &str) -> String {
    send(replay, "GET", uri, "0b01").await.2
}

const USERS: &str = "/v1/0b01/user/quotas";

#[tokio::test]
async fn an_answer_has_its_status_headers_and_body() {
    let answer = r#""status":403,"headers":{"x-request-id":"r","date":"Wed, 01 Jan 2020 00:00:00 GMT"},"body":{ "a" : 7.0}"#;
    let replay = replay(&[&exchange(0, "poll", USERS, "limit=100&offset=0", answer)]);
    let (status, headers, body) =
        send(&replay, "GET", "/v1/0b01/user/quotas?offset=0&limit=100", "0b01").await;
    assert_eq!((status, body.as_str()), (403, r#"{"a":7.0}"#));
    assert_eq!(
        (&headers["x-request-id"], &headers["date"]),
        (&"r".parse().unwrap(), &"Wed, 01 Jan 2020 00:00:00 GMT".parse().unwrap())
    );
}

#[tokio::test]
async fn the_order_of_parameters_and_values_does_not_count() {
    let query = "limit=100&resource_source=ADMIN_ALLOCATED%2CPURCHASED";
    let replay = replay(&[&exchange(0, "poll", USERS, query, r#""status":200,"text":"it""#)]);
    let other = format!("{USERS}?resource_source=PURCHASED,ADMIN_ALLOCATED&limit=100");
    assert_eq!(body(&replay, &other).await, "it");
}

#[tokio::test]
async fn several_answers_come_in_their_order_and_the_last_one_for_ever() {
    let answers = ["1", "2", "3"]
        .map(|text| exchange(0, "poll", USERS, "", &format!(r#""status":200,"text":"{text}""#)));
    let older = exchange(0, "check", USERS, "", r#""status":200,"text":"old""#);
    let only_checked = exchange(0, "check", USERS, "offset=1", r#""status":200,"text":"checked""#);
    let replay = replay(&[&older, &answers[0], &answers[1], &answers[2], &only_checked]);
    for expected in ["1", "2", "3", "3", "3"] {
        assert_eq!(body(&replay, USERS).await, expected);
    }
    assert_eq!(body(&replay, "/v1/0b01/user/quotas?offset=1").await, "checked");
}

#[tokio::test]
async fn a_list_of_iam_is_that_of_the_project() {
    let users =
        |project| exchange(project, "check", "/v3/users", "", &format!(r#""status":200,"text":"{project}""#));
    let replay = replay(&[&users(0), &users(1)]);
    for (project_id, expected) in [("0b01", "0"), ("0b02", "1"), ("other", "0")] {
        assert_eq!(send(&replay, "GET", "/v3/users", project_id).await.2, expected);
    }
}

#[tokio::test]
async fn a_request_that_was_not_recorded_is_not_found_and_says_what_was() {
    let replay = replay(&[&exchange(0, "poll", USERS, "limit=100&offset=0", r#""status":200,"text":"""#)]);
    let (status, _, body) = send(&replay, "GET", "/v1/0b01/user/quotas?limit=37&offset=0", "0b01").await;
    let message = "The recording has no answer to GET /v1/0b01/user/quotas?limit=37&offset=0, only to limit=100&offset=0";
    assert_eq!((status, body), (404, json!({"error_code": "REPLAY.0404", "error_msg": message}).to_string()));
    let (status, _, body) = send(&replay, "GET", "/v3/users", "0b01").await;
    let message = "The recording has no answer to GET /v3/users";
    assert_eq!((status, body), (404, json!({"error_code": "REPLAY.0404", "error_msg": message}).to_string()));
}

#[tokio::test]
async fn tokens_and_projects_do_not_need_to_be_recorded() {
    let replay = replay(&[]);
    let (status, headers, body) = send(&replay, "POST", "/v3/auth/tokens?nocatalog=true", "").await;
    let body: Value = serde_json::from_str(&body).unwrap();
    assert_eq!((status, &headers["x-subject-token"]), (201, &"MIIReplay".parse().unwrap()));
    assert_eq!(body["token"]["project"], json!({"id": "0b02", "name": "cn-north-4"}));
    let (_, _, body) = send(&replay, "GET", "/v3/projects?name=cn-north-4", "").await;
    let row = |id| json!({"id": id, "name": "cn-north-4", "enabled": true});
    assert_eq!(
        serde_json::from_str::<Value>(&body).unwrap(),
        json!({"projects": [row("0b01"), row("0b02")]})
    );
    assert_eq!(send(&replay, "GET", "/v3/projects?name=cn-east-3", "").await.2, r#"{"projects":[]}"#);
}

#[tokio::test]
async fn a_body_that_was_too_large_is_too_large_again() {
    let replay = replay(&[&exchange(0, "poll", USERS, "", r#""failure":"too_large""#)]);
    assert_eq!(body(&replay, USERS).await.len(), 8 * 1024 * 1024 + 1);
}
