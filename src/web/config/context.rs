//! What every check of the file shares: where to note, and the files that it names.

use std::path::Path;

use super::files::Files;
use crate::config::yaml::{Field, Place, Problems, values};

pub(super) struct Context<'a> {
    pub(super) problems: &'a Problems,
    /// Where relative paths begin.
    pub(super) directory: &'a Path,
    pub(super) files: &'a Files,
}

impl Context<'_> {
    /// PEM that stands under the first of two names, or in the file under the second.
    pub(super) fn pem<T>(
        &self,
        place: &Place,
        [text_name, file_name]: [&str; 2],
        text: Field<String>,
        file: Field<String>,
        check: fn(&[u8]) -> Result<T, String>,
    ) -> Field<T> {
        let both = !text.is_absent() && !file.is_absent();
        if both {
            let at = file.place().cloned().unwrap_or_else(|| place.under(file_name));
            self.problems.note(at, format!("stands beside {text_name}: keep one of them"));
        }
        let text = text.check(self.problems, |text| check(text.as_bytes()));
        let file = file.check(self.problems, |file| {
            let path = values::path(self.directory, &file)?;
            let named = |sentence: String| format!("names a file that {sentence}");
            check(&self.files.read_named(&path)?).map_err(named)
        });
        if both {
            Field::Bad
        } else if text.is_absent() {
            file
        } else {
            text
        }
    }
}
