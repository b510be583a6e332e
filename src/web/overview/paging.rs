//! Pages of long lists. Only the rows of the requested page are sorted.

use std::cmp::Ordering;

/// One page of a list.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Paged<T> {
    pub(super) rows: Vec<T>,
    /// Starts at 1.
    pub(super) page: usize,
    /// At least 1.
    pub(super) pages: usize,
    /// Rows of all pages.
    pub(super) total: usize,
    /// The number of the page's first row, starting at 1; 0 if there are no rows.
    pub(super) first: usize,
}

impl<T> Paged<T> {
    /// The number of the page's last row; 0 if there are no rows.
    pub(super) fn last(&self) -> usize {
        (self.first + self.rows.len()).saturating_sub(1)
    }

    /// The same page with other rows.
    pub(super) fn filter_map<U>(self, row: impl FnMut(T) -> Option<U>) -> Paged<U> {
        let Self { rows, page, pages, total, first } = self;
        Paged { rows: rows.into_iter().filter_map(row).collect(), page, pages, total, first }
    }
}

/// A page of `all` in `order`. No two rows may be equal in it: equal ones could appear twice or never. A page number
/// out of range gives the nearest page.
pub(super) fn paginate<T>(
    mut all: Vec<T>,
    page: usize,
    size: usize,
    order: impl Fn(&T, &T) -> Ordering,
) -> Paged<T> {
    let total = all.len();
    let pages = total.div_ceil(size).max(1);
    let page = page.clamp(1, pages);
    let start = (page - 1) * size;
    let end = (start + size).min(total);
    if end < total {
        all.select_nth_unstable_by(end, &order);
        all.truncate(end);
    }
    if 0 < start && start < end {
        all.select_nth_unstable_by(start, &order);
        all.drain(..start);
    }
    all.sort_unstable_by(order);
    let first = if all.is_empty() { 0 } else { start + 1 };
    Paged { rows: all, page, pages, total, first }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(total: usize, page: usize) -> Paged<usize> {
        let shuffled = (0..total).map(|n| n * 7919 % total).collect();
        paginate(shuffled, page, 10, Ord::cmp)
    }

    #[test]
    fn every_row_is_on_one_page_in_order() {
        for total in [1, 9, 10, 11, 20, 95, 1000] {
            let pages = page(total, 1).pages;
            assert_eq!(pages, total.div_ceil(10));
            let rows: Vec<_> = (1..=pages).flat_map(|number| page(total, number).rows).collect();
            assert_eq!(rows, (0..total).collect::<Vec<_>>());
        }
    }

    #[test]
    fn a_page_out_of_range_is_the_nearest() {
        let last = page(25, 3);
        assert_eq!((last.first, last.last(), last.total, last.pages), (21, 25, 25, 3));
        for beyond in [4, 1000, usize::MAX] {
            assert_eq!(page(25, beyond), last);
        }
        assert_eq!(page(25, 0), page(25, 1));
        let none = paginate(Vec::<usize>::new(), 7, 10, Ord::cmp);
        assert_eq!((none.page, none.pages, none.first, none.last(), none.total), (1, 1, 0, 0, 0));
    }
}
