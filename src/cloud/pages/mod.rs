//! Walking all pages of a list that may be wrong about its length and may move while it is read.
//!
//! The walk is all or nothing: a page that fails ends it with that page's error. Knows neither HTTP nor the APIs: a
//! page comes from a function of its offset.

use std::collections::BTreeMap;

use futures_util::{StreamExt, TryStreamExt, stream};

use super::error::Error;

/// Rows asked for with each request: the most that the APIs allow.
pub const LIMIT: u64 = 100;

/// Walks of one poll before a list that keeps moving is shown as it is.
const MAX_WALKS: u32 = 3;

/// Stretches in a row without anything new before a walk no longer believes `count`.
const MAX_BARREN: u32 = 3;

/// One page of a list.
#[derive(Debug)]
pub struct Page<R, B> {
    /// How many rows the whole list has, by its own word; none where the API does not tell.
    pub count: Option<u64>,
    /// The rows with their IDs; none for a row without a readable one.
    pub rows: Vec<(Option<String>, R)>,
    /// What stands beside the rows.
    pub beside: B,
}

/// All rows of a list.
#[derive(Debug)]
pub struct Walk<R, B> {
    /// The rows by ID. Of a row that came twice the later one counts.
    pub rows: BTreeMap<String, R>,
    /// The rows without a readable ID.
    pub unnamed: Vec<R>,
    /// What stood beside the rows, a page each, in the list's order.
    pub besides: Vec<B>,
    count: Option<u64>,
    moved: bool,
    repeated: bool,
}

impl<R, B> Walk<R, B> {
    fn new() -> Self {
        Self {
            rows: BTreeMap::new(),
            unnamed: Vec::new(),
            besides: Vec::new(),
            count: None,
            moved: false,
            repeated: false,
        }
    }

    /// How many different rows were listed.
    #[must_use]
    pub fn listed(&self) -> u64 {
        (self.rows.len() + self.unnamed.len()) as u64
    }

    /// Whether the list stood still: its length never changed, and so many rows came.
    #[must_use]
    pub fn is_consistent(&self) -> bool {
        !self.moved && self.count.map_or(!self.repeated, |count| count == self.listed())
    }

    /// Takes a page in; tells how many of its rows are new.
    fn absorb(&mut self, page: Page<R, B>) -> u64 {
        if let Some(count) = page.count {
            self.moved |= self.count.is_some_and(|before| before != count);
            self.count = Some(count);
        }
        let before = self.listed();
        let sent = page.rows.len() as u64;
        for (id, row) in page.rows {
            match id {
                Some(id) => drop(self.rows.insert(id, row)),
                None => self.unnamed.push(row),
            }
        }
        self.besides.push(page.beside);
        let new = self.listed() - before;
        self.repeated |= new < sent;
        new
    }
}

/// Walks until the list stood still during a walk, three times at most; then the last walk stands, inconsistent.
///
/// # Errors
/// The first page's that failed. Only a repeated walk that runs out of the poll's time is given up quietly: the walk
/// before it was whole.
pub async fn walk_until_consistent<R, B, F, Fut>(fetch: F, concurrency: usize) -> Result<Walk<R, B>, Error>
where
    F: Fn(u64) -> Fut,
    Fut: Future<Output = Result<Page<R, B>, Error>>,
{
    let mut last = walk(&fetch, concurrency).await?;
    for _ in 1..MAX_WALKS {
        if last.is_consistent() {
            break;
        }
        match walk(&fetch, concurrency).await {
            Ok(walk) => last = walk,
            Err(Error::Deadline) => break,
            Err(error) => return Err(error),
        }
    }
    Ok(last)
}

/// Reads the list once: the first page, then the stretches that `count` promises, `concurrency` at a time, then
/// whatever lies beyond.
async fn walk<R, B, F, Fut>(fetch: &F, concurrency: usize) -> Result<Walk<R, B>, Error>
where
    F: Fn(u64) -> Fut,
    Fut: Future<Output = Result<Page<R, B>, Error>>,
{
    let mut walk = Walk::new();
    let first = fetch(0).await?;
    let mut last_page = first.rows.len() as u64;
    let mut offset = last_page;
    walk.absorb(first);
    if last_page == 0 {
        return Ok(walk);
    }

    // The cloud may cut pages shorter than asked for, so the first page says how long a page is.
    let count = walk.count.unwrap_or(0);
    let stride = if count > last_page { last_page } else { LIMIT };
    let starts = (last_page..count).step_by(usize::try_from(stride).unwrap_or(usize::MAX));
    let mut stretches = stream::iter(starts)
        .map(|start| stretch(fetch, start, count.min(start + stride)))
        .buffered(concurrency);
    let mut barren = 0;
    while let Some((pages, end)) = stretches.try_next().await? {
        last_page = pages.last().map_or(0, |page| page.rows.len() as u64);
        offset = end;
        let new: u64 = pages.into_iter().map(|page| walk.absorb(page)).sum();
        barren = if new == 0 { barren + 1 } else { 0 };
        if barren == MAX_BARREN {
            return Ok(walk);
        }
    }
    drop(stretches);

    // A full last page, or a list that does not tell its length, may go on.
    if walk.count.is_none() || last_page >= stride {
        loop {
            let page = fetch(offset).await?;
            offset += page.rows.len() as u64;
            if walk.absorb(page) == 0 {
                break;
            }
        }
    }
    Ok(walk)
}

/// The pages from `start` until `end` is reached, and the offset behind them: one page, unless they come short. An
/// empty one ends them.
async fn stretch<R, B, F, Fut>(fetch: &F, start: u64, end: u64) -> Result<(Vec<Page<R, B>>, u64), Error>
where
    F: Fn(u64) -> Fut,
    Fut: Future<Output = Result<Page<R, B>, Error>>,
{
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
