//! The running exporter: how its parts start, change at a reload, and stop together.
//!
//! Takes a configuration, a function that reads it again, bound listeners and a shutdown token; does not know flags or
//! the environment.

mod pollers;
mod reload;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::cloud::http_clients::ClientError;
use crate::config::Config;
use crate::poll::PolledProjects;
use crate::web::{self, Site};
use pollers::Pollers;
pub(crate) use pollers::client;
use reload::ReloaderState;
pub use reload::{Load, Reloader};

/// How long running scrapes may take after a shutdown.
const GRACE: Duration = Duration::from_secs(3);

/// Why the exporter cannot start, or stopped on its own.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The client of a project cannot be created.
    #[error("project {project}: {cause}")]
    Client {
        /// The name of the project.
        project: String,
        /// What cannot be used.
        cause: ClientError,
    },
    /// The exporter's own metrics are inconsistent.
    #[error("cannot register or render the exporter's own metrics: {0}; please report this")]
    Telemetry(#[from] prometheus::Error),
    /// A task panicked.
    #[error("internal error: a task panicked; please report this with the message above")]
    Panic,
}

/// What the web server serves in addition to the metrics, and how.
#[derive(Debug, Clone)]
pub struct Serving {
    /// Where the pages are.
    pub address: web::SiteAddress,
    /// The path of the metrics, below the prefix of the routes.
    pub telemetry_path: String,
    /// Whether `POST /-/reload` is enabled.
    pub enable_lifecycle: bool,
    /// Whether `/` is the overview, else a page with links.
    pub overview: bool,
    /// TLS, users, headers and the rate limit.
    pub config: watch::Receiver<Arc<web::config::WebConfig>>,
    /// The limits on clients.
    pub limits: web::Limits,
}

/// Serves until the reloader's shutdown token is cancelled, which also stops the polls.
///
/// # Errors
/// If a task panics.
pub async fn serve(reloader: Reloader, serving: Serving, listeners: Vec<TcpListener>) -> Result<(), Error> {
    let ReloaderState { projects, telemetry, shutdown, panicked, .. } = &*reloader.0;
    // Stops the polls however this function ends.
    let _stop_polls = shutdown.clone().drop_guard();
    let Serving { address, telemetry_path, enable_lifecycle, overview, config, limits } = serving;
    let site = Site {
        projects: projects.clone(),
        telemetry: telemetry.clone(),
        address,
        telemetry_path,
        max_requests: limits.max_requests,
        overview,
        has_tls: config.borrow().tls.is_some(),
        reload: enable_lifecycle.then(|| reloader.callback()),
    };
    let server = web::Server::with_metrics(web::router(site), config, limits, Some(telemetry.http()));
    let mut servers = JoinSet::new();
    for listener in listeners {
        servers.spawn(server.clone().serve(listener, shutdown.clone()));
    }

    tokio::select! {
        () = shutdown.cancelled() => {}
        () = panicked.cancelled() => return Err(Error::Panic),
        Some(ended) = servers.join_next() => ended.map_err(|_| Error::Panic)?,
    }
    shutdown.cancel();
    let drained = async { while servers.join_next().await.is_some() {} };
    if tokio::time::timeout(GRACE, drained).await.is_err() {
        tracing::info!("closing connections with unfinished responses");
    }
    Ok(())
}

/// Polls every project once. Returns the body of a scrape, in blocks, and whether all polls succeeded.
///
/// # Errors
/// If a poller cannot be created or panics. A failed poll is not an error.
pub async fn once(config: Config) -> Result<(impl Iterator<Item = Bytes> + Send, bool), Error> {
    let mut pollers =
        Pollers::new(config.proxies.clone(), CancellationToken::new(), CancellationToken::new())?;
    pollers.telemetry.reload_succeeded();
    let max_staleness = config.poll.max_staleness;
    let plan = pollers.plan(config)?;
    let polls = plan.pollers.into_iter().map(|poller| async move { poller.poll().await });
    let mut polls: JoinSet<()> = polls.collect();
    while let Some(ended) = polls.join_next().await {
        ended.map_err(|_| Error::Panic)?;
    }
    let projects = PolledProjects::new(plan.projects, max_staleness, false);
    let body = projects.body(&projects.projects, true, &pollers.telemetry)?;
    Ok((body.blocks(), projects.is_up()))
}
