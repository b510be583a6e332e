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
        // Below warnings only this program's own words: what libraries trace may hold headers, and so secrets.
        let filter = Targets::new()
            .with_target(env!("CARGO_CRATE_NAME"), self.level)
            .with_default(LevelFilter::from_level(self.level).min(LevelFilter::WARN));
        let layer = match self.format {
            Format::Logfmt => tracing_logfmt::builder().layer().with_writer(std::io::stderr).boxed(),
            Format::Json => tracing_subscriber::fmt::layer()
                .json()
                .flatten_event(true)
                .with_writer(std::io::stderr)
                .boxed(),
        };
        let subscriber = tracing_subscriber::registry().with(layer.with_filter(filter));
        // A second start keeps the first one's settings.
        let _ = tracing::subscriber::set_global_default(subscriber);
    }
}

fn level(text: &str) -> Result<Level, String> {
    text.parse().map_err(|_| "write trace, debug, info, warn or error".to_owned())
}
