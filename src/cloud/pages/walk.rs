//! The pages of one walk, and which of their rows count.

use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};

use super::ids::{Ids, beginning};
use super::{Page, RowWithoutId};

/// The place of a row in a walk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) page: u32,
    /// Among the rows with an ID.
    pub(crate) row: u32,
}

/// All pages of a list.
#[derive(Debug)]
pub(crate) struct Walk<R> {
    /// The contents of the pages, in the order of the list.
    pub(crate) pages: Vec<R>,
    ids: Vec<Ids>,
    /// The rows without a valid ID.
    pub(crate) without_id: Vec<RowWithoutId>,
    /// Where those of the last page that has such rows begin.
    last_without_id: usize,
    /// The rows by ID. Of two rows with the same ID the later one counts.
    pub(crate) order: Vec<Place>,
    pub(super) count: Option<u64>,
    count_changed: bool,
    has_duplicates: bool,
}

/// The IDs of the pages so far.
pub(super) type Known = HashSet<u64, RandomState>;

impl<R> Walk<R> {
    pub(super) fn new() -> Self {
        Self {
            pages: Vec::new(),
            ids: Vec::new(),
            without_id: Vec::new(),
            last_without_id: 0,
            order: Vec::new(),
            count: None,
            count_changed: false,
            has_duplicates: false,
        }
    }

    /// The ID of a row.
    pub(crate) fn id(&self, place: Place) -> &str {
        self.ids.get(place.page as usize).map_or("", |ids| ids.get(place.row))
    }

    /// The number of distinct rows.
    pub(crate) fn listed(&self) -> u64 {
        (self.order.len() + self.without_id.len()) as u64
    }

    /// Whether the list did not change during the walk: `count` stayed the same and is the number of rows.
    pub(crate) fn is_consistent(&self) -> bool {
        !self.count_changed && self.count.map_or(!self.has_duplicates, |count| count == self.listed())
    }

    /// Adds a page, and returns how many of its rows are new. A page without new IDs is a repetition if its rows without an
    /// ID are those of the page before: a server that ignores the offset sends the same ones again and again.
    pub(super) fn add(&mut self, page: Page<R>, known: &mut Known) -> u64 {
        if let Some(count) = page.count {
            self.count_changed |= self.count.is_some_and(|before| before != count);
            self.count = Some(count);
        }
        let mut new = 0;
        for row in page.ids.rows() {
            // With a random 64-bit hash, two of a million IDs are taken for one in a run of 30 million: then the walk
            // counts a new row less, and loses none.
            let hash = known.hasher().hash_one(page.ids.get(row));
            if known.insert(hash) {
                new += 1;
            } else {
                self.has_duplicates = true;
            }
        }
        self.ids.push(page.ids);
        self.pages.push(page.content);
        let mut without_id = page.without_id;
        if without_id.is_empty() {
            return new;
        }
        if new == 0 && self.without_id.get(self.last_without_id..) == Some(&*without_id) {
            self.has_duplicates = true;
            return 0;
        }
        self.last_without_id = self.without_id.len();
        new += without_id.len() as u64;
        self.without_id.append(&mut without_id);
        new
    }

    /// Sorts the rows after the last page.
    pub(super) fn sort(&mut self) {
        let mut rows: Vec<(u64, Place)> = Vec::with_capacity(self.ids.iter().map(Ids::len).sum());
        for (page, ids) in (0..).zip(&self.ids) {
            rows.extend(ids.rows().map(|row| (beginning(ids.get(row)), Place { page, row })));
        }
        // The beginnings differ, nearly always, and are compared without a look at the texts. The sort is stable, so
        // that of equal IDs the later one comes last.
        rows.sort_by(|(a, a_place), (b, b_place)| {
            a.cmp(b).then_with(|| self.id(*a_place).cmp(self.id(*b_place)))
        });
        let mut order: Vec<Place> = Vec::with_capacity(rows.len());
        for (_, place) in rows {
            match order.last_mut().filter(|last| self.id(**last) == self.id(place)) {
                Some(last) => *last = place,
                None => order.push(place),
            }
        }
        self.order = order;
    }
}
