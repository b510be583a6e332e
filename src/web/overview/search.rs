//! A search for a part of a name or ID as the pages show it, regardless of case.

use memchr::memchr;
use memchr::memmem::Finder;

use super::format;
use crate::snapshot::{PackedUsers, UserBlock};

/// The text to search for.
#[derive(Debug, Clone)]
pub(super) struct Search {
    wanted: String,
    /// The last text in lower case; kept, because a search reads up to a hundred thousand texts.
    lower: String,
}

impl Search {
    /// An empty text is found everywhere.
    pub(super) fn new(text: &str) -> Self {
        Self { wanted: lower_case(text).collect(), lower: String::new() }
    }

    /// The places of the users whose name or ID contains the text; `None` if all do, because it is empty.
    pub(super) fn places(&mut self, users: &PackedUsers) -> Option<Vec<u32>> {
        if self.wanted.is_empty() {
            return None;
        }
        let finder = Finder::new(&self.wanted).into_owned();
        let (mut places, mut lower) = (Vec::new(), Vec::new());
        for (first, block) in (0..).step_by(UserBlock::USERS).zip(users.blocks()) {
            let texts = block.texts().as_bytes();
            if !is_plain(texts) {
                let names = (first..).zip(block.names());
                let found = names.filter(|(_, (id, name))| self.finds(std::iter::once(*id).chain(*name)));
                places.extend(found.map(|(place, _)| place));
            } else if self.wanted.is_ascii() {
                lower.clear();
                lower.extend_from_slice(texts);
                lower.make_ascii_lowercase();
                add_found(&finder, &lower, first, &mut places);
            }
        }
        Some(places)
    }

    /// Whether one of `texts` contains the text.
    pub(super) fn finds<'a>(&mut self, texts: impl IntoIterator<Item = &'a str>) -> bool {
        self.wanted.is_empty()
            || texts.into_iter().any(|text| {
                self.lower.clear();
                self.lower.extend(lower_case(text));
                self.lower.contains(&self.wanted)
            })
    }
}

/// Whether texts have printable ASCII characters only, of which only letters change in lower case.
fn is_plain(texts: &[u8]) -> bool {
    // Without an early end, so that the compiler uses vector instructions.
    texts.iter().fold(true, |plain, byte| plain & matches!(byte, 0 | b' '..=b'~'))
}

/// Searches the texts of a block all at once, and adds the places of the users that have the text. It has no NUL, so it
/// is found within one text.
fn add_found(finder: &Finder<'_>, texts: &[u8], first: u32, places: &mut Vec<u32>) {
    let (mut place, mut rest) = (first, texts);
    while let Some(found) = finder.find(rest) {
        let (before, after) = rest.split_at(found);
        // Each user has two texts.
        let ended: u32 = before.iter().map(|byte| u32::from(*byte == 0)).sum();
        place += ended / 2;
        places.push(place);
        place += 1;
        rest = after;
        for _ in ended % 2..2 {
            let Some(end) = memchr(0, rest) else { return };
            rest = &rest[end + 1..];
        }
    }
}

/// Character by character, so that a part of a text has the same lower case as the whole.
fn lower_case(text: &str) -> impl Iterator<Item = char> {
    text.chars().map(format::symbol).flat_map(char::to_lowercase)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_of_a_text_is_found_regardless_of_case() {
        for (wanted, texts, found) in [
            ("", &[][..], true),
            ("", &["anna"], true),
            ("ANN", &["anna"], true),
            ("nna", &["id-1", "Anna"], true),
            ("anna ", &["anna"], false),
            ("annab", &["anna"], false),
            ("a", &[], false),
            ("张三", &["小张三"], true),
            ("ÖL", &["böl"], true),
            ("ΟΔΟΣ", &["οδοσ-1"], true),
            ("n␀u", &["n\0ul"], true),
            ("n\0u", &["n␀ul"], true),
            (".*", &["anna"], false),
            (".*", &["a.*b"], true),
        ] {
            assert_eq!(Search::new(wanted).finds(texts.iter().copied()), found, "{wanted} in {texts:?}");
        }
    }
}
