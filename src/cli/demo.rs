//! `demo`: a simulated cloud and the exporter on it, in one process.

use std::sync::Arc;

use clap::Args;
use reqwest::Url;
use tokio::net::TcpListener;

use super::simulate::World;
use super::{Error, flags, listen, log, shutdown};
use crate::app::{self, Reloading};
use crate::cloud::credentials::{KeyPair, Password, Scope, SecretValue, Source};
use crate::config::watch::WatchedFiles;
use crate::config::{Config, ProjectConfig, UserQuotasConfig};
use crate::sim;
use crate::snapshot::Collector;

/// Show it all on a simulated cloud: no account, no credentials, nothing to set up.
#[derive(Args)]
#[command(
    after_help = POINT_PROMETHEUS_AT_IT,
    // A demonstration has no time to lose.
    mut_arg("interval", |interval| interval.default_value("10s")),
    mut_arg("speed", |speed| speed.default_value("60"))
)]
pub(super) struct Flags {
    #[command(flatten)]
    web: flags::WebFlags,
    #[command(flatten)]
    world: World,
    #[command(flatten)]
    polling: flags::PollFlags,
    #[command(flatten)]
    log: log::LogFlags,
}

const POINT_PROMETHEUS_AT_IT: &str = "\
To see it in Prometheus, put this into its configuration:
  scrape_configs:
    - job_name: metastudio-exporter
      scrape_interval: 15s
      static_configs:
        - targets: ['localhost:10036']";

pub(super) async fn run(flags: Flags) -> Result<(), Error> {
    flags.log.start();
    let production =
        sim::ProjectSpec::new("production", "cn-north-4", flags.world.users, flags.world.resources);
    let staging = sim::ProjectSpec::new("staging", "cn-east-3", 3, 4);
    let cloud = flags.world.cloud(vec![production.clone(), staging.clone()])?;

    let mut files = WatchedFiles::default();
    let web = flags.web.config(&mut files).map_err(Error::Usage)?;
    let listeners = listen::listeners(&flags.web, &web).await?;
    let simulated = listen::bind("127.0.0.1:0", "no flag").await?;
    let simulated_at = simulated.local_addr().map_err(|error| Error::Failed(error.to_string()))?;
    let endpoint = Url::parse(&format!("http://{simulated_at}"))
        .map_err(|error| Error::Failed(format!("the simulated cloud has no address: {error}")))?;

    say_where_to_look(&endpoint, &listeners, &flags, if web.tls.is_some() { "https" } else { "http" });
    let shutdown = shutdown()?;
    let cloud_ends = shutdown.clone();
    let serving = cloud.clone();
    tokio::spawn(async move { serving.serve(simulated, cloud_ends.cancelled_owned()).await });

    let by_key = Source::AccessKey(KeyPair {
        ak: SecretValue::Inline(cloud.access_key().into()),
        sk: SecretValue::Inline(cloud.secret_key().into()),
        security_token: None,
    });
    let by_password = Source::Password(Password {
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
        poll: flags.polling.config(),
        projects: vec![project(production, by_key), project(staging, by_password)],
    };
    let same = config.clone();
    let reloading = Reloading::new(Arc::new(move || Ok(same.clone())));
    Ok(app::run(config, reloading, flags.web.serving(web, files), listeners, shutdown).await?)
}

fn say_where_to_look(endpoint: &Url, listeners: &[TcpListener], flags: &Flags, scheme: &str) {
    println!(
        "A simulated MetaStudio with two projects, {} and 3 users, runs at {endpoint}",
        flags.world.users
    );
    for listener in listeners {
        let Ok(address) = listener.local_addr() else { continue };
        let site = listen::reachable(address);
        println!("Metrics: {scheme}://{site}{}", flags.web.telemetry_path);
        println!("Page:    {scheme}://{site}/");
    }
    println!(
        "It polls every {}. Stop it with Ctrl-C.",
        humantime::format_duration(flags.polling.config().interval)
    );
}
