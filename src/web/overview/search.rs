//! A search for a part of a name or ID as the pages show it, regardless of case.

use super::format;

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
