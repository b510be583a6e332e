//! What is wrong with a value, without the value, and where it stands.

use std::fmt::Display;

use super::{MAX_DEPTH, MAX_TEXT_MIB, MAX_VALUES};

/// The rest of a sentence that begins with the key.
#[derive(Debug, thiserror::Error)]
pub(super) enum Problem {
    #[error("is not a known key: remove it, or write one of {}", .0.join(", "))]
    UnknownKey(&'static [&'static str]),
    // `sk:secret` without the space is one key.
    #[error(
        "has an unknown key, which is not shown because it may hold a secret: write one of {}, each with a colon and a \
         space after it",
        .0.join(", ")
    )]
    HiddenKey(&'static [&'static str]),
    #[error("is set twice: keep one")]
    SetTwice,
    #[error("has a key that is not text: write each as `key: value`")]
    KeyNotText,
    #[error("must be a mapping: write its keys below it, each as `key: value`")]
    NoMapping,
    #[error("must be a list: write its items as [a, b], or below it with - before each")]
    NoList,
    #[error("must be a single value, not a list or mapping")]
    NotSingle,
    #[error("is empty: write a text, or remove the key")]
    EmptyText,
    #[error("must be true or false")]
    NotTruth,
    #[error("must be a number")]
    NotNumber,
    #[error("must be a whole number")]
    NotWhole,
    #[error("merge keys (<<) are not supported: write the keys out, or share a whole value (&a, *a)")]
    MergeKey,
    #[error("has a tag (!): remove it, every key has one kind of value")]
    HasTag,
    #[error("begins a second document (---): keep one document in the file")]
    SecondDocument,
    #[error("uses an alias (*) without an anchor (&): write the value out")]
    UnknownAlias,
    #[error("has an alias (*) inside the anchor (&) that it refers to: remove the alias")]
    RecursiveAlias,
    #[error("nests lists and mappings more than {} deep: no setting needs that", MAX_DEPTH)]
    TooDeep,
    #[error("has more than {} values with its aliases (*) expanded: use fewer", MAX_VALUES)]
    TooManyValues,
    #[error("has more than {} MiB of text with its aliases (*) expanded: use less", MAX_TEXT_MIB)]
    TooMuchText,
    #[error("is not valid YAML: a text that begins with %, @ or ` needs quotes around it")]
    UnexpectedCharacter,
    #[error("is not valid YAML: {0}")]
    Invalid(String),
    #[error("is not valid YAML: compare it with the example configuration")]
    Other,
}

/// A step from a mapping or list to a value in it.
#[derive(Debug)]
pub(super) enum Step {
    Key(String),
    Item(usize),
}

/// A problem and its place. In a box, because the deserializers of all types pass it on.
#[derive(Debug, thiserror::Error)]
#[error("{}", .0.problem)]
pub(super) struct Error(Box<Located>);

#[derive(Debug)]
struct Located {
    problem: Problem,
    line: u64,
    /// From the value to the whole file.
    steps: Vec<Step>,
}

impl Error {
    pub(super) fn new(line: u64, problem: Problem) -> Self {
        Self(Box::new(Located { problem, line, steps: Vec::new() }))
    }

    pub(super) fn with_line(mut self, line: u64) -> Self {
        self.0.line = line;
        self
    }

    pub(super) fn under(mut self, step: Step) -> Self {
        self.0.steps.push(step);
        self
    }

    /// The line, the key, and the rest of the sentence.
    pub(super) fn describe(&self) -> (u64, String, String) {
        (self.0.line, join(self.0.steps.iter().rev()), self.0.problem.to_string())
    }
}

/// What the derived code of the types may find wrong. Its messages would repeat values.
impl serde::de::Error for Error {
    fn custom<T: Display>(_: T) -> Self {
        Self::new(1, Problem::Other)
    }

    fn unknown_field(name: &str, known: &'static [&'static str]) -> Self {
        if is_showable(name) {
            Self::new(1, Problem::UnknownKey(known)).under(Step::Key(name.to_owned()))
        } else {
            Self::new(1, Problem::HiddenKey(known))
        }
    }
}

/// Whether a key looks like a misspelt one, rather than like a secret in the wrong place. One known key has a digit.
pub(in crate::config) fn is_showable(key: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_alphabetic() || c == '_' || c == '-';
    (1..=30).contains(&key.len()) && (key.chars().all(is_plain) || key == "http2")
}

/// A path like `projects[1].credentials`. It ends before a key that must not be shown.
fn join<'a>(steps: impl Iterator<Item = &'a Step>) -> String {
    let mut path = String::new();
    for step in steps {
        match step {
            Step::Item(index) => path.extend(["[", &index.to_string(), "]"]),
            Step::Key(key) if is_showable(key) => {
                path += if path.is_empty() { "" } else { "." };
                path += key;
            }
            Step::Key(_) => break,
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_ends_before_a_key_that_may_be_a_secret() {
        let key = |key: &str| Step::Key(key.to_owned());
        for (steps, expected) in [
            (vec![], ""),
            (vec![key("a"), Step::Item(1), key("b")], "a[1].b"),
            (vec![Step::Item(0), Step::Item(1)], "[0][1]"),
            (vec![key("a"), key("s3cret"), key("b")], "a"),
            (vec![key("a"), key("[secret]")], "a"),
            (vec![key("http2")], "http2"),
        ] {
            assert_eq!(join(steps.iter()), expected);
        }
    }
}
