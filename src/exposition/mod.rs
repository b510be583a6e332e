//! Prometheus' text format: from a snapshot to rendered text, and from rendered text to the body of a scrape.
//!
//! Pure: knows no clock, registry or socket. Samples are written straight from the rows, once per poll, and kept
//! compressed: registered gauges cost tens of times more, and would have to be removed with their user. The format
//! wants all lines of a metric together, so each part (the answer of one API, the state of its polls, a project) is
//! rendered as one piece per metric, and a body joins the pieces of all parts metric by metric.

mod families;
mod piece;
mod samples;

use std::sync::{Arc, LazyLock};
use std::time::{Duration, SystemTime};

use bytes::Bytes;

use crate::snapshot::Snapshot;
use families::FAMILIES;
pub(crate) use piece::{Piece, PieceWriter};
use samples::ProjectSamples;

/// What is rendered on its own.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Part<'a> {
    /// The last answer of one API of a project.
    Answer(&'a Snapshot),
    /// The result of the last poll of one API of a project, with the value of label `collector`.
    Poll { collector: &'static str, up: bool, last_success: Option<SystemTime>, duration: Duration },
    /// The project itself.
    Project { id: &'a str, region: &'a str, endpoint: &'a str },
}

/// A part's pieces, one for each of [`FAMILIES`]; `None` if the part has no sample of that metric.
pub(crate) type RenderedPart = Vec<Option<Arc<Piece>>>;

/// Renders all samples of `part` of the project with this name.
pub(crate) fn render(project: &str, part: Part<'_>) -> RenderedPart {
    FAMILIES
        .iter()
        .map(|family| {
            let mut samples = ProjectSamples::new(family.name, project);
            (family.write)(&mut samples, part);
            samples.finish().map(Arc::new)
        })
        .collect()
}

/// The `HELP` and `TYPE` lines of each of [`FAMILIES`].
static HEADERS: LazyLock<Vec<Arc<Piece>>> = LazyLock::new(|| {
    let header = |family: &families::Family| {
        let mut text = PieceWriter::new();
        text.header(family.name, family.help, "gauge");
        Arc::new(text.finish())
    };
    FAMILIES.iter().map(header).collect()
});

/// The body of a scrape.
#[derive(Debug)]
pub(crate) struct ScrapeBody(Vec<Arc<Piece>>);

impl ScrapeBody {
    /// Joins `parts` metric by metric, and appends `end`.
    pub(crate) fn new(parts: &[Arc<RenderedPart>], end: Piece) -> Self {
        let mut pieces = Vec::new();
        for (family, header) in HEADERS.iter().enumerate() {
            let mut samples = parts.iter().filter_map(|part| part[family].clone()).peekable();
            if samples.peek().is_some() {
                pieces.push(Arc::clone(header));
                pieces.extend(samples);
            }
        }
        pieces.push(Arc::new(end));
        Self(pieces)
    }

    /// The body compressed, as one gzip member.
    pub(crate) fn gzip(&self) -> Vec<Bytes> {
        piece::gzip(&self.0)
    }

    /// The text in blocks, so that a large body is never in memory as a whole.
    pub(crate) fn blocks(self) -> impl Iterator<Item = Bytes> + Send + use<> {
        self.0.into_iter().flat_map(|piece| piece.blocks())
    }
}
