//! Without a command: poll and serve until told to stop.

use clap::Args;

use super::{Failure, flags, listen, log, shutdown};
use crate::app;
use crate::config::Config;

#[derive(Args)]
pub(super) struct Flags {
    #[command(flatten)]
    web: flags::Web,
    #[command(flatten)]
    polling: flags::Polling,
    #[command(flatten)]
    project: flags::TheProject,
    #[command(flatten)]
    log: log::Log,
}

pub(super) async fn run(flags: Flags) -> Result<(), Failure> {
    flags.log.start();
    let config = flags::config(&flags.polling, flags.project)?;
    tracing::info!(
        version = env!("CARGO_PKG_VERSION"),
        revision = env!("BUILD_REVISION"),
        "starting metastudio-exporter"
    );
    warn_of(&config);
    let listeners = listen::bind_all(&flags.web.listen_addresses).await?;
    Ok(app::run(config, flags.web.telemetry_path, listeners, shutdown()?).await?)
}

/// Settings that work but are hardly meant.
pub(super) fn warn_of(config: &Config) {
    if config.poll.max_staleness < config.poll.interval {
        tracing::warn!(
            "--poll.max-staleness is shorter than --poll.interval: numbers will vanish between polls"
        );
    }
    for project in &config.projects {
        if project.endpoint.scheme() == "http" && !app::is_loopback(&project.endpoint) {
            tracing::warn!(
                project = project.name,
                "the endpoint is not https: whoever is in between reads along"
            );
        }
    }
}
