//! The cloud as its callers see it: requests through the router, mostly without sockets and at a stopped clock.

mod auth;
mod faults;
mod iam;
mod lists;
mod wire;

use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request};
use bytes::Bytes;
use jiff::Timestamp;
use serde_json::{Value, json};
use tower::ServiceExt;

use super::{Cloud, Fault, Options, Project};
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
    let projects = vec![Project::new("test", "cn-north-4", users, resources)];
    cloud_of(projects)
}

fn cloud_of(projects: Vec<Project>) -> Cloud {
    let epoch = at("2026-01-01T12:00:00Z");
    let cloud = Cloud::new(Options { projects, speed: 0.0, epoch, ..Options::default() });
    cloud.stop_clock(epoch);
    cloud
}

fn faulty(users: usize, resources: usize, faults: &[&str]) -> Cloud {
    let cloud = cloud(users, resources);
    cloud.set_faults(faults.iter().map(|fault| fault.parse::<Fault>().unwrap()).collect());
    cloud
}

fn project_id() -> String {
    Project::new("test", "", 0, 0).id
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

/// A GET signed at `date`.
fn signed(cloud: &Cloud, target: &str, date: &str) -> Request<Body> {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let headers = [("host", HOST), ("x-sdk-date", date)];
    let request = sign::Request { method: "GET", path, query, headers: &headers, body: b"" };
    let authorization =
        request.authorization(cloud.access_key(), &request.signature(cloud.secret_key(), date));
    let request = Request::get(target).header("authorization", authorization);
    request.header("host", HOST).header("x-sdk-date", date).body(Body::empty()).unwrap()
}
