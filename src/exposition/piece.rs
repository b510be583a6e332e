//! Compressed text that can be a part of any gzip member.
//!
//! A body joins pieces of different ages. It has to be one gzip member, because curl stops after the first one. So each
//! piece is raw deflate that ends on a byte boundary without a final block, and has a CRC for the trailer.

use std::ops::Range;

use bytes::Bytes;
use flate2::{Decompress, FlushDecompress};

use super::checksum::Checksum;

/// Size of the blocks in which text is compressed, decompressed and sent, in bytes.
pub(super) const BLOCK: usize = 128 << 10;

const GZIP_HEADER: &[u8] = &[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];

/// An empty last block.
const FINAL_BLOCK: &[u8] = &[0x03, 0x00];

/// Compressed text. Clones share it.
#[derive(Debug, Clone)]
pub(super) struct Piece {
    deflate: Bytes,
    checksum: Checksum,
}

impl Piece {
    /// A piece of text compressed to `deflate`, which has no final block and ends on a byte boundary.
    pub(super) fn new(deflate: Bytes, checksum: Checksum) -> Self {
        Self { deflate, checksum }
    }

    /// Whether the text is empty.
    pub(super) fn is_empty(&self) -> bool {
        self.checksum.length() == 0
    }

    pub(super) fn checksum(&self) -> Checksum {
        self.checksum
    }

    /// A part of the compressed text, which has to be whole sections.
    pub(super) fn compressed(&self, range: Range<usize>) -> &[u8] {
        self.deflate.get(range).unwrap_or_default()
    }
}

/// Joins pieces to one gzip member, whose text has this checksum. Returns its length and its bytes.
pub(super) fn gzip(
    pieces: Vec<Piece>,
    checksum: Checksum,
) -> (usize, impl Iterator<Item = Bytes> + Send + use<>) {
    let end = [FINAL_BLOCK, &checksum.trailer()].concat();
    let deflate: usize = pieces.iter().map(|piece| piece.deflate.len()).sum();
    let length = GZIP_HEADER.len() + deflate + end.len();
    let header = std::iter::once(Bytes::from_static(GZIP_HEADER));
    let pieces = pieces.into_iter().map(|piece| piece.deflate);
    (length, merged(header.chain(pieces).chain([end.into()])))
}

/// Merges adjacent bytes to blocks, since each block costs a call to send it.
fn merged(bytes: impl Iterator<Item = Bytes> + Send) -> impl Iterator<Item = Bytes> + Send {
    let mut bytes = bytes.peekable();
    std::iter::from_fn(move || {
        let first = bytes.next()?;
        if first.len() >= BLOCK {
            return Some(first);
        }
        let mut block = Vec::with_capacity(BLOCK);
        block.extend_from_slice(&first);
        while let Some(next) = bytes.next_if(|next| block.len() + next.len() <= BLOCK) {
            block.extend_from_slice(&next);
        }
        Some(block.into())
    })
}

/// The text of pieces in blocks.
pub(super) fn text(pieces: Vec<Piece>) -> impl Iterator<Item = Bytes> + Send + use<> {
    let mut pieces = pieces.into_iter().peekable();
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
        String::from_utf8(text(vec![self.clone()]).flatten().collect()).unwrap_or_default()
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

    fn gzip_all(pieces: Vec<Piece>) -> (usize, impl Iterator<Item = Bytes>) {
        let mut checksum = Checksum::default();
        for piece in &pieces {
            checksum.append(piece.checksum());
        }
        gzip(pieces, checksum)
    }

    /// Reads one member only, like curl, and checks its CRC and length.
    fn gunzip(pieces: Vec<Piece>) -> String {
        let (length, blocks) = gzip_all(pieces);
        let joined = blocks.collect::<Vec<_>>().concat();
        assert_eq!(joined.len(), length);
        let mut text = String::new();
        GzDecoder::new(&joined[..]).read_to_string(&mut text).unwrap();
        text
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
        assert_eq!(text(all()).collect::<Vec<_>>().concat(), format!("first\n{long}last\n").as_bytes());
        assert_eq!(gunzip(vec![]), "");
        assert_eq!(text(vec![]).count(), 0);
        assert_eq!(text(vec![piece_of(""), piece_of("")]).count(), 0);
    }

    #[test]
    fn bodies_are_sent_in_blocks() {
        let long = lines(60_000);
        let blocks: Vec<_> =
            text(vec![piece_of("first\n"), piece_of(&long)]).map(|block| block.len()).collect();
        let total = long.len() + "first\n".len();
        assert_eq!(blocks, [BLOCK, BLOCK, total - 2 * BLOCK]);

        let piece = || piece_of(&noise(50_000));
        let large = piece_of(&noise(2 * BLOCK));
        let (large_length, small_length) = (large.deflate.len(), piece().deflate.len());
        assert!(3 * small_length < BLOCK && 4 * small_length > BLOCK && large_length >= BLOCK);
        let (length, blocks) = gzip_all(vec![piece(), piece(), piece(), piece(), large, piece()]);
        let blocks: Vec<_> = blocks.map(|block| block.len()).collect();
        assert_eq!(blocks.iter().sum::<usize>(), length);
        let (begin, end) = (GZIP_HEADER.len(), FINAL_BLOCK.len() + 8);
        assert_eq!(blocks, [begin + 3 * small_length, small_length, large_length, small_length + end]);
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
