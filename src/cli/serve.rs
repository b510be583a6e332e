//! Without a command: poll and serve until told to stop.

use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use clap::builder::FalseyValueParser;

use super::configured::Configured;
use super::watch::{self, Watched};
use super::{Failure, flags, hangups, listen, log, shutdown};
use crate::app::{self, Reloader};

#[derive(Args)]
pub(super) struct Flags {
    #[command(flatten)]
    configured: Configured,

    /// Check the configuration and leave: 0 good, 1 not.
    #[arg(
        long = "config.check",
        env = "METASTUDIO_EXPORTER_CONFIG_CHECK",
        value_parser = FalseyValueParser::new()
    )]
    check: bool,

    /// How often the configuration file is compared, and read again when it differs [default: never]
    #[arg(
        long = "config.auto-reload-interval",
        env = "METASTUDIO_EXPORTER_CONFIG_AUTO_RELOAD_INTERVAL",
        value_name = "DURATION",
        value_parser = flags::duration,
        requires = "file"
    )]
    auto_reload_interval: Option<Duration>,

    #[command(flatten)]
    web: flags::Web,
    #[command(flatten)]
    log: log::Log,
}

pub(super) async fn run(flags: Flags) -> Result<(), Failure> {
    if flags.check {
        return check(&flags.configured, &flags.web);
    }
    flags.log.start();
    tracing::info!(
        version = env!("CARGO_PKG_VERSION"),
        revision = env!("BUILD_REVISION"),
        "starting metastudio-exporter"
    );
    let hangups = hangups()?;
    // Looked at before it is read, so that no change in between is missed.
    let watched = match (flags.auto_reload_interval, flags.configured.file()) {
        (Some(interval), Some(path)) => Some((interval, Watched::new(path).await)),
        _ => None,
    };
    let (config, web) = both(flags.configured.load(), flags.web.config()).map_err(Failure::Usage)?;
    let listeners = listen::listeners(&flags.web, &web).await?;

    let configured = flags.configured;
    let reloader = Reloader::start(config, Arc::new(move || configured.load()), shutdown()?).await?;
    tokio::spawn(watch::reload_on_hangup(hangups, reloader.callback()));
    if let Some((interval, watched)) = watched {
        tokio::spawn(watch::reload_on_change(watched, interval, reloader.callback()));
    }
    Ok(app::serve(reloader, flags.web.serving(web), listeners).await?)
}

fn check(configured: &Configured, web: &flags::Web) -> Result<(), Failure> {
    let (config, _) = both(configured.load_all(), web.config()).map_err(Failure::Work)?;
    let name = configured.file().map_or("the environment".to_owned(), |path| path.display().to_string());
    let projects = match config.projects.len() {
        1 => "1 project".to_owned(),
        number => format!("{number} projects"),
    };
    println!("{name}: good, {projects}");
    if let Some(path) = web.config_file() {
        println!("{}: good", path.display());
    }
    Ok(())
}

/// Both, or all that is wrong with both.
fn both<A, B>(a: Result<A, String>, b: Result<B, String>) -> Result<(A, B), String> {
    match (a, b) {
        (Ok(a), Ok(b)) => Ok((a, b)),
        (Err(a), Err(b)) => Err(format!("{a}\n{b}")),
        (Err(error), _) | (_, Err(error)) => Err(error),
    }
}
