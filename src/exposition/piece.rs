//! Compressed text that can be a part of any gzip member.
//!
//! A body joins pieces of different ages. It has to be one gzip member, because curl stops after the first one. So each
//! piece is raw deflate that ends on a byte boundary without a final block, and has a CRC for the trailer.

use std::mem;
use std::ops::Range;
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress};

use super::checksum::Checksum;

/// Higher levels save little space and are slower.
pub(super) const LEVEL: u32 = 5;

/// Size of the blocks in which text is compressed, decompressed and sent, in bytes.
const BLOCK: usize = 128 << 10;

/// Space for the end of a block, in bytes.
const FLUSH_SPACE: usize = 64;

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

    /// A piece of text that is sent once: not compressed if it is short, since compression takes longer than sending it.
    pub(super) fn for_one_body(text: &str) -> Self {
        match u16::try_from(text.len()) {
            Ok(length) if length > 0 => {
                let mut checksum = Checksum::default();
                checksum.update(text.as_bytes());
                // A stored block: no final one, the length, its complement, and the text.
                let head = [[0].as_slice(), &length.to_le_bytes(), &(!length).to_le_bytes()].concat();
                Self { deflate: [&head, text.as_bytes()].concat().into(), checksum }
            }
            _ => {
                let mut writer = PieceWriter::new();
                writer.text().push_str(text);
                writer.finish()
            }
        }
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

/// Unused writers' memory. A compressor takes a quarter of a megabyte: allocating one for each piece, and text that grows,
/// would fragment the memory so much that thousands of projects take gigabytes.
static IDLE: Mutex<Vec<Scratch>> = Mutex::new(Vec::new());

/// Larger buffers are not kept, in bytes.
const MAX_IDLE_BUFFER: usize = 256 << 10;

/// What a writer needs besides what it returns.
struct Scratch {
    compress: Compress,
    /// The text of the current block.
    block: String,
    /// The compressed text.
    deflate: Vec<u8>,
}

/// Compresses text block by block.
pub(super) struct PieceWriter {
    scratch: Scratch,
    /// Of the sections before.
    checksum: Checksum,
    /// Of the text since the last section.
    section: Checksum,
}

/// The end of a section: compressed text that needs none before it.
#[derive(Debug)]
pub(super) struct SectionEnd {
    pub(super) checksum: Checksum,
    /// The place after it in the compressed text.
    pub(super) end: usize,
}

impl PieceWriter {
    pub(super) fn new() -> Self {
        let new = || Scratch {
            compress: Compress::new(Compression::new(LEVEL), false),
            block: String::new(),
            deflate: Vec::new(),
        };
        let scratch = idle().pop().unwrap_or_else(new);
        Self { scratch, checksum: Checksum::default(), section: Checksum::default() }
    }

    /// The text of the current block, to append to.
    pub(super) fn text(&mut self) -> &mut String {
        &mut self.scratch.block
    }

    /// Compresses the current block if it is full.
    pub(super) fn end_line(&mut self) {
        if self.scratch.block.len() >= BLOCK {
            self.compress(FlushCompress::None);
        }
    }

    /// Ends a section.
    pub(super) fn end_section(&mut self) -> SectionEnd {
        if !self.scratch.block.is_empty() || self.section.length() > 0 {
            // A flush ends on a byte boundary. Finishing would write a final block.
            self.compress(FlushCompress::Sync);
            self.scratch.compress.reset();
        }
        let checksum = mem::take(&mut self.section);
        self.checksum.append(checksum);
        SectionEnd { checksum, end: self.scratch.deflate.len() }
    }

    /// Adds a section that was compressed before.
    pub(super) fn add_section(&mut self, deflate: &[u8], checksum: Checksum) -> SectionEnd {
        self.scratch.deflate.extend_from_slice(deflate);
        self.checksum.append(checksum);
        SectionEnd { checksum, end: self.scratch.deflate.len() }
    }

    fn compress(&mut self, flush: FlushCompress) {
        let Scratch { compress, block, deflate } = &mut self.scratch;
        self.section.update(block.as_bytes());
        let mut text = block.as_bytes();
        loop {
            deflate.reserve(text.len() / 4 + FLUSH_SPACE);
            let before = compress.total_in();
            // It fails only after a final block, and there is none.
            let _ = compress.compress_vec(text, deflate, flush);
            text = usize::try_from(compress.total_in() - before).map_or(&[], |read| &text[read..]);
            // If there is space left, the compressor has written all it has.
            if text.is_empty() && deflate.len() < deflate.capacity() {
                break;
            }
        }
        block.clear();
    }

    /// Every writer has to be finished, so that the next one uses its memory.
    pub(super) fn finish(mut self) -> Piece {
        self.end_section();
        let deflate = Bytes::copy_from_slice(&self.scratch.deflate);
        self.scratch.deflate.clear();
        self.scratch.deflate.shrink_to(MAX_IDLE_BUFFER);
        idle().push(self.scratch);
        Piece { deflate, checksum: self.checksum }
    }
}

/// A panic leaves the list intact, because every change is a single step.
fn idle() -> MutexGuard<'static, Vec<Scratch>> {
    IDLE.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
impl Piece {
    pub(super) fn new(text: &str) -> Self {
        let mut writer = PieceWriter::new();
        writer.text().push_str(text);
        writer.finish()
    }

    pub(super) fn text(&self) -> String {
        String::from_utf8(text(vec![self.clone()]).flatten().collect()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use flate2::read::GzDecoder;

    use super::*;

    fn lines(count: u32) -> String {
        (0..count).map(|n| n.to_string() + "\n").collect()
    }

    fn gzip_all(pieces: Vec<Piece>) -> (usize, impl Iterator<Item = Bytes>) {
        let mut checksum = Checksum::default();
        pieces.iter().for_each(|piece| checksum.append(piece.checksum()));
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
        let all = || vec![Piece::new("first\n"), Piece::new(&long), Piece::for_one_body("last\n")];
        assert_eq!(gunzip(all()), format!("first\n{long}last\n"));
        assert_eq!(text(all()).collect::<Vec<_>>().concat(), format!("first\n{long}last\n").as_bytes());
        assert_eq!(gunzip(vec![]), "");
        assert_eq!(text(vec![]).count(), 0);
        assert_eq!(text(vec![Piece::new(""), Piece::new("")]).count(), 0);
    }

    #[test]
    fn bodies_are_sent_in_blocks() {
        let long = lines(60_000);
        let blocks: Vec<_> =
            text(vec![Piece::new("first\n"), Piece::new(&long)]).map(|block| block.len()).collect();
        let total = long.len() + "first\n".len();
        assert_eq!(blocks, [BLOCK, BLOCK, total - 2 * BLOCK]);

        let piece = || Piece::new(&noise(50_000));
        let large = Piece::new(&noise(2 * BLOCK));
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
            let piece = Piece::for_one_body(&text);
            assert_eq!(piece.deflate.len() == length + 5, (1..=65_535).contains(&length), "{length}");
            assert_eq!(piece.text(), text);
            assert_eq!(gunzip(vec![Piece::new("a"), piece, Piece::new("b")]), format!("a{text}b"));
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
