//! Writes text that is compressed as it grows, so that it is never in memory as a whole.

use std::mem;
use std::sync::{Mutex, MutexGuard, PoisonError};

use flate2::{Compress, Compression, FlushCompress};

use super::checksum::Checksum;
use super::piece::{BLOCK, Piece};

/// The level of compression. Higher levels save little space and are slower.
pub(super) const LEVEL: u32 = 5;

/// Space for the end of a block, in bytes.
const FLUSH_SPACE: usize = 64;

/// Unused writers' memory. A compressor takes a quarter of a megabyte: allocating one for each piece, and text that grows,
/// would fragment the memory so much that thousands of projects take gigabytes.
static IDLE: Mutex<Vec<Scratch>> = Mutex::new(Vec::new());

/// More writers' memory is not kept: as many write concurrently only now and then.
const MAX_IDLE: usize = 3;

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
        self.into_piece()
    }

    /// Like [`finish`](Self::finish) for text that is sent once. Does not compress it if it is short, since that takes
    /// longer than to send it.
    pub(super) fn finish_for_one_body(mut self) -> Piece {
        let Scratch { block, deflate, .. } = &mut self.scratch;
        let is_whole = deflate.is_empty() && self.section.length() == 0;
        match u16::try_from(block.len()) {
            Ok(length) if is_whole && length > 0 => {
                // A stored block: no final one, the length, its complement, and the text.
                deflate.push(0);
                deflate.extend(length.to_le_bytes());
                deflate.extend((!length).to_le_bytes());
                deflate.extend(block.as_bytes());
                self.checksum.update(block.as_bytes());
                block.clear();
                self.into_piece()
            }
            _ => self.finish(),
        }
    }

    fn into_piece(mut self) -> Piece {
        let piece = Piece::new(&self.scratch.deflate, self.checksum);
        self.scratch.deflate.clear();
        self.scratch.deflate.shrink_to(MAX_IDLE_BUFFER);
        let mut idle = idle();
        if idle.len() < MAX_IDLE {
            idle.push(self.scratch);
        }
        piece
    }
}

/// A panic leaves the list intact, because every change is a single step.
fn idle() -> MutexGuard<'static, Vec<Scratch>> {
    IDLE.lock().unwrap_or_else(PoisonError::into_inner)
}
