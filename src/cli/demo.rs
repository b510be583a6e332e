//! `demo`: a simulated cloud and an exporter for it, in one process.

use std::sync::Arc;

use clap::Args;
use reqwest::Url;
use tokio::net::TcpListener;

use super::simulate::CloudFlags;
use super::{Error, flags, listen, log, panics, print, shutdown};
use crate::app::{self, Reloader};
use crate::cloud::credentials::{KeyPair, Password, Scope, SecretValue, Source};
use crate::cloud::proxies::Proxies;
use crate::config::watch::WatchedFiles;
use crate::config::{Config, ProjectConfig, UserQuotasConfig};
use crate::sim;
use crate::snapshot::Collector;

/// Run the exporter on a simulated cloud, without an account.
///
/// It needs no credentials and no configuration.
#[derive(Args)]
#[command(
    after_help = PROMETHEUS_CONFIGURATION,
    // Fast defaults, so that a demonstration shows changes soon.
    mut_arg("interval", |interval| interval.default_value("10s")),
    mut_arg("speed", |speed| speed.default_value("60"))
)]
pub(super) struct Flags {
    #[command(flatten)]
    web: flags::WebFlags,
    #[command(flatten)]
    cloud: CloudFlags,
    #[command(flatten)]
    polling: flags::PollFlags,
    #[command(flatten)]
    log: log::LogFlags,
}

const PROMETHEUS_CONFIGURATION: &str = "\
To scrape it with Prometheus, add this to the Prometheus configuration:
  scrape_configs:
    - job_name: metastudio-exporter
      scrape_interval: 15s
      static_configs:
        - targets: ['localhost:10036']";

pub(super) async fn run(flags: Flags) -> Result<(), Error> {
    let log = flags.log.start();
    let production =
        sim::ProjectSpec::new("production", "cn-north-4", flags.cloud.users, flags.cloud.resources);
    let staging = sim::ProjectSpec::new("staging", "cn-east-3", 3, 4);
    let cloud = flags.cloud.build(vec![production.clone(), staging.clone()])?;

    let mut files = WatchedFiles::default();
    let web = flags.web.config(&mut files).map_err(Error::Usage)?;
    let listeners = listen::listeners(&flags.web, &web).await?;
    let failed = |error: String| Error::Failed(format!("cannot serve the simulated cloud: {error}"));
    let simulated = TcpListener::bind("127.0.0.1:0").await.map_err(|error| failed(error.to_string()))?;
    let address = simulated.local_addr().map_err(|error| failed(error.to_string()))?;
    let endpoint = Url::parse(&format!("http://{address}")).map_err(|error| failed(error.to_string()))?;

    let scheme = if web.tls.is_some() { "https" } else { "http" };
    print(&addresses(&endpoint, &listeners, &flags, scheme))?;
    let shutdown = shutdown()?;
    let (server, stop) = (cloud.clone(), shutdown.clone());
    tokio::spawn(async move { server.serve(simulated, stop.cancelled_owned()).await });

    let access_key = Source::AccessKey(KeyPair {
        ak: SecretValue::Inline(cloud.access_key().into()),
        sk: SecretValue::Inline(cloud.secret_key().into()),
        security_token: None,
    });
    let password = Source::Password(Password {
        domain: cloud.domain().to_owned(),
        user: cloud.user().to_owned(),
        password: SecretValue::Inline(cloud.password().into()),
        iam_endpoint: endpoint.clone(),
        scope: Scope::ProjectId(staging.id.clone()),
    });
    let project = |project: sim::ProjectSpec, credentials| ProjectConfig {
        name: project.name,
        id: Some(project.id),
        region: project.region,
        endpoint: endpoint.clone(),
        iam_endpoint: endpoint.clone(),
        ca_file: None,
        credentials,
        collectors: Collector::ALL.to_vec(),
        user_quotas: UserQuotasConfig { names: true, ..UserQuotasConfig::default() },
    };
    let config = Config {
        poll: flags.polling.config(0, 1),
        projects: vec![project(production, access_key), project(staging, password)],
        proxies: Proxies::default(),
    };
    let unchanged = config.clone();
    let reloader = Reloader::start(config, Arc::new(move || Ok(unchanged.clone())), shutdown).await?;
    reloader.count_dropped_log_lines(log.dropped_lines());
    reloader.count_panics(panics::number);
    Ok(app::serve(reloader, flags.web.serving(web, files), listeners).await?)
}

fn addresses(endpoint: &Url, listeners: &[TcpListener], flags: &Flags, scheme: &str) -> String {
    let users = flags.cloud.users;
    let mut lines =
        vec![format!("A simulated MetaStudio with two projects, {users} and 3 users, runs at {endpoint}")];
    let pages = flags.web.address();
    for listener in listeners {
        let Ok(address) = listener.local_addr() else { continue };
        let site = listen::reachable(address);
        lines.push(format!("Metrics: {scheme}://{site}{}", pages.route(&flags.web.telemetry_path)));
        lines.push(format!("Page:    {scheme}://{site}{}", pages.route("/")));
    }
    let interval = humantime::format_duration(flags.polling.config(0, 1).interval);
    lines.push(format!("It polls every {interval}. Stop it with Ctrl-C.\n"));
    lines.join("\n")
}
