//! The cloud as its clients see it: requests through the router, mostly without sockets and with a stopped clock.

mod access_keys;
mod accounts;
mod auth;
mod control_credentials;
mod control_edits;
mod faults;
mod http;
mod iam;
mod quota_lists;
mod temporary_keys;

use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request};
use bytes::Bytes;
use jiff::Timestamp;
use serde_json::{Value, json};
use tower::ServiceExt;

use super::{Account, Cloud, CloudOptions, Fault, ProjectSpec};
use crate::cloud::sign;

const HOST: &str = "metastudio.example";
/// Server time as `X-Sdk-Date`.
const NOON: &str = "20260101T120000Z";

/// A response with its whole body.
struct Reply {
    status: u16,
    headers: HeaderMap,
    body: Bytes,
}

impl Reply {
    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// One field of every row of the page.
    fn column(&self, list: &str, field: &str) -> Vec<Value> {
        self.json()[list].as_array().unwrap().iter().map(|row| row[field].clone()).collect()
    }
}

fn at(time: &str) -> Timestamp {
    time.parse().unwrap()
}

/// A cloud with one project. Server time and simulated time stay at noon.
fn cloud(users: usize, resources: usize) -> Cloud {
    cloud_with(vec![ProjectSpec::new("test", "cn-north-4", users, resources)])
}

fn cloud_with(projects: Vec<ProjectSpec>) -> Cloud {
    let epoch = at("2026-01-01T12:00:00Z");
    let cloud = Cloud::new(CloudOptions { projects, speed: 0.0, epoch, ..CloudOptions::default() });
    cloud.stop_clock(epoch);
    cloud
}

fn cloud_with_faults(users: usize, resources: usize, faults: &[&str]) -> Cloud {
    let cloud = cloud(users, resources);
    cloud.set_faults(faults.iter().map(|fault| fault.parse::<Fault>().unwrap()).collect()).unwrap();
    cloud
}

/// The ID of the project with this name.
fn id_of(name: &str) -> String {
    ProjectSpec::new(name, "", 0, 0).id
}

fn project_id() -> String {
    id_of("test")
}

fn users_path() -> String {
    users_path_of("test")
}

fn users_path_of(name: &str) -> String {
    format!("/v1/{}/user/quotas", id_of(name))
}

fn resources_path() -> String {
    resources_path_of("test")
}

fn resources_path_of(name: &str) -> String {
    format!("/v1/{}/voice-training-manage/quotas", id_of(name))
}

async fn send(cloud: &Cloud, request: Request<Body>) -> Reply {
    let response = cloud.router().oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    Reply { status: parts.status.as_u16(), headers: parts.headers, body }
}

fn with_token(token: &str, target: &str) -> Request<Body> {
    Request::get(target).header("host", HOST).header("x-auth-token", token).body(Body::empty()).unwrap()
}

/// A GET with a new token.
async fn get(cloud: &Cloud, target: &str) -> Reply {
    send(cloud, with_token(&cloud.issue_token(&project_id()), target)).await
}

/// A GET signed with account 0's key at `date`.
fn signed(cloud: &Cloud, target: &str, date: &str) -> Request<Body> {
    signed_by(cloud.access_key(), cloud.secret_key(), None, target, date)
}

/// A GET signed at `date`, optionally with a security token.
fn signed_by(id: &str, secret: &str, token: Option<&str>, target: &str, date: &str) -> Request<Body> {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let mut headers = vec![("host", HOST), ("x-sdk-date", date)];
    headers.extend(token.map(|token| ("x-security-token", token)));
    let request = sign::Request { method: "GET", path, query, headers: &headers, body: b"" };
    let authorization = request.authorization(id, &request.signature(secret, date));
    let request = Request::get(target).header("authorization", authorization);
    let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    request.body(Body::empty()).unwrap()
}

/// Sends a request without credentials; returns status and text.
async fn send_plain(cloud: &Cloud, method: &str, target: &str, body: &str) -> (u16, String) {
    let request = Request::builder().method(method).uri(target).body(Body::from(body.to_owned())).unwrap();
    let reply = send(cloud, request).await;
    (reply.status, String::from_utf8(reply.body.to_vec()).unwrap())
}

/// The JSON response to a GET below `/simulation/`.
async fn get_control(cloud: &Cloud, target: &str) -> Value {
    let (status, text) = send_plain(cloud, "GET", &format!("/simulation/{target}"), "").await;
    assert_eq!(status, 200, "{text}");
    serde_json::from_str(&text).unwrap()
}

/// The response of `/simulation/` to a successful change.
fn no_content() -> (u16, String) {
    (204, String::new())
}

/// The body of a request for a token, for the user of `account` in `domain`.
fn login_body(account: &Account, domain: &str, password: &str, scope: &Value) -> Value {
    json!({"auth": {
        "identity": {"methods": ["password"], "password": {"user": {
            "name": account.user, "password": password, "domain": {"name": domain}
        }}},
        "scope": {"project": scope},
    }})
}

/// Status and `error_msg` of a GET signed at noon, without "Incorrect IAM authentication information: ".
async fn signed_status(cloud: &Cloud, id: &str, secret: &str, token: Option<&str>) -> (u16, String) {
    signed_status_at(cloud, NOON, id, secret, token).await
}

async fn signed_status_at(
    cloud: &Cloud,
    date: &str,
    id: &str,
    secret: &str,
    token: Option<&str>,
) -> (u16, String) {
    let reply = send(cloud, signed_by(id, secret, token, &users_path(), date)).await;
    let message = reply.json()["error_msg"].as_str().unwrap_or_default().to_owned();
    let reason = message.strip_prefix("Incorrect IAM authentication information: ").unwrap_or(&message);
    // `auth.rs` tests the canonical request.
    let reason = reason.split_once(", canonicalRequest:").map_or(reason, |(reason, _)| reason);
    (reply.status, reason.to_owned())
}
