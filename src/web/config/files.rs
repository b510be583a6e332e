//! The files that a configuration was read from, so that a change of any of them is noticed.

use std::cell::RefCell;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::config::yaml::{self, Errors, values};

/// What a file held; none where it could not be read.
type Content = Option<[u8; 32]>;

/// Reads files and remembers what they held.
#[derive(Debug, Default)]
pub(super) struct Files(RefCell<Vec<(PathBuf, Content)>>);

impl Files {
    /// The configuration file itself.
    pub(super) fn read_configuration(&self, path: &Path) -> Result<Vec<u8>, Errors> {
        let read = yaml::read(path);
        self.remember(path, content(read.as_deref().ok()));
        read
    }

    /// A file that the configuration names; the error is the end of a sentence that begins with the key.
    pub(super) fn read_named(&self, path: &Path) -> Result<Vec<u8>, String> {
        let read = values::read(path);
        self.remember(path, content(read.as_deref().ok()));
        read
    }

    fn remember(&self, path: &Path, content: Content) {
        self.0.borrow_mut().push((path.to_owned(), content));
    }

    /// Whether all files hold what they held.
    pub(super) fn are_unchanged(&self) -> bool {
        let files = self.0.borrow();
        let now = |(at, path): (usize, &Path)| match at {
            0 => content(yaml::read(path).as_deref().ok()),
            _ => content(values::read(path).as_deref().ok()),
        };
        files.iter().enumerate().all(|(at, (path, then))| now((at, path)) == *then)
    }
}

fn content(bytes: Option<&[u8]>) -> Content {
    bytes.map(|bytes| Sha256::digest(bytes).into())
}
