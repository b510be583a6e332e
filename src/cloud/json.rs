//! Tolerant reading of JSON: any field may be null, absent, of another type, or a number sent as text.
//!
//! Wire types keep each field unparsed ([`Raw`]) and parse it with the functions here, so that a bad field costs that
//! field and not the page. Knows nothing of any API.

use std::borrow::Cow;
use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde::Deserialize;
use serde_json::value::RawValue;

/// An unparsed field; `None` if it is absent or null.
pub(crate) type Raw<'a> = Option<&'a RawValue>;

/// A field that is present but does not have the expected type.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Invalid;

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
    match text.trim().parse::<f64>() {
        Ok(number) if number.is_finite() => Ok(Some(number)),
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
    Ok(literal(raw)?.map(Cow::into_owned))
}

/// A time in seconds since the Unix epoch: RFC 3339, also with a space for the `T`, and without a zone, which means UTC.
pub(crate) fn time(raw: Raw<'_>) -> Reading<f64> {
    let Some(text) = literal(raw)? else { return Ok(None) };
    let text = text.trim();
    let timestamp = text
        .parse::<Timestamp>()
        .or_else(|_| TimeZone::UTC.to_timestamp(text.parse::<DateTime>()?))
        .map_err(|_| Invalid)?;
    Ok(Some(timestamp.as_duration().as_secs_f64()))
}

/// The unparsed elements of a list.
pub(crate) fn list(raw: Raw<'_>) -> Reading<Vec<&RawValue>> {
    parse(raw)
}

/// The unparsed fields of an object. Of two fields with one name the last counts.
pub(crate) fn object(raw: Raw<'_>) -> Reading<BTreeMap<String, Raw<'_>>> {
    parse(raw)
}

/// Parses a field as a wire type.
pub(crate) fn parse<'a, T: Deserialize<'a>>(raw: Raw<'a>) -> Reading<T> {
    raw.map(|raw| serde_json::from_str(raw.get()).map_err(|_| Invalid)).transpose()
}

/// Parses a body as the JSON object that an API documents.
pub(crate) fn decode<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, String> {
    // The parser's own message would repeat part of the body.
    serde_json::from_slice(body).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        format!("it is not the documented JSON object from line {line}, column {column} on")
    })
}

/// The characters of a text or a number; `None` for an empty text.
fn literal(raw: Raw<'_>) -> Reading<Cow<'_, str>> {
    let Some(json) = raw.map(RawValue::get) else { return Ok(None) };
    match json.as_bytes().first() {
        Some(b'"') => {
            let text: String = serde_json::from_str(json).map_err(|_| Invalid)?;
            Ok((!text.trim().is_empty()).then_some(Cow::Owned(text)))
        }
        Some(b'-' | b'0'..=b'9') => Ok(Some(Cow::Borrowed(json))),
        _ => Err(Invalid),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read<T>(json: &str, read: fn(Raw<'_>) -> Reading<T>) -> Reading<T> {
        #[derive(Deserialize)]
        struct Holder<'a> {
            #[serde(borrow)]
            field: Raw<'a>,
        }
        read(serde_json::from_str::<Holder>(json).unwrap().field)
    }

    #[test]
    fn a_number_is_read_from_a_number_or_a_text_only() {
        let parsed = |value: &str| read(&format!(r#"{{"field":{value}}}"#), number);
        for (json, expected) in [
            ("12", Ok(Some(12.0))),
            ("-1", Ok(Some(-1.0))),
            ("-1.0", Ok(Some(-1.0))),
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
        ] {
            assert_eq!(parsed(json), expected, "{json}");
        }
    }

    #[test]
    fn a_text_may_be_sent_as_a_number() {
        assert_eq!(read(r#"{"field":"a\"b"}"#, text), Ok(Some("a\"b".to_owned())));
        assert_eq!(read(r#"{"field":17}"#, text), Ok(Some("17".to_owned())));
        assert_eq!(read(r#"{"field":["a"]}"#, text), Err(Invalid));
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
