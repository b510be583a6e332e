//! Reads all pages of a list that may report a wrong length and may change while it is read.
//!
//! A walk is all or nothing: a page that fails ends it with that page's error. Knows neither HTTP nor the APIs: a
//! page comes from a function of its offset.

mod ids;
mod walk;

use futures_util::{StreamExt, TryStreamExt, stream};

use super::error::Error;
pub(crate) use ids::Ids;
use walk::Known;
pub(crate) use walk::Walk;

/// Rows per request: the maximum that the APIs allow.
pub(crate) const LIMIT: u64 = 100;

/// Walks per poll before a list that keeps changing is published as it is.
const MAX_WALKS: u32 = 3;

/// Ranges in a row without new rows before a walk stops trusting `count`.
const MAX_RANGES_WITHOUT_NEW_ROWS: u32 = 3;

/// One page of a list, with what is kept of its rows.
#[derive(Debug)]
pub(crate) struct Page<R> {
    /// The length of the whole list, as the API reports it.
    pub(crate) count: Option<u64>,
    /// The IDs of the rows that have a valid one.
    pub(crate) ids: Ids,
    /// The other rows.
    pub(crate) without_id: Vec<RowWithoutId>,
    /// The content of the page.
    pub(crate) content: R,
}

/// A row without a valid ID.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RowWithoutId {
    /// A hash that tells it from others.
    pub(crate) content: u64,
    /// The number of its fields that could not be read.
    pub(crate) invalid: u64,
}

impl<R> Page<R> {
    /// The number of all its rows.
    pub(crate) fn rows(&self) -> u64 {
        (self.ids.len() + self.without_id.len()) as u64
    }
}

/// Walks until the list does not change during a walk, at most three times; then returns the last, inconsistent walk. A
/// repeated walk that fails for a passing reason is not an error: the walk before it is complete. A list without rows
/// although its `count` says otherwise is one.
pub(crate) async fn walk_until_consistent<R, P: Future<Output = Result<Page<R>, Error>>>(
    fetch: impl Fn(u64) -> P,
    concurrency: usize,
) -> Result<Walk<R>, Error> {
    let mut last = walk(&fetch, concurrency).await?;
    for _ in 1..MAX_WALKS {
        if last.is_consistent() {
            break;
        }
        match walk(&fetch, concurrency).await {
            Ok(walk) => last = walk,
            Err(error) if error.is_transient() => break,
            Err(error) => return Err(error),
        }
    }
    match last.count {
        Some(count) if count > 0 && last.listed() == 0 => Err(Error::Decode {
            cause: format!("the list has no rows, but its `count` is {count}"),
            request_id: None,
            is_incomplete: false,
        }),
        _ => Ok(last),
    }
}

/// Reads the list once: the first page, then the ranges up to `count`, `concurrency` of them concurrently, then any
/// pages after that.
async fn walk<R, P: Future<Output = Result<Page<R>, Error>>>(
    fetch: &impl Fn(u64) -> P,
    concurrency: usize,
) -> Result<Walk<R>, Error> {
    let (mut walk, mut known) = (Walk::new(), Known::default());
    read_all(&mut walk, &mut known, fetch, concurrency).await?;
    drop(known);
    walk.sort();
    Ok(walk)
}

async fn read_all<R, P: Future<Output = Result<Page<R>, Error>>>(
    walk: &mut Walk<R>,
    known: &mut Known,
    fetch: &impl Fn(u64) -> P,
    concurrency: usize,
) -> Result<(), Error> {
    let first = fetch(0).await?;
    let mut last_page = first.rows();
    let mut offset = last_page;
    walk.add(first, known);
    if last_page == 0 {
        return Ok(());
    }

    // The cloud may send shorter pages than requested, so the length of the first page decides.
    let count = walk.count.unwrap_or(0);
    let stride = if count > last_page { last_page } else { LIMIT };
    let starts = (last_page..count).step_by(usize::try_from(stride).unwrap_or(usize::MAX));
    let mut ranges = stream::iter(starts)
        .map(|start| read_range(fetch, start, count.min(start + stride)))
        .buffered(concurrency);
    let mut ranges_without_new_rows = 0;
    while let Some((pages, end)) = ranges.try_next().await? {
        last_page = pages.last().map_or(0, Page::rows);
        offset = end;
        let new: u64 = pages.into_iter().map(|page| walk.add(page, known)).sum();
        ranges_without_new_rows = if new == 0 { ranges_without_new_rows + 1 } else { 0 };
        if ranges_without_new_rows == MAX_RANGES_WITHOUT_NEW_ROWS {
            return Ok(());
        }
    }
    drop(ranges);

    // After a full last page, or without a `count` that can be right, there may be more rows.
    if walk.count.is_none_or(|count| count < offset) || last_page >= stride {
        loop {
            let page = fetch(offset).await?;
            offset += page.rows();
            if walk.add(page, known) == 0 {
                break;
            }
        }
    }
    Ok(())
}

/// Reads the pages from `start` to `end`, and returns the offset after them: one page, unless pages are shorter than
/// expected. An empty page ends the range.
async fn read_range<R, P: Future<Output = Result<Page<R>, Error>>>(
    fetch: &impl Fn(u64) -> P,
    start: u64,
    end: u64,
) -> Result<(Vec<Page<R>>, u64), Error> {
    let mut pages = Vec::new();
    let mut offset = start;
    while offset < end {
        let page = fetch(offset).await?;
        let rows = page.rows();
        pages.push(page);
        if rows == 0 {
            break;
        }
        offset += rows;
    }
    Ok((pages, offset))
}

#[cfg(test)]
mod tests;
