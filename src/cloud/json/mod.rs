//! Tolerant reading of JSON: any field may be null, absent, of another type, or a number sent as text.
//!
//! Wire types keep each field unparsed ([`Raw`]) and parse it with the functions here, so that a bad field costs that
//! field and not the page. Knows nothing of any API.

mod documented;
mod object;

use std::borrow::Cow;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::repair::UNREADABLE;
pub(crate) use documented::{Documented, decode_documented};
pub(crate) use object::{Object, decode, decode_as, fields, object};

/// How times begin that mean "never" or "none": the last year of most databases, also in a zone ahead of UTC; Go's zero
/// time; the zero date of `MySQL`, and Go's zero time in a zone behind UTC.
const NO_TIME: [&str; 5] = ["9999-", "10000-", "+10000-", "0001-01-0", "0000-"];

/// Java's zero time is the Unix epoch, in any zone. Nothing of this API is that old.
const FIRST_TIME: f64 = 86_400.0;

/// An unparsed field; `None` if it is absent or null.
pub(crate) type Raw<'a> = Option<&'a RawValue>;

/// A field that is present but does not have the expected type.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Invalid;

/// Why a body is not what an API documents.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct DecodeError {
    pub(crate) cause: String,
    /// Whether the body ends in the middle of its JSON, so that another attempt may bring the rest.
    pub(crate) is_incomplete: bool,
}

impl<T: Into<String>> From<T> for DecodeError {
    fn from(cause: T) -> Self {
        Self { cause: cause.into(), is_incomplete: false }
    }
}

/// A parsed field: absent, a value, or invalid.
pub(crate) type Reading<T> = Result<Option<T>, Invalid>;

/// Counts the invalid fields, which are left out.
#[derive(Debug, Default)]
pub(crate) struct Tally(pub(crate) u64);

impl Tally {
    /// Returns the value of `reading`, and counts it if it is invalid.
    pub(crate) fn keep<T>(&mut self, reading: Reading<T>) -> Option<T> {
        reading.unwrap_or_else(|Invalid| {
            self.0 += 1;
            None
        })
    }
}

/// A finite number, or a text that contains one. An empty text counts as absent.
pub(crate) fn number(raw: Raw<'_>) -> Reading<f64> {
    let Some(text) = literal(raw)? else { return Ok(None) };
    // Only a text may have spaces around the number.
    match text.parse::<f64>().or_else(|_| text.trim().parse()) {
        // The addition makes -0 a 0.
        Ok(number) if number.is_finite() => Ok(Some(number + 0.0)),
        _ => Err(Invalid),
    }
}

/// A number that is not negative.
pub(crate) fn amount(raw: Raw<'_>) -> Reading<f64> {
    match number(raw)? {
        Some(number) if number < 0.0 => Err(Invalid),
        reading => Ok(reading),
    }
}

/// A text, or the digits of a number. An empty text counts as absent.
pub(crate) fn text(raw: Raw<'_>) -> Reading<String> {
    let text = literal(raw)?.map(|text| printable(&text).into_owned());
    if text.as_ref().is_some_and(|text| text.contains(UNREADABLE)) { Err(Invalid) } else { Ok(text) }
}

/// Replaces NUL, which ends a label value for Prometheus' parser, by its picture. Here and not in the exposition, so that
/// two IDs that differ in it do not become one series twice.
fn printable(text: &str) -> Cow<'_, str> {
    if text.contains('\0') { Cow::Owned(text.replace('\0', "\u{2400}")) } else { Cow::Borrowed(text) }
}

/// A text for people, which may have unreadable characters.
pub(crate) fn message(raw: Raw<'_>) -> Option<String> {
    let text = literal(raw).ok()??;
    Some(text.replace(UNREADABLE, "\u{fffd}"))
}

/// A time in seconds since the Unix epoch: RFC 3339, also with a space for the `T`, and without a zone, which means UTC.
/// The times by which programs mean "never" or "none" count as absent.
pub(crate) fn time(raw: Raw<'_>) -> Reading<f64> {
    let Some(text) = literal(raw)? else { return Ok(None) };
    let text = text.trim();
    if NO_TIME.iter().any(|begin| text.starts_with(begin)) {
        return Ok(None);
    }
    let timestamp = text
        .parse::<Timestamp>()
        .or_else(|_| TimeZone::UTC.to_timestamp(text.parse::<DateTime>()?))
        .map_err(|_| Invalid)?;
    Ok(Some(timestamp.as_duration().as_secs_f64()).filter(|seconds| *seconds >= FIRST_TIME))
}

/// The unparsed elements of a list.
pub(crate) fn list(raw: Raw<'_>) -> Reading<Vec<&RawValue>> {
    parse(raw)
}

fn parse<'a, T: Deserialize<'a>>(raw: Raw<'a>) -> Reading<T> {
    raw.map(|raw| serde_json::from_str(raw.get()).map_err(|_| Invalid)).transpose()
}

/// The characters of a text or a number; `None` for an empty text.
fn literal(raw: Raw<'_>) -> Reading<Cow<'_, str>> {
    let Some(json) = raw.map(RawValue::get) else { return Ok(None) };
    match json.as_bytes().first() {
        Some(b'"') => {
            // A text with escapes cannot be borrowed.
            let text = match serde_json::from_str::<&str>(json) {
                Ok(text) => Cow::Borrowed(text),
                Err(_) => Cow::Owned(serde_json::from_str(json).map_err(|_| Invalid)?),
            };
            Ok((!text.trim().is_empty()).then_some(text))
        }
        Some(b'-' | b'0'..=b'9') => Ok(Some(Cow::Borrowed(json))),
        _ => Err(Invalid),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read<T>(json: &str, read: fn(Raw<'_>) -> Reading<T>) -> Reading<T> {
        let [field] = decode(json.as_bytes(), ["field"], &mut Tally::default()).unwrap();
        read(field)
    }

    #[test]
    fn a_number_is_read_from_a_number_or_a_text_only() {
        let parsed = |value: &str| read(&format!(r#"{{"field":{value}}}"#), number);
        for (json, expected) in [
            ("12", Ok(Some(12.0))),
            ("-1", Ok(Some(-1.0))),
            ("-1.0", Ok(Some(-1.0))),
            ("-0", Ok(Some(0.0))),
            (r#""-0.0""#, Ok(Some(0.0))),
            ("1e3", Ok(Some(1000.0))),
            (r#""-1""#, Ok(Some(-1.0))),
            (r#"" 12.5 ""#, Ok(Some(12.5))),
            ("null", Ok(None)),
            (r#""""#, Ok(None)),
            (r#""NaN""#, Err(Invalid)),
            (r#""inf""#, Err(Invalid)),
            (r#""1e999""#, Err(Invalid)),
            ("1e999", Err(Invalid)),
            (r#""twelve""#, Err(Invalid)),
            ("true", Err(Invalid)),
            ("[1]", Err(Invalid)),
            ("{}", Err(Invalid)),
        ] {
            assert_eq!(parsed(json), expected, "{json}");
            assert!(
                parsed(json) != Ok(Some(0.0)) || parsed(json).unwrap().unwrap().is_sign_positive(),
                "{json}"
            );
        }
        assert_eq!(read("{}", number), Ok(None), "absent");
    }

    #[test]
    fn a_negative_amount_is_invalid() {
        assert_eq!(read(r#"{"field":0}"#, amount), Ok(Some(0.0)));
        assert_eq!(read(r#"{"field":-0.5}"#, amount), Err(Invalid));
    }

    #[test]
    fn a_time_is_read_in_every_format_that_the_sdks_accept() {
        let parsed = |value: &str| read(&format!(r#"{{"field":{value}}}"#), time);
        for (json, expected) in [
            (r#""2021-01-10T08:43:17Z""#, Ok(Some(1_610_268_197.0))),
            (r#""2021-01-10T16:43:17+08:00""#, Ok(Some(1_610_268_197.0))),
            (r#""2021-01-10T08:43:17.250Z""#, Ok(Some(1_610_268_197.25))),
            (r#""2021-01-10 08:43:17""#, Ok(Some(1_610_268_197.0))),
            (r#""2021-01-10T08:43:17""#, Ok(Some(1_610_268_197.0))),
            (r#""2021-01-10 08:43:17.5""#, Ok(Some(1_610_268_197.5))),
            (r#""""#, Ok(None)),
            ("null", Ok(None)),
            (r#""2021-02-30T00:00:00Z""#, Err(Invalid)),
            (r#""soon""#, Err(Invalid)),
            ("1610268197", Err(Invalid)),
            (r#""1970-01-02T00:00:00Z""#, Ok(Some(86_400.0))),
            (r#""9998-12-31T23:59:59Z""#, Ok(Some(253_370_764_799.0))),
        ] {
            assert_eq!(parsed(json), expected, "{json}");
        }
    }

    #[test]
    fn the_times_by_which_programs_mean_never_or_none_are_absent() {
        for text in [
            "9999-12-31T23:59:59Z",
            "9999-12-31T23:59:59.999Z",
            "9999-12-31T23:59:59+08:00",
            "9999-12-31 23:59:59",
            " 9999-12-31",
            "9999-01-01T00:00:00Z",
            "10000-01-01T07:59:59+08:00",
            "+10000-01-01T07:59:59+08:00",
            "0001-01-01T00:00:00Z",
            "0001-01-01 00:00:00",
            "0001-01-01T08:05:43+08:05",
            "0000-12-31T19:03:58-04:56",
            "0000-00-00 00:00:00",
            "1970-01-01T00:00:00Z",
            "1970-01-01T08:00:00+08:00",
            "1970-01-01 08:00:00",
            "1970-01-01T23:59:59Z",
        ] {
            assert_eq!(read(&format!(r#"{{"field":"{text}"}}"#), time), Ok(None), "{text}");
        }
    }

    #[test]
    fn a_text_may_be_sent_as_a_number() {
        assert_eq!(read(r#"{"field":"a\"b"}"#, text), Ok(Some("a\"b".to_owned())));
        assert_eq!(read(r#"{"field":17}"#, text), Ok(Some("17".to_owned())));
        assert_eq!(read(r#"{"field":["a"]}"#, text), Err(Invalid));
    }

    #[test]
    fn nul_is_replaced_in_texts_and_names_and_an_unreadable_text_is_invalid() {
        assert_eq!(read(r#"{"field":"a\u0000b"}"#, text), Ok(Some("a\u{2400}b".to_owned())));
        let mut tally = Tally::default();
        let [field] = decode(br#"{"field":{"a\u0000b":1}}"#, ["field"], &mut tally).unwrap();
        let Object { fields, invalid } = object(field, &mut tally).unwrap();
        let names: Vec<_> = fields.iter().map(|(name, _)| &**name).collect();
        assert_eq!((names, invalid, tally.0), (vec!["a\u{2400}b"], 0, 0));
        assert_eq!(read(&format!(r#"{{"field":"a{UNREADABLE}"}}"#), text), Err(Invalid));
    }

    #[test]
    fn an_invalid_field_is_counted_and_left_out() {
        let mut tally = Tally::default();
        assert_eq!(tally.keep(Ok(Some(1))), Some(1));
        assert_eq!(tally.keep::<u8>(Ok(None)), None);
        assert_eq!(tally.0, 0);
        assert_eq!(tally.keep::<u8>(Err(Invalid)), None);
        assert_eq!(tally.0, 1);
    }
}
