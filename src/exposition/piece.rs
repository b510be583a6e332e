//! Compressed text that can be a part of any gzip member.
//!
//! A body joins pieces of different ages. It has to be one gzip member, because curl stops after the first one. So each
//! piece is raw deflate that ends on a byte boundary without a final block, and has a CRC for the trailer.

use std::ops::Range;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::{fmt, mem};

use bytes::Bytes;
use flate2::{Compress, Compression, Crc, Decompress, FlushCompress, FlushDecompress};

/// Higher levels save little space and are slower.
const LEVEL: Compression = Compression::new(5);

/// Size of the blocks in which text is compressed and decompressed, in bytes.
const BLOCK: usize = 64 << 10;

/// Pieces below this size are copied to be sent together, in bytes.
const SMALL: usize = 8 << 10;

/// Space for the end of a block, in bytes.
const FLUSH_SPACE: usize = 64;

const GZIP_HEADER: &[u8] = &[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];

/// An empty last block.
const FINAL_BLOCK: &[u8] = &[0x03, 0x00];

/// Compressed text. Clones share it.
#[derive(Debug)]
pub(crate) struct Piece {
    deflate: Bytes,
    crc: Crc,
}

impl Clone for Piece {
    fn clone(&self) -> Self {
        Self { deflate: self.deflate.clone(), crc: copy(&self.crc) }
    }
}

impl Piece {
    /// The text in blocks.
    pub(super) fn blocks(&self) -> impl Iterator<Item = Bytes> + Send + use<> {
        let mut inflate = Decompress::new(false);
        let deflate = self.deflate.clone();
        let length = u64::from(self.crc.amount());
        std::iter::from_fn(move || {
            if inflate.total_out() >= length {
                return None;
            }
            let read = usize::try_from(inflate.total_in()).ok()?;
            let mut block = Vec::with_capacity(BLOCK);
            inflate.decompress_vec(&deflate[read..], &mut block, FlushDecompress::None).ok()?;
            (!block.is_empty()).then(|| block.into())
        })
    }

    /// Whether the text is empty.
    pub(super) fn is_empty(&self) -> bool {
        self.crc.amount() == 0
    }

    /// A part of the compressed text, which has to be whole sections.
    pub(super) fn compressed(&self, range: Range<usize>) -> &[u8] {
        self.deflate.get(range).unwrap_or_default()
    }
}

/// The CRC type has no copies, but a combination with nothing is one.
pub(super) fn copy(crc: &Crc) -> Crc {
    let mut copy = Crc::new();
    copy.combine(crc);
    copy
}

/// Joins pieces to one gzip member.
pub(super) fn gzip(pieces: &[Piece]) -> Vec<Bytes> {
    let (mut body, mut crc) = (Vec::new(), Crc::new());
    let mut small = GZIP_HEADER.to_vec();
    for piece in pieces {
        crc.combine(&piece.crc);
        if piece.deflate.len() < SMALL {
            small.extend_from_slice(&piece.deflate);
        } else {
            body.push(mem::take(&mut small).into());
            body.push(piece.deflate.clone());
        }
    }
    small.extend_from_slice(FINAL_BLOCK);
    small.extend(crc.sum().to_le_bytes());
    small.extend(crc.amount().to_le_bytes());
    body.push(small.into());
    body.retain(|bytes: &Bytes| !bytes.is_empty());
    body
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
pub(crate) struct PieceWriter {
    scratch: Scratch,
    /// Of the sections before.
    crc: Crc,
    /// Of the text since the last section.
    section_crc: Crc,
}

/// The end of a section: compressed text that needs none before it.
#[derive(Debug)]
pub(super) struct SectionEnd {
    pub(super) crc: Crc,
    /// The place after it in the compressed text.
    pub(super) end: usize,
}

impl PieceWriter {
    pub(crate) fn new() -> Self {
        let new =
            || Scratch { compress: Compress::new(LEVEL, false), block: String::new(), deflate: Vec::new() };
        let scratch = idle().pop().unwrap_or_else(new);
        Self { scratch, crc: Crc::new(), section_crc: Crc::new() }
    }

    pub(crate) fn write(&mut self, text: &str) {
        self.scratch.block.push_str(text);
        if self.scratch.block.len() >= BLOCK {
            self.compress(FlushCompress::None);
        }
    }

    pub(crate) fn write_number(&mut self, number: impl fmt::Display) {
        // Writing to a String cannot fail.
        let _ = fmt::Write::write_fmt(&mut self.scratch.block, format_args!("{number}"));
    }

    /// Ends a section.
    pub(super) fn end_section(&mut self) -> SectionEnd {
        if !self.scratch.block.is_empty() || self.section_crc.amount() > 0 {
            // A flush ends on a byte boundary. Finishing would write a final block.
            self.compress(FlushCompress::Sync);
            self.scratch.compress.reset();
        }
        let crc = mem::take(&mut self.section_crc);
        self.crc.combine(&crc);
        SectionEnd { crc, end: self.scratch.deflate.len() }
    }

    /// Adds a section that was compressed before.
    pub(super) fn add_section(&mut self, deflate: &[u8], crc: &Crc) -> SectionEnd {
        self.scratch.deflate.extend_from_slice(deflate);
        self.crc.combine(crc);
        SectionEnd { crc: copy(crc), end: self.scratch.deflate.len() }
    }

    fn compress(&mut self, flush: FlushCompress) {
        let Scratch { compress, block, deflate } = &mut self.scratch;
        self.section_crc.update(block.as_bytes());
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

    pub(crate) fn finish(mut self) -> Piece {
        self.end_section();
        let deflate = Bytes::copy_from_slice(&self.scratch.deflate);
        self.scratch.deflate.clear();
        self.scratch.deflate.shrink_to(MAX_IDLE_BUFFER);
        idle().push(self.scratch);
        Piece { deflate, crc: self.crc }
    }
}

/// A panic leaves the list intact, because every change is a single step.
fn idle() -> MutexGuard<'static, Vec<Scratch>> {
    IDLE.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
impl Piece {
    pub(crate) fn new(text: &str) -> Self {
        let mut writer = PieceWriter::new();
        writer.write(text);
        writer.finish()
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.blocks().flatten().collect()).unwrap_or_default()
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

    /// Reads one member only, like curl, and checks its CRC and length.
    fn gunzip(body: &[Bytes]) -> String {
        let joined = body.concat();
        let mut text = String::new();
        GzDecoder::new(&joined[..]).read_to_string(&mut text).unwrap();
        text
    }

    #[test]
    fn pieces_join_into_one_member() {
        let long = lines(20_000);
        let pieces = ["first\n", &long, "first\n"].map(Piece::new);
        assert_eq!(gunzip(&gzip(&pieces)), format!("first\n{long}first\n"));
        assert_eq!(gunzip(&gzip(&[])), "");
    }

    #[test]
    fn a_piece_is_decompressed_in_blocks() {
        let long = lines(40_000);
        let piece = Piece::new(&long);
        let blocks: Vec<_> = piece.blocks().collect();
        assert!(blocks.len() > 2 && blocks.iter().all(|block| block.len() <= BLOCK));
        assert_eq!(blocks.concat(), long.as_bytes());
        assert_eq!(Piece::new("").blocks().count(), 0);
    }
}
