//! What every check of the file shares: where to note, and what to fill in from.

use std::path::Path;

use reqwest::Url;

use super::values;
use crate::cloud::credentials::{Secret, SecretValue};
use crate::config::Environment;
use crate::config::yaml::{Field, Place, Problems};

pub(super) struct Context<'a> {
    pub(super) problems: &'a Problems,
    /// Where relative paths begin.
    pub(super) directory: &'a Path,
    pub(super) environment: &'a Environment,
}

impl Context<'_> {
    /// A secret that stands under the first of two names, or in the file under the second.
    pub(super) fn text_or_file(
        &self,
        place: &Place,
        [text_name, file_name]: [&str; 2],
        text: Field<String>,
        file: Field<String>,
        check: fn(&str) -> Result<Secret, String>,
    ) -> Field<SecretValue> {
        if !text.is_absent() && !file.is_absent() {
            let file_place = file.place().cloned().unwrap_or_else(|| place.under(file_name));
            self.problems.note(file_place, format!("stands beside {text_name}: keep one of them"));
        }
        let text = text.check(self.problems, |text| check(&text).map(SecretValue::Inline));
        let file = file
            .check(self.problems, |file| values::secret_file(self.directory, &file).map(SecretValue::File));
        if text.is_absent() { file } else { text }
    }

    /// A line of text that has to be there.
    pub(super) fn required_line(
        &self,
        place: &Place,
        name: &str,
        field: Field<String>,
        what: &str,
    ) -> Option<String> {
        let missing = format!("is missing: write {what}");
        field.check(self.problems, values::line).required(self.problems, place.under(name), missing)
    }

    /// The URL under `name`, or else the default, which sentences call `default_name`.
    pub(super) fn url_or(
        &self,
        place: &Place,
        name: &str,
        field: Field<Url>,
        default_name: &str,
        default: impl FnOnce() -> Result<Url, String>,
    ) -> Option<Url> {
        if !field.is_absent() {
            return field.into_good();
        }
        let note = |error: String| {
            self.problems.note(place.under(name), format!("is missing, and {default_name} {error}"));
        };
        default().map_err(note).ok()
    }
}
