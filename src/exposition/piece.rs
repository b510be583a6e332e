//! Kept text: raw deflate that can stand anywhere in one gzip member.
//!
//! A scrape joins pieces of different ages into one body. It has to be one gzip member, since curl stops after the
//! first; so each piece is compressed on its own, ends on a byte boundary without a final block, and carries its CRC
//! for the trailer.

use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use flate2::{Compress, Compression, Crc, Decompress, FlushCompress, FlushDecompress};

/// Higher levels make a scrape hardly smaller, and rendering much slower.
const LEVEL: Compression = Compression::new(3);

/// Text is handed to the compressor in blocks of this size.
const BLOCK: usize = 64 << 10;

/// Room for what a flush adds, in bytes.
const ROOM: usize = 64;

const GZIP_HEADER: &[u8] = &[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];

/// A last block with nothing in it.
const FINAL_BLOCK: &[u8] = &[0x03, 0x00];

/// A stretch of text, compressed.
#[derive(Debug)]
pub struct Piece {
    deflate: Bytes,
    crc: Crc,
}

impl Piece {
    /// Compresses `text`.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let mut writer = Writer::new();
        writer.write(format_args!("{text}"));
        writer.finish()
    }

    /// The text, whole: for tests and small pieces.
    #[must_use]
    pub fn text(&self) -> String {
        let blocks: Vec<u8> = self.blocks().flatten().collect();
        String::from_utf8_lossy(&blocks).into_owned()
    }

    /// The text in blocks, so that a large one is never held whole.
    pub fn blocks(&self) -> impl Iterator<Item = Bytes> + Send + use<> {
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
}

/// Joins pieces into a body of one gzip member.
#[must_use]
pub fn gzip<P: AsRef<Piece>>(pieces: &[P]) -> Vec<Bytes> {
    let mut body = vec![Bytes::from_static(GZIP_HEADER)];
    let mut crc = Crc::new();
    for piece in pieces {
        let piece = piece.as_ref();
        body.push(piece.deflate.clone());
        crc.combine(&piece.crc);
    }
    let mut end = FINAL_BLOCK.to_vec();
    end.extend(crc.sum().to_le_bytes());
    end.extend(crc.amount().to_le_bytes());
    body.push(end.into());
    body
}

/// Compressors that nobody uses just now. Each is a quarter of a megabyte: made and dropped for each of a project's
/// pieces, they would leave so many holes in memory that thousands of projects take gigabytes.
static IDLE: Mutex<Vec<Compress>> = Mutex::new(Vec::new());

/// Takes text and compresses it block by block.
pub(super) struct Writer {
    block: String,
    crc: Crc,
    /// None for what has no text.
    compress: Option<Compress>,
    deflate: Vec<u8>,
}

impl Writer {
    pub(super) fn new() -> Self {
        Self { block: String::new(), crc: Crc::new(), compress: None, deflate: Vec::new() }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.block.is_empty() && self.crc.amount() == 0
    }

    pub(super) fn write(&mut self, text: fmt::Arguments<'_>) {
        // A String refuses nothing that is written to it.
        let _ = fmt::Write::write_fmt(&mut self.block, text);
        if self.block.len() >= BLOCK {
            self.compress(FlushCompress::None);
        }
    }

    fn compress(&mut self, flush: FlushCompress) {
        self.crc.update(self.block.as_bytes());
        let compress =
            self.compress.get_or_insert_with(|| idle().pop().unwrap_or_else(|| Compress::new(LEVEL, false)));
        let mut text = self.block.as_bytes();
        loop {
            self.deflate.reserve(text.len() / 4 + ROOM);
            let before = compress.total_in();
            // It fails only behind a final block, and there is none.
            let _ = compress.compress_vec(text, &mut self.deflate, flush);
            text = usize::try_from(compress.total_in() - before).map_or(&[], |read| &text[read..]);
            // Room that is left says that it has nothing more to write.
            if text.is_empty() && self.deflate.len() < self.deflate.capacity() {
                break;
            }
        }
        self.block.clear();
    }

    pub(super) fn finish(mut self) -> Piece {
        // A flush ends on a byte boundary; finishing would write a final block.
        self.compress(FlushCompress::Sync);
        if let Some(mut compress) = self.compress.take() {
            compress.reset();
            idle().push(compress);
        }
        Piece { deflate: self.deflate.into_boxed_slice().into(), crc: self.crc }
    }
}

/// What a panicking holder left is whole: every change is a single step.
fn idle() -> MutexGuard<'static, Vec<Compress>> {
    IDLE.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::sync::Arc;

    use flate2::read::GzDecoder;

    use super::*;

    fn lines(count: u32) -> String {
        (0..count).map(|n| n.to_string() + "\n").collect()
    }

    /// Reads one member only, and checks its CRC and length: what curl does.
    fn gunzip(body: &[Bytes]) -> String {
        let joined = body.concat();
        let mut text = String::new();
        GzDecoder::new(&joined[..]).read_to_string(&mut text).unwrap();
        text
    }

    #[test]
    fn pieces_join_into_one_member() {
        let long = lines(20_000);
        let pieces = ["first\n", &long, "first\n"].map(|text| Arc::new(Piece::of(text)));
        assert_eq!(gunzip(&gzip(&pieces)), format!("first\n{long}first\n"));
        assert_eq!(gunzip(&gzip::<Arc<Piece>>(&[])), "");
    }

    #[test]
    fn a_piece_gives_its_text_back_in_blocks() {
        let long = lines(40_000);
        let piece = Piece::of(&long);
        let blocks: Vec<_> = piece.blocks().collect();
        assert!(blocks.len() > 2 && blocks.iter().all(|block| block.len() <= BLOCK));
        assert_eq!(blocks.concat(), long.as_bytes());
        assert_eq!(Piece::of("").blocks().count(), 0);
    }
}
