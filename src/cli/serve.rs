//! Without a command: polls and serves until a signal ends it.

use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use clap::builder::FalseyValueParser;
use tokio::signal::unix::Signal;

use super::configured::Configured;
use super::{Error, flags, hangups, listen, log, panics, print, shutdown, systemd};
use crate::app::{self, Reloader};
use crate::config::values;
use crate::config::watch::WatchedFiles;
use crate::web::Reload;

#[derive(Args)]
pub(super) struct Flags {
    #[command(flatten)]
    configured: Configured,

    /// Check the configuration and exit.
    ///
    /// The exit code is 0 if it is good, 1 if not. Nothing is sent to the cloud.
    #[arg(
        long = "config.check",
        env = "METASTUDIO_EXPORTER_CONFIG_CHECK",
        value_parser = FalseyValueParser::new()
    )]
    check: bool,

    /// How often to check the configuration file for changes. A changed file is reloaded. Without this flag, only SIGHUP
    /// and POST /-/reload reload it.
    #[arg(
        long = "config.auto-reload-interval",
        hide_short_help = true,
        env = "METASTUDIO_EXPORTER_CONFIG_AUTO_RELOAD_INTERVAL",
        value_name = "DURATION",
        value_parser = values::duration,
        requires = "file"
    )]
    auto_reload_interval: Option<Duration>,

    #[command(flatten)]
    web: flags::WebFlags,
    #[command(flatten)]
    log: log::LogFlags,
}

pub(super) async fn run(flags: Flags) -> Result<(), Error> {
    if flags.check {
        return check(&flags.configured, &flags.web);
    }
    let log = flags.log.start();
    tracing::info!(
        version = env!("CARGO_PKG_VERSION"),
        revision = env!("BUILD_REVISION"),
        "starting metastudio-exporter"
    );
    let hangups = hangups()?;
    let (mut config_files, mut web_files) = (WatchedFiles::default(), WatchedFiles::default());
    if let Some(path) = flags.configured.file() {
        config_files.add(path);
    }
    let (config, web) =
        both(flags.configured.load(), flags.web.config(&mut web_files)).map_err(Error::Usage)?;
    let listeners = listen::listeners(&flags.web, &web).await?;

    let configured = flags.configured;
    let reloader = Reloader::start(config, Arc::new(move || configured.load()), shutdown()?).await?;
    reloader.count_dropped_log_lines(log.dropped_lines());
    reloader.count_panics(panics::number);
    tokio::spawn(reload_on_hangup(hangups, reloader.callback()));
    if let Some(interval) = flags.auto_reload_interval {
        tokio::spawn(reload_on_change(config_files, interval, reloader.callback()));
    }
    systemd::ready();
    Ok(app::serve(reloader, flags.web.serving(web, web_files), listeners).await?)
}

/// Reloads at every SIGHUP, forever. The reloader logs the outcome.
async fn reload_on_hangup(mut hangups: Signal, reload: Reload) {
    while hangups.recv().await.is_some() {
        let _ = reload().await;
    }
}

/// Reloads whenever a file changes, forever. A content that was refused is not tried again.
async fn reload_on_change(mut files: WatchedFiles, interval: Duration, reload: Reload) {
    loop {
        files.changed(interval).await;
        let _ = reload().await;
    }
}

fn check(configured: &Configured, web: &flags::WebFlags) -> Result<(), Error> {
    let mut files = WatchedFiles::default();
    let (config, _) = both(configured.load_all(), web.config(&mut files)).map_err(Error::Failed)?;
    let name = configured.file().map_or("the environment".to_owned(), |path| path.display().to_string());
    let projects = match config.projects.len() {
        1 => "1 project".to_owned(),
        number => format!("{number} projects"),
    };
    let web_file = web.config_file().map(|path| format!("{}: good\n", path.display()));
    print(&format!("{name}: good, {projects}\n{}", web_file.unwrap_or_default()))
}

/// Returns both, or the errors of both.
fn both<A, B>(a: Result<A, String>, b: Result<B, String>) -> Result<(A, B), String> {
    match (a, b) {
        (Ok(a), Ok(b)) => Ok((a, b)),
        (Err(a), Err(b)) => Err(format!("{a}\n{b}")),
        (Err(error), _) | (_, Err(error)) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_changed_file_is_reloaded_once_even_if_it_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("config.yml");
        std::fs::write(&path, "good").unwrap();
        let (reloads, mut requests) = tokio::sync::mpsc::unbounded_channel();
        let reload: Reload = Arc::new(move || {
            reloads.send(()).unwrap();
            Box::pin(async { Err("bad".to_owned()) })
        });
        let mut files = WatchedFiles::default();
        files.add(&path);
        let interval = Duration::from_secs(1);
        tokio::spawn(reload_on_change(files, interval, reload));
        for content in ["bad", "good again"] {
            // Renamed, because a look between truncation and writing would see one change more.
            let new = directory.path().join("new");
            std::fs::write(&new, content).unwrap();
            std::fs::rename(&new, &path).unwrap();
            requests.recv().await.unwrap();
            tokio::time::sleep(50 * interval).await;
            assert!(requests.try_recv().is_err(), "reloaded twice");
        }
    }
}
