//! `once`: poll once and print what a scrape would show.

use std::io::Write;

use clap::Args;

use super::configured::Configured;
use super::{Failure, log};
use crate::app;

/// Poll once, print the metrics to standard output, and leave; 1 if any API failed.
#[derive(Args)]
pub(super) struct Flags {
    #[command(flatten)]
    configured: Configured,
    #[command(flatten)]
    log: log::Log,
}

pub(super) async fn run(flags: Flags) -> Result<(), Failure> {
    flags.log.start();
    let config = flags.configured.load().map_err(Failure::Usage)?;
    let (blocks, is_up) = app::once(config).await?;
    let mut output = std::io::stdout().lock();
    for block in blocks {
        output
            .write_all(&block)
            .map_err(|error| Failure::Work(format!("cannot write the metrics: {error}")))?;
    }
    if is_up {
        Ok(())
    } else {
        Err(Failure::Work("not every API could be polled; the log above says why".to_owned()))
    }
}
