//! A single value: what its text means when a setting asks for a text, a number or a boolean.

use std::borrow::Cow;

use granit_parser::ScalarStyle;

use super::error::Problem;

/// A text of the file as it is written, without its quotes, escapes and line breaks.
#[derive(Debug)]
pub(super) struct Scalar<'t> {
    pub(super) text: Cow<'t, str>,
    pub(super) style: ScalarStyle,
    pub(super) tag: Option<Tag>,
}

/// A type that is written before the value, like `!!str`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Tag {
    Text,
    Whole,
    Number,
    Truth,
    Null,
}

impl<'t> Scalar<'t> {
    /// The text as a key of a mapping.
    pub(super) fn key(&self) -> Result<Cow<'t, str>, Problem> {
        match self.text() {
            Ok("<<") if self.style == ScalarStyle::Plain => Err(Problem::MergeKey),
            Ok(_) => Ok(self.text.clone()),
            Err(Problem::EmptyText) => Err(Problem::KeyNotText),
            Err(problem) => Err(problem),
        }
    }

    pub(super) fn is_quoted(&self) -> bool {
        matches!(self.style, ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted)
    }

    /// Whether there is no value.
    pub(super) fn is_null(&self) -> bool {
        match self.tag {
            None => self.is_empty(),
            tag => tag == Some(Tag::Null),
        }
    }

    fn is_empty(&self) -> bool {
        let text = &*self.text;
        self.style == ScalarStyle::Plain
            && (text.is_empty() || text == "~" || text.eq_ignore_ascii_case("null"))
    }

    /// The text, also of what looks like a number: an ID may be `0123`.
    pub(super) fn text(&self) -> Result<&str, Problem> {
        match self.tag {
            Some(Tag::Text) => Ok(&self.text),
            Some(Tag::Null) => Err(Problem::EmptyText),
            _ if self.is_empty() => Err(Problem::EmptyText),
            None => Ok(&self.text),
            Some(_) => Err(Problem::HasTag),
        }
    }

    pub(super) fn whole(&self) -> Result<i128, Problem> {
        self.read(Tag::Whole, whole).ok_or(Problem::NotWhole)
    }

    pub(super) fn number(&self) -> Result<f64, Problem> {
        self.read(Tag::Number, number).ok_or(Problem::NotNumber)
    }

    /// Only true and false: `no` may be a country.
    pub(super) fn truth(&self) -> Result<bool, Problem> {
        self.read(Tag::Truth, truth).ok_or(Problem::NotTruth)
    }

    fn read<T>(&self, tag: Tag, parse: fn(&str) -> Option<T>) -> Option<T> {
        if self.tag.is_none_or(|own| own == tag) { parse(self.text.trim()) } else { None }
    }
}

/// Decimal, or with the prefix 0x, 0o or 0b. An underscore may stand between two digits. A decimal number that begins
/// with 0 is not read: it is octal in YAML 1.1.
fn whole(text: &str) -> Option<i128> {
    let (sign, rest) = match text.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", text.strip_prefix('+').unwrap_or(text)),
    };
    let (radix, digits) = match rest.get(..2) {
        Some("0x" | "0X") => (16, &rest[2..]),
        Some("0o" | "0O") => (8, &rest[2..]),
        Some("0b" | "0B") => (2, &rest[2..]),
        _ => (10, rest),
    };
    let is_octal = radix == 10 && digits.len() > 1 && digits.starts_with('0');
    if is_octal || !digits.split('_').all(|part| part.starts_with(|c: char| c.is_ascii_alphanumeric())) {
        return None;
    }
    i128::from_str_radix(&format!("{sign}{}", digits.replace('_', "")), radix).ok()
}

fn number(text: &str) -> Option<f64> {
    match text.to_ascii_lowercase().as_str() {
        ".nan" | "+.nan" | "-.nan" => Some(f64::NAN),
        ".inf" | "+.inf" => Some(f64::INFINITY),
        "-.inf" => Some(f64::NEG_INFINITY),
        // Rust reads `inf` and `nan`, which YAML does not.
        _ => text.parse().ok().filter(|number: &f64| number.is_finite()),
    }
}

fn truth(text: &str) -> Option<bool> {
    if text.eq_ignore_ascii_case("true") {
        Some(true)
    } else {
        text.eq_ignore_ascii_case("false").then_some(false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scalar(text: &str, style: ScalarStyle, tag: Option<Tag>) -> Scalar<'_> {
        Scalar { text: Cow::Borrowed(text), style, tag }
    }

    #[test]
    fn whole_numbers() {
        for (text, expected) in [
            ("0", Some(0)),
            ("+5", Some(5)),
            ("-5", Some(-5)),
            ("1_000", Some(1000)),
            ("0x10", Some(16)),
            ("-0XfF", Some(-255)),
            ("0o17", Some(15)),
            ("0b1_01", Some(5)),
            ("-170141183460469231731687303715884105728", Some(i128::MIN)),
            ("170141183460469231731687303715884105728", None),
            ("0123", None),
            ("00", None),
            ("1e3", None),
            ("1.0", None),
            ("_1", None),
            ("1_", None),
            ("1__0", None),
            ("0x", None),
            ("0x_1", None),
            ("0x-1", None),
            ("0o8", None),
            ("--1", None),
            ("+-1", None),
            ("", None),
            ("é1", None),
            ("2026-11-28", None),
        ] {
            assert_eq!(whole(text), expected, "{text}");
        }
    }

    #[test]
    fn numbers() {
        for (text, expected) in [
            ("1e3", Some(1000.0)),
            ("0123", Some(123.0)),
            ("-.5", Some(-0.5)),
            (".inf", Some(f64::INFINITY)),
            ("-.INF", Some(f64::NEG_INFINITY)),
            ("inf", None),
            ("nan", None),
            ("1e999", None),
            ("1_000", None),
            ("0x10", None),
            ("", None),
        ] {
            assert_eq!(number(text), expected, "{text}");
        }
        assert!(number("+.NaN").is_some_and(f64::is_nan));
    }

    #[test]
    fn booleans() {
        for (text, expected) in [
            ("true", Some(true)),
            ("FALSE", Some(false)),
            ("yes", None),
            ("on", None),
            ("1", None),
            ("", None),
        ] {
            assert_eq!(truth(text), expected, "{text}");
        }
    }

    #[test]
    fn only_a_plain_scalar_is_null() {
        for text in ["", "~", "null", "NULL"] {
            assert!(scalar(text, ScalarStyle::Plain, None).is_null(), "{text}");
            for other in [
                scalar(text, ScalarStyle::SingleQuoted, None),
                scalar(text, ScalarStyle::DoubleQuoted, None),
                scalar(text, ScalarStyle::Literal, None),
                scalar(text, ScalarStyle::Plain, Some(Tag::Text)),
            ] {
                assert!(!other.is_null() && other.text().is_ok(), "{other:?}");
            }
        }
        assert!(!scalar("nil", ScalarStyle::Plain, None).is_null());
        assert!(scalar("x", ScalarStyle::DoubleQuoted, Some(Tag::Null)).is_null());
    }

    #[test]
    fn a_tag_allows_only_its_type() {
        let five = |tag| scalar("5", ScalarStyle::Plain, Some(tag));
        assert!(five(Tag::Whole).whole().is_ok() && five(Tag::Number).number().is_ok());
        assert!(five(Tag::Text).text().is_ok());
        assert!(matches!(five(Tag::Text).whole(), Err(Problem::NotWhole)));
        assert!(matches!(five(Tag::Whole).number(), Err(Problem::NotNumber)));
        assert!(matches!(five(Tag::Whole).text(), Err(Problem::HasTag)));
        assert!(matches!(five(Tag::Null).text(), Err(Problem::EmptyText)));
        assert!(matches!(
            scalar("true", ScalarStyle::Plain, Some(Tag::Text)).truth(),
            Err(Problem::NotTruth)
        ));
        assert!(scalar("true", ScalarStyle::Plain, Some(Tag::Truth)).truth().is_ok());
    }
}
