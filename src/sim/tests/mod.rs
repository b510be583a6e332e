//! The cloud as its callers see it: requests through the router, mostly without sockets and at a stopped clock.

mod accounts;
mod auth;
mod control;
mod credentials;
mod faults;
mod iam;
mod keys;
mod lists;
mod metadata;
mod pod_identity;
mod sts;
mod wire;

use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request};
use bytes::Bytes;
use jiff::Timestamp;
use serde_json::{Value, json};
use tower::ServiceExt;

use super::{Cloud, CloudOptions, Fault, ProjectSpec};
use crate::cloud::sign;

const HOST: &str = "metastudio.example";

/// What came back.
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

    /// The field of every row of the page.
    fn column(&self, list: &str, field: &str) -> Vec<Value> {
        self.json()[list].as_array().unwrap().iter().map(|row| row[field].clone()).collect()
    }
}

fn at(time: &str) -> Timestamp {
    time.parse().unwrap()
}

/// A cloud of one project, whose clock and world stand at noon.
fn cloud(users: usize, resources: usize) -> Cloud {
    let projects = vec![ProjectSpec::new("test", "cn-north-4", users, resources)];
    cloud_of(projects)
}

fn cloud_of(projects: Vec<ProjectSpec>) -> Cloud {
    let epoch = at("2026-01-01T12:00:00Z");
    let cloud = Cloud::new(CloudOptions { projects, speed: 0.0, epoch, ..CloudOptions::default() });
    cloud.stop_clock(epoch);
    cloud
}

fn faulty(users: usize, resources: usize, faults: &[&str]) -> Cloud {
    let cloud = cloud(users, resources);
    cloud.set_faults(faults.iter().map(|fault| fault.parse::<Fault>().unwrap()).collect()).unwrap();
    cloud
}

fn project_id() -> String {
    ProjectSpec::new("test", "", 0, 0).id
}

fn users_path() -> String {
    format!("/v1/{}/user/quotas", project_id())
}

fn voices_path() -> String {
    format!("/v1/{}/voice-training-manage/quotas", project_id())
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

/// A GET with a good token of its own.
async fn get(cloud: &Cloud, target: &str) -> Reply {
    send(cloud, with_token(&cloud.issue_token(&project_id()), target)).await
}

/// A GET signed with account 0's key at `date`.
fn signed(cloud: &Cloud, target: &str, date: &str) -> Request<Body> {
    signed_by(cloud.access_key(), cloud.secret_key(), None, target, date)
}

/// A GET signed at `date`, with a security token where there is one.
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

/// A request to `/simulation/`, or without credentials: status and text.
async fn plain(cloud: &Cloud, method: &str, target: &str, body: &str) -> (u16, String) {
    let request = Request::builder().method(method).uri(target).body(Body::from(body.to_owned())).unwrap();
    let reply = send(cloud, request).await;
    (reply.status, String::from_utf8(reply.body.to_vec()).unwrap())
}

/// What `/simulation/` answers to a GET.
async fn shown(cloud: &Cloud, target: &str) -> Value {
    let (status, text) = plain(cloud, "GET", &format!("/simulation/{target}"), "").await;
    assert_eq!(status, 200, "{text}");
    serde_json::from_str(&text).unwrap()
}

/// 204 and nothing: what `/simulation/` answers when it is done.
fn done() -> (u16, String) {
    (204, String::new())
}

/// Status and `error_msg` behind "Incorrect IAM authentication information: " of a signed GET at noon.
async fn verdict(cloud: &Cloud, id: &str, secret: &str, token: Option<&str>) -> (u16, String) {
    verdict_at(cloud, "20260101T120000Z", id, secret, token).await
}

async fn verdict_at(cloud: &Cloud, date: &str, id: &str, secret: &str, token: Option<&str>) -> (u16, String) {
    let reply = send(cloud, signed_by(id, secret, token, &users_path(), date)).await;
    let message = reply.json()["error_msg"].as_str().unwrap_or_default().to_owned();
    let reason = message.strip_prefix("Incorrect IAM authentication information: ").unwrap_or(&message);
    // What follows is tested where it matters.
    let reason = reason.split_once(", canonicalRequest:").map_or(reason, |(reason, _)| reason);
    (reply.status, reason.to_owned())
}
