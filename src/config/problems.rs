//! Everything that is wrong with a file, with the line and key of each problem.

use std::cell::RefCell;
use std::collections::HashMap;
use std::path::Path;

use serde::{Deserialize, Deserializer};

use super::yaml::is_showable;

/// The most problems that are shown; more are not fixed in one go.
const SHOWN: usize = 50;

/// What is wrong with a file, one line for each problem: `FILE:LINE: KEY: sentence`. The key is missing for a problem
/// with the whole file, and the line too if the file cannot be read.
#[derive(Debug, Clone, thiserror::Error, PartialEq, Eq)]
#[error("{}", .0.join("\n"))]
pub struct Errors(pub Vec<String>);

/// A setting of a file: absent, or a value and its place.
#[derive(Debug)]
pub(crate) struct Setting<T>(Option<Placed<T>>);

#[derive(Debug)]
struct Placed<T> {
    value: T,
    line: u64,
    is_quoted: bool,
}

impl<T> Default for Setting<T> {
    fn default() -> Self {
        Self(None)
    }
}

/// `yaml` answers a tuple with the line of a value, whether it is in quotes, and the value.
impl<'de, T: Deserialize<'de>> Deserialize<'de> for Setting<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (line, quotes, value) = <(u64, u8, T)>::deserialize(deserializer)?;
        Ok(Self(Some(Placed { value, line, is_quoted: quotes > 0 })))
    }
}

impl<T> Setting<T> {
    pub(crate) fn is_set(&self) -> bool {
        self.0.is_some()
    }

    pub(crate) fn value(&self) -> Option<&T> {
        self.0.as_ref().map(|placed| &placed.value)
    }

    fn line(&self) -> Option<u64> {
        self.0.as_ref().map(|placed| placed.line)
    }
}

impl Setting<String> {
    /// Treats an empty text as absent.
    pub(crate) fn without_empty(self) -> Self {
        Self(self.0.filter(|placed| !placed.value.is_empty()))
    }
}

/// A problem: its line, the path of its key, and the rest of a sentence that begins with the key.
type Problem = (u64, String, String);

/// The problems found in a file so far.
#[derive(Debug, Default)]
pub(crate) struct Problems(RefCell<Vec<Problem>>);

impl Problems {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.borrow().is_empty()
    }

    /// The problems in the order of their lines.
    pub(crate) fn into_errors(self, file: &Path) -> Errors {
        let mut found = self.0.into_inner();
        found.sort_by_key(|(line, ..)| *line);
        let found = without_repeats(found);
        let mut lines: Vec<_> =
            found.iter().take(SHOWN).map(|problem| format_problem(file, problem)).collect();
        if let Some(hidden @ 1..) = found.len().checked_sub(SHOWN) {
            lines.push(format!("{}: {hidden} more errors are not shown: fix these first", file.display()));
        }
        Errors(lines)
    }
}

/// Problems of one line that differ only in their project become one: an alias (`*`) repeats what its anchor has.
fn without_repeats(found: Vec<Problem>) -> Vec<Problem> {
    let mut kept: Vec<(Problem, usize)> = Vec::new();
    let mut places = HashMap::new();
    for (line, key, sentence) in found {
        let below_project = key.split_once(']').map_or(key.clone(), |(_, rest)| rest.to_owned());
        let place = *places.entry((line, below_project, sentence.clone())).or_insert(kept.len());
        match kept.get_mut(place) {
            Some((_, repeats)) => *repeats += 1,
            None => kept.push(((line, key, sentence), 0)),
        }
    }
    let with_repeats = |((line, key, sentence), repeats): (Problem, usize)| match repeats {
        0 => (line, key, sentence),
        1 => (line, key, format!("{sentence} (the same in 1 more project)")),
        _ => (line, key, format!("{sentence} (the same in {repeats} more projects)")),
    };
    kept.into_iter().map(with_repeats).collect()
}

pub(super) fn format_problem(file: &Path, (line, key, sentence): &Problem) -> String {
    let separator = if key.is_empty() { "" } else { ": " };
    format!("{}:{line}: {key}{separator}{sentence}", file.display())
}

/// A mapping or list of the file whose values are being checked. All checks record what is wrong and go on.
pub(crate) struct Node<'a> {
    problems: &'a Problems,
    pub(crate) line: u64,
    pub(crate) key: String,
}

impl<'a> Node<'a> {
    /// The whole file.
    pub(crate) fn root(problems: &'a Problems) -> Self {
        Self { problems, line: 1, key: String::new() }
    }

    /// Whether a problem was recorded anywhere in the file.
    pub(crate) fn has_problems(&self) -> bool {
        !self.problems.is_empty()
    }

    fn key_of(&self, name: &str) -> String {
        if self.key.is_empty() { name.to_owned() } else { format!("{}.{name}", self.key) }
    }

    /// The value under a key of this mapping.
    pub(crate) fn child<T>(&self, name: &str, setting: &Setting<T>) -> Self {
        let line = setting.line().unwrap_or(self.line);
        Self { problems: self.problems, line, key: self.key_of(name) }
    }

    /// The value under a key that the format does not know. The problem is recorded with the mapping's key if the value's
    /// own looks like a secret.
    pub(crate) fn child_if_showable<T>(&self, name: &str, setting: &Setting<T>) -> Self {
        let child = self.child(name, setting);
        if is_showable(name) { child } else { Self { key: self.key.clone(), ..child } }
    }

    /// The items of this list.
    pub(crate) fn items<T>(&self, items: Vec<Setting<T>>) -> impl Iterator<Item = (Self, T)> {
        items.into_iter().enumerate().filter_map(|(index, item)| {
            let key = format!("{}[{index}]", self.key);
            let Placed { value, line, .. } = item.0?;
            Some((Self { problems: self.problems, line, key }, value))
        })
    }

    /// Records a problem with this value: the rest of a sentence that begins with its key.
    pub(crate) fn record(&self, sentence: impl Into<String>) {
        self.problems.0.borrow_mut().push((self.line, self.key.clone(), sentence.into()));
    }

    /// Records a problem with a key of this mapping, at the line of the mapping.
    pub(crate) fn record_under(&self, name: &str, sentence: impl Into<String>) {
        self.child::<()>(name, &Setting::default()).record(sentence);
    }

    /// Returns the checked value, or `None` after recording the error.
    pub(crate) fn checked<T>(&self, result: Result<T, String>) -> Option<T> {
        result.map_err(|sentence| self.record(sentence)).ok()
    }

    /// Checks the value under a key. Returns `None` if it is absent, and after recording an error.
    pub(crate) fn check<T, U>(
        &self,
        name: &str,
        setting: &Setting<T>,
        check: impl FnOnce(&T) -> Result<U, String>,
    ) -> Option<U> {
        self.child(name, setting).checked(check(setting.value()?))
    }

    /// Checks a number or boolean, which must not be in quotes.
    pub(crate) fn check_plain<T, U>(
        &self,
        name: &str,
        setting: &Setting<T>,
        check: impl FnOnce(&T) -> Result<U, String>,
    ) -> Option<U> {
        if setting.0.as_ref()?.is_quoted {
            self.child(name, setting).record("must not be in quotes: remove them");
            return None;
        }
        self.check(name, setting, check)
    }

    /// Checks all items of the list under a key. Returns those without errors.
    pub(crate) fn check_items<T, U>(
        &self,
        name: &str,
        setting: Setting<Vec<Setting<T>>>,
        check: impl Fn(&T) -> Result<U, String>,
    ) -> Vec<U> {
        let list = self.child(name, &setting);
        let items = setting.0.map(|placed| placed.value).unwrap_or_default();
        list.items(items).filter_map(|(node, item)| node.checked(check(&item))).collect()
    }

    /// Reads the mapping under a key. Returns `None` if it is absent, and if `read` does after recording an error.
    pub(crate) fn read<T, U>(
        &self,
        name: &str,
        setting: Setting<T>,
        read: impl FnOnce(&Self, T) -> Option<U>,
    ) -> Option<U> {
        read(&self.child(name, &setting), setting.0?.value)
    }

    /// Checks a value that is either in the file, under the first name, or in a file of its own, under the second.
    pub(crate) fn text_or_file<T>(
        &self,
        [text_name, file_name]: [&str; 2],
        text: &Setting<String>,
        file: &Setting<String>,
        check_text: impl FnOnce(&String) -> Result<T, String>,
        check_file: impl FnOnce(&String) -> Result<T, String>,
    ) -> Option<T> {
        if text.is_set() && file.is_set() {
            self.child(file_name, file).record(format!("cannot be used with {text_name}: keep one of them"));
        }
        let is_one = !(text.is_set() && file.is_set());
        let text = self.check(text_name, text, check_text);
        let file = self.check(file_name, file, check_file);
        text.or(file).filter(|_| is_one)
    }

    /// Returns `value`, or records that the key is missing if none of `settings` is set.
    pub(crate) fn required<T>(
        &self,
        name: &str,
        settings: &[&Setting<String>],
        value: Option<T>,
        sentence: &str,
    ) -> Option<T> {
        if !settings.iter().any(|setting| setting.is_set()) {
            self.record_under(name, format!("is missing: {sentence}"));
        }
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn problems_are_sorted_by_line_and_cut_at_fifty() {
        let problems = Problems::default();
        let root = Node::root(&problems);
        for line in (0..52).rev() {
            Node { problems: &problems, line, key: format!("list[{line}]") }.record("is wrong");
        }
        root.record("is empty");
        let Errors(lines) = problems.into_errors(Path::new("c.yml"));
        assert_eq!(lines[0], "c.yml:0: list[0]: is wrong");
        assert_eq!(lines[2], "c.yml:1: is empty");
        assert_eq!(lines[50], "c.yml: 3 more errors are not shown: fix these first");
    }

    #[test]
    fn what_an_alias_repeats_is_one_problem() {
        let problems = Problems::default();
        let record = |line, key: &str, sentence: &str| {
            Node { problems: &problems, line, key: key.to_owned() }.record(sentence);
        };
        for project in 0..3 {
            record(4, &format!("projects[{project}].token.file"), "is missing");
            record(4, &format!("projects[{project}].token.value"), "is missing");
        }
        record(4, "projects[3].token.file", "is empty");
        record(5, "projects[4].token.file", "is missing");
        record(5, "projects[5].token.file", "is missing");
        record(6, "projects[6].items[0]", "is wrong");
        record(6, "projects[6].items[1]", "is wrong");
        record(7, "poll.interval", "is wrong");
        assert_eq!(
            problems.into_errors(Path::new("c.yml")).0,
            [
                "c.yml:4: projects[0].token.file: is missing (the same in 2 more projects)",
                "c.yml:4: projects[0].token.value: is missing (the same in 2 more projects)",
                "c.yml:4: projects[3].token.file: is empty",
                "c.yml:5: projects[4].token.file: is missing (the same in 1 more project)",
                "c.yml:6: projects[6].items[0]: is wrong",
                "c.yml:6: projects[6].items[1]: is wrong",
                "c.yml:7: poll.interval: is wrong",
            ]
        );
    }
}
