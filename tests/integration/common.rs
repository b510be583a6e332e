//! What the integration tests share: a cloud on loopback, its configuration, and a parser of scrapes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use metastudio_exporter::app::{self, Reloader, Serving};
use metastudio_exporter::cloud::credentials::{KeyPair, SecretValue, Source};
use metastudio_exporter::cloud::http_clients::HttpClients;
use metastudio_exporter::cloud::proxies::Proxies;
use metastudio_exporter::config::{Config, PollConfig, ProjectConfig, UserQuotasConfig};
use metastudio_exporter::sim::{Cloud, CloudOptions, Fault};
use metastudio_exporter::snapshot::Collector;
use metastudio_exporter::web::{Limits, SiteAddress};
use reqwest::{Client, Method, Response, Url};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

pub(crate) const POLL: PollConfig = PollConfig {
    // The second poll is at a random point of the interval, after the end of the test.
    interval: Duration::from_secs(365 * 24 * 3600),
    timeout: Duration::from_secs(20),
    max_staleness: Duration::from_secs(1800),
    concurrency: 4,
    requests_per_second: 1000.0,
    shard: 0,
    total_shards: 1,
};

/// Serves on a free port of loopback until the test ends.
pub(crate) async fn serve(router: Router) -> Url {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = Url::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    url
}

/// A simulated cloud with these faults, whose data does not change. It has as many tenant resources as resources.
pub(crate) async fn cloud(users: usize, resources: usize, faults: &[&str]) -> (Cloud, Url) {
    let project = metastudio_exporter::sim::ProjectSpec::new("production", "cn-north-4", users, resources);
    let project = metastudio_exporter::sim::ProjectSpec { products: resources, ..project };
    let cloud = Cloud::new(CloudOptions { projects: vec![project], speed: 0.0, ..CloudOptions::default() });
    cloud.set_faults(faults.iter().map(|fault| fault.parse::<Fault>().unwrap()).collect()).unwrap();
    let url = serve(cloud.router()).await;
    (cloud, url)
}

/// A simulated cloud with small projects of these names, whose data does not change.
pub(crate) async fn cloud_of(names: &[&str]) -> (Cloud, Vec<ProjectConfig>) {
    let simulated =
        names.iter().map(|name| metastudio_exporter::sim::ProjectSpec::new(name, "cn-north-4", 3, 2));
    let projects: Vec<_> = simulated.collect();
    let cloud =
        Cloud::new(CloudOptions { projects: projects.clone(), speed: 0.0, ..CloudOptions::default() });
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
        collectors: Collector::DEFAULT.to_vec(),
        user_quotas: UserQuotasConfig::default(),
    }
}

pub(crate) fn access_key(id: &str, secret: &str) -> Source {
    Source::AccessKey(KeyPair { ak: given(id), sk: given(secret), security_token: None })
}

pub(crate) fn given(text: &str) -> SecretValue {
    SecretValue::Inline(text.into())
}

/// A running exporter with a configuration that tests can change. Ends with the test.
pub(crate) struct Exporter {
    pub(crate) site: Url,
    pub(crate) reloader: Reloader,
    pub(crate) shutdown: CancellationToken,
    pub(crate) running: JoinHandle<Result<(), app::Error>>,
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
        let serving = Serving { enable_lifecycle, ..Self::serving() };
        Self::start_serving(poll, projects, serving).await
    }

    /// The defaults, with reloads over HTTP.
    pub(crate) fn serving() -> Serving {
        Serving {
            address: SiteAddress::default(),
            telemetry_path: "/metrics".to_owned(),
            enable_lifecycle: true,
            overview: true,
            config: watch::Sender::new(Arc::default()).subscribe(),
            limits: Limits::default(),
        }
    }

    pub(crate) async fn start_serving(
        poll: PollConfig,
        projects: Vec<ProjectConfig>,
        serving: Serving,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let site = Url::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
        let shutdown = CancellationToken::new();
        let config = Config { poll, projects, proxies: Proxies::default() };
        let next = Arc::new(Mutex::new(Ok(config.clone())));
        let loaded = Arc::clone(&next);
        let load: app::Load = Arc::new(move || loaded.lock().unwrap().clone());
        let reloader = Reloader::start(config, load, shutdown.clone()).await.unwrap();
        let running = tokio::spawn(app::serve(reloader.clone(), serving, vec![listener]));
        Self { site, reloader, shutdown, running, next }
    }

    /// Sets the result of reading the configuration.
    pub(crate) fn will_read(&self, next: Result<Config, String>) {
        *self.next.lock().unwrap() = next;
    }

    /// Reloads with these projects.
    pub(crate) async fn reload(&self, projects: Vec<ProjectConfig>) -> Result<(), String> {
        self.will_read(Ok(Config { poll: POLL, projects, proxies: Proxies::default() }));
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
    tokio::time::timeout(Duration::from_secs(30), waiting).await.expect("the condition became true");
}

/// Polls once and returns the text of a scrape.
pub(crate) async fn once(poll: PollConfig, projects: Vec<ProjectConfig>) -> String {
    let (blocks, _) = app::once(Config { poll, projects, proxies: Proxies::default() }).await.unwrap();
    String::from_utf8(blocks.collect::<Vec<_>>().concat()).unwrap()
}

/// The samples of a text, by series. Fails if a series is duplicated.
pub(crate) fn samples(text: &str) -> BTreeMap<String, f64> {
    let mut samples = BTreeMap::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let (series, value) = line.rsplit_once(' ').unwrap();
        let before = samples.insert(series.to_owned(), value.parse().unwrap());
        assert!(before.is_none(), "{series} is duplicated");
    }
    samples
}

/// The `series` of one project.
pub(crate) fn of(project: &str, series: &BTreeSet<String>) -> BTreeSet<String> {
    let label = format!("project=\"{project}\"");
    series.iter().filter(|series| series.contains(&label)).cloned().collect()
}

/// The value of one series.
pub(crate) fn value(text: &str, series: &str) -> Option<f64> {
    samples(text).get(series).copied()
}

/// A client that does not decompress bodies. Creates one of the exporter's clients first, because that installs the TLS
/// provider.
pub(crate) fn client() -> Client {
    HttpClients::default().get(&Url::parse("http://127.0.0.1").unwrap(), None).unwrap();
    Client::builder().no_proxy().gzip(false).build().unwrap()
}
