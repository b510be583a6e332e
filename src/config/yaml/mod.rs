//! YAML files: read within limits into the types of a format, with errors that repeat no value of the file.
//!
//! text -> `build` -> `tree` -> `deserialize` -> the types. Knows no format. What values mean is for those who define one.

mod build;
mod deserialize;
mod error;
mod scalar;
mod tree;

use std::io::Read;
use std::path::Path;

use serde::de::DeserializeOwned;

use super::problems::{Errors, format_problem};

pub(super) use error::is_showable;

/// The size limit of a file. 5,000 projects need a tenth of it.
const MAX_BYTES: u64 = 16 * 1024 * 1024;

/// The limit on values with all aliases expanded, about 30 times what 5,000 projects need.
const MAX_VALUES: usize = 1_000_000;

/// The limit on text with all aliases expanded.
const MAX_TEXT_MIB: usize = 64;

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
        let sentence = "is not UTF-8 text: save it as UTF-8".to_owned();
        Errors(vec![format_problem(path, &(line, String::new(), sentence))])
    })
}

/// Parses the one document of a text. An empty text is an empty mapping.
///
/// # Errors
/// What is not YAML, or the first value that the format does not allow, with its line and key.
pub(crate) fn parse<T: DeserializeOwned>(file: &Path, text: &str) -> Result<T, Errors> {
    parse_within(MAX_VALUES, file, text)
}

fn parse_within<T: DeserializeOwned>(max_values: usize, file: &Path, text: &str) -> Result<T, Errors> {
    let parsed = build::build(text, max_values).and_then(|root| T::deserialize(&*root.node));
    parsed.map_err(|error| Errors(vec![format_problem(file, &error.describe())]))
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
            ("nested: !hunter2 {}", "1: nested: has a tag (!): remove it, every key has one kind of value"),
            (
                "list:\n- a\n- !hunter2 b",
                "3: list[1]: has a tag (!): remove it, every key has one kind of value",
            ),
            ("!hunter2 text: a", "1: has a tag (!): remove it, every key has one kind of value"),
            ("text: a\n---\ntext: b", "3: begins a second document (---): keep one document in the file"),
            ("text: *hunter2", "1: uses an alias (*) without an anchor (&): write the value out"),
            (
                "list: &hunter2 [*hunter2]",
                "1: list: has an alias (*) inside the anchor (&) that it refers to: remove the alias",
            ),
            (
                "text: &hunter2 a\nlist: *hunter2",
                "2: list: must be a list: write its items as [a, b], or below it with - before each",
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
        for (text, expected) in [(deep, "more than 32 deep"), (wide, many), (aliases, many)] {
            let error = parse_within::<File>(100, Path::new("c.yml"), &text).unwrap_err();
            assert!(error.to_string().contains(expected), "{error}");
        }
    }

    #[test]
    fn an_alias_counts_as_deep_and_as_long_as_its_value() {
        let deep = |levels| {
            let list = format!("{}{}", "[".repeat(20), "]".repeat(20));
            format!("list: &a {list}\n{}list: *a{}", "nested: {".repeat(levels), "}".repeat(levels))
        };
        let long = |aliases| format!("text: &a {}\nlist: [{}]", "x".repeat(1 << 20), "*a, ".repeat(aliases));
        let error = |text: &str| parse::<File>(Path::new("c.yml"), text).err().map(|error| error.to_string());
        let has = |error: Option<String>, part: &str| error.is_some_and(|error| error.contains(part));
        assert!(has(error(&deep(12)), "more than 32 deep"));
        assert!(has(error(&deep(11)), "must be a single value"));
        // The keys are text, too.
        assert!(has(error(&long(63)), "more than 64 MiB of text"));
        assert_eq!(error(&long(62)), None);
    }

    #[test]
    fn a_text_is_as_it_is_written() {
        for (yaml, expected) in [
            ("00123", "00123"),
            ("1e3", "1e3"),
            ("0x10", "0x10"),
            ("yes", "yes"),
            ("2026-11-28", "2026-11-28"),
            ("'null'", "null"),
            ("\"~\"", "~"),
            ("'it''s'", "it's"),
            ("\"a\\tb\"", "a\tb"),
            ("数 # a comment", "数"),
            ("a\n  b", "a b"),
            ("|\n  a\n  b\n", "a\nb\n"),
            (">-\n  a\n  b", "a b"),
            ("!!str 5", "5"),
        ] {
            for before in ["", "\u{feff}", "# 数\r\n"] {
                let file: File = parse(Path::new("c.yml"), &format!("{before}text: {yaml}")).unwrap();
                assert_eq!(file.text.value().map(String::as_str), Some(expected), "{before:?}{yaml}");
            }
        }
        let file: File = parse(Path::new("c.yml"), "list: &a [00123]\nnested: {list: *a}").unwrap();
        let nested = file.nested.value().and_then(|nested| nested.list.value());
        assert_eq!(nested.and_then(|list| list[0].value()).map(String::as_str), Some("00123"));
    }

    #[test]
    fn an_empty_text_is_an_empty_mapping() {
        for text in ["", "# nothing\n", "---\n", "\u{feff}"] {
            assert!(!parse::<File>(Path::new("c.yml"), text).unwrap().text.is_set(), "{text:?}");
        }
    }
}
