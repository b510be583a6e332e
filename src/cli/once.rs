//! `once`: polls once and prints the metrics.

use std::io::Write;

use clap::Args;

use super::configured::Configured;
use super::{Error, log};
use crate::app;

/// Poll once, print the metrics to standard output, and exit. Exits with 1 if any API failed.
#[derive(Args)]
pub(super) struct Flags {
    #[command(flatten)]
    configured: Configured,
    #[command(flatten)]
    log: log::LogFlags,
}

pub(super) async fn run(flags: Flags) -> Result<(), Error> {
    flags.log.start();
    let config = flags.configured.load().map_err(Error::Usage)?;
    let (blocks, is_up) = app::once(config).await?;
    let mut output = std::io::stdout().lock();
    for block in blocks {
        output
            .write_all(&block)
            .map_err(|error| Error::Failed(format!("cannot write the metrics: {error}")))?;
    }
    if is_up {
        Ok(())
    } else {
        Err(Error::Failed("not every API could be polled; the log above says why".to_owned()))
    }
}
