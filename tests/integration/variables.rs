//! A variable that is set to nothing is not set, whichever it is.

use std::collections::BTreeSet;
use std::path::Path;

use crate::process::run;

/// Names of the variables in the source code: flags', credentials', proxies'.
fn names() -> BTreeSet<String> {
    let pattern = regex_lite::Regex::new(
        "\"((?:METASTUDIO|HUAWEICLOUD|HC)_[A-Z_]+[A-Z]|(?:HTTP|HTTPS|ALL|NO)_PROXY|(?:http|https|all|no)_proxy|HOME)\"",
    )
    .unwrap();
    let mut names = BTreeSet::new();
    let mut directories = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    while let Some(directory) = directories.pop() {
        for entry in std::fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                directories.push(path);
            } else {
                let text = std::fs::read_to_string(path).unwrap();
                names.extend(pattern.captures_iter(&text).map(|found| found[1].to_owned()));
            }
        }
    }
    names
}

#[test]
fn a_variable_set_to_nothing_is_not_set() {
    let names = names();
    for name in ["METASTUDIO_EXPORTER_PROJECT_ID", "HC_CONTAINER_CREDENTIALS_FULL_URI", "https_proxy"] {
        assert!(names.contains(name), "{name} is not in {names:?}");
    }
    let project = [("HUAWEICLOUD_SDK_PROJECT_ID", "p"), ("METASTUDIO_REGION", "cn-north-4")];
    for credentials in [
        &[][..],
        &[("HUAWEICLOUD_SDK_AK", "a"), ("HUAWEICLOUD_SDK_SK", "s"), ("HUAWEICLOUD_SDK_SECURITY_TOKEN", "t")],
        &[("METASTUDIO_AUTH_TOKEN", "t"), ("HTTPS_PROXY", "http://user:1#@proxy")],
        &[
            ("HUAWEICLOUD_OIDC_PROVIDER_URN", "p"),
            ("HUAWEICLOUD_OIDC_AGENCY_URN", "a"),
            ("HUAWEICLOUD_OIDC_TOKEN_FILE", "/t"),
        ],
        &[
            ("HC_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1:9"),
            ("HC_CONTAINER_AUTHORIZATION_TOKEN_FILE", "/t"),
        ],
    ] {
        // The flags' variables are read alike whatever the credentials are.
        let is_read = |name: &&String| credentials.is_empty() || !name.starts_with("METASTUDIO_EXPORTER_");
        for name in names.iter().filter(is_read) {
            let others: Vec<_> =
                project.iter().chain(credentials).copied().filter(|(other, _)| other != name).collect();
            let outcome = |value: Option<&str>| {
                let variables: Vec<_> =
                    others.iter().copied().chain(value.map(|value| (name.as_str(), value))).collect();
                let output = run(&["--config.check"], &variables);
                let text = |bytes| String::from_utf8(bytes).unwrap();
                (output.status.code(), text(output.stdout), text(output.stderr))
            };
            let unset = outcome(None);
            for value in ["", " \t"] {
                assert_eq!(outcome(Some(value)), unset, "{name}={value:?} with {others:?}");
            }
        }
    }
}
