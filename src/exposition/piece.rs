//! Kept text: raw deflate that can stand anywhere in one gzip member.
//!
//! A scrape joins pieces of different ages into one body. It has to be one gzip member, since curl stops after the
//! first; so each piece is compressed on its own, ends on a byte boundary without a final block, and carries its CRC
//! for the trailer.

use std::fmt;
use std::io::Write;

use bytes::Bytes;
use flate2::write::DeflateEncoder;
use flate2::{Compression, Crc, Decompress, FlushDecompress};

/// Higher levels make a scrape hardly smaller, and rendering much slower.
const LEVEL: Compression = Compression::new(3);

/// Text is handed to the compressor in blocks of this size.
const BLOCK: usize = 64 << 10;

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

/// Takes text and compresses it block by block.
pub(super) struct Writer {
    block: String,
    crc: Crc,
    /// A quarter of a megabyte, so none for what has no text.
    deflate: Option<DeflateEncoder<Vec<u8>>>,
}

impl Writer {
    pub(super) fn new() -> Self {
        Self { block: String::new(), crc: Crc::new(), deflate: None }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.block.is_empty() && self.crc.amount() == 0
    }

    pub(super) fn write(&mut self, text: fmt::Arguments<'_>) {
        // Neither a String nor a Vec refuses what is written to it.
        let _ = fmt::Write::write_fmt(&mut self.block, text);
        if self.block.len() >= BLOCK {
            self.compress();
        }
    }

    fn compress(&mut self) {
        self.crc.update(self.block.as_bytes());
        let deflate = self.deflate.get_or_insert_with(|| DeflateEncoder::new(Vec::new(), LEVEL));
        let _ = deflate.write_all(self.block.as_bytes());
        self.block.clear();
    }

    pub(super) fn finish(mut self) -> Piece {
        self.compress();
        let deflate = self.deflate.as_mut().map(|deflate| {
            // A flush ends on a byte boundary; finishing would write a final block.
            let _ = deflate.flush();
            std::mem::take(deflate.get_mut())
        });
        Piece { deflate: deflate.unwrap_or_default().into(), crc: self.crc }
    }
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
