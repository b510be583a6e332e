//! One page of an API, for whoever wants to know whether it can be read and not what it says.

use super::{Page, ReadPage, page, read};
use crate::cloud::client::{Call, Client};
use crate::cloud::error::Error;
use crate::cloud::{user_quotas, voice_training};
use crate::snapshot::Collector;

/// What one page tells of its list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Probe {
    /// Rows of the page.
    pub(crate) rows: u64,
    /// Rows of the whole list by the API's own word, where it tells.
    pub(crate) count: Option<u64>,
}

/// Reads the page at `offset`.
///
/// # Errors
/// When it could not be had or is not what the API documents.
pub(crate) async fn probe(
    client: &Client,
    collector: Collector,
    offset: u64,
    call: Call<'_>,
) -> Result<Probe, Error> {
    match collector {
        Collector::VoiceTraining => {
            of(client, voice_training::PATH, read::voice_training, offset, call).await
        }
        Collector::UserQuotas => of(client, user_quotas::PATH, read::user_quotas, offset, call).await,
    }
}

async fn of<T>(
    client: &Client,
    path: &str,
    read: ReadPage<T>,
    offset: u64,
    call: Call<'_>,
) -> Result<Probe, Error> {
    let Page { rows, count, .. } = page(client, path, read, offset, call).await?;
    Ok(Probe { rows: rows.len() as u64, count })
}
