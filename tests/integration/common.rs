//! What the integration tests share: a cloud on loopback, a configuration for it, and a scrape read back.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use metastudio_exporter::app::{self, Reloading, Serving};
use metastudio_exporter::cloud::credentials::{KeyPair, SecretValue, Source};
use metastudio_exporter::cloud::http::Clients;
use metastudio_exporter::config::{Config, PollConfig, ProjectConfig, UserQuotasConfig};
use metastudio_exporter::sim::{Cloud, Fault, Options};
use metastudio_exporter::snapshot::Collector;
use metastudio_exporter::web::{Limits, Reloader};
use reqwest::{Client, Method, Response, Url};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

pub(crate) const POLL: PollConfig = PollConfig {
    // The second poll is at a random point of the interval: none within a test.
    interval: Duration::from_secs(365 * 24 * 3600),
    timeout: Duration::from_secs(20),
    max_staleness: Duration::from_secs(1800),
    concurrency: 4,
    requests_per_second: 1000.0,
};

/// Serves on a free port of loopback for as long as the test runs.
pub(crate) async fn serve(router: Router) -> Url {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = Url::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    url
}

/// A simulated cloud whose world stands still, with these faults.
pub(crate) async fn cloud(users: usize, resources: usize, faults: &[&str]) -> (Cloud, Url) {
    let project = metastudio_exporter::sim::ProjectSpec::new("production", "cn-north-4", users, resources);
    let cloud = Cloud::new(Options { projects: vec![project], speed: 0.0, ..Options::default() });
    cloud.set_faults(faults.iter().map(|fault| fault.parse::<Fault>().unwrap()).collect()).unwrap();
    let url = serve(cloud.router()).await;
    (cloud, url)
}

/// A simulated cloud with small projects of these names, whose world stands still.
pub(crate) async fn cloud_of(names: &[&str]) -> (Cloud, Vec<ProjectConfig>) {
    let simulated =
        names.iter().map(|name| metastudio_exporter::sim::ProjectSpec::new(name, "cn-north-4", 3, 2));
    let projects: Vec<_> = simulated.collect();
    let cloud = Cloud::new(Options { projects: projects.clone(), speed: 0.0, ..Options::default() });
    let url = serve(cloud.router()).await;
    let configured = |simulated: metastudio_exporter::sim::ProjectSpec| ProjectConfig {
        name: simulated.name,
        id: Some(simulated.id),
        ..project(&cloud, &url)
    };
    let configured = projects.into_iter().map(configured).collect();
    (cloud, configured)
}

/// The simulated project, called with the cloud's access key.
pub(crate) fn project(cloud: &Cloud, endpoint: &Url) -> ProjectConfig {
    ProjectConfig {
        name: "production".to_owned(),
        id: Some(metastudio_exporter::sim::ProjectSpec::new("production", "cn-north-4", 0, 0).id),
        region: "cn-north-4".to_owned(),
        endpoint: endpoint.clone(),
        credentials: access_key(cloud.access_key(), cloud.secret_key()),
        iam_endpoint: endpoint.clone(),
        ca_file: None,
        collectors: Collector::ALL.to_vec(),
        user_quotas: UserQuotasConfig::default(),
    }
}

pub(crate) fn access_key(id: &str, secret: &str) -> Source {
    Source::AccessKey(KeyPair { ak: given(id), sk: given(secret), security_token: None })
}

pub(crate) fn given(text: &str) -> SecretValue {
    SecretValue::Inline(text.into())
}

/// A running exporter whose configuration a test can change; it ends with the test.
pub(crate) struct Exporter {
    pub(crate) site: Url,
    pub(crate) reloader: Reloader,
    pub(crate) shutdown: CancellationToken,
    pub(crate) running: JoinHandle<Result<(), app::Failure>>,
    next: Arc<Mutex<Result<Config, String>>>,
}

impl Exporter {
    pub(crate) async fn start(projects: Vec<ProjectConfig>) -> Self {
        Self::start_with(POLL, projects, true).await
    }

    pub(crate) async fn start_with(
        poll: PollConfig,
        projects: Vec<ProjectConfig>,
        enable_lifecycle: bool,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let site = Url::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
        let shutdown = CancellationToken::new();
        let config = Config { poll, projects };
        let next = Arc::new(Mutex::new(Ok(config.clone())));
        let loaded = Arc::clone(&next);
        let reloading = Reloading::new(Arc::new(move || loaded.lock().unwrap().clone()));
        let reloader = reloading.reloader.clone();
        let serving = Serving {
            telemetry_path: "/metrics".to_owned(),
            enable_lifecycle,
            overview: true,
            config: crate::web_config::without_file(),
            limits: Limits::default(),
        };
        let run = app::run(config, reloading, serving, vec![listener], shutdown.clone());
        Self { site, reloader, shutdown, running: tokio::spawn(run), next }
    }

    /// What the next reload will read.
    pub(crate) fn will_read(&self, next: Result<Config, String>) {
        *self.next.lock().unwrap() = next;
    }

    /// Reloads with these projects.
    pub(crate) async fn reload(&self, projects: Vec<ProjectConfig>) -> Result<(), String> {
        self.will_read(Ok(Config { poll: POLL, projects }));
        self.reloader.reload().await
    }

    pub(crate) async fn request(&self, method: Method, path: &str) -> Response {
        client().request(method, self.site.join(path).unwrap()).send().await.unwrap()
    }

    pub(crate) async fn get(&self, path: &str) -> (StatusCode, String) {
        let response = self.request(Method::GET, path).await;
        (response.status(), response.text().await.unwrap())
    }

    /// The text of a scrape.
    pub(crate) async fn metrics(&self) -> String {
        let (status, text) = self.get("/metrics").await;
        assert_eq!(status, StatusCode::OK, "{text}");
        text
    }

    /// The series of a scrape.
    pub(crate) async fn series(&self, path: &str) -> BTreeSet<String> {
        samples(&self.get(path).await.1).into_keys().collect()
    }

    /// Waits until each project has been polled once.
    pub(crate) async fn ready(&self) {
        until(async || self.get("/-/ready").await.0 == StatusCode::OK).await;
    }
}

/// Waits for a condition.
pub(crate) async fn until(condition: impl AsyncFn() -> bool) {
    let waiting = async {
        while !condition().await {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), waiting).await.expect("it never came true");
}

/// Polls once; the text of a scrape.
pub(crate) async fn once(poll: PollConfig, projects: Vec<ProjectConfig>) -> String {
    let exposition = app::once(Config { poll, projects }).await.unwrap();
    let blocks: Vec<_> = exposition.blocks().unwrap().collect();
    String::from_utf8(blocks.concat()).unwrap()
}

/// The samples of a text: series to value. No series may come twice.
pub(crate) fn samples(text: &str) -> BTreeMap<String, f64> {
    let mut samples = BTreeMap::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let (series, value) = line.rsplit_once(' ').unwrap();
        let before = samples.insert(series.to_owned(), value.parse().unwrap());
        assert!(before.is_none(), "{series} comes twice");
    }
    samples
}

/// Those of `series` that are this project's.
pub(crate) fn of(project: &str, series: &BTreeSet<String>) -> BTreeSet<String> {
    let label = format!("project=\"{project}\"");
    series.iter().filter(|series| series.contains(&label)).cloned().collect()
}

/// The value of one series.
pub(crate) fn value(text: &str, series: &str) -> Option<f64> {
    samples(text).get(series).copied()
}

/// A client that gets bodies as they are sent. The exporter's own is built first, since that chooses the provider of
/// TLS, without which there is no client.
pub(crate) fn client() -> Client {
    Clients::default().of(&Url::parse("http://127.0.0.1").unwrap(), None).unwrap();
    Client::builder().no_proxy().gzip(false).build().unwrap()
}
