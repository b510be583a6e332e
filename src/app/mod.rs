//! The running exporter: its parts, and how they start, change and stop together.
//!
//! Takes a configuration, how to read it again, bound listeners and a shutdown; reads no flags and no environment.

mod fleet;
pub(crate) mod parts;
mod reload;

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

pub(crate) use crate::cloud::http::is_loopback;
use crate::config::Config;
use crate::poll::Record;
use crate::web::{self, Exposition, Listed, Roster, Site};
use fleet::Fleet;
use parts::{Parts, Unbuilt};
pub use reload::{Load, Reloading};

/// The time that scrapes under way have to end after a shutdown.
const GRACE: Duration = Duration::from_secs(3);

/// A start that failed, or a part that ended by itself.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// A project cannot be called.
    #[error(transparent)]
    Unbuilt(#[from] Unbuilt),
    /// The exporter's own metrics clash.
    #[error("the exporter's own metrics cannot be registered: {0}")]
    Telemetry(#[from] prometheus::Error),
    /// A task panicked.
    #[error("a part of the exporter broke: {0}; please report this")]
    Broken(#[from] tokio::task::JoinError),
}

/// What is served beside the metrics, and where those are.
#[derive(Debug, Clone)]
pub struct Serving {
    /// The path of the metrics.
    pub telemetry_path: String,
    /// Whether `POST /-/reload` may ask for a reload.
    pub enable_lifecycle: bool,
    /// Whether `/` is the overview, or a page with links only.
    pub overview: bool,
    /// TLS, users, headers and the rate of requests.
    pub config: watch::Receiver<Arc<web::config::WebConfig>>,
    /// What a client may take.
    pub limits: web::Limits,
}

/// Polls and serves until `shutdown`.
///
/// # Errors
/// When a part cannot start, or ends by itself.
pub async fn run(
    config: Config,
    reloading: Reloading,
    serving: Serving,
    listeners: Vec<TcpListener>,
    shutdown: CancellationToken,
) -> Result<(), Failure> {
    let (fleet, exposition) = Fleet::start(config)?;
    let reloader = serving.enable_lifecycle.then(|| reloading.reloader.clone());
    let Serving { telemetry_path, overview, config, limits, .. } = serving;
    let has_tls = config.borrow().tls.is_some();
    let site = Site { exposition, telemetry_path: telemetry_path.clone(), overview, has_tls, reloader };
    let server = web::Server::new(web::router(site), telemetry_path, config, limits);
    let mut servers = JoinSet::new();
    for listener in listeners {
        servers.spawn(server.clone().serve(listener, shutdown.clone()));
    }
    let mut polls = JoinSet::new();
    polls.spawn(reload::run(fleet, reloading));

    tokio::select! {
        () = shutdown.cancelled() => {}
        Some(ended) = polls.join_next() => match ended? {},
        Some(ended) = servers.join_next() => ended?,
    }
    // An answer under way gets a moment; a poll under way has nothing to save, and whoever waits for a reload is told.
    shutdown.cancel();
    polls.abort_all();
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
    let mut parts = Parts::new()?;
    parts.telemetry.configured(SystemTime::now());
    let (mut polls, mut listed) = (JoinSet::new(), Vec::new());
    for project in config.projects {
        let project = Arc::new(project);
        let record = Record::new(&project, &parts.telemetry);
        let poller = parts.poller(&project, config.poll, record.clone())?;
        listed.push(Listed { project, record });
        polls.spawn(async move { poller.poll().await });
    }
    while let Some(ended) = polls.join_next().await {
        ended?;
    }
    let roster = Arc::new(Roster::new(listed, config.poll.max_staleness, false));
    // Nobody will change it, so its sender may go.
    Ok(Exposition::new(watch::Sender::new(roster).subscribe(), parts.telemetry))
}
