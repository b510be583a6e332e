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
use checksum::Checksum;
use families::{FAMILIES, Samples};
pub(crate) use measured::write_users;
use piece::Piece;
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
    OfUsers(UserPieces),
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
            Self::OfUsers(pieces) => (None, Some(pieces)),
        };
        whole.into_iter().chain(of_users.into_iter().flat_map(UserPieces::pieces))
    }

    fn checksum(&self) -> Checksum {
        match self {
            Self::Whole(piece) => piece.checksum(),
            Self::OfUsers(pieces) => pieces.checksum(),
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
                let piece = samples.finish();
                (!piece.is_empty()).then_some(FamilyText::Whole(piece))
            }
            Samples::OfUsers(of_users) => users(part).and_then(|users| {
                let text_before = before.and_then(|(_, rendered)| match rendered.text(place) {
                    Some(FamilyText::OfUsers(pieces)) => Some(pieces),
                    _ => None,
                });
                let before = users_before.map(|users| &users.users).zip(text_before);
                let pieces = UserPieces::render(family.name, project, of_users, &users.users, before);
                (!pieces.is_empty()).then_some(FamilyText::OfUsers(pieces))
            }),
        };
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
#[derive(Debug, Default)]
pub(crate) struct ScrapeBody {
    pieces: Vec<Piece>,
    checksum: Checksum,
}

impl ScrapeBody {
    /// Joins `parts` metric by metric, and appends the text `end`.
    pub(crate) fn new(parts: &[Arc<RenderedPart>], end: BodyText) -> Self {
        let mut body = Self::default();
        for (place, header) in HEADERS.iter().enumerate() {
            let mut texts = parts.iter().filter_map(|part| part.text(place)).peekable();
            if texts.peek().is_some() {
                body.add(header.clone());
            }
            for text in texts {
                body.pieces.extend(text.pieces().cloned());
                body.checksum.append(text.checksum());
            }
        }
        body.add(end.0.finish_for_one_body());
        body
    }

    fn add(&mut self, piece: Piece) {
        self.checksum.append(piece.checksum());
        self.pieces.push(piece);
    }

    /// The length and the blocks of the body compressed, as one gzip member.
    pub(crate) fn gzip(self) -> (usize, impl Iterator<Item = Bytes> + Send + use<>) {
        piece::gzip(self.pieces, self.checksum)
    }

    /// The text in blocks, so that a large body is never in memory as a whole.
    pub(crate) fn blocks(self) -> impl Iterator<Item = Bytes> + Send + use<> {
        piece::text(self.pieces)
    }
}
