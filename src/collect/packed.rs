//! The pages of a walk in little memory: all of them are held until the last one has been read.

use super::page::{CountedRow, ListPage, PageExtras, Row};
use crate::cloud::pages::{Page, RowWithoutId, Walk};
use crate::snapshot::{PackedQuotas, TenantResource, VoiceResource};

/// What is kept of a page.
#[derive(Debug)]
pub(super) struct PageContent {
    pub(super) rows: PackedRows,
    /// The rows with fields that could not be read, and the number of these fields.
    invalid: Vec<(u32, u64)>,
    pub(super) extras: PageExtras,
}

/// The rows of a page that have an ID.
#[derive(Debug)]
pub(super) enum PackedRows {
    VoiceResources(Vec<VoiceResource>),
    UserQuotas(PackedQuotas),
    TenantResources(Vec<TenantResource>),
}

pub(super) type PackedPage = Page<PageContent>;
pub(super) type ListWalk = Walk<PageContent>;

/// Packs a page.
pub(super) fn page(page: ListPage, pack: fn(&[Row]) -> PackedRows) -> PackedPage {
    let (mut ids, mut rows) = (Vec::with_capacity(page.rows.len()), Vec::with_capacity(page.rows.len()));
    let (mut invalid_fields, mut without_id) = (Vec::new(), Vec::new());
    for (id, CountedRow { row, invalid, content }) in page.rows {
        let (Some(id), Some(row)) = (id, row) else {
            without_id.push(RowWithoutId { content, invalid });
            continue;
        };
        if invalid > 0 {
            // A page has far less than 2^32 rows.
            invalid_fields.push((u32::try_from(ids.len()).unwrap_or(u32::MAX), invalid));
        }
        ids.push(id);
        rows.push(row);
    }
    let content = PageContent { rows: pack(&rows), invalid: invalid_fields, extras: page.extras };
    Page { count: page.count, ids: ids.into_iter().collect(), without_id, content }
}

/// The available resources by type, and the number of those that could not be read. Every page repeats them; those of the
/// first page count. Empty if the API has none.
pub(super) fn available(walk: &ListWalk) -> (Vec<(String, f64)>, u64) {
    walk.pages.iter().find_map(|page| page.extras.available.clone()).unwrap_or_default()
}

/// The number of fields that could not be read, without those of rows that do not count.
pub(super) fn invalid_values(walk: &ListWalk) -> u64 {
    let of_pages = walk.pages.iter().map(|page| page.extras.invalid);
    let of_rows_without_id = walk.without_id.iter().map(|row| row.invalid);
    let of_rows = walk.order.iter().map(|place| {
        let invalid = walk.pages.get(place.page as usize).map_or(&[][..], |page| &page.invalid);
        invalid.iter().find(|(row, _)| *row == place.row).map_or(0, |(_, fields)| *fields)
    });
    let (_, of_available) = available(walk);
    of_pages.sum::<u64>() + of_rows_without_id.sum::<u64>() + of_rows.sum::<u64>() + of_available
}
