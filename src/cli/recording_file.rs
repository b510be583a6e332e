//! The file of a recording: whole or not there, only for its owner, and never in place of another file.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use super::Error;
use crate::record::{Kind, RecordedProject};

/// A file under a temporary name. It vanishes if it is not written.
pub(super) struct RecordingFile {
    path: PathBuf,
    /// `None` for a device or a pipe, which is written directly.
    temporary: Option<PathBuf>,
    file: File,
}

impl Drop for RecordingFile {
    fn drop(&mut self) {
        if let Some(temporary) = &self.temporary {
            // It has another name now, or no use.
            let _ = fs::remove_file(temporary);
        }
    }
}

impl RecordingFile {
    /// Creates the file under a temporary name in the same directory.
    ///
    /// # Errors
    /// If the file exists already, or cannot be created.
    pub(super) fn create(path: PathBuf) -> Result<Self, Error> {
        let failed = |error: io::Error| cannot_write(&path, &error);
        let kind = fs::metadata(&path).map(|metadata| metadata.file_type());
        if kind.is_ok_and(|kind| kind.is_char_device() || kind.is_fifo()) {
            let file = OpenOptions::new().write(true).open(&path).map_err(failed)?;
            return Ok(Self { path, temporary: None, file });
        }
        if fs::symlink_metadata(&path).is_ok() {
            return Err(exists(&path));
        }
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let temporary = path.with_file_name(format!(".{name}.{}.part", std::process::id()));
        let file =
            OpenOptions::new().write(true).create_new(true).mode(0o600).open(&temporary).map_err(failed)?;
        Ok(Self { path, temporary: Some(temporary), file })
    }

    /// Writes the whole file and gives it its name, which it returns.
    ///
    /// # Errors
    /// If it cannot be written, or a file of its name has appeared. There is no file then.
    pub(super) fn write(mut self, text: &str) -> Result<PathBuf, Error> {
        let failed = |error: io::Error| cannot_write(&self.path, &error);
        self.file.write_all(text.as_bytes()).map_err(failed)?;
        let Some(temporary) = &self.temporary else { return Ok(self.path.clone()) };
        self.file.sync_all().map_err(failed)?;
        // Unlike a renaming, a link does not replace a file.
        match fs::hard_link(temporary, &self.path) {
            Err(_) if fs::symlink_metadata(&self.path).is_ok() => return Err(exists(&self.path)),
            // The file system has no links.
            Err(_) => fs::rename(temporary, &self.path).map_err(failed)?,
            Ok(()) => {}
        }
        Ok(self.path.clone())
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
