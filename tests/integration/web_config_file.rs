//! The web configuration file: good files, and the errors of bad ones.

use metastudio_exporter::config::watch::WatchedFiles;
use metastudio_exporter::web::config;

use crate::config_file::Directory;
use crate::web_config::{Authority, TLS, directory};

/// The errors of a file.
fn errors(directory: &Directory, text: &str) -> Vec<String> {
    let path = directory.write("web.yml", text);
    match config::load(&path, &mut WatchedFiles::default()) {
        Ok(_) => Vec::new(),
        Err(errors) => directory.without_directory(errors),
    }
}

#[test]
fn good_files() {
    let (directory, authority) = directory();
    let identity = authority.server();
    let inline = |name: &str, pem: &str| format!("  {name}: |\n    {}\n", pem.replace('\n', "\n    "));
    let inline =
        format!("tls_server_config:\n{}{}", inline("cert", &identity.cert), inline("key", &identity.key));
    for text in [
        "",
        "# nothing\n",
        "{}",
        "tls_server_config:\n",
        "tls_server_config: {cert_file: \"\", key_file: \"\", client_auth_type: \"\"}",
        TLS,
        &inline,
        &format!("{TLS}  min_version: TLS13\n  max_version: TLS13\n"),
        &format!("{TLS}  prefer_server_cipher_suites: false\n  client_auth_type: \"\"\n"),
        &format!("{TLS}  cipher_suites: []\n  curve_preferences: []\n  client_allowed_sans: []\n"),
        &format!("{TLS}  cipher_suites: [TLS_AES_128_GCM_SHA256, TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256]\n"),
        &format!("{TLS}  curve_preferences: [X25519, CurveP256, CurveP384]\n"),
        &format!("{TLS}  client_auth_type: RequireClientCert\n"),
        "http_server_config: {http2: false, headers: {X-Frame-Options: \"\", X-XSS-Protection: \"1\"}}",
        "basic_auth_users:\n",
        "rate_limit: {interval: 0, burst: 0}",
        "rate_limit: {interval: \"0\"}",
        "rate_limit: {interval: 1m30s, burst: 20}",
    ] {
        assert_eq!(errors(&directory, text), [""; 0], "{text}");
    }
}

/// Asserts the error of each file, without the name of the file.
fn assert_errors(directory: &Directory, rows: &[(String, &str)]) {
    for (text, expected) in rows {
        assert_eq!(errors(directory, text), [format!("web.yml:{expected}")], "{text}");
    }
}

/// A file that serves TLS, with one more line.
fn tls(line: &str) -> String {
    format!("{TLS}  {line}\n")
}

#[test]
fn bad_certificates_and_keys() {
    let (directory, _) = directory();
    directory.write("other.pem", Authority::new().server().key);
    directory.write("garbage.pem", "garbage");
    let key = Authority::new().server().key.replace('\n', "\n    ");
    let rows = [
        (
            "tls_sever_config: {}".to_owned(),
            "1: tls_sever_config: is not a known key: remove it, or write one of tls_server_config, \
             http_server_config, basic_auth_users, rate_limit",
        ),
        (
            "tls_server_config:\n  cert_file: cert.pem\n".to_owned(),
            "2: tls_server_config.key_file: is missing: write key_file, or the PEM itself as key",
        ),
        (
            "tls_server_config:\n  key_file: key.pem\n".to_owned(),
            "2: tls_server_config.cert_file: is missing: write cert_file, or the PEM itself as cert",
        ),
        (
            "tls_server_config:\n  cert_file: none.pem\n  key_file: key.pem\n".to_owned(),
            "2: tls_server_config.cert_file: names a file that cannot be read: No such file or directory (os error 2)",
        ),
        (
            "tls_server_config:\n  cert_file: garbage.pem\n  key_file: key.pem\n".to_owned(),
            "2: tls_server_config.cert_file: names a file that has no certificate: write the server's \
             (-----BEGIN CERTIFICATE-----), then those of its issuers",
        ),
        (
            "tls_server_config:\n  cert_file: cert.pem\n  key_file: cert.pem\n".to_owned(),
            "3: tls_server_config.key_file: names a file that has no private key: write one without a password \
             (-----BEGIN PRIVATE KEY-----)",
        ),
        (
            "tls_server_config:\n  cert_file: cert.pem\n  key_file: other.pem\n".to_owned(),
            "3: tls_server_config.key_file: does not belong to the certificate: write the key that it was issued for",
        ),
        (
            format!("{}  key: |\n    {key}\n", tls("")),
            "3: tls_server_config.key_file: cannot be used with key: keep one of them",
        ),
    ];
    assert_errors(&directory, &rows);
}

#[test]
fn bad_versions_suites_and_curves() {
    let (directory, _) = directory();
    let suites = "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, \
                  TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, \
                  TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384, TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256";
    let old_suite = format!(
        "4: tls_server_config.cipher_suites[0]: is a cipher suite (CBC, RC4 or RSA key exchange) that is not supported: \
         remove it, or write {suites}"
    );
    let no_suite =
        format!("4: tls_server_config.cipher_suites[0]: is not a known cipher suite: write one of {suites}");
    let rows = [
        (
            tls("min_version: TLS10"),
            "4: tls_server_config.min_version: is a broken version of TLS: write TLS12 or TLS13",
        ),
        (
            tls("max_version: TLS11"),
            "4: tls_server_config.max_version: is a broken version of TLS: write TLS12 or TLS13",
        ),
        (
            tls("min_version: \"1.2\""),
            "4: tls_server_config.min_version: is not a known version: write TLS12 or TLS13",
        ),
        (
            tls("min_version: TLS13\n  max_version: TLS12"),
            "5: tls_server_config.max_version: is below min_version: write a later one",
        ),
        (tls("cipher_suites: [TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA]"), &old_suite),
        (tls("cipher_suites: [TLS_RSA_WITH_AES_128_GCM_SHA256]"), &old_suite),
        (tls("cipher_suites: [AES]"), &no_suite),
        (
            tls("max_version: TLS12\n  cipher_suites: [TLS_AES_128_GCM_SHA256]"),
            "5: tls_server_config.cipher_suites: has no suite for TLS 1.2, which is the only version: add one, or \
             remove the list",
        ),
        (
            tls("cipher_suites: [TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384]"),
            "4: tls_server_config.cipher_suites: has no suite that HTTP/2 requires: add \
             TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 or TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, or write http2: false",
        ),
        (
            tls("curve_preferences: [CurveP521]"),
            "4: tls_server_config.curve_preferences[0]: is a curve that is not supported: remove it, or write \
             CurveP256, CurveP384 or X25519",
        ),
        (
            tls("curve_preferences: [P256]"),
            "4: tls_server_config.curve_preferences[0]: is not a known curve: write CurveP256, CurveP384 or X25519",
        ),
    ];
    assert_errors(&directory, &rows);
}

#[test]
fn bad_rules_for_clients() {
    let (directory, _) = directory();
    directory.write("garbage.pem", "garbage");
    let rows = [
        (
            tls("client_auth_type: Required"),
            "4: tls_server_config.client_auth_type: is not a known type: write one of NoClientCert, RequestClientCert, \
             RequireAnyClientCert, VerifyClientCertIfGiven, RequireAndVerifyClientCert",
        ),
        (
            tls("client_ca_file: ca.pem"),
            "4: tls_server_config.client_ca_file: has no effect without client_auth_type: write \
             RequireAndVerifyClientCert there, or remove this key",
        ),
        (
            tls("client_ca_file: garbage.pem\n  client_auth_type: RequestClientCert"),
            "4: tls_server_config.client_ca_file: names a file that has no certificates: write the \
             certificates (-----BEGIN CERTIFICATE-----) of the authorities to trust",
        ),
        (
            tls("client_auth_type: RequestClientCert\n  client_allowed_sans: [a]"),
            "5: tls_server_config.client_allowed_sans: needs client_auth_type RequireAndVerifyClientCert or \
             RequireAnyClientCert: without it, clients need no certificate",
        ),
        (
            tls("client_auth_type: RequireAnyClientCert\n  client_allowed_sans: []"),
            "5: tls_server_config.client_allowed_sans: is empty, which refuses every client: write a name, or \
             remove the key",
        ),
    ];
    assert_errors(&directory, &rows);
}

#[test]
fn bad_headers_users_and_rates() {
    let directory = Directory::new();
    let hash = "$2y$10$hfftv3/DbHBgVrxDhmHGgeZwyUB6WqICpcjIo84y2iCFPwnX6sTGm";
    let user = |hash: &str| format!("basic_auth_users:\n  alice: {hash}\n");
    let no_hash = "2: basic_auth_users.alice: is not a bcrypt hash: write what `htpasswd -nBC 10 \"\"` prints after the colon";
    let rows = [
        (
            "http_server_config:\n  http2: \"yes\"\n".to_owned(),
            "2: http_server_config.http2: must be true or false",
        ),
        (
            "http_server_config:\n  headers:\n    X-Frame-Options: never\n".to_owned(),
            "3: http_server_config.headers.X-Frame-Options: must be deny or sameorigin",
        ),
        (
            "http_server_config:\n  headers:\n    X-Content-Type-Options: sniff\n".to_owned(),
            "3: http_server_config.headers.X-Content-Type-Options: must be nosniff",
        ),
        (
            "http_server_config:\n  headers:\n    X-XSS-Protection: \"a\\nb\"\n".to_owned(),
            "3: http_server_config.headers.X-XSS-Protection: must be one line without control characters",
        ),
        (
            "http_server_config:\n  headers:\n    Server: a\n".to_owned(),
            "3: http_server_config.headers.Server: is not a known key: remove it, or write one of \
             Content-Security-Policy, X-Frame-Options, X-Content-Type-Options, X-XSS-Protection, \
             Strict-Transport-Security",
        ),
        (user("secret"), no_hash),
        (user(&hash.replace("$2y", "$2x")), no_hash),
        (user(&hash.replace("$10", "$03")), no_hash),
        (user(&hash.replace("$10", "$32")), no_hash),
        (user(&hash[..59]), no_hash),
        (user(&hash.replace('/', "!")), no_hash),
        (format!("{}  alice: {hash}\n", user(hash)), "3: basic_auth_users.alice: is set twice: keep one"),
        (
            "rate_limit:\n  interval: 1s\n".to_owned(),
            "2: rate_limit.burst: is missing or 0, which refuses every request: write one like 20",
        ),
        (
            "rate_limit:\n  interval: 1s\n  burst: 0\n".to_owned(),
            "3: rate_limit.burst: is missing or 0, which refuses every request: write one like 20",
        ),
        (
            "rate_limit:\n  interval: 1\n  burst: 1\n".to_owned(),
            "2: rate_limit.interval: must be a duration with a unit, at most a day: write one like 500ms, 1s or 1m30s",
        ),
        (
            "rate_limit:\n  interval: 1s\n  burst: -1\n".to_owned(),
            "3: rate_limit.burst: must be a whole number from 1 to 1000000",
        ),
    ];
    assert_errors(&directory, &rows);
}

#[test]
fn all_errors_are_reported_at_once_and_none_repeats_a_value() {
    let (directory, _) = directory();
    let text = "basic_auth_users:\n  alice: hunter2\n  bob: hunter3\ntls_server_config:\n  key: hunter4\n  min_version: \
                hunter5\nrate_limit:\n  interval: hunter6\n";
    let said = errors(&directory, text);
    let places: Vec<_> = said.iter().map(|line| line.splitn(4, ':').take(3).collect::<String>()).collect();
    assert_eq!(
        places,
        [
            "web.yml2 basic_auth_users.alice",
            "web.yml3 basic_auth_users.bob",
            "web.yml5 tls_server_config.key",
            "web.yml5 tls_server_config.cert_file",
            "web.yml6 tls_server_config.min_version",
            "web.yml8 rate_limit.interval",
        ]
    );
    assert!(said.iter().all(|line| !line.contains("hunter")), "{said:?}");
}
