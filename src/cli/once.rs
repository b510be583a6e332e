//! `once`: polls once and prints the metrics.

use std::io;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use clap::Args;

use super::configured::Configured;
use super::whole_file::WholeFile;
use super::{Error, log, print_bytes, unless_stopped};
use crate::app;

/// Poll once, print the metrics, and exit.
///
/// Prints to standard output, or writes to a file. Exits with 1 if an API could not be read.
#[derive(Args)]
pub(super) struct Flags {
    #[command(flatten)]
    configured: Configured,

    /// Write the metrics to this file.
    ///
    /// The file is replaced as a whole, also if an API failed.
    #[arg(long = "output", env = "METASTUDIO_EXPORTER_OUTPUT", value_name = "FILE")]
    output: Option<PathBuf>,

    #[command(flatten)]
    log: log::LogFlags,
}

pub(super) async fn run(flags: Flags) -> Result<(), Error> {
    let _log = flags.log.start();
    let config = flags.configured.load().map_err(Error::Usage)?;
    let path = flags.output.as_deref();
    let failed = |error: io::Error| {
        let path = path.unwrap_or(Path::new("")).display();
        Error::Failed(format!("cannot write the metrics to {path}: {error}"))
    };
    // Before the first request, so that a file that cannot be written costs none. All users may read it, as node_exporter
    // has one of its own.
    let file = path.map(|path| WholeFile::begin(path.to_owned(), 0o644)).transpose().map_err(failed)?;
    let (blocks, is_up) = unless_stopped(app::once(config)).await??;
    match file {
        Some(file) => write(file, blocks).map_err(failed)?,
        None => blocks.into_iter().try_for_each(|block| print_bytes(&block))?,
    }
    if is_up {
        Ok(())
    } else {
        Err(Error::Failed("not every API could be polled; the log above says why".to_owned()))
    }
}

fn write(mut file: WholeFile, blocks: impl Iterator<Item = Bytes>) -> io::Result<()> {
    for block in blocks {
        file.write(&block)?;
    }
    file.replace()
}
