//! All pages of one API of one project, turned into domain rows: the only place where wire types meet the snapshot.
//!
//! Says what a field means (-1, minutes, empty) and which users are shown; knows nothing of intervals, retries,
//! metrics.

mod limit;
mod names;
mod probe;
mod read;

pub(crate) use names::Names;
pub(crate) use probe::{Probe, probe};

use std::time::SystemTime;

use crate::cloud::client::{Call, Client};
use crate::cloud::error::Error;
use crate::cloud::pages::{self, LIMIT};
use crate::cloud::{user_quotas, voice_training};
use crate::config;
use crate::snapshot::{Snapshot, UserQuotas, VoiceTraining};

/// Something read, and how many of its fields could not be.
#[derive(Debug, Default)]
struct Read<T> {
    value: T,
    invalid: u64,
}

/// The fields of a page other than its rows: available resources by type, where the API has them.
type PageExtras = Read<Option<Read<Vec<(String, f64)>>>>;
type Page<T> = pages::Page<Read<T>, PageExtras>;
type Walk<T> = pages::Walk<Read<T>, PageExtras>;
/// Reads one answer; else says what is wrong with it.
type ReadPage<T> = fn(&[u8]) -> Result<Page<T>, String>;

/// Lists the voice training resources of a project, `concurrency` pages at a time.
///
/// # Errors
/// When a page could not be had: there is no partial list.
pub(crate) async fn voice_training(
    client: &Client,
    concurrency: usize,
    call: Call<'_>,
) -> Result<Snapshot<VoiceTraining>, Error> {
    let walk = walk(client, voice_training::PATH, read::voice_training, concurrency, call).await?;
    Ok(snapshot(walk, |listed, resources, available| VoiceTraining { available, listed, resources }))
}

/// Lists the sub-accounts of a project with their quotas and usage, `concurrency` pages at a time; gives them their
/// `names`, and keeps those that `limits` lets through.
///
/// # Errors
/// When a page could not be had: there is no partial list. Names are an extra that cannot fail it.
pub(crate) async fn user_quotas(
    client: &Client,
    names: Option<&Names>,
    limits: &config::UserQuotasConfig,
    concurrency: usize,
    call: Call<'_>,
) -> Result<Snapshot<UserQuotas>, Error> {
    let walk = walk(client, user_quotas::PATH, read::user_quotas, concurrency, call).await?;
    let mut snapshot = snapshot(walk, |listed, users, _| UserQuotas { listed, omitted: 0, users });
    if let Some(names) = names {
        names.put_on(&mut snapshot.data.users, client, call).await;
    }
    limit::apply(&mut snapshot.data, limits);
    Ok(snapshot)
}

async fn walk<T>(
    client: &Client,
    path: &str,
    read: ReadPage<T>,
    concurrency: usize,
    call: Call<'_>,
) -> Result<Walk<T>, Error> {
    let fetch = |offset| page(client, path, read, offset, call);
    pages::walk_until_consistent(fetch, concurrency).await
}

async fn page<T>(
    client: &Client,
    path: &str,
    read: ReadPage<T>,
    offset: u64,
    call: Call<'_>,
) -> Result<Page<T>, Error> {
    let url = client.url(path, &format!("limit={LIMIT}&offset={offset}"), call).await?;
    let answer = client.get(&url, call).await?;
    read(&answer.body).map_err(|cause| answer.decode_error(cause))
}

fn snapshot<T, D>(walk: Walk<T>, data: impl FnOnce(u64, Vec<T>, Vec<(String, f64)>) -> D) -> Snapshot<D> {
    let listed = walk.listed();
    let consistent = walk.is_consistent();
    let mut invalid: u64 = walk.rows_without_id.iter().map(|row| row.invalid).sum();
    let mut rows = Vec::with_capacity(walk.rows.len());
    for row in walk.rows.into_values() {
        invalid += row.invalid;
        rows.push(row.value);
    }
    let mut available = None;
    for extras in walk.extras {
        invalid += extras.invalid;
        // Every page repeats these numbers; the first one's count.
        available = available.or(extras.value);
    }
    let available = available.unwrap_or_default();
    Snapshot {
        data: data(listed, rows, available.value),
        fetched_at: SystemTime::now(),
        consistent,
        invalid_values: invalid + available.invalid,
    }
}
