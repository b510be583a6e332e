//! The sample lines of one metric of one project.

use std::borrow::Cow;
use std::fmt;

use super::piece::{Piece, Writer};

/// Writes sample lines, `project` being their first label.
pub(super) struct Lines<'a> {
    name: &'static str,
    /// The value of label `project`, escaped.
    project: &'a str,
    text: Writer,
}

impl<'a> Lines<'a> {
    pub(super) fn new(name: &'static str, project: &'a str) -> Self {
        Self { name, project, text: Writer::new() }
    }

    /// One sample. Label values are escaped here.
    pub(super) fn sample(&mut self, labels: &[(&str, &str)], value: f64) {
        self.text.write(format_args!("{}{{project=\"{}\"", self.name, self.project));
        for (name, label) in labels {
            self.text.write(format_args!(",{name}=\"{}\"", escape(label)));
        }
        self.text.write(format_args!("}} {}\n", Value(value)));
    }

    /// One sample, if there is a value: what is not known has no series.
    pub(super) fn optional(&mut self, labels: &[(&str, &str)], value: Option<f64>) {
        if let Some(value) = value {
            self.sample(labels, value);
        }
    }

    /// The text so far as a piece; none where nothing was written.
    pub(super) fn finish(self) -> Option<Piece> {
        (!self.text.is_empty()).then(|| self.text.finish())
    }
}

/// A sample's value as the format spells it; Rust's own spelling differs at infinity only.
struct Value(f64);

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == f64::INFINITY { f.write_str("+Inf") } else { write!(f, "{}", self.0) }
    }
}

/// Escapes a label value. A NUL, which Prometheus' parser takes for the end of the text, becomes U+FFFD.
pub(super) fn escape(value: &str) -> Cow<'_, str> {
    if !value.contains(['\\', '"', '\n', '\0']) {
        return Cow::Borrowed(value);
    }
    let mut escaped = String::with_capacity(value.len() + 8);
    for c in value.chars() {
        match c {
            '\\' => escaped.push_str("\\\\"),
            '"' => escaped.push_str("\\\""),
            '\n' => escaped.push_str("\\n"),
            '\0' => escaped.push('\u{fffd}'),
            c => escaped.push(c),
        }
    }
    Cow::Owned(escaped)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(labels: &[(&str, &str)], value: f64) -> String {
        let mut lines = Lines::new("metric", "p");
        lines.sample(labels, value);
        lines.finish().unwrap().text()
    }

    #[test]
    fn a_sample_is_one_line() {
        assert_eq!(line(&[], 1.0), "metric{project=\"p\"} 1\n");
        assert_eq!(line(&[("a", "x"), ("b", "y")], 0.5), "metric{project=\"p\",a=\"x\",b=\"y\"} 0.5\n");
    }

    #[test]
    fn whatever_is_in_a_label_value_it_stays_one_value() {
        assert_eq!(
            line(&[("a", "q\"b\\s\nn\0z<数>")], 1.0),
            "metric{project=\"p\",a=\"q\\\"b\\\\s\\nn\u{fffd}z<数>\"} 1\n"
        );
    }

    #[test]
    fn values_are_spelt_exactly() {
        for (value, text) in [
            (f64::INFINITY, "+Inf"),
            (0.0, "0"),
            (1_767_323_045.25, "1767323045.25"),
            (0.1 + 0.2, "0.30000000000000004"),
            (1e21, "1000000000000000000000"),
        ] {
            assert_eq!(line(&[], value), format!("metric{{project=\"p\"}} {text}\n"));
        }
    }

    #[test]
    fn nothing_written_is_no_piece() {
        let mut lines = Lines::new("metric", "p");
        lines.optional(&[], None);
        assert!(lines.finish().is_none());
    }
}
