//! Prometheus' text format: from a snapshot to rendered text, and from rendered text to the body of a scrape.
//!
//! Pure: knows no clock, registry or socket. Samples are written straight from the rows, once per poll, and kept
//! compressed: registered gauges cost tens of times more, and would have to be removed with their user. The format
//! wants all lines of a metric together, so each part (the answer of one API, the state of its polls, a project) is
//! rendered as one piece per metric, and a body joins the pieces of all parts metric by metric.

mod checksum;
mod families;
mod measured;
mod piece;
mod piece_writer;
mod samples;
mod user_pieces;

use std::sync::{Arc, LazyLock};
use std::time::{Duration, SystemTime};

use bytes::Bytes;

use crate::snapshot::Snapshot;
use families::{FAMILIES, Samples};
pub(crate) use measured::write_users;
use piece::{Piece, Total};
use piece_writer::PieceWriter;
use samples::ProjectSamples;
pub(crate) use samples::{write_header, write_sample};
use user_pieces::UserPieces;

/// The level at which text is compressed.
pub(crate) const COMPRESSION_LEVEL: u32 = piece_writer::LEVEL;

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

/// The text of a part.
#[derive(Debug, Default)]
pub(crate) struct RenderedPart {
    /// In the order of [`FAMILIES`], without metrics of which the part has no samples.
    families: Vec<RenderedFamily>,
}

/// The samples of one metric.
#[derive(Debug)]
struct RenderedFamily {
    /// The place in [`FAMILIES`].
    place: usize,
    text: FamilyText,
}

#[derive(Debug)]
enum FamilyText {
    Whole(Piece),
    // Boxed, because most metrics are not of users.
    OfUsers(Box<UserPieces>),
}

impl RenderedPart {
    fn text(&self, place: usize) -> Option<&FamilyText> {
        let found = self.families.binary_search_by_key(&place, |family| family.place).ok()?;
        Some(&self.families[found].text)
    }

    /// All text.
    #[cfg(test)]
    pub(crate) fn to_text(&self) -> String {
        let families = self.families.iter();
        families.flat_map(|family| family.text.pieces()).map(Piece::text).collect()
    }
}

impl FamilyText {
    fn pieces(&self) -> impl Iterator<Item = &Piece> {
        let (whole, of_users) = match self {
            Self::Whole(piece) => (Some(piece), None),
            Self::OfUsers(pieces) => (None, Some(&**pieces)),
        };
        whole.into_iter().chain(of_users.into_iter().flat_map(UserPieces::pieces))
    }

    fn total(&self) -> Total {
        match self {
            Self::Whole(piece) => piece.total(),
            Self::OfUsers(pieces) => pieces.total(),
        }
    }
}

/// Renders all samples of `part` of the project with this name. Of users, only the blocks that differ from those of
/// `before` are rendered: the last answer of the same API, and its text.
pub(crate) fn render(
    project: &str,
    part: Part<'_>,
    before: Option<(&Snapshot, &RenderedPart)>,
) -> RenderedPart {
    let users = |part| if let Part::Answer(snapshot) = part { snapshot.user_quotas() } else { None };
    let users_before = before.and_then(|(snapshot, _)| snapshot.user_quotas());
    let mut families = Vec::new();
    for (place, family) in FAMILIES.iter().enumerate() {
        let text = match &family.samples {
            Samples::OfPart(write) => {
                let mut samples = ProjectSamples::new(family.name, project);
                write(&mut samples, part);
                Some(FamilyText::Whole(samples.finish()))
            }
            Samples::OfUsers(of_users) => users(part).map(|users| {
                let text_before = before.and_then(|(_, rendered)| match rendered.text(place) {
                    Some(FamilyText::OfUsers(pieces)) => Some(&**pieces),
                    _ => None,
                });
                let before = users_before.map(|users| &users.users).zip(text_before);
                let pieces = UserPieces::render(family.name, project, of_users, &users.users, before);
                FamilyText::OfUsers(Box::new(pieces))
            }),
        };
        let text = text.filter(|text| !text.total().is_empty());
        families.extend(text.map(|text| RenderedFamily { place, text }));
    }
    families.shrink_to_fit();
    RenderedPart { families }
}

/// The `HELP` and `TYPE` lines of each of [`FAMILIES`].
static HEADERS: LazyLock<Vec<Piece>> = LazyLock::new(|| {
    let header = |family: &families::Family| {
        let mut writer = PieceWriter::new();
        write_header(writer.text(), family.name, family.help, "gauge");
        writer.finish()
    };
    FAMILIES.iter().map(header).collect()
});

/// Text that is rendered for one scrape. Long text is compressed as it grows.
pub(crate) struct BodyText(PieceWriter);

impl BodyText {
    /// No text yet.
    pub(crate) fn new() -> Self {
        Self(PieceWriter::new())
    }

    /// The text of the current block, to append to.
    pub(crate) fn text(&mut self) -> &mut String {
        self.0.text()
    }

    /// Appends one sample with at least one label. Escapes the label values.
    pub(crate) fn sample<'a>(
        &mut self,
        name: &str,
        labels: impl IntoIterator<Item = (&'a str, &'a str)>,
        value: f64,
    ) {
        write_sample(self.0.text(), name, labels, value);
        self.0.end_line();
    }

    /// The whole text.
    #[cfg(test)]
    pub(crate) fn into_text(self) -> String {
        self.0.finish().text()
    }
}

/// The body of a scrape.
#[derive(Debug)]
pub(crate) struct ScrapeBody {
    parts: Vec<Arc<RenderedPart>>,
    end: Piece,
    total: Total,
}

impl ScrapeBody {
    /// Joins `parts` metric by metric, and appends the text `end`.
    pub(crate) fn new(parts: Vec<Arc<RenderedPart>>, end: BodyText) -> Self {
        let mut total = Total::default();
        for (place, header) in HEADERS.iter().enumerate() {
            let mut texts = family(&parts, place).peekable();
            if texts.peek().is_some() {
                total.append(header.total());
            }
            texts.for_each(|text| total.append(text.total()));
        }
        let end = end.0.finish_for_one_body();
        total.append(end.total());
        Self { parts, end, total }
    }

    /// The length of the body compressed.
    pub(crate) fn gzip_length(&self) -> usize {
        self.total.gzip_length()
    }

    /// The body compressed, as one gzip member, in blocks.
    pub(crate) fn gzip(self) -> impl Iterator<Item = Bytes> + Send {
        let total = self.total;
        piece::gzip(self.pieces(), total)
    }

    /// The text in blocks, so that a large body is never in memory as a whole.
    pub(crate) fn blocks(self) -> impl Iterator<Item = Bytes> + Send {
        piece::text(self.pieces())
    }

    /// The pieces, metric by metric: a list of all would take memory that grows with the number of projects.
    fn pieces(self) -> impl Iterator<Item = Piece> + Send {
        let Self { parts, end, .. } = self;
        let of_family = move |(place, header): (usize, &Piece)| {
            let samples: Vec<_> = family(&parts, place).flat_map(FamilyText::pieces).cloned().collect();
            let header = (!samples.is_empty()).then(|| header.clone());
            header.into_iter().chain(samples)
        };
        HEADERS.iter().enumerate().flat_map(of_family).chain([end])
    }
}

/// The texts of the metric at a place in [`FAMILIES`].
fn family(parts: &[Arc<RenderedPart>], place: usize) -> impl Iterator<Item = &FamilyText> {
    parts.iter().filter_map(move |part| part.text(place))
}
