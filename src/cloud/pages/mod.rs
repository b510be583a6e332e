//! Reads all pages of a list that may report a wrong length and may change while it is read.
//!
//! A walk is all or nothing: a page that fails ends it with that page's error. Knows neither HTTP nor the APIs: a
//! page comes from a function of its offset.

use std::collections::BTreeMap;

use futures_util::{StreamExt, TryStreamExt, stream};

use super::error::Error;

/// Rows per request: the maximum that the APIs allow.
pub(crate) const LIMIT: u64 = 100;

/// Walks per poll before a list that keeps changing is published as it is.
const MAX_WALKS: u32 = 3;

/// Ranges in a row without new rows before a walk stops trusting `count`.
const MAX_RANGES_WITHOUT_NEW_ROWS: u32 = 3;

/// One page of a list.
#[derive(Debug)]
pub(crate) struct Page<R, E> {
    /// The length of the whole list, as the API reports it.
    pub(crate) count: Option<u64>,
    /// The rows with their IDs, if valid.
    pub(crate) rows: Vec<(Option<String>, R)>,
    /// The page's fields other than the rows.
    pub(crate) extras: E,
}

/// All rows of a list.
#[derive(Debug)]
pub(crate) struct Walk<R, E> {
    /// The rows by ID. Of two rows with the same ID the later one counts.
    pub(crate) rows: BTreeMap<String, R>,
    /// The rows without a valid ID.
    pub(crate) rows_without_id: Vec<R>,
    /// Where those of the last page that has such rows begin.
    last_rows_without_id: usize,
    /// The extras of each page, in the order of the pages.
    pub(crate) extras: Vec<E>,
    count: Option<u64>,
    count_changed: bool,
    has_duplicates: bool,
}

impl<R: PartialEq, E> Walk<R, E> {
    /// The number of distinct rows.
    pub(crate) fn listed(&self) -> u64 {
        (self.rows.len() + self.rows_without_id.len()) as u64
    }

    /// Whether the list did not change during the walk: `count` stayed the same and is the number of rows.
    pub(crate) fn is_consistent(&self) -> bool {
        !self.count_changed && self.count.map_or(!self.has_duplicates, |count| count == self.listed())
    }

    /// Adds a page, and returns how many of its rows are new. A page without new IDs is a repetition if its rows without an
    /// ID are those of the page before: a server that ignores the offset sends the same ones again and again.
    fn add(&mut self, page: Page<R, E>) -> u64 {
        if let Some(count) = page.count {
            self.count_changed |= self.count.is_some_and(|before| before != count);
            self.count = Some(count);
        }
        let mut new = 0;
        let mut without_id = Vec::new();
        for (id, row) in page.rows {
            let Some(id) = id else {
                without_id.push(row);
                continue;
            };
            match self.rows.insert(id, row) {
                None => new += 1,
                Some(_) => self.has_duplicates = true,
            }
        }
        self.extras.push(page.extras);
        if without_id.is_empty() {
            return new;
        }
        if new == 0 && self.rows_without_id.get(self.last_rows_without_id..) == Some(&*without_id) {
            self.has_duplicates = true;
            return 0;
        }
        self.last_rows_without_id = self.rows_without_id.len();
        new += without_id.len() as u64;
        self.rows_without_id.append(&mut without_id);
        new
    }
}

/// Walks until the list does not change during a walk, at most three times; then returns the last, inconsistent walk. A
/// repeated walk that fails for a passing reason is not an error: the walk before it is complete. A list without rows
/// although its `count` says otherwise is one.
pub(crate) async fn walk_until_consistent<R: PartialEq, E, P: Future<Output = Result<Page<R, E>, Error>>>(
    fetch: impl Fn(u64) -> P,
    concurrency: usize,
) -> Result<Walk<R, E>, Error> {
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
async fn walk<R: PartialEq, E, P: Future<Output = Result<Page<R, E>, Error>>>(
    fetch: &impl Fn(u64) -> P,
    concurrency: usize,
) -> Result<Walk<R, E>, Error> {
    let mut walk = Walk {
        rows: BTreeMap::new(),
        rows_without_id: Vec::new(),
        last_rows_without_id: 0,
        extras: Vec::new(),
        count: None,
        count_changed: false,
        has_duplicates: false,
    };
    let first = fetch(0).await?;
    let mut last_page = first.rows.len() as u64;
    let mut offset = last_page;
    walk.add(first);
    if last_page == 0 {
        return Ok(walk);
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
        last_page = pages.last().map_or(0, |page| page.rows.len() as u64);
        offset = end;
        let new: u64 = pages.into_iter().map(|page| walk.add(page)).sum();
        ranges_without_new_rows = if new == 0 { ranges_without_new_rows + 1 } else { 0 };
        if ranges_without_new_rows == MAX_RANGES_WITHOUT_NEW_ROWS {
            return Ok(walk);
        }
    }
    drop(ranges);

    // After a full last page, or without a `count`, there may be more rows.
    if walk.count.is_none() || last_page >= stride {
        loop {
            let page = fetch(offset).await?;
            offset += page.rows.len() as u64;
            if walk.add(page) == 0 {
                break;
            }
        }
    }
    Ok(walk)
}

/// Reads the pages from `start` to `end`, and returns the offset after them: one page, unless pages are shorter than
/// expected. An empty page ends the range.
async fn read_range<R, E, P: Future<Output = Result<Page<R, E>, Error>>>(
    fetch: &impl Fn(u64) -> P,
    start: u64,
    end: u64,
) -> Result<(Vec<Page<R, E>>, u64), Error> {
    let mut pages = Vec::new();
    let mut offset = start;
    while offset < end {
        let page = fetch(offset).await?;
        let rows = page.rows.len() as u64;
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
