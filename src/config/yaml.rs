//! YAML files: read within limits into the types of a format, with errors that repeat no value of the file.
//!
//! Knows no format. What values mean is for those who define one.

use std::io::Read;
use std::path::Path;

use serde::de::DeserializeOwned;
use serde_path_to_error::{Path as KeyPath, Segment};
use serde_saphyr::budget::BudgetBreach;
use serde_saphyr::options::MergeKeyPolicy;
use serde_saphyr::{Error, Options, with_deserializer_from_str_with_options};

use super::problems::{Errors, format_problem};

/// The size limit of a file. 5,000 projects need a tenth of it.
const MAX_BYTES: u64 = 16 * 1024 * 1024;

/// The limit on values with all aliases expanded, about 30 times what 5,000 projects need.
const MAX_VALUES: usize = 1_000_000;

/// No format nests deeper.
const MAX_DEPTH: usize = 32;

/// Reads the text of a file.
///
/// # Errors
/// If it cannot be read, is too large, or is not UTF-8.
pub(crate) fn read(path: &Path) -> Result<String, Errors> {
    let refuse = |sentence: String| Errors(vec![format!("{}: {sentence}", path.display())]);
    let unreadable = |error: std::io::Error| refuse(format!("cannot be read: {error}"));
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).map_err(unreadable)?;
    file.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(refuse("is larger than 16 MiB: check that it is the right file".to_owned()));
    }
    String::from_utf8(bytes).map_err(|error| {
        let valid = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = valid.split(|&byte| byte == b'\n').count() as u64;
        error_at(path, line, String::new(), "is not UTF-8 text: save it as UTF-8".to_owned())
    })
}

/// Parses the one document of a text. An empty text is an empty mapping.
///
/// # Errors
/// The first value that the format does not allow, with its line and key.
pub(crate) fn parse<T: DeserializeOwned>(file: &Path, text: &str) -> Result<T, Errors> {
    parse_within(MAX_VALUES, file, text)
}

fn parse_within<T: DeserializeOwned>(max_values: usize, file: &Path, text: &str) -> Result<T, Errors> {
    let mut path = None;
    let parsed = with_deserializer_from_str_with_options(text, options(max_values), |deserializer| {
        serde_path_to_error::deserialize(deserializer).map_err(|error| {
            path = Some(error.path().clone());
            error.into_inner()
        })
    });
    parsed.map_err(|error| {
        let line = error.location().map_or(1, |location| location.line());
        let keys = path.as_ref().map(keys).unwrap_or_default();
        let (key, sentence) = describe(&error, &keys);
        error_at(file, line, key, sentence)
    })
}

fn error_at(file: &Path, line: u64, key: String, sentence: String) -> Errors {
    Errors(vec![format_problem(file, &(line, key, sentence))])
}

fn options(max_values: usize) -> Options {
    serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_events: 4 * max_values,
            max_nodes: max_values,
            max_depth: MAX_DEPTH,
            max_aliases: max_values,
            enforce_alias_anchor_ratio: false,
        },
        alias_limits: serde_saphyr::alias_limits! { max_total_replayed_events: max_values },
        merge_keys: MergeKeyPolicy::Error,
        strict_booleans: true,
        reject_unsupported_tags: true,
        emit_comments: false,
        with_snippet: false,
    }
}

/// The keys and indices that lead to a value. Every value of a format is a `Spanned`, which adds a segment of its own.
fn keys(path: &KeyPath) -> Vec<Option<String>> {
    let key = |segment: &Segment| match segment {
        Segment::Seq { index } => Some(format!("[{index}]")),
        Segment::Map { key } => Some(key.clone()),
        Segment::Enum { .. } | Segment::Unknown => None,
    };
    path.iter().step_by(2).map(key).collect()
}

/// The key that a problem belongs to, and the rest of the sentence that begins with it.
fn describe(error: &Error, keys: &[Option<String>]) -> (String, String) {
    let is_key = keys.last().is_some_and(Option::is_none);
    let sentence = match error {
        Error::SerdeUnknownField { field, expected, .. } => {
            let parent = &keys[..keys.len().saturating_sub(1)];
            return unknown_key(parent, field, &expected.join(", "));
        }
        Error::DuplicateMappingKey { key, .. } => {
            let name = key.iter().filter(|key| is_showable(key)).cloned().map(Some);
            let keys: Vec<_> = keys.iter().filter(|key| key.is_some()).cloned().chain(name).collect();
            return (join(&keys), "is set twice: keep one".to_owned());
        }
        Error::Unexpected { .. } | Error::Eof { .. } if is_key => {
            "has a key that is not text: write each as `key: value`"
        }
        Error::Unexpected { expected: "mapping start", .. } => {
            "must be a mapping: write its keys below it, each as `key: value`"
        }
        Error::Unexpected { expected: "sequence start", .. } => {
            "must be a list: write its items as [a, b], or below it with - before each"
        }
        Error::Unexpected { .. } => "must be a single value, not a list or mapping",
        Error::NullIntoString { .. } => "is empty: write a text, or remove the key",
        Error::InvalidBooleanStrict { .. } => "must be true or false",
        Error::InvalidScalar { ty: "floating point", .. } => "must be a number",
        Error::InvalidScalar { .. } => "must be a whole number",
        Error::MergeKeyNotAllowed { .. } => {
            "merge keys (<<) are not supported: write the keys out, or share a whole value (&a, *a)"
        }
        Error::UnsupportedTag { .. }
        | Error::TaggedScalarCannotDeserializeIntoString { .. }
        | Error::InvalidBinaryBase64 { .. }
        | Error::BinaryNotUtf8 { .. } => "has a tag (!): remove it, every key has one kind of value",
        Error::MultipleDocuments { .. } => "begins a second document (---): keep one document in the file",
        Error::UnknownAnchor { .. } => "uses an alias (*) without an anchor (&): write the value out",
        Error::RecursiveReferencesRequireWeakTypes { .. } => {
            "has an alias (*) inside the anchor (&) that it refers to: remove the alias"
        }
        Error::AliasError { .. } => "cannot be used through its alias (*): write the value out",
        Error::Budget { breach: BudgetBreach::Depth { .. }, .. } => {
            "nests lists and mappings more than 32 deep: no setting needs that"
        }
        Error::Budget { .. } | Error::AliasReplayLimitExceeded { .. } => {
            "has more than 1000000 values with its aliases (*) expanded: use fewer"
        }
        // This message repeats a character, which may belong to a secret.
        Error::ExternalMessage { msg, .. } if msg.starts_with("unexpected character") => {
            "is not valid YAML: a text that begins with %, @ or ` needs quotes around it"
        }
        Error::ExternalMessage { msg, .. } => return (join(keys), format!("is not valid YAML: {msg}")),
        _ => "is not valid YAML: compare it with the example configuration",
    };
    (join(keys), sentence.to_owned())
}

fn unknown_key(parent: &[Option<String>], name: &str, known: &str) -> (String, String) {
    if is_showable(name) {
        let keys: Vec<_> = parent.iter().cloned().chain([Some(name.to_owned())]).collect();
        return (join(&keys), format!("is not a known key: remove it, or write one of {known}"));
    }
    // `sk:secret` without the space is one key.
    let sentence = format!(
        "has an unknown key, which is not shown because it may hold a secret: write one of {known}, each with a colon \
         and a space after it"
    );
    (join(parent), sentence)
}

/// Whether a key looks like a misspelt one, rather than like a secret in the wrong place. One known key has a digit.
pub(super) fn is_showable(key: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_alphabetic() || c == '_' || c == '-';
    (1..=30).contains(&key.len()) && (key.chars().all(is_plain) || key == "http2")
}

/// A path like `projects[1].credentials`. It ends before a key that must not be shown.
fn join(keys: &[Option<String>]) -> String {
    let mut path = String::new();
    for key in keys.iter().flatten() {
        if key.starts_with('[') {
            path += key;
        } else if is_showable(key) {
            path += if path.is_empty() { "" } else { "." };
            path += key;
        } else {
            break;
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;
    use crate::config::problems::Setting;

    #[derive(Debug, Default, Deserialize)]
    #[serde(default, deny_unknown_fields)]
    struct File {
        text: Setting<String>,
        whole: Setting<i128>,
        number: Setting<f64>,
        truth: Setting<bool>,
        list: Setting<Vec<Setting<String>>>,
        nested: Setting<Box<File>>,
    }

    #[test]
    fn an_error_has_a_line_a_key_and_no_value() {
        let known = "text, whole, number, truth, list, nested";
        let unknown = format!("2: nested.txet: is not a known key: remove it, or write one of {known}");
        let hidden = format!(
            "1: has an unknown key, which is not shown because it may hold a secret: write one of {known}, each with a \
             colon and a space after it"
        );
        for (text, expected) in [
            ("nested:\n  txet: hunter2", unknown.as_str()),
            ("text:hunter2: a", &hidden),
            ("text: a\ntext: hunter2", "2: text: is set twice: keep one"),
            ("? [hunter2]\n: a", "1: has a key that is not text: write each as `key: value`"),
            ("[hunter2]", "1: must be a mapping: write its keys below it, each as `key: value`"),
            (
                "nested: hunter2",
                "1: nested: must be a mapping: write its keys below it, each as `key: value`",
            ),
            (
                "list: hunter2",
                "1: list: must be a list: write its items as [a, b], or below it with - before each",
            ),
            ("list:\n- a\n- [hunter2]", "3: list[1]: must be a single value, not a list or mapping"),
            ("text: ~", "1: text: is empty: write a text, or remove the key"),
            ("truth: 'yes'", "1: truth: must be true or false"),
            ("number: hunter2", "1: number: must be a number"),
            ("whole: 1.5", "1: whole: must be a whole number"),
            (
                "<<: {text: a}",
                "1: merge keys (<<) are not supported: write the keys out, or share a whole value (&a, *a)",
            ),
            ("nested: !hunter2 {}", "1: has a tag (!): remove it, every key has one kind of value"),
            ("text: a\n---\ntext: b", "3: begins a second document (---): keep one document in the file"),
            ("text: *hunter2", "1: uses an alias (*) without an anchor (&): write the value out"),
            (
                "list: &hunter2 [*hunter2]",
                "1: list: has an alias (*) inside the anchor (&) that it refers to: remove the alias",
            ),
            (
                "text: &hunter2 a\nlist: *hunter2",
                "2: list: cannot be used through its alias (*): write the value out",
            ),
            (
                "text: @hunter2",
                "1: is not valid YAML: a text that begins with %, @ or ` needs quotes around it",
            ),
            ("text: \"hunter2", "1: is not valid YAML: unclosed quote"),
        ] {
            let Errors(lines) = parse::<File>(Path::new("c.yml"), text).unwrap_err();
            assert_eq!(lines, [format!("c.yml:{expected}")], "{text}");
        }
    }

    #[test]
    fn limits_hold() {
        let deep = "nested: {".repeat(40);
        let wide = format!("list: [{}]", "a, ".repeat(100));
        let aliases = format!("list: &a [{}]\nnested: {{list: *a, nested: {{list: *a}}}}", "a, ".repeat(40));
        let many = "has more than 1000000 values with its aliases (*) expanded: use fewer";
        // The reader hides the cause of an error inside an alias.
        let alias = "2: nested.nested.list: cannot be used through its alias (*): write the value out";
        for (text, expected) in [(deep, "more than 32 deep"), (wide, many), (aliases, alias)] {
            let error = parse_within::<File>(100, Path::new("c.yml"), &text).unwrap_err();
            assert!(error.to_string().contains(expected), "{error}");
        }
    }

    #[test]
    fn an_empty_text_is_an_empty_mapping() {
        for text in ["", "# nothing\n", "---\n", "\u{feff}"] {
            assert!(!parse::<File>(Path::new("c.yml"), text).unwrap().text.is_set(), "{text:?}");
        }
    }
}
