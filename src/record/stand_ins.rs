//! Stand-ins for words: of the same length and alphabet, the same for the same word, never the same for two words.
//!
//! A stand-in is random and does not depend on the word, so that it cannot be found by guessing words: there is no key.

use std::collections::{BTreeMap, HashMap, HashSet};

use fastrand::Rng;

use super::words;

/// Attempts before a stand-in becomes longer, because all of its length are taken.
const ATTEMPTS: usize = 10_000;

/// What is replaced, for the counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Kind {
    /// An ID, a text or a number.
    Id,
    /// The name of something of the account.
    Name,
    /// A text that is not in the documents.
    Text,
    /// A key of an object that is not in the documents.
    Key,
    /// A long number.
    Number,
    /// The ID of a request.
    RequestId,
}

/// All stand-ins of a recording.
#[derive(Debug, Default)]
pub(super) struct StandIns {
    rng: Rng,
    by_word: HashMap<String, String>,
    used: HashSet<String>,
    /// Whole IDs, to find them in messages.
    ids: HashSet<String>,
    counted: BTreeMap<Kind, HashSet<String>>,
}

impl StandIns {
    /// The stand-in of a word.
    pub(super) fn of(&mut self, word: &str) -> String {
        // It says nothing, and has no other of its kind.
        if word.is_empty() || word == "0" {
            return word.to_owned();
        }
        if let Some(known) = self.by_word.get(word) {
            return known.clone();
        }
        let alphabets = alphabets(word);
        let mut longer = 0;
        let stand_in = loop {
            let free = (0..ATTEMPTS).find_map(|_| {
                let last = alphabets.last().copied();
                let all = alphabets.iter().copied().chain(last.into_iter().cycle().take(longer));
                let candidate: String = all.map(|alphabet| alphabet.random(&mut self.rng)).collect();
                let is_free =
                    candidate != word && !self.used.contains(&candidate) && !words::is_known(&candidate);
                is_free.then_some(candidate)
            });
            match free {
                Some(free) => break free,
                None => longer += 1,
            }
        };
        self.used.insert(stand_in.clone());
        self.by_word.insert(word.to_owned(), stand_in.clone());
        stand_in
    }

    /// Remembers a whole ID.
    pub(super) fn add_id(&mut self, id: &str) {
        if !self.ids.contains(id) {
            self.ids.insert(id.to_owned());
        }
    }

    pub(super) fn is_id(&self, text: &str) -> bool {
        self.ids.contains(text)
    }

    /// Counts a text that was replaced, once.
    pub(super) fn count(&mut self, kind: Kind, text: &str) {
        self.counted.entry(kind).or_default().insert(text.to_owned());
    }

    /// How many different texts of each kind were replaced.
    pub(super) fn counts(&self) -> BTreeMap<Kind, usize> {
        self.counted.iter().map(|(kind, texts)| (*kind, texts.len())).collect()
    }
}

/// The characters that may stand for one.
#[derive(Debug, Clone, Copy)]
enum Alphabet {
    Digit,
    /// The first digit of a number.
    FirstDigit,
    Zero,
    HexLower,
    HexUpper,
    Lower,
    Upper,
    Chinese,
}

impl Alphabet {
    fn random(self, rng: &mut Rng) -> char {
        match self {
            Self::Digit => rng.char('0'..='9'),
            Self::FirstDigit => rng.char('1'..='9'),
            Self::Zero => '0',
            Self::HexLower => rng.char('a'..='f'),
            Self::HexUpper => rng.char('A'..='F'),
            Self::Lower => rng.lowercase(),
            Self::Upper => rng.uppercase(),
            // The characters of everyday use.
            Self::Chinese => rng.char('\u{4e00}'..='\u{9fa5}'),
        }
    }
}

fn alphabets(word: &str) -> Vec<Alphabet> {
    let is_number = word.bytes().all(|byte| byte.is_ascii_digit());
    let has = |test: fn(&u8) -> bool| word.bytes().any(|byte| test(&byte));
    let is_hex = word.len() >= 4
        && word.bytes().all(|byte| byte.is_ascii_hexdigit())
        && !(has(u8::is_ascii_lowercase) && has(u8::is_ascii_uppercase));
    let alphabet = |(index, c): (usize, char)| match c {
        '0' if is_number && index == 0 => Alphabet::Zero,
        '1'..='9' if is_number && index == 0 => Alphabet::FirstDigit,
        '0'..='9' => Alphabet::Digit,
        'a'..='z' if is_hex => Alphabet::HexLower,
        'A'..='Z' if is_hex => Alphabet::HexUpper,
        'a'..='z' => Alphabet::Lower,
        'A'..='Z' => Alphabet::Upper,
        _ => Alphabet::Chinese,
    };
    word.chars().enumerate().map(alphabet).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn assert_form(word: &str, pattern: &str) {
        let stand_in = StandIns::default().of(word);
        assert!(regex_lite::Regex::new(pattern).unwrap().is_match(&stand_in), "{word}: {stand_in}");
        assert_ne!(stand_in, word);
    }

    #[test]
    fn a_stand_in_has_the_length_and_the_alphabet_of_its_word() {
        assert_form("0b01fa", "^[0-9][a-f][0-9]{2}[a-f]{2}$");
        assert_form("0B01FA", "^[0-9][A-F][0-9]{2}[A-F]{2}$");
        assert_form("Studio7", "^[A-Z][a-z]{5}[0-9]$");
        assert_form("1234", "^[1-9][0-9]{3}$");
        assert_form("0070", "^0[0-9]{3}$");
        assert_form("数字人", "^[\u{4e00}-\u{9fa5}]{3}$");
        assert_form("é", "^[\u{4e00}-\u{9fa5}]$");
        assert_eq!(StandIns::default().of("0"), "0");
    }

    #[test]
    fn the_same_word_has_the_same_stand_in_and_two_words_never() {
        let mut stand_ins = StandIns::default();
        let all: Vec<_> = (0..1000).map(|n| stand_ins.of(&format!("{n:03}"))).collect();
        assert_eq!((0..1000).map(|n| stand_ins.of(&format!("{n:03}"))).collect::<Vec<_>>(), all);
        assert_eq!(all.iter().collect::<HashSet<_>>().len(), 1000);
        let of_three = all.iter().filter(|stand_in| stand_in.len() == 3).count();
        assert!(of_three >= 995, "only {of_three} of three digits");
    }

    #[test]
    fn two_recordings_have_different_stand_ins() {
        let word = "0123456789abcdef0123456789abcdef";
        assert_ne!(StandIns::default().of(word), StandIns::default().of(word));
    }

    #[test]
    fn a_stand_in_is_no_word_of_the_documents() {
        let mut stand_ins = StandIns::default();
        let words =
            (b'a'..=b'z').flat_map(|a| (b'a'..=b'z').map(move |b| String::from_utf8(vec![a, b]).unwrap()));
        for word in words {
            assert!(!words::is_known(&stand_ins.of(&word)), "{word}");
        }
    }
}
