//! A file that is whole or not there: it is written under a temporary name in the same directory.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// A file that is being written. Without [`replace`](Self::replace) or [`create_new`](Self::create_new), it vanishes.
pub(super) struct WholeFile {
    path: PathBuf,
    /// `None` for a device or a pipe, which is written directly.
    temporary: Option<PathBuf>,
    file: File,
}

impl Drop for WholeFile {
    fn drop(&mut self) {
        if let Some(temporary) = &self.temporary {
            // It has another name now, or no use.
            let _ = fs::remove_file(temporary);
        }
    }
}

impl WholeFile {
    /// Begins a file with these permissions, less those of the umask.
    ///
    /// # Errors
    /// If nothing can be written there.
    pub(super) fn begin(path: PathBuf, mode: u32) -> io::Result<Self> {
        if writes_directly(&path) {
            let file = OpenOptions::new().write(true).open(&path)?;
            return Ok(Self { path, temporary: None, file });
        }
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        // Not the process ID: in a container it is always 1, so a file that a killed process left would be in the way.
        let temporary = path.with_file_name(format!(".{name}.{:08x}.part", fastrand::u32(..)));
        let file = OpenOptions::new().write(true).create_new(true).mode(mode).open(&temporary)?;
        Ok(Self { path, temporary: Some(temporary), file })
    }

    /// The path that it will have.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Adds to the file.
    ///
    /// # Errors
    /// If the bytes cannot be written, for example because the disk is full.
    pub(super) fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes)
    }

    /// Gives the file its name, in place of another one.
    ///
    /// # Errors
    /// If it cannot be written or renamed. The other one stays then.
    pub(super) fn replace(self) -> io::Result<()> {
        let Some(temporary) = &self.temporary else { return Ok(()) };
        self.file.sync_all()?;
        fs::rename(temporary, &self.path)
    }

    /// Gives the file its name, which no other one has.
    ///
    /// # Errors
    /// If it cannot be written, or a file of its name has appeared. There is no new file then.
    pub(super) fn create_new(self) -> io::Result<()> {
        let Some(temporary) = &self.temporary else { return Ok(()) };
        self.file.sync_all()?;
        // Unlike a renaming, a link does not replace a file.
        match fs::hard_link(temporary, &self.path) {
            Err(_) if exists(&self.path) => Err(io::ErrorKind::AlreadyExists.into()),
            // The file system has no links.
            Err(_) => fs::rename(temporary, &self.path),
            Ok(()) => Ok(()),
        }
    }
}

/// Whether there is a file, or a link to nothing.
pub(super) fn exists(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok()
}

/// Whether the path is that of a device or a pipe.
pub(super) fn writes_directly(path: &Path) -> bool {
    let kind = fs::metadata(path).map(|metadata| metadata.file_type());
    kind.is_ok_and(|kind| kind.is_char_device() || kind.is_fifo())
}
