//! The samples of one metric of all users: a piece for every few blocks of users, in which each block is a section of its
//! own. A block that has not changed keeps its compressed text.

use std::sync::Arc;

use super::families::UserSamples;
use super::piece::{Piece, Total};
use super::piece_writer::SectionEnd;
use super::samples::ProjectSamples;
use crate::snapshot::{PackedUsers, UserBlock};

/// Blocks of users in a piece: enough for some kilobytes, which are sent as they are, and few enough that a changed user
/// leaves most pieces as they are.
const BLOCKS: usize = 8;

/// The samples of one metric of all users.
#[derive(Debug)]
pub(super) struct UserPieces {
    pieces: Vec<Arc<UserPiece>>,
    /// That of all pieces, so that a scrape need not add theirs.
    total: Total,
}

/// The samples of [`BLOCKS`] blocks of users.
#[derive(Debug)]
struct UserPiece {
    piece: Piece,
    /// The section of each block.
    sections: Vec<SectionEnd>,
}

impl UserPieces {
    /// Renders the samples. Takes those of blocks that have the same samples as the block at the same place `before` from
    /// there.
    pub(super) fn render(
        name: &'static str,
        project: &str,
        samples: &UserSamples,
        users: &PackedUsers,
        before: Option<(&PackedUsers, &Self)>,
    ) -> Self {
        let pieces = users.blocks().chunks(BLOCKS).enumerate().map(|(place, blocks)| {
            let before = before.and_then(|(users, pieces)| {
                Some((users.blocks().chunks(BLOCKS).nth(place)?, pieces.pieces.get(place)?))
            });
            let is_same = |place: usize| {
                let block_before = before.and_then(|(blocks, _)| blocks.get(place));
                let is_same = |before: &Arc<UserBlock>| {
                    Arc::ptr_eq(before, &blocks[place]) || (samples.are_same)(before, &blocks[place])
                };
                block_before.is_some_and(is_same)
            };
            let same: Vec<bool> = (0..blocks.len()).map(is_same).collect();
            match before {
                Some((blocks_before, piece))
                    if blocks_before.len() == blocks.len() && same.iter().all(|same| *same) =>
                {
                    Arc::clone(piece)
                }
                _ => {
                    let piece_before = before.map(|(_, piece)| &**piece);
                    let writer = ProjectSamples::new(name, project);
                    Arc::new(UserPiece::render(writer, samples, blocks, &same, piece_before))
                }
            }
        });
        let pieces: Vec<_> = pieces.collect();
        let mut total = Total::default();
        for piece in &pieces {
            total.append(piece.piece.total());
        }
        Self { pieces, total }
    }

    pub(super) fn total(&self) -> Total {
        self.total
    }

    pub(super) fn pieces(&self) -> impl Iterator<Item = &Piece> {
        self.pieces.iter().map(|piece| &piece.piece).filter(|piece| !piece.total().is_empty())
    }
}

impl UserPiece {
    fn render(
        mut writer: ProjectSamples<'_>,
        samples: &UserSamples,
        blocks: &[Arc<UserBlock>],
        same: &[bool],
        before: Option<&Self>,
    ) -> Self {
        let sections = blocks.iter().enumerate().map(|(place, block)| {
            let section_before = before.filter(|_| same[place]).and_then(|before| before.section(place));
            if let Some((deflate, end)) = section_before {
                return writer.add_section(deflate, end.checksum);
            }
            (samples.write)(&mut writer, block);
            writer.end_section()
        });
        let sections = sections.collect();
        Self { piece: writer.finish(), sections }
    }

    /// The compressed samples of the block at a place.
    fn section(&self, place: usize) -> Option<(&[u8], &SectionEnd)> {
        let section = self.sections.get(place)?;
        let start = place.checked_sub(1).and_then(|place| self.sections.get(place)).map_or(0, |end| end.end);
        Some((self.piece.compressed(start..section.end), section))
    }
}
