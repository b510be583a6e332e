//! All pages of one API of one project, converted to a snapshot: the only room that knows both wire types and
//! snapshots.
//!
//! Knows what a field means (-1, minutes, empty) and which users are exported. Does not know intervals, retries,
//! metrics or advice.

mod fuzzed;
mod limit;
mod measured;
mod names;
mod packed;
mod page;
mod tenant_resources;
mod user_quotas;
mod voice_training;

pub(crate) use fuzzed::snapshot_of_page;
pub(crate) use measured::{decode_users, users_of_pages};
pub(crate) use names::UserNames;

use std::sync::Arc;
use std::time::SystemTime;

use crate::blocking::on_another_thread;
use crate::cloud::client::{Call, Client};
use crate::cloud::error::Error;
use crate::cloud::json::DecodeError;
use crate::cloud::pages::{self, LIMIT};
use crate::config::UserQuotasConfig;
use crate::snapshot::{Collector, CollectorData, Snapshot};
use packed::{ListWalk, PackedPage, PackedRows};
use page::{ListPage, Row};

/// How one API is read.
struct ApiReader {
    /// The end of the path, after `/v1/{project_id}/`.
    path: &'static str,
    /// The end of the query, after `limit` and `offset`; keys are sorted.
    query: &'static str,
    /// Reads the page at an offset. The error says what is wrong with it.
    read_page: fn(&[u8], u64) -> Result<ListPage, DecodeError>,
    /// Packs the rows of a page that have an ID.
    pack: fn(&[Row]) -> PackedRows,
    /// Converts the complete list, and shares what it has in common with the snapshot before.
    data: fn(&ListWalk, Option<&Snapshot>) -> CollectorData,
}

fn api(collector: Collector) -> &'static ApiReader {
    match collector {
        Collector::VoiceTraining => &voice_training::API,
        Collector::UserQuotas => &user_quotas::API,
        Collector::TenantResources => &tenant_resources::API,
    }
}

/// Up to so many rows are packed in less time than another thread needs to start.
const FEW_ROWS: u64 = 1_000;

/// Fetches the complete list of an API, up to `concurrency` pages concurrently. Fails if any page fails: there is no
/// partial list. The snapshot shares memory with the one `before`.
pub(crate) async fn collect(
    collector: Collector,
    client: &Client,
    concurrency: usize,
    call: Call<'_>,
    before: Option<Arc<Snapshot>>,
) -> Result<Snapshot, Error> {
    let api = api(collector);
    let fetch = |offset| fetch_page(client, api, offset, call);
    let walk = pages::walk_until_consistent(fetch, concurrency).await?;
    let is_short = walk.listed() <= FEW_ROWS;
    let pack = move || snapshot(api, &walk, before.as_deref());
    // A hundred thousand users take some 50 ms.
    Ok(if is_short { pack() } else { on_another_thread(pack).await })
}

/// Converts a complete list.
fn snapshot(api: &ApiReader, walk: &ListWalk, before: Option<&Snapshot>) -> Snapshot {
    Snapshot {
        data: (api.data)(walk, before),
        fetched_at: SystemTime::now(),
        consistent: walk.is_consistent(),
        invalid_values: packed::invalid_values(walk),
    }
}

/// Adds the known `names` of users, and keeps the users that `limits` selects. Fails if names have never been known and
/// patterns select users: they would select the wrong ones. The users share memory with those of the snapshot `before`.
pub(crate) async fn select_users(
    snapshot: &mut Snapshot,
    names: Option<&UserNames>,
    limits: &UserQuotasConfig,
    before: Option<&Snapshot>,
) -> Result<(), Error> {
    if let CollectorData::UserQuotas(quotas) = &mut snapshot.data {
        let known = match names {
            Some(names) => {
                if limits.has_patterns()
                    && let Some(error) = names.never_learned().await
                {
                    return Err(Error::UserNames(Box::new(error)));
                }
                Some(names.known().await)
            }
            None => None,
        };
        let before = before.and_then(Snapshot::user_quotas).map(|before| &before.users);
        limit::apply(quotas, limits, known.as_deref(), before);
    }
    Ok(())
}

/// The size of one page and of its list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Probe {
    /// Rows of the page.
    pub(crate) rows: u64,
    /// Rows of the list according to the API, if it says so.
    pub(crate) count: Option<u64>,
}

/// Fetches the page at `offset` to test whether it can be read.
pub(crate) async fn probe(
    client: &Client,
    collector: Collector,
    offset: u64,
    call: Call<'_>,
) -> Result<Probe, Error> {
    let page = fetch_page(client, api(collector), offset, call).await?;
    Ok(Probe { rows: page.rows(), count: page.count })
}

async fn fetch_page(
    client: &Client,
    api: &ApiReader,
    offset: u64,
    call: Call<'_>,
) -> Result<PackedPage, Error> {
    let url = client.url(api.path, &format!("limit={LIMIT}&offset={offset}{}", api.query), call).await?;
    client.get(&url, call, |body| decode(api, body, offset)).await
}

/// Reads the body of the page at an offset to packed rows.
fn decode(api: &ApiReader, body: &[u8], offset: u64) -> Result<PackedPage, DecodeError> {
    Ok(packed::page((api.read_page)(body, offset)?, api.pack))
}
