//! The SDKs' profile file: INI, section `[basic]` with `ak`, `sk`, `security_token`, `project_id`, `iam_endpoint`.

use std::path::Path;

use configparser::ini::{Ini, IniDefault};

use super::source::{KeyPair, Secret, SecretValue};

/// What a profile tells.
#[derive(Debug)]
pub struct Profile {
    /// The access key.
    pub key: KeyPair,
    /// `project_id`
    pub project_id: Option<String>,
    /// `iam_endpoint`
    pub iam_endpoint: Option<String>,
}

/// Reads the profile file at `path`.
///
/// # Errors
/// A sentence, without the file's text.
pub fn read(path: &Path) -> Result<Profile, String> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| format!("the profile file {} cannot be read: {error}", path.display()))?;
    parse(&text).map_err(|problem| format!("the profile file {} {problem}", path.display()))
}

fn parse(text: &str) -> Result<Profile, String> {
    let mut rules = IniDefault::default();
    // A key may hold # and ;, which begin a comment at the start of a line only.
    rules.inline_comment_symbols = Some(Vec::new());
    let mut ini = Ini::new_from_defaults(rules);
    // The parser's own sentence would repeat the line.
    ini.read(text.to_owned())
        .map_err(|_| "is no INI file: write [basic], and below it ak = ... and sk = ...")?;
    if !ini.sections().iter().any(|section| section == "basic") {
        return Err("has no section [basic]: write it, and below it ak = ... and sk = ...".to_owned());
    }
    let value = |key: &str| ini.get("basic", key).filter(|value| !value.is_empty());
    let secret = |text: String| SecretValue::Inline(Secret::from(text));
    let half = |missing: &str| format!("has no {missing} in its section [basic]: add it");
    Ok(Profile {
        key: KeyPair {
            ak: value("ak").map(secret).ok_or_else(|| half("ak"))?,
            sk: value("sk").map(secret).ok_or_else(|| half("sk"))?,
            security_token: value("security_token").map(secret),
        },
        project_id: value("project_id"),
        iam_endpoint: value("iam_endpoint"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_basic_section_counts_and_no_other() {
        let text = "[global]\nak = no\n\n# comment\n[basic]\nak = AK\nsk = a#b;c=d\nproject_id = p\niam_endpoint = https://iam.example.com\n";
        let profile = parse(text).unwrap();
        let given = |text: &str| SecretValue::Inline(text.into());
        assert_eq!(profile.key, KeyPair { ak: given("AK"), sk: given("a#b;c=d"), security_token: None });
        assert_eq!(profile.project_id.as_deref(), Some("p"));
        assert_eq!(profile.iam_endpoint.as_deref(), Some("https://iam.example.com"));
    }

    #[test]
    fn what_is_missing_is_said_and_nothing_of_the_file_repeated() {
        for (text, problem) in [
            ("", "has no section [basic]: write it, and below it ak = ... and sk = ..."),
            ("[basic]\nak = hidden\n", "has no sk in its section [basic]: add it"),
            ("[basic]\nsk = hidden\nak =\n", "has no ak in its section [basic]: add it"),
            ("[basic\nsk = hidden\n", "is no INI file: write [basic], and below it ak = ... and sk = ..."),
        ] {
            assert_eq!(parse(text).unwrap_err(), problem, "{text:?}");
        }
    }
}
