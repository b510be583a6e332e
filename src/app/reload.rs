//! Reloads: one at a time, each taken whole or not at all.

use std::convert::Infallible;
use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use super::fleet::{Changes, Fleet};
use crate::config::Config;
use crate::web::{Reloader, Requests};

/// Reads the configuration anew, or says all that is wrong with it, a line each. It may block.
pub type Load = Arc<dyn Fn() -> Result<Config, String> + Send + Sync>;

/// How the configuration is read again, and who may ask for it.
pub struct Reloading {
    /// Reads it.
    pub load: Load,
    /// Asks for it.
    pub reloader: Reloader,
    requests: Requests,
}

impl Reloading {
    /// Nobody has asked yet.
    pub fn new(load: Load) -> Self {
        let (reloader, requests) = Reloader::new();
        Self { load, reloader, requests }
    }
}

impl fmt::Debug for Reloading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reloading").field("reloader", &self.reloader).finish_non_exhaustive()
    }
}

/// Answers requests for reloads for ever. Whoever asks hears the outcome; the log tells it too.
pub(super) async fn run(mut fleet: Fleet, reloading: Reloading) -> Infallible {
    // Holding a reloader keeps the requests from ending.
    let Reloading { load, reloader: _reloader, mut requests } = reloading;
    loop {
        let asked = tokio::select! {
            () = fleet.watch() => continue,
            asked = requests.recv() => asked,
        };
        let outcome = reload(&mut fleet, &load).await;
        match &outcome {
            Ok(changes) => report(changes, &fleet),
            Err(reason) => {
                fleet.telemetry().not_configured();
                for error in reason.lines() {
                    tracing::error!(error, "the configuration was not taken, the last one stays in force");
                }
            }
        }
        if let Some(asked) = asked {
            // Whoever does not wait any more need not hear it.
            let _ = asked.send(outcome.map(drop));
        }
    }
}

async fn reload(fleet: &mut Fleet, load: &Load) -> Result<Changes, String> {
    let load = Arc::clone(load);
    let config = tokio::task::spawn_blocking(move || load()).await;
    let config = config.map_err(|error| format!("reading it broke: {error}; please report this"))??;
    fleet.take(config).await.map_err(|unbuilt| unbuilt.to_string())
}

fn report(changes: &Changes, fleet: &Fleet) {
    fleet.telemetry().configured(SystemTime::now());
    let Changes { added, removed, changed, kept } = changes;
    tracing::info!(
        added = added.len(),
        removed = removed.len(),
        changed = changed.len(),
        kept,
        "configuration reloaded"
    );
    for (what, names) in [("added", added), ("removed", removed), ("changed", changed)] {
        for project in names {
            tracing::debug!(project, "{what}");
        }
    }
}
