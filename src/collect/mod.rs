//! All pages of one API of one project, converted to a snapshot: the only room that knows both wire types and
//! snapshots.
//!
//! Knows what a field means (-1, minutes, empty) and which users are exported. Does not know intervals, retries,
//! metrics or advice.

mod limit;
mod names;
mod page;
mod user_quotas;
mod voice_training;

pub(crate) use names::UserNames;

use std::time::SystemTime;

use crate::cloud::client::{Call, Client};
use crate::cloud::error::Error;
use crate::cloud::json::DecodeError;
use crate::cloud::pages::{self, LIMIT};
use crate::config::UserQuotasConfig;
use crate::snapshot::{Collector, CollectorData, Snapshot};
use page::{ListPage, Row};

/// How one API is read.
struct ApiReader {
    /// The end of the path, after `/v1/{project_id}/`.
    path: &'static str,
    /// Reads the page at an offset. The error says what is wrong with it.
    read_page: fn(&[u8], u64) -> Result<ListPage, DecodeError>,
    /// Converts the complete list.
    data: fn(List) -> CollectorData,
}

/// The complete list of one API.
struct List {
    /// Number of rows, including those without a readable ID.
    listed: u64,
    /// The rows with an ID, sorted by it.
    rows: Vec<Row>,
    /// Available resources by type; empty if the API has none.
    available: Vec<(String, f64)>,
}

fn api(collector: Collector) -> &'static ApiReader {
    match collector {
        Collector::VoiceTraining => &voice_training::API,
        Collector::UserQuotas => &user_quotas::API,
    }
}

/// Fetches the complete list of an API, up to `concurrency` pages concurrently. Fails if any page fails: there is no
/// partial list.
pub(crate) async fn collect(
    collector: Collector,
    client: &Client,
    concurrency: usize,
    call: Call<'_>,
) -> Result<Snapshot, Error> {
    let api = api(collector);
    let fetch = |offset| fetch_page(client, api, offset, call);
    let walk = pages::walk_until_consistent(fetch, concurrency).await?;
    Ok(snapshot(walk, api.data))
}

/// Adds the known `names` of users, and keeps the users that `limits` selects. Fails if names have never been known and
/// patterns select users: they would select the wrong ones.
pub(crate) async fn select_users(
    snapshot: &mut Snapshot,
    names: Option<&UserNames>,
    limits: &UserQuotasConfig,
) -> Result<(), Error> {
    if let CollectorData::UserQuotas(quotas) = &mut snapshot.data {
        if let Some(names) = names {
            if limits.has_patterns()
                && let Some(error) = names.never_learned().await
            {
                return Err(Error::UserNames(Box::new(error)));
            }
            names.add_to(&mut quotas.users).await;
        }
        limit::apply(quotas, limits);
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
    Ok(Probe { rows: page.rows.len() as u64, count: page.count })
}

async fn fetch_page(
    client: &Client,
    api: &ApiReader,
    offset: u64,
    call: Call<'_>,
) -> Result<ListPage, Error> {
    let url = client.url(api.path, &format!("limit={LIMIT}&offset={offset}"), call).await?;
    client.get(&url, call, |body| (api.read_page)(body, offset)).await
}

fn snapshot(walk: page::ListWalk, data: fn(List) -> CollectorData) -> Snapshot {
    let (listed, consistent) = (walk.listed(), walk.is_consistent());
    let mut invalid_values: u64 = walk.rows_without_id.iter().map(|row| row.invalid).sum();
    let mut rows = Vec::with_capacity(walk.rows.len());
    for row in walk.rows.into_values() {
        invalid_values += row.invalid;
        rows.extend(row.row);
    }
    // Every page repeats the available resources. Those of the first page count.
    let mut available = None;
    for extras in walk.extras {
        invalid_values += extras.invalid;
        available = available.or(extras.available);
    }
    let (available, invalid_available) = available.unwrap_or_default();
    Snapshot {
        data: data(List { listed, rows, available }),
        fetched_at: SystemTime::now(),
        consistent,
        invalid_values: invalid_values + invalid_available,
    }
}
