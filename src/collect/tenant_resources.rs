//! `ListTenantResources`: from its wire types to [`TenantResources`].

use std::borrow::Cow;

use super::ApiReader;
use super::packed::{ListWalk, PackedRows};
use super::page::{self, ListPage, Row};
use crate::cloud::json::{self, DecodeError, Invalid, Raw, Reading, Tally};
use crate::cloud::tenant_resources as wire;
use crate::snapshot::{CollectorData, Snapshot, TenantResource, TenantResources};

/// The value of an amount without a limit, as in `ListUserQuotas`.
const UNLIMITED: f64 = -1.0;

/// Between the parts of a key. No text contains it, because the client replaces it.
const SEPARATOR: char = '\0';

pub(super) const API: ApiReader = ApiReader { path: wire::PATH, query: wire::QUERY, read_page, pack, data };

fn read_page(body: &[u8], offset: u64) -> Result<ListPage, DecodeError> {
    let mut tally = Tally::default();
    let answer = wire::ListTenantResourcesResponse::decode(body, &mut tally)?;
    let mut page = page::read_page(answer.count, "resources", answer.resources, offset, read_row)?;
    page.extras.invalid += tally.0;
    Ok(page)
}

fn read_row(raw: Raw<'_>, tally: &mut Tally) -> Option<(String, Row)> {
    let resource = wire::TenantResource::read(raw, tally)?;
    let id = tally.keep(json::text(resource.resource_id));
    let mut text = |raw| tally.keep(json::text(raw)).unwrap_or_default();
    let unit = text(resource.unit);
    let mut row = TenantResource {
        id: id.clone().unwrap_or_default(),
        resource_type: text(resource.resource_type),
        business_type: text(resource.business_type),
        sub_resource_type: text(resource.sub_resource_type),
        charging_mode: text(resource.charging_mode),
        resource_source: text(resource.resource_source),
        order_id: text(resource.order_id),
        ..TenantResource::default()
    };
    let (unit, factor) = in_base_unit(&unit);
    row.unit = unit;
    row.amount = tally.keep(read_amount(resource.amount, factor));
    row.usage = tally.keep(read_usage(resource.usage, factor));
    row.expiry = tally.keep(json::time(resource.resource_expire_time));
    row.status = tally.keep(json::number(resource.status));
    // A sub-resource has the ID of its parent.
    let key = [&*id?, &row.resource_type, &row.sub_resource_type].join(&*SEPARATOR.to_string());
    Some((key, Row::TenantResource(row)))
}

/// The unit that a number is exposed in, and its factor. The vendor does not say how many bytes a gigabyte has, so
/// gigabytes remain. Unknown units remain in lower case.
fn in_base_unit(unit: &str) -> (Cow<'static, str>, f64) {
    match unit {
        "NUM" => ("count".into(), 1.0),
        "MIN" => ("seconds".into(), 60.0),
        "HOUR" => ("seconds".into(), 3_600.0),
        "CHANNEL" => ("channels".into(), 1.0),
        "GB" => ("gigabytes".into(), 1.0),
        "MILLION_WORDS" => ("words".into(), 1_000_000.0),
        "TEN_THOUSAND_WORDS" => ("words".into(), 10_000.0),
        "TIME" => ("times".into(), 1.0),
        _ => (unit.to_lowercase().into(), 1.0),
    }
}

/// Reads an amount; infinite if it is unlimited.
fn read_amount(raw: Raw<'_>, factor: f64) -> Reading<f64> {
    match json::number(raw)? {
        Some(UNLIMITED) => Ok(Some(f64::INFINITY)),
        Some(amount) => convert(amount, factor),
        None => Ok(None),
    }
}

/// Reads a usage. A usage of -1 is no value.
fn read_usage(raw: Raw<'_>, factor: f64) -> Reading<f64> {
    match json::number(raw)? {
        Some(UNLIMITED) | None => Ok(None),
        Some(usage) => convert(usage, factor),
    }
}

/// A negative or infinite amount is invalid.
fn convert(amount: f64, factor: f64) -> Reading<f64> {
    let amount = amount * factor;
    if amount >= 0.0 && amount.is_finite() { Ok(Some(amount)) } else { Err(Invalid) }
}

fn pack(rows: &[Row]) -> PackedRows {
    let resource =
        |row: &Row| if let Row::TenantResource(resource) = row { Some(resource.clone()) } else { None };
    PackedRows::TenantResources(rows.iter().filter_map(resource).collect())
}

fn data(walk: &ListWalk, _: Option<&Snapshot>) -> CollectorData {
    let resources = walk.order.iter().filter_map(|place| match &walk.pages.get(place.page as usize)?.rows {
        PackedRows::TenantResources(resources) => resources.get(place.row as usize).cloned(),
        _ => None,
    });
    let mut resources: Vec<_> = resources.collect();
    resources.shrink_to_fit();
    CollectorData::TenantResources(TenantResources { listed: walk.listed(), resources })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::collect::page::CountedRow;

    /// Reads the first resource of a page with the fields, and the number of its invalid fields.
    fn read(fields: &str) -> (TenantResource, u64) {
        let body = format!(r#"{{"count":7.0,"resources":[{{"resource_id":"r",{fields}}}]}}"#);
        let mut page = read_page(body.as_bytes(), 0).unwrap();
        assert_eq!(page.count, Some(7));
        match page.rows.pop() {
            Some((_, CountedRow { row: Some(Row::TenantResource(resource)), invalid, .. })) => {
                (resource, invalid)
            }
            other => panic!("{body}: {other:?}"),
        }
    }

    #[test]
    fn units_are_converted_to_base_units_or_passed_on() {
        for (unit, expected, amount) in [
            (r#""NUM""#, "count", 2.5),
            (r#""MIN""#, "seconds", 150.0),
            (r#""HOUR""#, "seconds", 9_000.0),
            (r#""CHANNEL""#, "channels", 2.5),
            (r#""GB""#, "gigabytes", 2.5),
            (r#""MILLION_WORDS""#, "words", 2_500_000.0),
            (r#""TEN_THOUSAND_WORDS""#, "words", 25_000.0),
            (r#""TIME""#, "times", 2.5),
            (r#""Light_Year""#, "light_year", 2.5),
            ("null", "", 2.5),
        ] {
            let (resource, invalid) = read(&format!(r#""amount":2.5,"usage":"2.5","unit":{unit}"#));
            assert_eq!(
                (&*resource.unit, resource.amount, resource.usage, invalid),
                (expected, Some(amount), Some(amount), 0),
                "{unit}"
            );
        }
    }

    #[test]
    fn an_amount_is_infinite_at_minus_one_and_a_usage_is_absent() {
        for (fields, amount, usage, invalid) in [
            (r#""amount":-1,"usage":-1"#, Some(f64::INFINITY), None, 0),
            (r#""amount":"-1.0","usage":0"#, Some(f64::INFINITY), Some(0.0), 0),
            (r#""amount":null"#, None, None, 0),
            (r#""amount":-2,"usage":1"#, None, Some(1.0), 1),
            (r#""amount":1e308,"unit":"MIN""#, None, None, 1),
            (r#""amount":[],"usage":true"#, None, None, 2),
        ] {
            let (resource, counted) = read(fields);
            assert_eq!((resource.amount, resource.usage, counted), (amount, usage, invalid), "{fields}");
        }
    }

    #[test]
    fn texts_and_times_are_read_and_others_pass() {
        let (resource, invalid) = read(
            r#""order_id":"o","resource_expire_time":"2026-12-31T00:00:00Z","resource_type":"T","business_type":"NEW",
            "sub_resource_type":"s","is_sub_resource":"yes","charging_mode":"PERIODIC","resource_source":"PURCHASED",
            "status":1,"bound_asset":{"asset_id":"a"},"future":[1]"#,
        );
        let expected = TenantResource {
            id: "r".to_owned(),
            resource_type: "T".to_owned(),
            business_type: "NEW".to_owned(),
            sub_resource_type: "s".to_owned(),
            charging_mode: "PERIODIC".to_owned(),
            resource_source: "PURCHASED".to_owned(),
            order_id: "o".to_owned(),
            unit: "".into(),
            amount: None,
            usage: None,
            expiry: Some(1_798_675_200.0),
            status: Some(1.0),
        };
        assert_eq!((resource, invalid), (expected, 0));
    }

    #[test]
    fn rows_with_one_id_differ_in_their_types() {
        let row = |fields: &str| format!(r#"{{"resource_id":"r"{fields}}}"#);
        let rows = [
            row(""),
            row(r#","resource_type":"T""#),
            row(r#","resource_type":"T","sub_resource_type":"a""#),
            row(r#","resource_type":"T","sub_resource_type":"b""#),
            row(r#","resource_type":"Ta""#),
            r#"{"resource_type":"T"}"#.to_owned(),
        ];
        let page =
            read_page(format!(r#"{{"count":6,"resources":[{}]}}"#, rows.join(",")).as_bytes(), 0).unwrap();
        let keys: Vec<_> = page.rows.iter().map(|(key, _)| key.as_deref()).collect();
        assert_eq!(
            keys,
            [Some("r\0\0"), Some("r\0T\0"), Some("r\0T\0a"), Some("r\0T\0b"), Some("r\0Ta\0"), None]
        );
        assert_eq!(page.rows[5].1.invalid, 1, "a row without an ID");
    }
}
