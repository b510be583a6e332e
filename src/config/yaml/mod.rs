//! YAML files that people write: read strictly, with all that is wrong told at once, by line and key.
//!
//! text -> `tree` (YAML with lines) -> types of the format (through `deserialize` and `field`); `values` has what
//! several formats say of single values.

mod deserialize;
mod field;
mod problems;
mod tree;
pub(crate) mod values;

use std::io::Read;
use std::path::Path;
use std::rc::Rc;

pub(crate) use deserialize::{Unread, Value};
pub(crate) use field::Field;
pub(crate) use problems::{Place, Problems};
pub(crate) use tree::Node;

/// What is read at most; 5,000 projects need a tenth of it.
const LARGEST: u64 = 16 * 1024 * 1024;

/// Everything that is wrong with a file: a line each, `FILE:LINE: KEY: sentence`. There is no key where the file as a
/// whole is meant, and no line either where it cannot be read.
#[derive(Debug, Clone, thiserror::Error, PartialEq, Eq)]
#[error("{}", .0.join("\n"))]
pub struct Errors(pub Vec<String>);

/// The bytes of a file.
///
/// # Errors
/// That it cannot be read, or is too large to be meant.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, Errors> {
    let refused = |sentence: String| Errors(vec![format!("{}: {sentence}", path.display())]);
    let unreadable = |error: std::io::Error| refused(format!("cannot be read: {error}"));
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).map_err(unreadable)?;
    file.take(LARGEST + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > LARGEST {
        return Err(refused("has more than 16 MiB: that cannot be the right file".to_owned()));
    }
    Ok(bytes)
}

/// The document in a file's bytes, and none where nothing is in it.
///
/// # Errors
/// What is wrong has been noted.
pub(crate) fn document(bytes: &[u8], problems: &Problems) -> Result<Option<Rc<Node>>, Unread> {
    let note = |(line, sentence): (usize, String)| {
        problems.note(Place::whole().on_line(line), sentence);
        Unread
    };
    let no_text = |error: std::str::Utf8Error| {
        note((line_at(bytes, error.valid_up_to()), "is no UTF-8 text: save it as UTF-8".to_owned()))
    };
    tree::parse(std::str::from_utf8(bytes).map_err(no_text)?).map_err(note)
}

fn line_at(bytes: &[u8], index: usize) -> usize {
    1 + bytes.iter().take(index).filter(|&&byte| byte == b'\n').count()
}
