//! Pages of users as the simulated cloud sends them.

pub(crate) mod typed;

use std::io::Write;

use axum::body::{Body, Bytes, to_bytes};
use axum::http::{Method, Request, StatusCode};
use flate2::Compression;
use flate2::write::GzEncoder;
use metastudio_exporter::sim::{Cloud, CloudOptions, ProjectSpec};
use tower::ServiceExt;

/// Users on a page.
const PAGE: usize = 100;

/// A simulated cloud with a number of users, whose clock stands still.
pub(crate) struct Simulation {
    cloud: Cloud,
    project: ProjectSpec,
}

impl Simulation {
    pub(crate) fn new(users: usize) -> Self {
        let project = ProjectSpec::new("production", "cn-north-4", users, 0);
        let epoch = "2026-01-01T12:00:00Z".parse().unwrap();
        let projects = vec![project.clone()];
        let cloud = Cloud::new(CloudOptions { projects, speed: 0.0, epoch, ..CloudOptions::default() });
        cloud.stop_clock(epoch);
        Self { cloud, project }
    }

    /// The bodies of all pages of `ListUserQuotas`.
    pub(crate) async fn pages(&self) -> Vec<Bytes> {
        let token = self.cloud.issue_token(&self.project.id);
        let mut pages = Vec::new();
        for offset in (0..self.project.users).step_by(PAGE) {
            let path = format!("/v1/{}/user/quotas?limit={PAGE}&offset={offset}", self.project.id);
            let request = Request::get(path).header("x-auth-token", &token).body(Body::empty()).unwrap();
            pages.push(self.send(request).await);
        }
        pages
    }

    /// Changes the usage of one item of every hundredth user, in the order in which the exporter sorts users.
    pub(crate) async fn change_one_percent(&self) {
        let mut ids: Vec<_> = self.cloud.users(&self.project.id).into_iter().map(|user| user.id).collect();
        ids.sort();
        let edit =
            |id: &String| format!("projects/{}/users/{id}/usage/voice_clone_basic 4321\n", self.project.id);
        let edits: String = ids.iter().step_by(100).map(edit).collect();
        let request = Request::builder().method(Method::PUT).uri("/simulation/edits");
        self.send(request.body(Body::from(edits)).unwrap()).await;
    }

    async fn send(&self, request: Request<Body>) -> Bytes {
        let response = self.cloud.router().oneshot(request).await.unwrap();
        let is_success = [StatusCode::OK, StatusCode::NO_CONTENT].contains(&response.status());
        assert!(is_success, "the simulated cloud answered {}", response.status());
        to_bytes(response.into_body(), usize::MAX).await.unwrap()
    }
}

/// Runs a future that waits for nothing.
pub(crate) fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

/// The text in one piece of gzip.
pub(crate) fn compressed(text: &[u8], level: u32) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::new(level));
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}
