//! The errors of bad files: one row for each kind of error, with its exact sentence.

use metastudio_exporter::config::{Environment, file};

use super::Directory;
use crate::common::POLL;

/// Asserts the errors of each file, without the name of the file.
fn assert_errors(rows: &[(&str, &[&str])]) {
    let directory = Directory::new();
    for (text, expected) in rows {
        let expected: Vec<_> = expected.iter().map(|line| format!("c.yml:{line}")).collect();
        assert_eq!(directory.load(text).unwrap_err(), expected, "{text}");
    }
}

/// Asserts the error of the last key, on line 3, of a project that is good otherwise.
fn assert_key_errors(rows: &[(&str, &str)]) {
    let directory = Directory::new();
    for (key, expected) in rows {
        let text = format!("projects:\n- region: cn-north-4\n  {key}\n");
        let expected = vec![format!("c.yml:3: projects[0].{expected}")];
        assert_eq!(directory.load(&text).unwrap_err(), expected, "{text}");
    }
}

#[test]
fn the_file_as_a_whole() {
    assert_errors(&[
        ("", &["1: projects: is missing: write it, and at least one project below it, with - before it"]),
        (
            "# nothing\n",
            &["1: projects: is missing: write it, and at least one project below it, with - before it"],
        ),
        (
            "--- \n",
            &["1: projects: is missing: write it, and at least one project below it, with - before it"],
        ),
        ("[]", &["1: must be a mapping: write its keys below it, each as `key: value`"]),
        (
            "poll: {}\n",
            &["1: projects: is missing: write it, and at least one project below it, with - before it"],
        ),
        (
            "poll: {}\nprojects: []\n",
            &["2: projects: is empty: write at least one project below it, with - before it"],
        ),
        (
            "projects: {}",
            &["1: projects: must be a list: write its items as [a, b], or below it with - before each"],
        ),
        (
            "projects:\n- production\n",
            &["2: projects[0]: must be a mapping: write its keys below it, each as `key: value`"],
        ),
    ]);
    let directory = Directory::new();
    let load = |name: &str| {
        let errors = file::load(&directory.path(name), &Environment::default(), POLL).unwrap_err();
        directory.without_directory(errors)
    };
    assert_eq!(load("none.yml"), ["none.yml: cannot be read: No such file or directory (os error 2)"]);
    assert_eq!(load("directory"), ["directory: cannot be read: Is a directory (os error 21)"]);
    directory.write("latin1.yml", b"projects:\n- name: caf\xe9\n");
    assert_eq!(load("latin1.yml"), ["latin1.yml:2: is not UTF-8 text: save it as UTF-8"]);
    directory.write("large.yml", vec![b'#'; 16 * 1024 * 1024 + 1]);
    assert_eq!(load("large.yml"), ["large.yml: is larger than 16 MiB: check that it is the right file"]);
}

#[test]
fn keys() {
    let keys =
        "name, region, project_id, endpoint, iam_endpoint, ca_file, credentials, collectors, user_quotas";
    let row = |sentence: &str| sentence.replace("KEYS", keys);
    let unknown = row("regoin: is not a known key: remove it, or write one of KEYS");
    let hidden = ": has an unknown key, which is not shown because it may hold a secret: write one of ";
    let glued = row(&format!("{hidden}KEYS, each with a colon and a space after it"));
    let directory = Directory::new();
    for (line, expected) in [
        ("regoin: cn-north-4", format!(".{unknown}")),
        ("\"regoin\": cn-north-4", format!(".{unknown}")),
        ("? name:production", glued.clone()),
        ("[name]: production", ": has a key that is not text: write each as `key: value`".to_owned()),
        ("1: production", glued),
        ("region: cn-east-3", ".region: is set twice: keep one".to_owned()),
        (
            "<<: {name: production}",
            ": merge keys (<<) are not supported: write the keys out, or share a whole value (&a, *a)"
                .to_owned(),
        ),
    ] {
        let text = format!("projects:\n- region: cn-north-4\n  {line}\n");
        assert_eq!(directory.load(&text).unwrap_err(), [format!("c.yml:3: projects[0]{expected}")], "{text}");
    }
    assert_errors(&[(
        "projects: [{region: a}]\nprojekte: 1\n",
        &["2: projekte: is not a known key: remove it, or write one of poll, projects"],
    )]);
}

#[test]
fn kinds_of_values() {
    assert_key_errors(&[
        ("name: [a]", "name: must be a single value, not a list or mapping"),
        ("name: {a: b}", "name: must be a single value, not a list or mapping"),
        ("name:", "name: is empty: write a text, or remove the key"),
        ("name: ~", "name: is empty: write a text, or remove the key"),
        ("name: null", "name: is empty: write a text, or remove the key"),
        ("name: !!int 1", "name: has a tag (!): remove it, every key has one kind of value"),
        (
            "collectors: user_quotas",
            "collectors: must be a list: write its items as [a, b], or below it with - before each",
        ),
        (
            "user_quotas: [names]",
            "user_quotas: must be a mapping: write its keys below it, each as `key: value`",
        ),
        (
            "user_quotas: {include: [[a]]}",
            "user_quotas.include[0]: must be a single value, not a list or mapping",
        ),
        (
            "user_quotas: {include: [a, null]}",
            "user_quotas.include[1]: is empty: write a text, or remove the key",
        ),
        ("user_quotas: {names: yes}", "user_quotas.names: must be true or false"),
        ("user_quotas: {names: 1}", "user_quotas.names: must be true or false"),
        ("user_quotas: {names: 'true'}", "user_quotas.names: must not be in quotes: remove them"),
        ("user_quotas: {names: []}", "user_quotas.names: must be a single value, not a list or mapping"),
        ("user_quotas: {max_users: many}", "user_quotas.max_users: must be a whole number"),
        ("user_quotas: {max_users: 1.5}", "user_quotas.max_users: must be a whole number"),
        ("user_quotas: {max_users: '1'}", "user_quotas.max_users: must not be in quotes: remove them"),
        ("user_quotas: {max_users: }", "user_quotas.max_users: must be a whole number"),
        ("user_quotas: !x {}", "user_quotas: has a tag (!): remove it, every key has one kind of value"),
        (
            "collectors: !!set [user_quotas]",
            "collectors: has a tag (!): remove it, every key has one kind of value",
        ),
    ]);
}

#[test]
fn poll() {
    let unit = "must be a duration with a unit: write one like 30s, 5m or 1h 30m";
    let rate = "requests_per_second: must be a number from 0.001 to 1000000";
    let concurrency = "concurrency: must be a whole number from 1 to 100";
    let directory = Directory::new();
    for (setting, expected) in [
        ("interval: 300", format!("interval: {unit}")),
        ("timeout: -1s", format!("timeout: {unit}")),
        ("max_staleness: soon", format!("max_staleness: {unit}")),
        ("interval: 0s", "interval: must be longer than zero: write one like 30s, 5m or 1h 30m".to_owned()),
        ("timeout: 366days", "timeout: must be at most a year: write one like 30s, 5m or 1h 30m".to_owned()),
        ("concurrency: 0", concurrency.to_owned()),
        ("concurrency: 101", concurrency.to_owned()),
        ("concurrency: -1", concurrency.to_owned()),
        ("concurrency: 99999999999999999999", concurrency.to_owned()),
        ("requests_per_second: 0.0009", rate.to_owned()),
        ("requests_per_second: 1000001", rate.to_owned()),
        ("requests_per_second: .nan", rate.to_owned()),
        ("requests_per_second: .inf", rate.to_owned()),
        ("requests_per_second: nan", "requests_per_second: must be a number".to_owned()),
        ("requests_per_second: ten", "requests_per_second: must be a number".to_owned()),
        ("requests_per_second: '10'", "requests_per_second: must not be in quotes: remove them".to_owned()),
    ] {
        let text = format!("projects: [{{region: a}}]\npoll:\n  {setting}\n");
        assert_eq!(directory.load(&text).unwrap_err(), [format!("c.yml:3: poll.{expected}")], "{text}");
    }
}

#[test]
fn a_project() {
    let long = "x".repeat(101);
    let example = "for example https://metastudio.cn-north-4.myhuaweicloud.com";
    let plain = "must have only letters, digits, - and _: write it as the console shows it";
    assert_key_errors(&[
        ("name: ''", "name: is empty: write a text, or remove the key"),
        ("name: \"a\\nb\"", "name: must be one line without control characters"),
        (&format!("name: {long}"), "name: must have at most 100 characters: shorten it"),
        ("project_id: a/b", &format!("project_id: {plain}")),
        (&format!("project_id: {long}"), "project_id: must have at most 100 characters: shorten it"),
        (
            "endpoint: metastudio",
            &format!("endpoint: is not a URL (relative URL without a base): set it to one, {example}"),
        ),
        (
            "iam_endpoint: ftp://example.com",
            &format!("iam_endpoint: must begin with https:// or http://: add it, {example}"),
        ),
        (
            "endpoint: https://u:p@example.com",
            &format!("endpoint: must not hold a user or password: remove them, {example}"),
        ),
        (
            "endpoint: https://example.com?a",
            &format!("endpoint: must end before any ? or #: cut it there, {example}"),
        ),
        (
            "ca_file: none",
            "ca_file: names a file that cannot be read: No such file or directory (os error 2)",
        ),
        ("ca_file: directory", "ca_file: names something that is not a file: name a file"),
        (
            "ca_file: empty",
            "ca_file: names a file that has no certificates: write the certificates (-----BEGIN CERTIFICATE-----) of \
             the authorities to trust",
        ),
        ("collectors: []", "collectors: is empty: write the collectors, or remove the key for all"),
        ("collectors:", "collectors: is empty: write the collectors, or remove the key for all"),
        (
            "collectors: [quotas]",
            "collectors[0]: is not a known collector: write one of voice_training, user_quotas, tenant_resources",
        ),
        ("collectors: [user_quotas, user_quotas]", "collectors[1]: is in the list twice: keep one"),
        ("user_quotas: {max_users: 0}", "user_quotas.max_users: must be a whole number from 1 to 1000000000"),
        (
            "user_quotas: {include: [a, '(']}",
            "user_quotas.include[1]: is not a regular expression (found open group without closing ')'): put a \\ before \
             characters that have no special meaning here",
        ),
        ("user_quotas: {exclude: ['']}", "user_quotas.exclude[0]: is empty: write a text, or remove the key"),
        (
            "user_quotas: {items: [a-b]}",
            "user_quotas.items[0]: must have only a-z, 0-9 and _: write it as the label `item` shows it",
        ),
        (
            "user_quotas: {items: ['']}",
            "user_quotas.items[0]: must have only a-z, 0-9 and _: write it as the label `item` shows it",
        ),
    ]);
    let missing = "region: is missing: write one like cn-north-4, or both project_id and endpoint";
    assert_errors(&[
        ("projects:\n- name: a\n", &[&format!("2: projects[0].{missing}")]),
        ("projects:\n- project_id: a\n", &[&format!("2: projects[0].{missing}")]),
        ("projects:\n- endpoint: https://example.com\n", &[&format!("2: projects[0].{missing}")]),
        ("projects:\n- region: a.b\n", &[&format!("2: projects[0].region: {plain}")]),
        // A bad value is not reported as missing.
        (
            "projects:\n- name: a\n  project_id: a/b\n  endpoint: https://example.com\n",
            &[&format!("3: projects[0].project_id: {plain}")],
        ),
        (
            "projects:\n- region: []\n",
            &["2: projects[0].region: must be a single value, not a list or mapping"],
        ),
        (
            "projects:\n- name: a\n  project_id: []\n  endpoint: https://example.com\n",
            &["3: projects[0].project_id: must be a single value, not a list or mapping"],
        ),
    ]);
}

#[test]
fn names_are_unique() {
    assert_errors(&[
        (
            "projects:\n- name: a\n  region: r\n- region: r\n  name: a\n",
            &["5: projects[1].name: is already the name of projects[0] on line 2: write another"],
        ),
        (
            "projects:\n- region: r\n- region: r\n",
            &[
                "3: projects[1].name: is missing, and its default is already the name of projects[0] on line 2: write another",
            ],
        ),
        (
            "projects:\n- {region: r, project_id: a}\n- {region: r, name: a, endpoint: bad}\n",
            &[
                "3: projects[1].endpoint: is not a URL (relative URL without a base): set it to one, for example \
                 https://metastudio.cn-north-4.myhuaweicloud.com",
                "3: projects[1].name: is already the name of projects[0] on line 2: write another",
            ],
        ),
    ]);
}
