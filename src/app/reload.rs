//! Reloads: one after the other, each applied completely or not at all.

use std::sync::Arc;

use tokio::sync::{Mutex, watch};
use tokio_util::sync::CancellationToken;

use super::Error;
use super::pollers::{Changes, Pollers};
use crate::config::Config;
use crate::poll::{PanicGuard, PolledProjects};
use crate::telemetry::Telemetry;
use crate::web::Reload;

/// Reads the configuration again. The error lists all problems, one per line. May block.
pub type Load = Arc<dyn Fn() -> Result<Config, String> + Send + Sync>;

/// The running pollers and their configuration. Clones share both.
#[derive(Clone)]
pub struct Reloader(pub(super) Arc<ReloaderState>);

pub(super) struct ReloaderState {
    pollers: Mutex<Pollers>,
    load: Load,
    pub(super) projects: watch::Receiver<Arc<PolledProjects>>,
    pub(super) telemetry: Telemetry,
    pub(super) shutdown: CancellationToken,
    /// Cancelled when a poller or a reload panics.
    pub(super) panicked: CancellationToken,
}

impl Reloader {
    /// Starts polling the projects of `config`, until `shutdown`.
    ///
    /// # Errors
    /// If the client of a project cannot be created.
    pub async fn start(config: Config, load: Load, shutdown: CancellationToken) -> Result<Self, Error> {
        let panicked = CancellationToken::new();
        let mut pollers = Pollers::new(config.proxies.clone(), shutdown.clone(), panicked.clone())?;
        pollers.telemetry.register_serving()?;
        pollers.apply(config).await?;
        let (projects, telemetry) = (pollers.projects(), pollers.telemetry.clone());
        telemetry.reload_succeeded();
        let pollers = Mutex::new(pollers);
        Ok(Self(Arc::new(ReloaderState { pollers, load, projects, telemetry, shutdown, panicked })))
    }

    /// Reads the configuration and applies it, after reloads that were requested earlier. Completes even if the caller
    /// goes away.
    ///
    /// # Errors
    /// Why the configuration was not applied, one problem per line.
    pub async fn reload(&self) -> Result<(), String> {
        let shared = Arc::clone(&self.0);
        let task = tokio::spawn(async move {
            let _guard = PanicGuard(shared.panicked.clone());
            shared.shutdown.run_until_cancelled(shared.reload()).await
        });
        match task.await {
            Ok(Some(result)) => result,
            Ok(None) => Err("the exporter is shutting down".to_owned()),
            Err(error) => Err(format!("internal error: {error}; please report this")),
        }
    }

    /// Exposes the number of dropped log lines, which `read` returns.
    pub fn count_dropped_log_lines(&self, read: impl Fn() -> u64 + Send + Sync + 'static) {
        self.0.telemetry.count_dropped_log_lines(read);
    }

    /// Exposes the number of panics, which `read` returns.
    pub fn count_panics(&self, read: impl Fn() -> u64 + Send + Sync + 'static) {
        self.0.telemetry.count_panics(read);
    }

    /// The reload as a callback.
    pub(crate) fn callback(&self) -> Reload {
        let reloader = self.clone();
        Arc::new(move || {
            let reloader = reloader.clone();
            Box::pin(async move { reloader.reload().await })
        })
    }
}

impl ReloaderState {
    async fn reload(&self) -> Result<(), String> {
        let mut pollers = self.pollers.lock().await;
        match self.load_and_apply(&mut pollers).await {
            Ok(changes) => {
                self.telemetry.reload_succeeded();
                log_changes(&changes);
                Ok(())
            }
            Err(errors) => {
                self.telemetry.reload_failed();
                for error in errors.lines() {
                    tracing::error!(error, "configuration not reloaded; the previous one stays active");
                }
                Err(errors)
            }
        }
    }

    async fn load_and_apply(&self, pollers: &mut Pollers) -> Result<Changes, String> {
        let load = Arc::clone(&self.load);
        let config = tokio::task::spawn_blocking(move || load()).await;
        let config = config.map_err(|error| format!("internal error: {error}; please report this"))??;
        pollers.apply(config).await.map_err(|error| error.to_string())
    }
}

fn log_changes(Changes { added, removed, changed, kept }: &Changes) {
    tracing::info!(
        added = added.len(),
        removed = removed.len(),
        changed = changed.len(),
        kept,
        "configuration reloaded"
    );
    for (change, names) in [("added", added), ("removed", removed), ("changed", changed)] {
        for project in names {
            tracing::debug!(project, "{change}");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::super::pollers::tests::config;
    use super::*;
    use crate::config::tests::project;

    #[tokio::test]
    async fn a_reload_completes_although_its_caller_goes_away() {
        let (release, released) = mpsc::channel();
        let released = std::sync::Mutex::new(released);
        let load: Load = Arc::new(move || {
            released.lock().unwrap().recv().unwrap();
            Ok(config(vec![project("a"), project("b")]))
        });
        let shutdown = CancellationToken::new();
        let reloader = Reloader::start(config(vec![project("a")]), load, shutdown).await.unwrap();
        let mut projects = reloader.0.projects.clone();
        projects.mark_unchanged();
        tokio::select! {
            biased;
            _ = reloader.reload() => panic!("the configuration was not released"),
            () = tokio::task::yield_now() => {}
        }
        release.send(()).unwrap();
        projects.changed().await.unwrap();
        assert_eq!(projects.borrow().projects.len(), 2);
    }
}
