//! Logs: to standard error, in logfmt or JSON.

use clap::{Args, ValueEnum};
use tracing::Level;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;

/// What is logged, and how.
#[derive(Args)]
pub(super) struct Log {
    /// Least level that is logged: trace, debug, info, warn, error.
    #[arg(
        long = "log.level",
        env = "METASTUDIO_EXPORTER_LOG_LEVEL",
        value_name = "LEVEL",
        value_parser = level,
        default_value = "info"
    )]
    level: Level,

    /// Form of the log.
    #[arg(
        long = "log.format",
        env = "METASTUDIO_EXPORTER_LOG_FORMAT",
        value_name = "FORMAT",
        default_value = "logfmt"
    )]
    format: Format,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    Logfmt,
    Json,
}

impl Log {
    /// Logs from now on.
    pub(super) fn start(&self) {
        let layer = match self.format {
            Format::Logfmt => tracing_logfmt::builder().layer().with_writer(std::io::stderr).boxed(),
            Format::Json => tracing_subscriber::fmt::layer()
                .json()
                .flatten_event(true)
                .with_writer(std::io::stderr)
                .boxed(),
        };
        let subscriber = tracing_subscriber::registry().with(layer.with_filter(filter(self.level)));
        // A second start keeps the first one's settings.
        let _ = tracing::subscriber::set_global_default(subscriber);
    }
}

/// Below warnings only this program's own words: what libraries trace may hold headers, and so secrets.
fn filter(level: Level) -> Targets {
    let libraries = LevelFilter::from_level(level).min(LevelFilter::WARN);
    Targets::new().with_target(env!("CARGO_CRATE_NAME"), level).with_default(libraries)
}

fn level(text: &str) -> Result<Level, String> {
    text.parse().map_err(|_| "write trace, debug, info, warn or error".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn libraries_are_heard_from_warnings_on_whatever_the_level() {
        let heard = |level: Level, target: &str, by: Level| filter(level).would_enable(target, &by);
        assert!(heard(Level::TRACE, "metastudio_exporter::poll", Level::TRACE));
        assert!(heard(Level::TRACE, "hyper_util::client", Level::WARN));
        assert!(!heard(Level::TRACE, "hyper_util::client", Level::INFO));
        assert!(!heard(Level::ERROR, "hyper_util::client", Level::WARN));
        assert!(!heard(Level::INFO, "metastudio_exporter::poll", Level::DEBUG));
    }
}
