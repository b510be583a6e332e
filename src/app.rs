//! The running exporter: its parts, and how they start and stop together.
//!
//! Takes a configuration, bound listeners and a shutdown; reads no flags and no environment.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::net::IpAddr;
use std::time::{Duration, SystemTime};

use reqwest::Url;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::cloud::client::{self, Client};
use crate::cloud::http;
use crate::config::{self, Config};
use crate::poll::{Poller, State};
use crate::telemetry::Telemetry;
use crate::web::{self, Exposition, Site};

/// The time that scrapes under way have to end after a shutdown.
const GRACE: Duration = Duration::from_secs(3);

/// A start that failed, or a part that ended by itself.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The HTTP client cannot be built.
    #[error(
        "cannot prepare HTTPS connections: {0}; check the system's certificates (package ca-certificates)"
    )]
    Http(#[from] reqwest::Error),
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
    let (pollers, exposition) = parts(config)?;
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
    let (pollers, exposition) = parts(config)?;
    let mut polls = JoinSet::new();
    for poller in pollers {
        polls.spawn(async move { poller.poll().await });
    }
    while let Some(ended) = polls.join_next().await {
        ended?;
    }
    Ok(exposition)
}

fn parts(config: Config) -> Result<(Vec<Poller>, Exposition), Failure> {
    let telemetry = Telemetry::new()?;
    telemetry.configured(SystemTime::now());
    // One client for all projects of a kind, and none of a kind that no project needs: each reads all certificates.
    let mut clients = HashMap::new();
    let (mut pollers, mut states) = (Vec::new(), Vec::new());
    for project in config.projects {
        let http = match clients.entry(is_loopback(&project.endpoint)) {
            Entry::Occupied(client) => client.into_mut(),
            Entry::Vacant(place) => {
                let client = http::client(*place.key())?;
                place.insert(client)
            }
        };
        let (poller, state) = poller(&project, config.poll, http.clone(), telemetry.clone());
        pollers.push(poller);
        states.push(state);
    }
    Ok((pollers, Exposition::new(states, telemetry, config.poll.max_staleness)))
}

fn poller(
    project: &config::Project,
    settings: config::Poll,
    http: reqwest::Client,
    telemetry: Telemetry,
) -> (Poller, watch::Receiver<State>) {
    let options = client::Options {
        endpoint: project.endpoint.clone(),
        project_id: project.id.clone().unwrap_or_default(),
        credentials: project.credentials.clone(),
        requests_per_second: settings.requests_per_second,
    };
    let client = Client::new(http, options);
    Poller::new(project, client, settings, telemetry)
}

/// An address of this machine is never reached through a proxy.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host_str().unwrap_or_default().trim_matches(['[', ']']) {
        "localhost" => true,
        host => host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_of_this_machine_are_loopback() {
        for (url, expected) in [
            ("http://127.0.0.1:8480", true),
            ("http://[::1]:8480", true),
            ("http://localhost", true),
            ("http://localhost.example.com", false),
            ("http://10.0.0.1", false),
            ("https://metastudio.cn-north-4.myhuaweicloud.com", false),
        ] {
            assert_eq!(is_loopback(&Url::parse(url).unwrap()), expected, "{url}");
        }
    }
}
