//! `once`: polls once and prints the metrics.

use clap::Args;

use super::configured::Configured;
use super::{Error, log, print_bytes, unless_stopped};
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
    let _log = flags.log.start();
    let config = flags.configured.load().map_err(Error::Usage)?;
    let (blocks, is_up) = unless_stopped(app::once(config)).await??;
    for block in blocks {
        print_bytes(&block)?;
    }
    if is_up {
        Ok(())
    } else {
        Err(Error::Failed("not every API could be polled; the log above says why".to_owned()))
    }
}
