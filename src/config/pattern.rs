//! Regular expressions over users, as Prometheus has them: always of the whole text.

/// A regular expression that matches whole texts only.
#[derive(Debug, Clone)]
pub struct Pattern {
    text: String,
    regex: regex_lite::Regex,
}

impl Pattern {
    /// The pattern of `text`.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn new(text: &str) -> Result<Self, String> {
        // Alone first, so that no bracket of it closes ours.
        regex_lite::Regex::new(text).map_err(|error| error.to_string())?;
        let regex = regex_lite::Regex::new(&format!("^(?:{text})$")).map_err(|error| error.to_string())?;
        Ok(Self { text: text.to_owned(), regex })
    }

    /// Whether all of `text` is meant.
    #[must_use]
    pub fn matches(&self, text: &str) -> bool {
        self.regex.is_match(text)
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_is_of_the_whole_text() {
        let pattern = Pattern::new("studio-.*|a").unwrap();
        for (text, expected) in [("studio-1", true), ("a", true), ("my-studio-1", false), ("ab", false)] {
            assert_eq!(pattern.matches(text), expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_pattern_is_said() {
        for text in ["(", "a)(b", "*"] {
            assert!(Pattern::new(text).is_err(), "{text}");
        }
    }
}
