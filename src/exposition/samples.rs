//! Sample lines and metric headers of the text format.

use std::borrow::Cow;
use std::fmt::Write;

use super::checksum::Checksum;
use super::piece::Piece;
use super::piece_writer::{PieceWriter, SectionEnd};

/// Writes the lines ahead of a metric's samples.
pub(crate) fn write_header(text: &mut String, name: &str, help: &str, kind: &str) {
    text.extend(["# HELP ", name, " ", help, "\n# TYPE ", name, " ", kind, "\n"]);
}

/// Writes one sample with at least one label. Escapes the label values.
pub(crate) fn write_sample<'a>(
    text: &mut String,
    name: &str,
    labels: impl IntoIterator<Item = (&'a str, &'a str)>,
    value: f64,
) {
    text.push_str(name);
    let mut separator = "{";
    for (label, value) in labels {
        text.extend([separator, label, "=\"", &escape(value), "\""]);
        separator = ",";
    }
    // Writing to a String cannot fail.
    let _ = match whole(value) {
        Some(whole) => writeln!(text, "}} {whole}"),
        // Only infinity differs from Rust's own format.
        None if value == f64::INFINITY => writeln!(text, "}} +Inf"),
        None => writeln!(text, "}} {value}"),
    };
}

/// Writes the samples of one metric of one project. `project` is their first label.
pub(super) struct ProjectSamples<'a> {
    name: &'static str,
    project: &'a str,
    writer: PieceWriter,
}

impl<'a> ProjectSamples<'a> {
    pub(super) fn new(name: &'static str, project: &'a str) -> Self {
        Self { name, project, writer: PieceWriter::new() }
    }

    /// Writes one sample, unless the value is unknown.
    pub(super) fn sample(&mut self, labels: &[(&str, &str)], value: Option<f64>) {
        if let Some(value) = value {
            let project = std::iter::once(("project", self.project));
            write_sample(self.writer.text(), self.name, project.chain(labels.iter().copied()), value);
            self.writer.end_line();
        }
    }

    /// Drops the text that is not compressed yet. Returns its length, in bytes.
    pub(super) fn discard(&mut self) -> usize {
        let text = self.writer.text();
        let length = text.len();
        text.clear();
        length
    }

    /// Ends a section of the text.
    pub(super) fn end_section(&mut self) -> SectionEnd {
        self.writer.end_section()
    }

    /// Adds a section that was compressed before.
    pub(super) fn add_section(&mut self, deflate: &[u8], checksum: Checksum) -> SectionEnd {
        self.writer.add_section(deflate, checksum)
    }

    /// Returns the samples as a piece, which is empty if there are none.
    pub(super) fn finish(self) -> Piece {
        self.writer.finish()
    }
}

/// A whole number as an integer: the text is the same, and written five times faster.
fn whole(value: f64) -> Option<u32> {
    let is_whole = value.is_sign_positive() && value <= f64::from(u32::MAX) && value.fract() == 0.0;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    is_whole.then_some(value as u32)
}

/// Escapes a label value. It must not have NUL, which ends the text for Prometheus' parser.
fn escape(value: &str) -> Cow<'_, str> {
    if !value.contains(['\\', '"', '\n']) {
        return Cow::Borrowed(value);
    }
    Cow::Owned(value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(labels: &[(&str, &str)], value: f64) -> String {
        let mut samples = ProjectSamples::new("metric", "p");
        samples.sample(labels, Some(value));
        samples.finish().text()
    }

    #[test]
    fn a_sample_is_one_line() {
        assert_eq!(line(&[], 1.0), "metric{project=\"p\"} 1\n");
        assert_eq!(line(&[("a", "x"), ("b", "y")], 0.5), "metric{project=\"p\",a=\"x\",b=\"y\"} 0.5\n");
    }

    #[test]
    fn label_values_are_escaped() {
        assert_eq!(
            line(&[("a", "q\"b\\s\nnz<数>")], 1.0),
            "metric{project=\"p\",a=\"q\\\"b\\\\s\\nnz<数>\"} 1\n"
        );
    }

    #[test]
    fn values_are_written_without_loss() {
        for (value, text) in [
            (f64::INFINITY, "+Inf"),
            (0.0, "0"),
            (1_767_323_045.25, "1767323045.25"),
            (0.1 + 0.2, "0.30000000000000004"),
            (-0.0, "-0"),
            (4_294_967_295.0, "4294967295"),
            (4_294_967_296.0, "4294967296"),
            (1e21, "1000000000000000000000"),
        ] {
            assert_eq!(line(&[], value), format!("metric{{project=\"p\"}} {text}\n"));
        }
    }

    #[test]
    fn an_unknown_value_has_no_sample() {
        let mut samples = ProjectSamples::new("metric", "p");
        samples.sample(&[], None);
        assert!(samples.finish().total().is_empty());
    }
}
