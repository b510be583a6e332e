//! All that is wrong with a file, and where.

use std::cell::RefCell;
use std::path::Path;

use super::Errors;

/// How many errors are told; nobody mends more of them at a time.
const SHOWN: usize = 50;

/// A value of the file: its line, and the keys that lead to it, like `projects[1].credentials`.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    pub(crate) line: usize,
    pub(crate) key: String,
}

impl Place {
    /// The file as a whole.
    pub(crate) fn whole() -> Self {
        Self { line: 1, key: String::new() }
    }

    /// The value under a key of this mapping, on this line until a better one is known.
    pub(crate) fn under(&self, name: &str) -> Self {
        let key = if self.key.is_empty() { name.to_owned() } else { format!("{}.{name}", self.key) };
        Self { line: self.line, key }
    }

    /// An item of this list.
    pub(crate) fn item(&self, index: usize, line: usize) -> Self {
        Self { line, key: format!("{}[{index}]", self.key) }
    }

    pub(crate) fn on_line(self, line: usize) -> Self {
        Self { line, ..self }
    }
}

/// What was found wrong up to now. Shared by all that read, so that nobody has to stop at the first.
#[derive(Debug, Default)]
pub(crate) struct Problems(RefCell<Vec<(Place, String)>>);

impl Problems {
    /// Adds what is wrong at a place: the end of a sentence that begins with the key.
    pub(crate) fn note(&self, place: Place, sentence: impl Into<String>) {
        self.0.borrow_mut().push((place, sentence.into()));
    }

    /// A line for each, in the order of the file.
    pub(crate) fn into_errors(self, file: &Path) -> Errors {
        let mut problems = self.0.into_inner();
        problems.sort_by_key(|(place, _)| place.line);
        let hidden = problems.len().saturating_sub(SHOWN);
        let line = |(Place { line, key }, sentence): &(Place, String)| match key.as_str() {
            "" => format!("{}:{line}: {sentence}", file.display()),
            key => format!("{}:{line}: {key}: {sentence}", file.display()),
        };
        let mut lines: Vec<_> = problems.iter().take(SHOWN).map(line).collect();
        if hidden > 0 {
            lines.push(format!("{}: {hidden} more errors are not shown: mend these first", file.display()));
        }
        Errors(lines)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.borrow().is_empty()
    }
}
