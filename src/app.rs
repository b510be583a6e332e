//! The running exporter: its parts, and how they start and stop together.
//!
//! Takes a configuration, bound listeners and a shutdown; reads no flags and no environment.

use std::time::{Duration, SystemTime};

use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::cloud::client::{self, Client};
use crate::cloud::credentials::Keyring;
use crate::cloud::http;
pub(crate) use crate::cloud::http::is_loopback;
use crate::config::{self, Config};
use crate::poll::Poller;
use crate::telemetry::Telemetry;
use crate::web::{self, Exposition, Site};

/// The time that scrapes under way have to end after a shutdown.
const GRACE: Duration = Duration::from_secs(3);

/// A start that failed, or a part that ended by itself.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The HTTP client cannot be built.
    #[error("{0}")]
    Http(#[from] http::Unusable),
    /// The exporter's own metrics clash.
    #[error("the exporter's own metrics cannot be registered: {0}")]
    Telemetry(#[from] prometheus::Error),
    /// A listener failed.
    #[error("the web server failed: {0}")]
    Web(#[from] std::io::Error),
    /// A task panicked.
    #[error("a part of the exporter broke: {0}; please report this")]
    Broken(#[from] tokio::task::JoinError),
}

/// Polls and serves until `shutdown`.
///
/// # Errors
/// When a part cannot start, or ends by itself.
pub async fn run(
    config: Config,
    telemetry_path: String,
    listeners: Vec<TcpListener>,
    shutdown: CancellationToken,
) -> Result<(), Failure> {
    let (pollers, exposition) = parts(&config)?;
    let router = web::router(Site { exposition, telemetry_path });
    let mut servers = JoinSet::new();
    for listener in listeners {
        servers.spawn(web::serve(listener, router.clone(), shutdown.clone().cancelled_owned()));
    }
    let mut polls = JoinSet::new();
    for poller in pollers {
        polls.spawn(poller.run());
    }

    tokio::select! {
        () = shutdown.cancelled() => {}
        Some(ended) = polls.join_next() => ended?,
        Some(ended) = servers.join_next() => ended??,
    }
    // An answer under way gets a moment; a poll under way has nothing to save, and ends with its task set.
    shutdown.cancel();
    let drained = async { while servers.join_next().await.is_some() {} };
    if tokio::time::timeout(GRACE, drained).await.is_err() {
        tracing::info!("some answers were still under way and are cut off");
    }
    Ok(())
}

/// Polls every project once and gives what a scrape would show.
///
/// # Errors
/// When a part cannot start; polls that fail are part of what is shown.
pub async fn once(config: Config) -> Result<Exposition, Failure> {
    let (pollers, exposition) = parts(&config)?;
    let mut polls = JoinSet::new();
    for poller in pollers {
        polls.spawn(async move { Box::pin(poller.poll()).await });
    }
    while let Some(ended) = polls.join_next().await {
        ended?;
    }
    Ok(exposition)
}

fn parts(config: &Config) -> Result<(Vec<Poller>, Exposition), Failure> {
    let telemetry = Telemetry::new()?;
    telemetry.configured(SystemTime::now());
    let keyring = Keyring::default();
    let (mut pollers, mut states) = (Vec::new(), Vec::new());
    for project in &config.projects {
        let client = client(project, config.poll, &keyring)?;
        let (poller, state) = Poller::new(project, client, config.poll, telemetry.clone());
        pollers.push(poller);
        states.push(state);
    }
    Ok((pollers, Exposition::new(states, telemetry, config.poll.max_staleness)))
}

/// The client of a project, with credentials and connections of the keyring that all share.
pub(crate) fn client(
    project: &config::Project,
    settings: config::Poll,
    keyring: &Keyring,
) -> Result<Client, http::Unusable> {
    let ca_file = project.ca_file.as_deref();
    let credentials = keyring.credentials(&project.credentials, ca_file)?;
    let options = client::Options {
        endpoint: project.endpoint.clone(),
        iam_endpoint: project.iam_endpoint.clone(),
        project_id: project.id.clone(),
        region: project.region.clone(),
        requests_per_second: settings.requests_per_second,
    };
    Ok(Client::new(keyring.clients().of(&project.endpoint, ca_file)?, credentials, options))
}
