//! `ListUserQuotas`: from its wire types to [`UserQuotas`].

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::ApiReader;
use super::packed::{ListWalk, PackedRows};
use super::page::{self, ListPage, Row};
use crate::cloud::json::{self, DecodeError, Invalid, Raw, Reading, Tally};
use crate::cloud::user_quotas::{ITEMS, ListUserQuotasResponse, PATH, UserQuotaInfo};
use crate::snapshot::{CollectorData, PackedQuotas, PackedUsers, Quota, Snapshot, Unit, User, UserQuotas};

/// The API's value for a quota without a limit.
const UNLIMITED: f64 = -1.0;

const SECONDS_PER_MINUTE: f64 = 60.0;

pub(super) const API: ApiReader = ApiReader { path: PATH, read_page, pack, data };

fn read_page(body: &[u8], offset: u64) -> Result<ListPage, DecodeError> {
    let mut tally = Tally::default();
    let answer = ListUserQuotasResponse::decode(body, &mut tally)?;
    let mut page = page::read_page(answer.count, "assets", answer.assets, offset, read_row)?;
    page.extras.invalid += tally.0;
    Ok(page)
}

fn read_row(raw: Raw<'_>, tally: &mut Tally) -> Option<(String, Row)> {
    let info = UserQuotaInfo::read(raw, tally)?;
    let id = tally.keep(json::text(info.user_id));
    let mut quotas = Quotas::new();
    for (item, raw) in json::object(info.quota, tally).unwrap_or_default() {
        if let Some(limit) = tally.keep(read_limit(&item, raw)) {
            quota(&mut quotas, item).limit = Some(limit);
        }
    }
    for (item, raw) in json::object(info.usage, tally).unwrap_or_default() {
        if let Some(usage) = tally.keep(read_usage(&item, raw)) {
            quota(&mut quotas, item).usage = Some(usage);
        }
    }
    let id = id?;
    Some((id.clone(), Row::User(User { id, name: None, quotas: quotas.into_values().collect() })))
}

/// By item.
type Quotas = BTreeMap<Cow<'static, str>, Quota>;

fn quota(quotas: &mut Quotas, item: String) -> &mut Quota {
    // Does not allocate the documented names for each user.
    let documented = ITEMS.into_iter().find(|documented| *documented == item);
    let item = documented.map_or(Cow::Owned(item), Cow::Borrowed);
    quotas.entry(item.clone()).or_insert(Quota { item, limit: None, usage: None })
}

/// Reads a quota in the unit of its item; infinite if it is unlimited.
fn read_limit(item: &str, raw: Raw<'_>) -> Reading<f64> {
    match json::number(raw)? {
        Some(UNLIMITED) => Ok(Some(f64::INFINITY)),
        Some(limit) => convert(item, limit),
        None => Ok(None),
    }
}

/// Reads a usage in the unit of its item. A usage of -1 is no value.
fn read_usage(item: &str, raw: Raw<'_>) -> Reading<f64> {
    match json::number(raw)? {
        Some(UNLIMITED) | None => Ok(None),
        Some(usage) => convert(item, usage),
    }
}

/// Converts minutes to seconds. A negative or infinite amount is invalid.
fn convert(item: &str, amount: f64) -> Reading<f64> {
    let amount = match Unit::from_item(item) {
        Unit::Seconds => amount * SECONDS_PER_MINUTE,
        Unit::Count => amount,
    };
    if amount >= 0.0 && amount.is_finite() { Ok(Some(amount)) } else { Err(Invalid) }
}

fn pack(rows: &[Row]) -> PackedRows {
    let quotas = rows.iter().map(|row| if let Row::User(user) = row { &user.quotas[..] } else { &[] });
    PackedRows::UserQuotas(PackedQuotas::new(&quotas.collect::<Vec<_>>()))
}

fn data(walk: &ListWalk, before: Option<&Snapshot>) -> CollectorData {
    let users = walk.order.iter().map(|place| {
        let quotas = match walk.pages.get(place.page as usize).map(|page| &page.rows) {
            Some(PackedRows::UserQuotas(quotas)) => quotas.get(place.row as usize),
            _ => Vec::new(),
        };
        User { id: walk.id(*place).to_owned(), name: None, quotas }
    });
    let before = before.and_then(Snapshot::user_quotas).map(|before| &before.users);
    let users = PackedUsers::pack(users, before);
    CollectorData::UserQuotas(UserQuotas { listed: walk.listed(), omitted: 0, users })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::collect::page::CountedRow;

    type Expected<'a> = (&'a str, Option<f64>, Option<f64>);

    /// Reads one user, and compares the quotas and the number of invalid fields.
    fn assert_read(fields: &str, expected: &[Expected<'_>], invalid_fields: u64) {
        let body = format!(r#"{{"count":1,"assets":[{{"user_id":"u",{fields}}}]}}"#);
        let mut page = read_page(body.as_bytes(), 0).unwrap();
        let Some((Some(id), CountedRow { row: Some(Row::User(user)), invalid, .. })) = page.rows.pop() else {
            panic!("{body} has no user");
        };
        assert_eq!((id.as_str(), user.id.as_str()), ("u", "u"));
        let quotas = user.quotas.iter().map(|quota| (&*quota.item, quota.limit, quota.usage));
        assert_eq!((&*quotas.collect::<Vec<_>>(), invalid), (expected, invalid_fields), "{fields}");
    }

    #[test]
    fn a_limit_is_infinite_at_minus_one_and_a_usage_is_absent() {
        for (fields, limit, usage, invalid) in [
            (r#""quota":{"n":5},"usage":{"n":2}"#, Some(5.0), Some(2.0), 0),
            (r#""quota":{"n":"5"},"usage":{"n":" 2.5 "}"#, Some(5.0), Some(2.5), 0),
            (r#""quota":{"n":-1},"usage":{"n":-1}"#, Some(f64::INFINITY), None, 0),
            (r#""quota":{"n":"-1.0"}"#, Some(f64::INFINITY), None, 0),
            (r#""quota":{"n":0},"usage":null"#, Some(0.0), None, 0),
            (r#""quota":{"n":1},"usage":{"n":-2}"#, Some(1.0), None, 1),
            (r#""quota":{"n":-7},"usage":{"n":1}"#, None, Some(1.0), 1),
            (r#""quota":{"n":true},"usage":{"n":1}"#, None, Some(1.0), 1),
            (r#""quota":[],"usage":{"n":1}"#, None, Some(1.0), 1),
        ] {
            assert_read(fields, &[("n", limit, usage)], invalid);
        }
        assert_read(r#""quota":{"n":"","m":null}"#, &[], 0);
    }

    #[test]
    fn video_times_are_converted_to_seconds() {
        let fields = r#""quota":{"video_time_new":1e308,"video_time_2d_model":1.5},
            "usage":{"video_time_2d_model":"2","voice_clone_basic":2}"#;
        let expected =
            [("video_time_2d_model", Some(90.0), Some(120.0)), ("voice_clone_basic", None, Some(2.0))];
        // 1e308 minutes are too many seconds.
        assert_read(fields, &expected, 1);
    }
}
