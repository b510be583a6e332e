//! Logs to standard error, in logfmt or JSON.
//!
//! A thread writes the lines, so that a pipe that is full delays nothing else: lines beyond the buffer are dropped and
//! counted.

use clap::{Args, ValueEnum};
use tracing::Level;
use tracing_appender::non_blocking::{ErrorCounter, NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;

/// Lines that wait to be written, about a megabyte: enough for two thousand projects that fail at once.
const BUFFERED_LINES: usize = 4096;

/// What to log, and how.
#[derive(Args)]
pub(super) struct LogFlags {
    /// Lowest level to log.
    ///
    /// One of trace, debug, info, warn and error.
    #[arg(
        long = "log.level",
        env = "METASTUDIO_EXPORTER_LOG_LEVEL",
        value_name = "LEVEL",
        value_parser = level,
        default_value = "info"
    )]
    level: Level,

    /// Output format of log lines.
    #[arg(
        long = "log.format",
        hide_short_help = true,
        env = "METASTUDIO_EXPORTER_LOG_FORMAT",
        value_name = "FORMAT",
        default_value = "logfmt"
    )]
    format: LogFormat,
}

#[derive(Clone, Copy, ValueEnum)]
enum LogFormat {
    Logfmt,
    Json,
}

/// A started log. Writes its last lines when it is dropped, for at most about a second.
#[must_use]
pub(super) struct Log {
    dropped_lines: ErrorCounter,
    _worker: WorkerGuard,
}

impl Log {
    /// Reads the number of lines that were dropped.
    pub(super) fn dropped_lines(&self) -> impl Fn() -> u64 + Send + Sync + use<> {
        let counter = self.dropped_lines.clone();
        move || counter.dropped_lines() as u64
    }
}

impl LogFlags {
    /// Installs the logger, which also logs panics.
    pub(super) fn start(&self) -> Log {
        let lines = NonBlockingBuilder::default().lossy(true).buffered_lines_limit(BUFFERED_LINES);
        let (writer, worker) = lines.thread_name("log").finish(std::io::stderr());
        let dropped_lines = writer.error_counter();
        let layer = match self.format {
            LogFormat::Logfmt => tracing_logfmt::builder().layer().with_writer(writer).boxed(),
            LogFormat::Json => {
                tracing_subscriber::fmt::layer().json().flatten_event(true).with_writer(writer).boxed()
            }
        };
        let subscriber = tracing_subscriber::registry().with(layer.with_filter(filter(self.level)));
        // A second start keeps the settings of the first.
        let _ = tracing::subscriber::set_global_default(subscriber);
        super::panics::record();
        Log { dropped_lines, _worker: worker }
    }
}

/// Libraries log from warnings on only: below, they may log headers, and so secrets.
fn filter(level: Level) -> Targets {
    let libraries = LevelFilter::from_level(level).min(LevelFilter::WARN);
    Targets::new().with_target(env!("CARGO_CRATE_NAME"), level).with_default(libraries)
}

fn level(text: &str) -> Result<Level, String> {
    text.parse().map_err(|_| "must be trace, debug, info, warn or error".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn libraries_log_from_warnings_on_at_any_level() {
        let is_logged = |level: Level, target: &str, by: Level| filter(level).would_enable(target, &by);
        assert!(is_logged(Level::TRACE, "metastudio_exporter::poll", Level::TRACE));
        assert!(is_logged(Level::TRACE, "hyper_util::client", Level::WARN));
        assert!(!is_logged(Level::TRACE, "hyper_util::client", Level::INFO));
        assert!(!is_logged(Level::ERROR, "hyper_util::client", Level::WARN));
        assert!(!is_logged(Level::INFO, "metastudio_exporter::poll", Level::DEBUG));
    }
}
