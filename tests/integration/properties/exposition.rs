//! A strict parser of the text format, version 0.0.4, written from its specification: every form that a scrape must not
//! have is an error.

use std::collections::{BTreeMap, BTreeSet};

/// The labels of a series.
pub(crate) type Labels = BTreeMap<String, String>;
/// Values by name and labels.
pub(crate) type Series = BTreeMap<(String, Labels), f64>;

const TYPES: [&str; 5] = ["counter", "gauge", "histogram", "summary", "untyped"];

#[derive(Default)]
struct Parser {
    series: Series,
    helped: BTreeSet<String>,
    /// Name and type of the current metric.
    metric: Option<(String, String)>,
    typed: BTreeSet<String>,
}

/// The series of a scrape.
pub(crate) fn parse(text: &str) -> Result<Series, String> {
    let mut parser = Parser::default();
    if !text.is_empty() && !text.ends_with('\n') {
        return Err("the last line does not end".to_owned());
    }
    // Only a line feed ends a line.
    for line in text.split_terminator('\n') {
        parser
            .line(line)
            .map_err(|problem| format!("{problem}: {}", line.chars().take(300).collect::<String>()))?;
    }
    Ok(parser.series)
}

impl Parser {
    fn line(&mut self, line: &str) -> Result<(), String> {
        if let Some(help) = line.strip_prefix("# HELP ") {
            let (name, help) = help.split_once(' ').ok_or("no help")?;
            let is_new = is_metric_name(name) && self.helped.insert(name.to_owned());
            let is_text = !help.trim().is_empty() && unescape(help, &['\\', 'n']).is_some();
            return (is_new && is_text).then_some(()).ok_or("a bad or second HELP".to_owned());
        }
        if let Some(kind) = line.strip_prefix("# TYPE ") {
            let (name, kind) = kind.split_once(' ').ok_or("no type")?;
            let is_new = self.helped.contains(name) && self.typed.insert(name.to_owned());
            self.metric = Some((name.to_owned(), kind.to_owned()));
            return (is_new && TYPES.contains(&kind)).then_some(()).ok_or("a bad or second TYPE".to_owned());
        }
        if line.is_empty() || line.starts_with('#') {
            return Err("neither a sample nor HELP nor TYPE".to_owned());
        }
        self.sample(line)
    }

    fn sample(&mut self, line: &str) -> Result<(), String> {
        let end = line.find(['{', ' ']).ok_or("no value")?;
        let (name, rest) = line.split_at(end);
        let (labels, value) = match rest.strip_prefix('{') {
            Some(rest) => labels(rest)?,
            None => (Labels::new(), rest),
        };
        let value = value.strip_prefix(' ').ok_or("no space before the value")?;
        let value = number(value).ok_or("a bad value or a timestamp")?;
        let (metric, kind) = self.metric.as_ref().ok_or("a sample without TYPE")?;
        let is_of_metric = match kind.as_str() {
            "histogram" => {
                let le = labels.get("le").and_then(|le| number(le)).is_some();
                let suffix = name.strip_prefix(metric.as_str());
                suffix == Some("_bucket") && le
                    || matches!(suffix, Some("_sum" | "_count")) && !labels.contains_key("le")
            }
            _ => name == metric,
        };
        if !is_metric_name(name) || !is_of_metric {
            return Err(format!("not a sample of {metric}"));
        }
        if kind == "counter" && (value.is_nan() || value < 0.0) {
            return Err("a counter below 0".to_owned());
        }
        let before = self.series.insert((name.to_owned(), labels), value);
        before.map_or(Ok(()), |_| Err("a series twice".to_owned()))
    }
}

/// The labels after the brace, and what follows them.
fn labels(mut rest: &str) -> Result<(Labels, &str), String> {
    let mut labels = Labels::new();
    loop {
        let (name, after) = rest.split_once("=\"").ok_or("no label")?;
        let end = end_of_value(after).ok_or("a label without end")?;
        let value = unescape(&after[..end], &['\\', 'n', '"']).ok_or("a bad escape")?;
        let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
            && !name.starts_with("__");
        if !is_name || value.contains('\0') || labels.insert(name.to_owned(), value).is_some() {
            return Err(format!("a bad or second label {name:?}"));
        }
        rest = &after[end + 1..];
        match rest.as_bytes().first() {
            Some(b',') => rest = &rest[1..],
            Some(b'}') => return Ok((labels, &rest[1..])),
            _ => return Err("no end of the labels".to_owned()),
        }
    }
}

fn end_of_value(text: &str) -> Option<usize> {
    let mut after_backslash = false;
    text.bytes().position(|byte| {
        let is_end = byte == b'"' && !after_backslash;
        after_backslash = byte == b'\\' && !after_backslash;
        is_end
    })
}

/// The text without its escapes; `None` if there are others.
fn unescape(text: &str, allowed: &[char]) -> Option<String> {
    let (mut plain, mut chars) = (String::new(), text.chars());
    while let Some(c) = chars.next() {
        let escaped = if c == '\\' { Some(chars.next()?) } else { None };
        plain.push(match escaped {
            None => c,
            Some(escaped) if !allowed.contains(&escaped) => return None,
            Some('n') => '\n',
            Some(escaped) => escaped,
        });
    }
    Some(plain)
}

fn number(text: &str) -> Option<f64> {
    match text {
        "+Inf" => Some(f64::INFINITY),
        "-Inf" => Some(f64::NEG_INFINITY),
        "NaN" => Some(f64::NAN),
        // Rust's parser also reads words.
        _ if text.bytes().all(|b| b.is_ascii_digit() || b"+-.eE".contains(&b)) => text.parse().ok(),
        _ => None,
    }
}

fn is_metric_name(name: &str) -> bool {
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':';
    name.chars().all(is_name) && name.starts_with(|c: char| is_name(c) && !c.is_ascii_digit())
}

#[test]
fn the_parser_rejects_what_the_format_forbids() {
    let good = "# HELP a A \\\\ b\\n.\n# TYPE a gauge\na{p=\"x\\\"\\\\\\n,}\",q=\"\"} +Inf\na 0.5\n";
    let labels = [("p", "x\"\\\n,}"), ("q", "")].map(|(name, value)| (name.to_owned(), value.to_owned()));
    let expected = [(("a".to_owned(), labels.into()), f64::INFINITY), (("a".to_owned(), Labels::new()), 0.5)];
    assert_eq!(parse(good), Ok(expected.into()));
    for (part, bad) in [
        ("0.5\n", "0.5"),
        ("0.5\n", "0.5\n\n"),
        ("0.5\n", "0.5 1\n"),
        ("0.5\n", "half\n"),
        ("0.5\n", "0.5\na 0.5\n"),
        ("0.5\n", "0.5\n# comment\n"),
        ("0.5\n", "0.5\n# HELP a B\n"),
        ("0.5\n", "0.5\n# TYPE a gauge\n"),
        ("0.5\n", "0.5\n# HELP b B\n# TYPE b gauge\na{p=\"y\"} 1\n"),
        ("# HELP a A \\\\ b\\n.\n", ""),
        ("# HELP a A \\\\ b\\n.\n", "# HELP a  \n"),
        ("# TYPE a gauge\n", ""),
        ("# TYPE a gauge\n", "# TYPE a guage\n"),
        ("a 0.5", "b 0.5"),
        ("q=", "p="),
        ("q=", "q-="),
        ("q=", "__q="),
        ("q=", "1q="),
        ("\\n,", "\\t,"),
        ("x\\\"", "x\""),
        ("} ", "}"),
        ("x", "x\0"),
    ] {
        assert!(good.contains(part), "{part}");
        assert!(parse(&good.replacen(part, bad, 1)).is_err(), "{bad:?} for {part:?}");
    }
}
