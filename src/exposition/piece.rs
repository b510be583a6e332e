//! Compressed text that can be a part of any gzip member.
//!
//! A body joins pieces of different ages. It has to be one gzip member, because curl stops after the first one. So each
//! piece is raw deflate that ends on a byte boundary without a final block, and has a CRC for the trailer.

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use flate2::{Decompress, FlushDecompress};

use super::checksum::Checksum;

/// Size of the blocks in which text is compressed, decompressed and sent, in bytes. A little less than two segments of the
/// loopback interface: a third one for the last bytes of each block takes as much time as a whole one.
pub(super) const BLOCK: usize = 120 << 10;

const GZIP_HEADER: &[u8] = &[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];

/// An empty last block.
const FINAL_BLOCK: &[u8] = &[0x03, 0x00];

/// Compressed text. Clones share it.
#[derive(Debug, Clone)]
pub(super) struct Piece {
    deflate: Arc<[u8]>,
    checksum: Checksum,
}

/// What the end and the length of a gzip member depend on.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Total {
    /// The length of the compressed text.
    deflate: usize,
    /// That of the text.
    checksum: Checksum,
}

impl Piece {
    /// A piece of text compressed to `deflate`, which has no final block and ends on a byte boundary.
    pub(super) fn new(deflate: &[u8], checksum: Checksum) -> Self {
        Self { deflate: deflate.into(), checksum }
    }

    pub(super) fn total(&self) -> Total {
        Total { deflate: self.deflate.len(), checksum: self.checksum }
    }

    /// A part of the compressed text, which has to be whole sections.
    pub(super) fn compressed(&self, range: Range<usize>) -> &[u8] {
        self.deflate.get(range).unwrap_or_default()
    }
}

impl Total {
    /// Whether the text is empty.
    pub(super) fn is_empty(self) -> bool {
        self.checksum.length() == 0
    }

    /// Appends a piece, or pieces.
    pub(super) fn append(&mut self, next: Self) {
        self.deflate += next.deflate;
        self.checksum.append(next.checksum);
    }

    /// The length of a gzip member of the pieces.
    pub(super) fn gzip_length(self) -> usize {
        GZIP_HEADER.len() + self.deflate + FINAL_BLOCK.len() + self.checksum.trailer().len()
    }
}

/// Joins pieces with this total to one gzip member. Returns its bytes in blocks, since each block costs a call to send it.
pub(super) fn gzip(
    pieces: impl Iterator<Item = Piece> + Send,
    total: Total,
) -> impl Iterator<Item = Bytes> + Send {
    let (begin, end) = (Arc::from(GZIP_HEADER), Arc::from([FINAL_BLOCK, &total.checksum.trailer()].concat()));
    let deflate = pieces.map(|piece| piece.deflate);
    let mut bytes = std::iter::once(begin).chain(deflate).chain([end]).peekable();
    // How much of the next bytes has been sent.
    let mut sent = 0;
    std::iter::from_fn(move || {
        let mut block = Vec::with_capacity(BLOCK);
        while let Some(next) = bytes.peek() {
            let rest = &next[sent..];
            let taken = rest.len().min(BLOCK - block.len());
            block.extend_from_slice(&rest[..taken]);
            if taken < rest.len() {
                sent += taken;
                break;
            }
            sent = 0;
            bytes.next();
        }
        (!block.is_empty()).then(|| block.into())
    })
}

/// The text of pieces in blocks.
pub(super) fn text(pieces: impl Iterator<Item = Piece> + Send) -> impl Iterator<Item = Bytes> + Send {
    let mut pieces = pieces.peekable();
    let mut inflate = Decompress::new(false);
    std::iter::from_fn(move || {
        let mut block = Vec::with_capacity(BLOCK);
        while let Some(piece) = pieces.peek().filter(|_| block.len() < block.capacity()) {
            if inflate.total_out() < piece.checksum.length() {
                let read = usize::try_from(inflate.total_in()).ok()?;
                inflate.decompress_vec(&piece.deflate[read..], &mut block, FlushDecompress::None).ok()?;
            } else {
                inflate.reset(false);
                pieces.next();
            }
        }
        (!block.is_empty()).then(|| block.into())
    })
}

#[cfg(test)]
impl Piece {
    pub(super) fn text(&self) -> String {
        String::from_utf8(text(std::iter::once(self.clone())).flatten().collect()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use flate2::read::GzDecoder;

    use super::super::piece_writer::PieceWriter;
    use super::*;

    /// A writer of this text.
    fn writer(text: &str) -> PieceWriter {
        let mut writer = PieceWriter::new();
        for line in text.split_inclusive('\n') {
            writer.text().push_str(line);
            writer.end_line();
        }
        writer
    }

    fn piece_of(text: &str) -> Piece {
        writer(text).finish()
    }

    fn for_one_body(text: &str) -> Piece {
        writer(text).finish_for_one_body()
    }

    fn lines(count: u32) -> String {
        (0..count).map(|n| n.to_string() + "\n").collect()
    }

    fn total(pieces: &[Piece]) -> Total {
        let mut total = Total::default();
        for piece in pieces {
            total.append(piece.total());
        }
        total
    }

    /// Reads one member only, like curl, and checks its CRC and length.
    fn gunzip(pieces: Vec<Piece>) -> String {
        let total = total(&pieces);
        let joined = gzip(pieces.into_iter(), total).collect::<Vec<_>>().concat();
        assert_eq!(joined.len(), total.gzip_length());
        let mut text = String::new();
        GzDecoder::new(&joined[..]).read_to_string(&mut text).unwrap();
        text
    }

    /// The lengths of blocks.
    fn lengths(blocks: impl Iterator<Item = Bytes>) -> Vec<usize> {
        blocks.map(|block| block.len()).collect()
    }

    /// Text that does not become shorter.
    fn noise(length: usize) -> String {
        let mut random = fastrand::Rng::with_seed(1);
        (0..length).map(|_| random.alphanumeric()).collect()
    }

    #[test]
    fn pieces_join_into_one_member() {
        let long = lines(40_000);
        let all = || vec![piece_of("first\n"), piece_of(&long), for_one_body("last\n")];
        assert_eq!(gunzip(all()), format!("first\n{long}last\n"));
        let plain = text(all().into_iter()).collect::<Vec<_>>().concat();
        assert_eq!(plain, format!("first\n{long}last\n").as_bytes());
        assert_eq!(gunzip(vec![]), "");
        assert_eq!(text(std::iter::empty()).count(), 0);
        assert_eq!(text([piece_of(""), piece_of("")].into_iter()).count(), 0);
    }

    #[test]
    fn bodies_are_sent_in_blocks() {
        let long = lines(60_000);
        let pieces = [piece_of("first\n"), piece_of(&long)];
        let length = long.len() + "first\n".len();
        assert_eq!(lengths(text(pieces.into_iter())), [BLOCK, BLOCK, length - 2 * BLOCK]);

        let pieces = [50_000, 50_000, 3 * BLOCK, 50_000].map(|length| piece_of(&noise(length)));
        let total = total(&pieces);
        let length = total.gzip_length();
        assert!((3 * BLOCK..4 * BLOCK).contains(&length), "{length}");
        assert_eq!(lengths(gzip(pieces.into_iter(), total)), [BLOCK, BLOCK, BLOCK, length - 3 * BLOCK]);
    }

    #[test]
    fn text_for_one_body_is_stored_if_it_is_short() {
        for length in [0, 1, 1000, 65_535, 65_536, 200_000] {
            let text = noise(length);
            let piece = for_one_body(&text);
            assert_eq!(piece.deflate.len() == length + 5, (1..=65_535).contains(&length), "{length}");
            assert_eq!(piece.text(), text);
            assert_eq!(gunzip(vec![piece_of("a"), piece, piece_of("b")]), format!("a{text}b"));
        }
    }

    #[test]
    fn sections_are_whole_texts_of_their_own() {
        let texts = [lines(30_000), String::new(), "short\n".to_owned()];
        let mut writer = PieceWriter::new();
        let sections = texts.each_ref().map(|text| {
            writer.text().push_str(text);
            writer.end_section()
        });
        let piece = writer.finish();
        assert_eq!(piece.text(), texts.concat());
        assert_eq!(sections[0].end, sections[1].end, "an empty section has no bytes");
        // In another order, with a new text.
        let mut writer = PieceWriter::new();
        writer.add_section(piece.compressed(sections[1].end..sections[2].end), sections[2].checksum);
        writer.text().push_str("new\n");
        writer.end_section();
        writer.add_section(piece.compressed(0..sections[0].end), sections[0].checksum);
        assert_eq!(gunzip(vec![writer.finish()]), format!("short\nnew\n{}", texts[0]));
    }
}
