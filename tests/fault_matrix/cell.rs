//! A project of its own for each combination of faults and places, with a cloud of its own.

use std::time::Duration;

use metastudio_exporter::cloud::credentials::{Password, Scope, SecretValue, Source};
use metastudio_exporter::config::{PollConfig, ProjectConfig, UserQuotasConfig};
use metastudio_exporter::sim::{Cloud, CloudOptions, ProjectSpec};
use metastudio_exporter::snapshot::Collector;
use tempfile::NamedTempFile;
use tower::ServiceExt;

use crate::common;
use crate::endpoint::Endpoint;
use crate::fault::Effect;
use crate::place::{Place, ROWS, Stage};
use crate::tls::Served;
use crate::truth;

const REGION: &str = "cn-north-4";

/// A fault at its places.
pub(crate) type Placed = (Effect, Vec<Place>);

/// A project and the cloud that it is in.
#[derive(Debug)]
pub(crate) struct Cell {
    pub(crate) cloud: Cloud,
    pub(crate) project_id: String,
    faults: Vec<Placed>,
    metastudio: Endpoint,
    iam: Endpoint,
    config: ProjectConfig,
    /// With the authority of the endpoints.
    _ca_file: Option<NamedTempFile>,
}

impl Cell {
    pub(crate) async fn new(number: usize, faults: Vec<Placed>) -> Self {
        let spec = ProjectSpec::new("production", REGION, ROWS, ROWS);
        let project_id = spec.id.clone();
        let projects = vec![ProjectSpec { products: ROWS, ..spec }];
        let cloud = Cloud::new(CloudOptions { projects, speed: 0.0, ..CloudOptions::default() });
        let has = |test: fn(&Effect) -> bool| faults.iter().any(|(effect, _)| test(effect));
        let served = has(|effect| matches!(effect, Effect::Tls(_))).then(Served::new);
        // A port that is closed and opened again must stay free: nothing else uses this host.
        let host = if has(|effect| matches!(effect, Effect::Refused)) {
            format!("127.77.{}.{}", number / 250, number % 250 + 1)
        } else {
            "127.0.0.1".to_owned()
        };
        let metastudio = Endpoint::new(&host, cloud.router(), served.clone()).await;
        let iam = Endpoint::new(&host, cloud.router(), served.clone()).await;
        let ca_file = served.map(|served| {
            let file = NamedTempFile::new().unwrap();
            std::fs::write(file.path(), &*served.authority).unwrap();
            file
        });
        let iam_endpoint: reqwest::Url = iam.url().parse().unwrap();
        let config = ProjectConfig {
            name: format!("p{number}"),
            id: None,
            region: REGION.to_owned(),
            endpoint: metastudio.url().parse().unwrap(),
            iam_endpoint: iam_endpoint.clone(),
            ca_file: ca_file.as_ref().map(|file| file.path().to_owned()),
            credentials: Source::Password(Password {
                domain: cloud.domain().to_owned(),
                user: cloud.user().to_owned(),
                password: SecretValue::Inline(cloud.password().into()),
                iam_endpoint,
                scope: Scope::Region(REGION.to_owned()),
            }),
            collectors: Collector::ALL.to_vec(),
            user_quotas: UserQuotasConfig { names: true, ..UserQuotasConfig::default() },
        };
        Self { cloud, project_id, faults, metastudio, iam, config, _ca_file: ca_file }
    }

    /// The configured project, while its faults are active or not.
    pub(crate) fn config(&self, is_faulty: bool) -> ProjectConfig {
        let mut config = self.config.clone();
        for place in self.faults.iter().filter(|(effect, _)| is_faulty && matches!(effect, Effect::Dns)) {
            // No label of a host name is so long, so that no name server is asked.
            let host = format!("{}.test", "a".repeat(64));
            let endpoint = format!("http://{host}/").parse().unwrap();
            if place.1.iter().any(|place| place.stage.is_of_pages()) {
                config.endpoint = endpoint;
            } else {
                if let Source::Password(password) = &mut config.credentials {
                    password.iam_endpoint = config.iam_endpoint.clone();
                }
                config.iam_endpoint = endpoint;
            }
        }
        config
    }

    /// Activates the faults. A token that is no longer valid makes the exporter request one.
    pub(crate) async fn fail(&self) {
        let placed = |is_of_pages: bool| {
            let all =
                self.faults.iter().flat_map(|(effect, places)| places.iter().map(|place| (*place, *effect)));
            all.filter(|(place, _)| place.stage.is_of_pages() == is_of_pages).collect::<Vec<_>>()
        };
        self.metastudio.fail(placed(true));
        self.iam.fail(placed(false));
        let simulated = self.faults.iter().filter_map(|(effect, _)| match effect {
            Effect::Simulated(name) => Some(name.parse().unwrap()),
            _ => None,
        });
        self.cloud.set_faults(simulated.collect()).unwrap();
        if self.has(Stage::Token) {
            self.simulation("DELETE", "credentials/iam_tokens", "").await;
        }
    }

    /// Whether a fault is at this stage.
    pub(crate) fn has(&self, stage: Stage) -> bool {
        self.faults.iter().any(|(_, places)| places.iter().any(|place| place.stage == stage))
    }

    /// Ends the faults.
    pub(crate) async fn recover(&self) {
        self.metastudio.recover().await;
        self.iam.recover().await;
        self.cloud.set_faults(Vec::new()).unwrap();
    }

    /// Changes one number of each list.
    pub(crate) async fn change(&self) {
        let id = &self.project_id;
        let (user, resource) = (&self.cloud.users(id)[0].id, &self.cloud.resources(id)[1].id);
        let product = self.cloud.products(id)[2].row_id();
        for (path, value) in [
            (format!("users/{user}/usage/voice_clone_basic"), "4321"),
            (format!("resources/{resource}/resource_available_nums"), "8765"),
            (format!("products/{product}/usage"), "1234"),
        ] {
            self.simulation("PUT", &format!("projects/{id}/{path}"), value).await;
        }
    }

    /// The requests that met a fault.
    pub(crate) fn hits(&self) -> usize {
        self.metastudio.hits() + self.iam.hits()
    }

    async fn simulation(&self, method: &str, path: &str, body: &'static str) {
        let request = axum::http::Request::builder().method(method).uri(format!("/simulation/{path}"));
        let response =
            self.cloud.router().oneshot(request.body(axum::body::Body::from(body)).unwrap()).await.unwrap();
        assert_eq!(response.status(), 204, "{path}");
    }

    /// The series that a scrape of the healthy project has, for one API.
    pub(crate) fn truth(&self, collector: &str) -> truth::Series {
        let (cloud, id) = (&self.cloud, self.project_id.as_str());
        match collector {
            "voice_training" => truth::voice_training(cloud, id),
            "user_quotas" => truth::user_quotas(cloud, id),
            "tenant_resources" => truth::tenant_resources(cloud, id),
            _ => truth::names(&cloud.users(id)),
        }
    }
}

/// The collectors of a poll; the names of users are the last one.
pub(crate) const COLLECTORS: [&str; 4] = ["voice_training", "user_quotas", "tenant_resources", "user_names"];

/// The settings of the polls. Pages are requested one after the other, so that faults are met in their order.
pub(crate) fn poll(number: u32, timeout: Duration) -> PollConfig {
    PollConfig {
        timeout,
        concurrency: 1,
        // Another number makes a reload poll everything again.
        requests_per_second: 1000.0 + f64::from(number),
        ..common::POLL
    }
}
