//! The SDKs' profile file: INI, section `[basic]` with `ak`, `sk`, `security_token`, `project_id`, `iam_endpoint`.

use std::path::Path;

use configparser::ini::{Ini, IniDefault};

use super::issued::AccessKey;
use crate::cloud::error::CredentialsError;

#[derive(Debug)]
pub(crate) struct Profile {
    pub(crate) key: AccessKey,
    pub(crate) project_id: Option<String>,
    pub(crate) iam_endpoint: Option<String>,
}

/// Reads the profile file at `path`.
pub(crate) fn read(path: &Path) -> Result<Profile, CredentialsError> {
    let text = std::fs::read_to_string(path).map_err(|error| format!("cannot be read: {error}"));
    text.and_then(|text| parse(&text)).map_err(|problem| CredentialsError::File {
        name: "profile",
        path: path.to_owned(),
        problem,
    })
}

/// Reads the text of a profile file. The error does not repeat it.
pub(crate) fn parse(text: &str) -> Result<Profile, String> {
    let mut rules = IniDefault::default();
    // A key may contain # and ;, which begin a comment only at the start of a line.
    rules.inline_comment_symbols = Some(Vec::new());
    let mut ini = Ini::new_from_defaults(rules);
    // The parser's own message would repeat the line.
    ini.read(text.to_owned()).map_err(|_| "is not an INI file")?;
    if !ini.sections().iter().any(|section| section == "basic") {
        return Err("has no section [basic]".to_owned());
    }
    let value = |key: &str| ini.get("basic", key).filter(|value| !value.is_empty());
    let missing = |key: &str| format!("has no {key} in its section [basic]");
    Ok(Profile {
        key: AccessKey {
            id: value("ak").ok_or_else(|| missing("ak"))?,
            secret: value("sk").ok_or_else(|| missing("sk"))?.into(),
            security_token: value("security_token").map(Into::into),
        },
        project_id: value("project_id"),
        iam_endpoint: value("iam_endpoint"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_basic_section_is_read() {
        let text = "[global]\nak = no\n\n# comment\n[basic]\nak = AK\nsk = a#b;c=d\nproject_id = p\niam_endpoint = https://iam.example.com\n";
        let profile = parse(text).unwrap();
        let key = AccessKey { id: "AK".to_owned(), secret: "a#b;c=d".into(), security_token: None };
        assert_eq!(profile.key, key);
        assert_eq!(profile.project_id.as_deref(), Some("p"));
        assert_eq!(profile.iam_endpoint.as_deref(), Some("https://iam.example.com"));
    }

    #[test]
    fn errors_name_what_is_missing_and_do_not_repeat_the_file() {
        for (text, problem) in [
            ("", "has no section [basic]"),
            ("[basic]\nak = hidden\n", "has no sk in its section [basic]"),
            ("[basic]\nsk = hidden\nak =\n", "has no ak in its section [basic]"),
            ("[basic\nsk = hidden\n", "is not an INI file"),
        ] {
            assert_eq!(parse(text).unwrap_err(), problem, "{text:?}");
        }
    }
}
