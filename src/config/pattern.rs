//! Regular expressions for users. As in Prometheus, they match whole texts.

/// A regular expression that matches whole texts only.
#[derive(Debug, Clone)]
pub struct Pattern {
    text: String,
    regex: regex_lite::Regex,
}

impl Pattern {
    /// Compiles `text`.
    ///
    /// # Errors
    /// If it is not a regular expression.
    pub fn new(text: &str) -> Result<Self, String> {
        // Alone first, so that none of its brackets closes the group below.
        regex_lite::Regex::new(text).map_err(|error| error.to_string())?;
        let regex = regex_lite::Regex::new(&format!("^(?:{text})$")).map_err(|error| error.to_string())?;
        Ok(Self { text: text.to_owned(), regex })
    }

    /// Whether the pattern matches all of `text`.
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
    fn a_pattern_matches_whole_texts() {
        let pattern = Pattern::new("studio-.*|a").unwrap();
        for (text, expected) in [("studio-1", true), ("a", true), ("my-studio-1", false), ("ab", false)] {
            assert_eq!(pattern.matches(text), expected, "{text}");
        }
    }

    #[test]
    fn a_bad_pattern_is_an_error() {
        for text in ["(", "a)(b", "*"] {
            assert!(Pattern::new(text).is_err(), "{text}");
        }
    }
}
