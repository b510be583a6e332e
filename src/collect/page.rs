//! From the body of one answer to a page of rows, whatever the API.

use std::hash::{DefaultHasher, Hash, Hasher};

use crate::cloud::json::{self, DecodeError, Invalid, Raw, Tally};
use crate::snapshot::{TenantResource, User, VoiceResource};

/// A row of a list.
#[derive(Debug, PartialEq)]
pub(super) enum Row {
    VoiceResource(VoiceResource),
    User(User),
    TenantResource(TenantResource),
}

/// A row as it was read.
#[derive(Debug, PartialEq)]
pub(super) struct CountedRow {
    /// `None` for a row without a readable ID.
    pub(super) row: Option<Row>,
    /// Number of fields that could not be read; at least 1 for a row without a readable ID.
    pub(super) invalid: u64,
    /// A hash of a row without a readable ID, which tells it from others; else 0.
    pub(super) content: u64,
}

/// What a page has in addition to its rows.
#[derive(Debug, Default, PartialEq)]
pub(super) struct PageExtras {
    /// Available resources by type, and the number of those that could not be read.
    pub(super) available: Option<(Vec<(String, f64)>, u64)>,
    /// Number of other fields that could not be read.
    pub(super) invalid: u64,
}

/// A page as it was read.
#[derive(Debug, PartialEq)]
pub(super) struct ListPage {
    /// The length of the whole list, as the API reports it.
    pub(super) count: Option<u64>,
    /// The rows with their IDs, if valid.
    pub(super) rows: Vec<(Option<String>, CountedRow)>,
    pub(super) extras: PageExtras,
}

/// Reads one row and its ID; `None` without a readable ID.
pub(super) type ReadRow = fn(Raw<'_>, &mut Tally) -> Option<(String, Row)>;

/// Reads the page at `offset` from its `count` and its list, which the API calls `name`.
pub(super) fn read_page(
    count: Raw<'_>,
    name: &str,
    list: Raw<'_>,
    offset: u64,
    read_row: ReadRow,
) -> Result<ListPage, DecodeError> {
    // An answer without both fields is not from this API.
    if count.is_none() && list.is_none() {
        return Err(format!("it has neither `count` nor `{name}`").into());
    }
    // Only an empty list may be null or absent: there are no rows from `offset` on.
    let is_end = |count: Option<f64>| count.is_some_and(|count| count <= offset as f64);
    if list.is_none() && !is_end(json::amount(count).unwrap_or_default()) {
        return Err(format!("it has a `count` but no `{name}`").into());
    }
    let list =
        json::list(list).map_err(|Invalid| DecodeError::from(format!("its `{name}` is not a list")))?;
    let rows = list.unwrap_or_default().into_iter().map(|raw| {
        let mut tally = Tally::default();
        match read_row(Some(raw), &mut tally) {
            Some(row) => row_with_id(row, &tally),
            None => (None, CountedRow { row: None, invalid: tally.0.max(1), content: hash(raw.get()) }),
        }
    });
    Ok(page(count, rows.collect()))
}

/// A page with a list.
pub(super) fn page(count: Raw<'_>, rows: Vec<(Option<String>, CountedRow)>) -> ListPage {
    let mut tally = Tally::default();
    // Numbers greater than 2^53 are wrong anyway.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let count = tally.keep(json::amount(count)).map(|count| count as u64);
    ListPage { count, rows, extras: PageExtras { available: None, invalid: tally.0 } }
}

pub(super) fn row_with_id((id, row): (String, Row), tally: &Tally) -> (Option<String>, CountedRow) {
    (Some(id), CountedRow { row: Some(row), invalid: tally.0, content: 0 })
}

fn hash(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &str) -> Result<ListPage, DecodeError> {
        read_at(0, body)
    }

    fn read_at(offset: u64, body: &str) -> Result<ListPage, DecodeError> {
        let [count, rows] = json::decode(body.as_bytes(), ["count", "rows"], &mut Tally::default())?;
        read_page(count, "rows", rows, offset, |raw, tally| {
            let id = tally.keep(json::text(raw))?;
            Some((id.clone(), Row::User(User { id, ..User::default() })))
        })
    }

    #[test]
    fn rows_without_a_readable_id_are_counted_as_invalid() {
        let page = read(r#"{"count":"4","rows":["a",null,{},17],"new":1}"#).unwrap();
        assert_eq!((page.count, page.extras), (Some(4), PageExtras::default()));
        let ids = page.rows.iter().map(|(id, row)| (id.as_deref(), row.row.is_some(), row.invalid));
        let expected = [(Some("a"), true, 0), (None, false, 1), (None, false, 1), (Some("17"), true, 0)];
        assert_eq!(ids.collect::<Vec<_>>(), expected);
        let [a, null, object, _] = page.rows.iter().map(|(_, row)| row.content).collect::<Vec<_>>()[..]
        else {
            panic!("four rows");
        };
        assert!(a == 0 && null != 0 && null != object, "{a} {null} {object}");
    }

    #[test]
    fn a_list_may_be_absent_from_its_end_on() {
        for body in [r#"{"count":200}"#, r#"{"count":"200","rows":null}"#] {
            assert_eq!(read_at(200, body).unwrap().rows, [], "{body}");
            assert_eq!(read_at(300, body).unwrap().rows, [], "{body}");
            assert_eq!(read_at(199, body).unwrap_err().cause, "it has a `count` but no `rows`", "{body}");
        }
    }

    #[test]
    fn a_list_may_be_absent_but_not_of_another_type() {
        for (body, count, invalid) in [
            (r#"{"count":0}"#, Some(0), 0),
            (r#"{"count":0,"rows":null}"#, Some(0), 0),
            (r#"{"rows":[]}"#, None, 0),
            (r#"{"count":-1,"rows":[]}"#, None, 1),
            (r#"{"count":"many","rows":[]}"#, None, 1),
        ] {
            let page = read(body).unwrap();
            assert_eq!((page.count, page.rows.len(), page.extras.invalid), (count, 0, invalid), "{body}");
        }
        for (body, error) in [
            (r#"{"count":null}"#, "it has neither `count` nor `rows`"),
            (r#"{"count":1}"#, "it has a `count` but no `rows`"),
            (r#"{"count":250,"rows":null}"#, "it has a `count` but no `rows`"),
            (r#"{"count":"250","users":[]}"#, "it has a `count` but no `rows`"),
            (r#"{"count":"many"}"#, "it has a `count` but no `rows`"),
            (r#"{"count":1,"rows":{}}"#, "its `rows` is not a list"),
            ("{\n\"count\":secret}", "it is not the documented JSON object from line 2, column 9 on"),
        ] {
            assert_eq!(read(body).unwrap_err().cause, error, "{body}");
        }
    }
}
