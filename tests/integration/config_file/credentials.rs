//! The errors of bad credentials.

use metastudio_exporter::config::Environment;

use super::Directory;

/// Asserts the errors of a project with these credentials, which are on line 3.
fn assert_errors(rows: &[(&str, &[&str])]) {
    let directory = Directory::new();
    for (credentials, expected) in rows {
        let text = format!("projects:\n- region: cn-north-4\n  credentials: {credentials}\n");
        let expected: Vec<_> =
            expected.iter().map(|line| format!("c.yml:3: projects[0].credentials{line}")).collect();
        assert_eq!(directory.load(&text).unwrap_err(), expected, "{text}");
    }
}

#[test]
fn one_kind_and_not_several() {
    let none = ": has no kind: write one of access_key, token, password, agency, oidc, pod_identity below it, or remove \
                it to use the environment's";
    assert_errors(&[
        ("{}", &[none]),
        ("", &[none]),
        ("{agency: {}, token: {file: token}}", &[": has several kinds (token, agency): keep one"]),
        (
            "{agency: {}, token: {file: none}}",
            &[
                ".token.file: names a file that cannot be read: No such file or directory (os error 2)",
                ": has several kinds (token, agency): keep one",
            ],
        ),
        ("agency", &[": must be a mapping: write its keys below it, each as `key: value`"]),
        ("{agency: yes}", &[".agency: must be a mapping: write its keys below it, each as `key: value`"]),
    ]);
}

#[test]
fn one_of_each_pair() {
    assert_errors(&[
        (
            "{access_key: {}}",
            &[
                ".access_key.ak: is missing: write ak or ak_file",
                ".access_key.sk: is missing: write sk_file or sk",
            ],
        ),
        (
            "{access_key: {ak: a, ak_file: ak, sk: s}}",
            &[".access_key.ak_file: cannot be used with ak: keep one of them"],
        ),
        (
            "{access_key: {ak: a, sk: s, sk_file: sk}}",
            &[".access_key.sk_file: cannot be used with sk: keep one of them"],
        ),
        (
            "{access_key: {ak: a, sk: s, security_token: t, security_token_file: token}}",
            &[".access_key.security_token_file: cannot be used with security_token: keep one of them"],
        ),
        ("{token: {}}", &[".token.file: is missing: write file or value"]),
        ("{token: {value: a, file: token}}", &[".token.file: cannot be used with value: keep one of them"]),
        (
            "{password: {}}",
            &[
                ".password.domain: is missing: write the name of the account",
                ".password.user: is missing: write the name of the IAM user",
                ".password.password_file: is missing: write password_file or password",
            ],
        ),
        (
            "{password: {domain: d, user: u, password: p, password_file: password}}",
            &[".password.password_file: cannot be used with password: keep one of them"],
        ),
        (
            "{pod_identity: {uri: \"http://127.0.0.1\"}}",
            &[".pod_identity.token_file: is missing: uri is set, so write both"],
        ),
        (
            "{pod_identity: {token_file: token}}",
            &[".pod_identity.uri: is missing: token_file is set, so write both"],
        ),
        (
            "{pod_identity: {}}",
            &[
                ".pod_identity: has no uri and no token_file: write both, or set HC_CONTAINER_CREDENTIALS_FULL_URI and \
               HC_CONTAINER_AUTHORIZATION_TOKEN_FILE",
            ],
        ),
    ]);
}

#[test]
fn secrets_and_their_files() {
    let directory = Directory::new();
    directory.write("binary", b"\xff");
    directory.write("large", vec![b'x'; 1024 * 1024 + 1]);
    let rows = [
        ("sk: ''", "sk: is empty: write a text, or remove the key"),
        ("sk: ' '", "sk: is empty: write a text, or remove the key"),
        ("sk: \"a\\tb\"", "sk: must be one line without control characters"),
        ("sk: a b", "sk: must have only visible ASCII characters, and no spaces: write it exactly as issued"),
        ("sk: ä", "sk: must have only visible ASCII characters, and no spaces: write it exactly as issued"),
        (
            "sk_file: none",
            "sk_file: names a file that cannot be read: No such file or directory (os error 2)",
        ),
        ("sk_file: directory", "sk_file: names something that is not a file: name a file"),
        ("sk_file: /dev/zero", "sk_file: names something that is not a file: name a file"),
        ("sk_file: empty", "sk_file: names a file that is empty: write the secret into it"),
        ("sk_file: binary", "sk_file: names a file that is not text: write the secret into it"),
        ("sk_file: large", "sk_file: names a file larger than 1 MiB: check that it is the right one"),
        ("sk_file: ''", "sk_file: is empty: write a text, or remove the key"),
    ];
    for (sk, expected) in rows {
        let text = format!("projects: [{{region: r, credentials: {{access_key: {{ak: a, {sk}}}}}}}]");
        let expected = format!("c.yml:1: projects[0].credentials.access_key.{expected}");
        assert_eq!(directory.load(&text).unwrap_err(), [expected]);
    }
}

#[test]
fn what_belongs_to_a_kind() {
    let example = "for example https://metastudio.cn-north-4.myhuaweicloud.com";
    assert_errors(&[
        (
            "{oidc: {}}",
            &[
                ".oidc.provider_urn: is missing: write the URN of the identity provider in IAM",
                ".oidc.agency_urn: is missing: write the URN of the agency to assume",
                ".oidc.token_file: is missing: write the path of the file with the identity token",
            ],
        ),
        (
            "{oidc: {provider_urn: p, agency_urn: a, token_file: token, duration: 14m}}",
            &[".oidc.duration: must be from 15m to 12h: STS issues keys for no other time"],
        ),
        (
            "{oidc: {provider_urn: p, agency_urn: a, token_file: token, duration: 13h}}",
            &[".oidc.duration: must be from 15m to 12h: STS issues keys for no other time"],
        ),
        (
            "{oidc: {provider_urn: p, agency_urn: a, token_file: empty, session_name: ''}}",
            &[
                ".oidc.token_file: names a file that is empty: write the secret into it",
                ".oidc.session_name: is empty: write a text, or remove the key",
            ],
        ),
        (
            "{oidc: {provider_urn: p, agency_urn: a, token_file: token, sts_endpoint: sts}}",
            &[&format!(
                ".oidc.sts_endpoint: is not a URL (relative URL without a base): set it to one, {example}"
            )],
        ),
        (
            "{agency: {endpoint: here}}",
            &[&format!(
                ".agency.endpoint: is not a URL (relative URL without a base): set it to one, {example}"
            )],
        ),
        (
            "{pod_identity: {uri: here, token_file: none}}",
            &[
                &format!(
                    ".pod_identity.uri: is not a URL (relative URL without a base): set it to one, {example}"
                ),
                ".pod_identity.token_file: names a file that cannot be read: No such file or directory (os error 2)",
            ],
        ),
        (
            "{password: {domain: d, user: \"\\a\", password_file: empty}}",
            &[
                ".password.user: must be one line without control characters",
                ".password.password_file: names a file that is empty: write the secret into it",
            ],
        ),
    ]);
}

#[test]
fn errors_of_the_environment() {
    let directory = Directory::new();
    let profile = "[basic]\nak = A\nsk = S\nproject_id = a/b\niam_endpoint = here\n";
    let profile = directory.write("profile", profile);
    let environment = Environment::from_iter([
        ("HUAWEICLOUD_SDK_SK", "SK"),
        ("METASTUDIO_METADATA_ENDPOINT", "here"),
        ("HC_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1"),
    ]);
    let with_profile =
        Environment::from_iter([("HUAWEICLOUD_SDK_CREDENTIALS_FILE", profile.to_str().unwrap())]);
    let errors = |environment: &Environment, credentials: &str| {
        let text = format!("projects:\n- region: r\n  {credentials}\n");
        directory.load_with(&text, environment).unwrap_err()
    };
    assert_eq!(
        errors(&environment, ""),
        ["c.yml:2: projects[0].credentials: is missing, and the environment has no usable credentials: \
          HUAWEICLOUD_SDK_SK is set and HUAWEICLOUD_SDK_AK is not"]
    );
    let no_url = "is not a URL (relative URL without a base): set it to one, for example \
                  https://metastudio.cn-north-4.myhuaweicloud.com";
    assert_eq!(
        errors(&environment, "credentials: {agency: {}}"),
        [format!(
            "c.yml:3: projects[0].credentials.agency.endpoint: is missing, and METASTUDIO_METADATA_ENDPOINT {no_url}"
        )]
    );
    assert_eq!(
        errors(&environment, "credentials: {pod_identity: {}}"),
        [
            "c.yml:3: projects[0].credentials.pod_identity: has no uri and no token_file, and in the environment \
          HC_CONTAINER_CREDENTIALS_FULL_URI is set and HC_CONTAINER_AUTHORIZATION_TOKEN_FILE is not"
        ]
    );
    let of_profile = "is missing, and the value in the SDKs' profile file";
    assert_eq!(
        errors(&with_profile, ""),
        [
            format!(
                "c.yml:2: projects[0].project_id: {of_profile} must have only letters, digits, - and _: write it as the \
                 console shows it"
            ),
            format!("c.yml:2: projects[0].iam_endpoint: {of_profile} {no_url}"),
        ]
    );
}
