//! The fields of JSON objects, by name. Tolerates doubled fields and unreadable names.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, DeserializeOwned, DeserializeSeed, Deserializer, Error, MapAccess, Visitor};
use serde_json::Value;

use super::{DecodeError, Invalid, Raw, Tally, printable};
use crate::cloud::repair::UNREADABLE;

/// Room for this many fields is reserved: the documented items of a user's quota.
const USUAL_FIELDS: usize = 8;

/// The unparsed fields of an object, without those that have an unreadable name. Of two fields with one name the last
/// counts, and the other one is counted as invalid if it differs.
#[derive(Debug, Default)]
pub(crate) struct Object<'a> {
    /// By name, sorted. A list, since most objects are small and arrive sorted.
    pub(crate) fields: Vec<(Cow<'a, str>, Raw<'a>)>,
    pub(crate) invalid: u64,
}

impl<'de: 'a, 'a> Deserialize<'de> for Object<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(AllFields(Names::AsTexts))
    }
}

/// A field that is an object.
pub(crate) fn object<'a>(raw: Raw<'a>, tally: &mut Tally) -> Option<Object<'a>> {
    let mut json = serde_json::Deserializer::from_str(raw?.get());
    let object = json.deserialize_map(AllFields(Names::AsBytes)).map(Some).map_err(|_| Invalid);
    tally.keep(object)
}

/// The fields with these names of an object. Of two fields with one name the last counts, as for the vendor's SDKs, and
/// the other one is counted as invalid if it differs; serde's derived types reject the object.
pub(crate) fn fields<'a, const N: usize>(
    raw: Raw<'a>,
    names: [&str; N],
    tally: &mut Tally,
) -> Option<[Raw<'a>; N]> {
    let fields = read_fields(raw?.get(), names, tally).map(Some).map_err(|_| Invalid);
    tally.keep(fields)
}

/// The fields with these names of a body, which has to be a JSON object. Doubled fields count as in [`fields`].
pub(crate) fn decode<'a, const N: usize>(
    body: &'a [u8],
    names: [&str; N],
    tally: &mut Tally,
) -> Result<[Raw<'a>; N], DecodeError> {
    // Checked once here, not by the parser for each field and again for the fields in it.
    let body = std::str::from_utf8(body).map_err(|_| "it is not UTF-8")?;
    read_fields(body, names, tally).map_err(|error| syntax_error(body.as_bytes(), &error))
}

/// Parses a small body as a type of serde. Of two fields with one name the last counts. `cause` describes JSON of
/// another form.
pub(crate) fn decode_as<T: DeserializeOwned>(body: &[u8], cause: &str) -> Result<T, DecodeError> {
    let value: Value = serde_json::from_slice(body).map_err(|error| syntax_error(body, &error))?;
    serde_json::from_value(value).map_err(|_| cause.into())
}

/// Where a body is no longer what it should be. The parser's own message would repeat part of the body.
fn syntax_error(body: &[u8], error: &serde_json::Error) -> DecodeError {
    if body.trim_ascii().is_empty() {
        return "it is empty".into();
    }
    let (line, column) = (error.line(), error.column());
    DecodeError {
        cause: format!("it is not the documented JSON object from line {line}, column {column} on"),
        is_incomplete: error.is_eof() || ends_in_number(body, error),
    }
}

/// Whether the body ends within a number, such as after its sign. The parser takes that for a number of a wrong form.
fn ends_in_number(body: &[u8], error: &serde_json::Error) -> bool {
    let (lines, last) =
        body.split(|byte| *byte == b'\n').fold((0, &[][..]), |(lines, _), line| (lines + 1, line));
    (error.line(), error.column()) == (lines, last.len())
        && last.last().is_some_and(|byte| b"-+.eE".contains(byte))
}

fn read_fields<'a, const N: usize>(
    json: &'a str,
    names: [&str; N],
    tally: &mut Tally,
) -> serde_json::Result<[Raw<'a>; N]> {
    let mut json = serde_json::Deserializer::from_str(json);
    let fields = json.deserialize_map(Fields(names, tally))?;
    json.end()?;
    Ok(fields)
}

/// Reads the fields with these names of an object.
struct Fields<'n, const N: usize>([&'n str; N], &'n mut Tally);

impl<'de, const N: usize> Visitor<'de> for Fields<'_, N> {
    type Value = [Raw<'de>; N];

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut fields = [None; N];
        while let Some(place) = map.next_key_seed(Place(&self.0))? {
            let value = map.next_value()?;
            if let Some(field) = place.and_then(|place| fields.get_mut(place)) {
                self.1.0 += u64::from(is_lost(*field, value));
                *field = value;
            }
        }
        Ok(fields)
    }
}

/// Whether a value is lost because the same field follows with another one.
fn is_lost(value: Raw<'_>, next: Raw<'_>) -> bool {
    value.is_some_and(|value| next.is_none_or(|next| next.get() != value.get()))
}

/// Reads all fields of an object.
struct AllFields(Names);

impl<'de> Visitor<'de> for AllFields {
    type Value = Object<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let (mut fields, mut invalid) = (Vec::with_capacity(USUAL_FIELDS), 0);
        while let Some(name) = map.next_key_seed(self.0)? {
            let value = map.next_value()?;
            match name {
                Some(name) => fields.push((name, value)),
                None => invalid += 1,
            }
        }
        // Keeps the order of fields with one name.
        fields.sort_by(|(a, _), (b, _): &(Cow<'_, str>, _)| a.cmp(b));
        fields.dedup_by(|(next_name, next), (name, value)| {
            let is_doubled = next_name == name;
            if is_doubled {
                invalid += u64::from(is_lost(*value, *next));
                *value = *next;
            }
            is_doubled
        });
        Ok(Object { fields, invalid })
    }
}

/// Reads the name of a field; `None` if it is unreadable.
#[derive(Clone, Copy)]
enum Names {
    /// Of a body that nothing has checked yet. A text with half of a surrogate pair fails the whole body.
    AsTexts,
    /// Of a field that was checked when it was found. Half of a surrogate pair makes the name unreadable.
    AsBytes,
}

impl<'de> DeserializeSeed<'de> for Names {
    type Value = Option<Cow<'de, str>>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        match self {
            Self::AsTexts => deserializer.deserialize_str(self),
            Self::AsBytes => deserializer.deserialize_bytes(self),
        }
    }
}

impl<'de> Visitor<'de> for Names {
    type Value = Option<Cow<'de, str>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_borrowed_str<E>(self, name: &'de str) -> Result<Self::Value, E> {
        // Without escapes, it has no NUL.
        Ok(is_readable(name).then_some(Cow::Borrowed(name)))
    }

    fn visit_str<E>(self, name: &str) -> Result<Self::Value, E> {
        Ok(is_readable(name).then(|| Cow::Owned(printable(name).into_owned())))
    }

    fn visit_borrowed_bytes<E: Error>(self, name: &'de [u8]) -> Result<Self::Value, E> {
        std::str::from_utf8(name).map_or(Ok(None), |name| self.visit_borrowed_str(name))
    }

    fn visit_bytes<E: Error>(self, name: &[u8]) -> Result<Self::Value, E> {
        std::str::from_utf8(name).map_or(Ok(None), |name| self.visit_str(name))
    }
}

fn is_readable(name: &str) -> bool {
    // A name is nearly always ASCII, which is faster to see.
    name.is_ascii() || !name.contains(UNREADABLE)
}

/// Reads a name as its place in a list of names; as bytes, like [`Name`].
struct Place<'n>(&'n [&'n str]);

impl<'de> DeserializeSeed<'de> for Place<'_> {
    type Value = Option<usize>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_bytes(self)
    }
}

impl Visitor<'_> for Place<'_> {
    type Value = Option<usize>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_bytes<E>(self, name: &[u8]) -> Result<Self::Value, E> {
        Ok(self.0.iter().position(|known| known.as_bytes() == name))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::value::RawValue;

    use super::*;
    use crate::cloud::json::{list, number};

    #[test]
    fn fields_are_found_by_name_and_the_last_of_two_counts() {
        let json = br#"{"b":[1],"\ud800":0,"new":{"a":7},"a":1,"\u0061":2,"c":null}"#;
        let mut tally = Tally::default();
        let [a, b, c, d] = decode(json, ["a", "b", "c", "d"], &mut tally).unwrap();
        assert_eq!((number(a), list(b).unwrap().unwrap().len()), (Ok(Some(2.0)), 1));
        assert!(c.is_none() && d.is_none());
        assert_eq!(tally.0, 1, "the first `a`");
    }

    #[test]
    fn of_doubled_fields_a_value_that_is_lost_is_counted_once() {
        for (doubled, last, lost) in [
            (r#""a":1,"a":1"#, Some("1"), 0),
            (r#""a":null,"a":1"#, Some("1"), 0),
            (r#""a":1,"a":2"#, Some("2"), 1),
            (r#""a":1,"a":null"#, None, 1),
            (r#""a":1,"a":2,"a":3"#, Some("3"), 2),
        ] {
            let json = format!("{{{doubled}}}");
            let raw: &RawValue = serde_json::from_str(&json).unwrap();
            let mut tally = Tally::default();
            let [a] = fields(Some(raw), ["a"], &mut tally).unwrap();
            assert_eq!((a.map(RawValue::get), tally.0), (last, lost), "{doubled}");
            let Object { fields, invalid } = object(Some(raw), &mut tally).unwrap();
            let fields = fields.iter().map(|(name, value)| (&**name, value.map(RawValue::get)));
            assert_eq!((fields.collect::<Vec<_>>(), invalid), (vec![("a", last)], lost), "{doubled}");
        }
    }

    #[test]
    fn an_unreadable_name_loses_only_its_field() {
        let json = format!(r#"{{"a":1,"b\ud800":2,"c{UNREADABLE}":3,"":4}}"#);
        let raw: &RawValue = serde_json::from_str(&json).unwrap();
        let Object { fields, invalid } = object(Some(raw), &mut Tally::default()).unwrap();
        let names: Vec<_> = fields.iter().map(|(name, _)| &**name).collect();
        assert_eq!((names, invalid), (vec!["", "a"], 2));
    }

    #[test]
    fn a_body_that_is_not_an_object_is_an_error_and_one_that_ends_early_is_incomplete() {
        for (body, is_incomplete, place) in [
            ("[]", false, "line 1, column 0"),
            ("<html>", false, "line 1, column 1"),
            (r#"{"a":1"#, true, "line 1, column 6"),
            ("{\"a\":[\"x", true, "line 1, column 8"),
            ("{\"a\":-", true, "line 1, column 6"),
            ("{\n\"a\":1.", true, "line 2, column 6"),
            (r#"{"b":1,"a":[2e"#, true, "line 1, column 14"),
            (r#"{"a":2E+"#, true, "line 1, column 8"),
            (r#"{"a":-}"#, false, "line 1, column 7"),
            ("{\"a\":-\n", false, "line 2, column 0"),
            ("<html>-", false, "line 1, column 1"),
            (r#"{"a":1}}"#, false, "line 1, column 8"),
        ] {
            let cause = format!("it is not the documented JSON object from {place} on");
            let error = DecodeError { cause, is_incomplete };
            assert_eq!(decode(body.as_bytes(), ["a"], &mut Tally::default()).unwrap_err(), error, "{body}");
        }
        for body in ["", " \n"] {
            let error = decode(body.as_bytes(), ["a"], &mut Tally::default()).unwrap_err();
            assert_eq!(error, "it is empty".into());
        }
    }
}
