//! `ListUserQuotas`: from its wire types to [`UserQuotas`].

use std::borrow::Cow;

use super::ApiReader;
use super::packed::{ListWalk, PackedRows};
use super::page::{self, ListPage, Row};
use crate::cloud::json::{self, DecodeError, Documented, Invalid, Object, Raw, Reading, Tally};
use crate::cloud::user_quotas::{
    ITEMS, ListUserQuotasResponse, OtherListUserQuotasResponse, PATH, UserQuotaInfo,
};
use crate::snapshot::{CollectorData, PackedQuotas, PackedUsers, Quota, Snapshot, Unit, User, UserQuotas};

/// The API's value for a quota without a limit.
const UNLIMITED: f64 = -1.0;

const SECONDS_PER_MINUTE: f64 = 60.0;

pub(super) const API: ApiReader = ApiReader { path: PATH, query: "", read_page, pack, data };

fn read_page(body: &[u8], offset: u64) -> Result<ListPage, DecodeError> {
    let page = json::decode_documented(body).and_then(documented_page);
    page.map_or_else(|| other_page(body, offset), Ok)
}

/// `None` if a row has no readable ID.
fn documented_page(answer: ListUserQuotasResponse<'_>) -> Option<ListPage> {
    let rows = answer.assets.into_iter().map(|Documented(info)| {
        let mut tally = Tally::default();
        user(info, &mut tally).map(|row| page::row_with_id(row, &tally))
    });
    Some(page::page(answer.count, rows.collect::<Option<_>>()?))
}

/// A page of any form. Reads documented pages alike, but in twice the time.
pub(super) fn other_page(body: &[u8], offset: u64) -> Result<ListPage, DecodeError> {
    let mut tally = Tally::default();
    let answer = OtherListUserQuotasResponse::decode(body, &mut tally)?;
    let read_row = |raw: Raw<'_>, tally: &mut Tally| user(UserQuotaInfo::read(raw, tally)?, tally);
    let mut page = page::read_page(answer.count, "assets", answer.assets, offset, read_row)?;
    page.extras.invalid += tally.0;
    Ok(page)
}

fn user(info: UserQuotaInfo<'_>, tally: &mut Tally) -> Option<(String, Row)> {
    let id = tally.keep(json::text(info.user_id));
    let [limits, usages] = [info.quota, info.usage].map(Option::unwrap_or_default);
    tally.0 += limits.invalid + usages.invalid;
    let quotas = quotas(limits, usages, tally);
    let id = id?;
    Some((id.clone(), Row::User(User { id, name: None, quotas })))
}

/// The items that have a limit or a usage. All three lists are sorted by item.
fn quotas(limits: Object<'_>, usages: Object<'_>, tally: &mut Tally) -> Vec<Quota> {
    let mut quotas = Vec::with_capacity(limits.fields.len().max(usages.fields.len()));
    let mut add = |item: Cow<'_, str>, limit, usage| {
        let limit = tally.keep(read_limit(&item, limit));
        let usage = tally.keep(read_usage(&item, usage));
        if limit.is_some() || usage.is_some() {
            quotas.push(Quota { item: interned(item), limit, usage });
        }
    };
    let mut usages = usages.fields.into_iter().peekable();
    for (item, limit) in limits.fields {
        while let Some((item, usage)) = usages.next_if(|(other, _)| *other < item) {
            add(item, None, usage);
        }
        let usage = usages.next_if(|(other, _)| *other == item).and_then(|(_, usage)| usage);
        add(item, limit, usage);
    }
    for (item, usage) in usages {
        add(item, None, usage);
    }
    quotas
}

/// Does not allocate the documented names for each user.
fn interned(item: Cow<'_, str>) -> Cow<'static, str> {
    let documented = ITEMS.iter().find(|documented| **documented == item);
    documented.map_or_else(|| Cow::Owned(item.into_owned()), |documented| Cow::Borrowed(*documented))
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

    /// A page with one user as it is documented, then with `other` in place of `documented`.
    #[track_caller]
    fn assert_read_as_any_form(documented: &str, other: &str, is_documented: bool) {
        let page = concat!(
            r#"{"count":1,"assets":[{"user_id":"u","quota":{"a":-1,"b":"2","video_time_c":3.5},"#,
            r#""usage":{"b":0.30000000000000004,"a":7}}]}"#
        );
        assert!(page.contains(documented), "{documented}");
        let page = page.replacen(documented, other, 1);
        let one_pass = json::decode_documented(page.as_bytes()).and_then(documented_page);
        assert_eq!(one_pass.is_some(), is_documented, "{page}");
        let Some(one_pass) = one_pass else { return };
        let any_form = other_page(page.as_bytes(), 0).unwrap();
        assert_eq!((one_pass.count, one_pass.extras), (any_form.count, any_form.extras), "{page}");
        assert_eq!(one_pass.rows, any_form.rows, "{page}");
    }

    #[test]
    fn a_page_is_read_alike_in_one_pass_and_as_a_page_of_any_form() {
        for (documented, other) in [
            ("", ""),
            (r#""count":1,"#, ""),
            (r#""count":1"#, r#""count":"-7","new":{"a":1},"new":[]"#),
            (r#""u""#, "17.0"),
            (r#""u""#, r#""\u0000\"""#),
            (r#","quota":{"a":-1,"b":"2","video_time_c":3.5}"#, ""),
            (r#"{"a":-1,"b":"2","video_time_c":3.5}"#, "null"),
            ("-1", "-2"),
            ("-1", "1e999"),
            ("-1", r#""\ud800""#),
            ("-1", r#"[{"a":[]}]"#),
            (r#""a":-1"#, r#""b":3,"b":4,"a":1,"a":1,"a":null"#),
            (r#""a":-1"#, r#""\u0061\u0000":3,"":4"#),
            (r#""a":-1"#, "\"a\u{ffff}\":1,\"b\u{fffe}\":2"),
        ] {
            assert_read_as_any_form(documented, other, true);
        }
    }

    #[test]
    fn a_page_of_another_form_is_not_read_in_one_pass() {
        for (documented, other) in [
            (r#""u""#, "null"),
            (r#""u""#, r#"["u"]"#),
            (r#""user_id":"u""#, r#""user_id":"v","user_id":"u""#),
            (r#""count":1"#, r#""count":1,"count":1"#),
            (r#"[{"user_id""#, r#"[null,{"user_id""#),
            (r#"[{"user_id""#, r#"[["v",{},{}],{"user_id""#),
            (r#"{"a":-1,"b":"2","video_time_c":3.5}"#, "[]"),
            (r#"{"a":-1,"b":"2","video_time_c":3.5}"#, "1e999"),
            (r#""a":-1"#, r#""\ud800":1"#),
            (r#""a":-1"#, "\"\t\":1"),
            (r#""assets":[{"#, r#""assets":null,"rows":[{"#),
            ("}]}", "}]"),
            ("}]}", "}]}}"),
        ] {
            assert_read_as_any_form(documented, other, false);
        }
        assert!(json::decode_documented(b"[1,[]]").and_then(documented_page).is_none());
        assert!(
            json::decode_documented(b"{\"assets\":[],\"x\":\"\xff\"}").and_then(documented_page).is_none()
        );
    }
}
