//! No error of a bad file holds a secret of it.

use super::{Directory, EXAMPLE};

const SECRET: &str = "hunter2";

/// Spellings of a secret that are invalid YAML, or not allowed under the key.
const WAYS: [&str; 16] = [
    "hunter2",
    "\"hunter2\"",
    "\"hunter2",
    "'hunter2",
    "[hunter2]",
    "[hunter2",
    "{hunter2: hunter2}",
    "{sk:hunter2}",
    "{hunter2",
    "hunter2: hunter2",
    "!hunter2 x",
    "*hunter2",
    "&hunter2",
    "%hunter2",
    "@hunter2",
    "|hunter2",
];

#[test]
fn no_error_repeats_what_stands_in_the_file() {
    let directory = Directory::new();
    let mut refused = 0;
    let lines: Vec<_> = EXAMPLE.lines().collect();
    for (number, line) in lines.iter().enumerate() {
        let Some((key, _)) = line.split_once(": ").filter(|(key, _)| !key.contains('#')) else { continue };
        // A secret as the value, as a key, and glued to its key.
        let ways = WAYS.iter().map(|way| format!("{key}: {way}"));
        let indent = " ".repeat(key.len() - key.trim_start().len());
        let others = ["hunter2: x", "hunter2", "- hunter2", "sk:hunter2", "\thunter2", "? [hunter2]"];
        let ways = ways.chain(others.iter().map(|other| format!("{indent}{other}")));
        for way in ways.chain([format!("{key}:hunter2")]) {
            let text = [&lines[..number], &[way.as_str()], &lines[number + 1..]].concat().join("\n");
            let Err(errors) = directory.load(&text) else { continue };
            refused += 1;
            for error in errors {
                assert!(!error.contains(SECRET), "{way:?} on line {}: {error}", number + 1);
            }
        }
    }
    assert!(refused > 500, "{refused}");
}

#[test]
fn no_error_repeats_a_secret_that_was_written_for_something_else() {
    let directory = Directory::new();
    directory.write("pem", "-----BEGIN CERTIFICATE-----\nhunter2\n-----END CERTIFICATE-----\n");
    for credentials in [
        "access_key: {ak: a, sk_file: hunter2}",
        "access_key: {ak: a, sk_file: /hunter2/x}",
        "access_key: {hunter2: a}",
        "token: {value: \"hunter2 with spaces\"}",
        "password: {domain: hunter2, user: hunter2, password: \"hunter2\\0\"}",
        "agency: {endpoint: \"https://user:hunter2@example.com\"}",
        "agency: {endpoint: \"https://example.com/?key=hunter2\"}",
        "oidc: {provider_urn: hunter2, duration: hunter2}",
        "{token: {value: hunter2}, password: {password: hunter2}}",
    ] {
        let text = format!(
            "projects:\n- region: hunter2!\n  ca_file: pem\n  collectors: [hunter2]\n  user_quotas: {{include: \
             [\"(hunter2\"], items: [hunter2!]}}\n  credentials: {{{credentials}}}\n"
        );
        let errors = directory.load(&text).unwrap_err().join("\n");
        assert!(!errors.contains(SECRET), "{credentials}: {errors}");
        assert!(
            errors.contains("projects[0].credentials") || errors.contains("is not valid YAML"),
            "{errors}"
        );
    }
    for setting in [
        "names: hunter2",
        "max_users: hunter2",
        "include: hunter2",
        "names: 'hunter2'",
        "items: {hunter2: a}",
    ] {
        let text = format!("projects:\n- region: a\n  user_quotas: {{{setting}}}\n");
        let errors = directory.load(&text).unwrap_err().join("\n");
        assert!(
            errors.contains("projects[0].user_quotas") && !errors.contains(SECRET),
            "{setting}: {errors}"
        );
    }
}
