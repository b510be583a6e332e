//! The file of a recording: only for its owner, and never in place of another file.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use super::Error;
use super::whole_file::{self, WholeFile};
use crate::record::{Kind, RecordedProject};

/// Begins the file.
///
/// # Errors
/// If the file exists already, or cannot be created.
pub(super) fn begin(path: &Path) -> Result<WholeFile, Error> {
    if !whole_file::writes_directly(path) && whole_file::exists(path) {
        return Err(exists(path));
    }
    WholeFile::begin(path.to_owned(), 0o600).map_err(|error| cannot_write(path, &error))
}

/// Writes the whole file and gives it its name, which it returns.
///
/// # Errors
/// If it cannot be written, or a file of its name has appeared.
pub(super) fn write(mut file: WholeFile, text: &str) -> Result<PathBuf, Error> {
    let path = file.path().to_owned();
    let written = file.write(text.as_bytes()).and_then(|()| file.create_new());
    match written {
        Ok(()) => Ok(path),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(exists(&path)),
        Err(error) => Err(cannot_write(&path, &error)),
    }
}

fn exists(path: &Path) -> Error {
    Error::Usage(format!("--record: {} exists already; remove it, or choose another name", path.display()))
}

fn cannot_write(path: &Path, error: &io::Error) -> Error {
    Error::Failed(format!("cannot write the recording to {}: {error}", path.display()))
}

/// What was recorded and replaced, and what to do before the file is sent.
pub(super) fn describe(
    path: &Path,
    projects: &[RecordedProject],
    replaced: &BTreeMap<Kind, usize>,
) -> String {
    let answers: usize = projects.iter().map(|project| project.checked.len() + project.polled.len()).sum();
    let names = |kind| match kind {
        Kind::Id => ("ID", "IDs"),
        Kind::Name => ("name", "names"),
        Kind::Text => ("text", "texts"),
        Kind::Key => ("key", "keys"),
        Kind::Number => ("long number", "long numbers"),
        Kind::RequestId => ("request ID", "request IDs"),
    };
    let count = |number: usize, (one, many): (&str, &str)| {
        format!("{number} {}", if number == 1 { one } else { many })
    };
    let counts: Vec<_> = replaced.iter().map(|(kind, number)| count(*number, names(*kind))).collect();
    let replaced = if counts.is_empty() { "nothing".to_owned() } else { counts.join(", ") };
    let path = path.display();
    format!(
        "recorded {} of {} in {path}; replaced: {replaced}\nlook through it before you send it: less {path}\n\
         see what the exporter makes of it: metastudio-exporter simulate --replay {path}\n",
        count(answers, ("answer", "answers")),
        count(projects.len(), ("project", "projects")),
    )
}
