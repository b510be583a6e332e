//! What is said of single values in several formats. An error is the end of a sentence that begins with the key, and
//! never repeats the value: what stands in the wrong place may be a secret.

use std::io::Read;
use std::path::{Path, PathBuf};

/// Files with secrets are lines, and all authorities of a system are a third of this.
const LARGEST_FILE: u64 = 1024 * 1024;

/// A text in one line.
pub(crate) fn line(text: String) -> Result<String, String> {
    if text.trim().is_empty() {
        return Err("is empty: write a text, or take the key away".to_owned());
    }
    if text.chars().any(char::is_control) {
        return Err("must be one line without control characters".to_owned());
    }
    Ok(text)
}

/// A path; one that is relative begins at the directory of the configuration.
pub(crate) fn path(directory: &Path, text: &str) -> Result<PathBuf, String> {
    Ok(directory.join(line(text.to_owned())?))
}

/// All of a file. Its path is not repeated: who takes `sk_file` for `sk` writes the secret there.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, String> {
    let unreadable = |error: std::io::Error| format!("names a file that cannot be read: {error}");
    // Whoever opens a pipe waits until somebody writes.
    if !path.metadata().map_err(unreadable)?.is_file() {
        return Err("names something that is no file: name a file".to_owned());
    }
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).map_err(unreadable)?;
    file.take(LARGEST_FILE + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > LARGEST_FILE {
        return Err("names a file of more than 1 MiB: that cannot be the right one".to_owned());
    }
    Ok(bytes)
}
