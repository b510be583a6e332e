//! `healthcheck` asks a real exporter in every mode of its web server.

use std::net::TcpListener;

use crate::process::{PROJECT, Process, run};
use crate::web_config::{TLS, directory};

/// The exit code, and the only line of output, of one stream or the other.
fn healthcheck(arguments: &[&str]) -> (Option<i32>, String) {
    let output = run(&[&["healthcheck"], arguments].concat(), &[]);
    let text = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    assert_eq!(text.lines().count(), 1, "{text}");
    (output.status.code(), text.trim_end().to_owned())
}

/// Starts an exporter with these flags, and asks it with those.
fn ask(serve: &[&str], ask: &[&str]) -> (Option<i32>, String) {
    let exporter = Process::start(&[&["--web.listen-address", "127.0.0.1:0"], serve].concat(), &PROJECT);
    let address = exporter.address();
    let (code, text) = healthcheck(&[&["--web.listen-address", &address], ask].concat());
    (code, text.replace(&address, "ADDRESS"))
}

#[test]
fn a_running_exporter_is_healthy() {
    let healthy = |url: &str| (Some(0), format!("{url} responds 200 OK"));
    assert_eq!(ask(&[], &[]), healthy("http://ADDRESS/-/healthy"));
    let prefix = ["--web.route-prefix", "/metastudio"];
    assert_eq!(ask(&prefix, &prefix), healthy("http://ADDRESS/metastudio/-/healthy"));
    let url = ["--web.external-url", "https://monitoring.example/a/b"];
    assert_eq!(ask(&url, &url), healthy("http://ADDRESS/a/b/-/healthy"));
}

#[test]
fn an_exporter_on_all_addresses_is_asked_on_loopback() {
    for any in [":0", "0.0.0.0:0", "[::]:0"] {
        let exporter = Process::start(&["--web.listen-address", any], &PROJECT);
        let port = exporter.address().rsplit_once(':').unwrap().1.to_owned();
        let (host, _) = any.rsplit_once(':').unwrap();
        let asked = healthcheck(&["--web.listen-address", &format!("{host}:{port}")]);
        assert_eq!(asked, (Some(0), format!("http://127.0.0.1:{port}/-/healthy responds 200 OK")));
    }
}

#[test]
fn tls_users_and_client_certificates_need_no_configuration() {
    let (directory, _) = directory();
    let users = "basic_auth_users: {alice: $2y$10$hfftv3/DbHBgVrxDhmHGgeZwyUB6WqICpcjIo84y2iCFPwnX6sTGm}\n";
    let certificates = |version: &str| {
        format!(
            "{TLS}  min_version: {version}\n  max_version: {version}\n  client_auth_type: RequireAnyClientCert\n"
        )
    };
    let refuses = "https://ADDRESS/-/healthy refuses a client without a certificate";
    for (text, answer) in [
        (TLS.to_owned(), "https://ADDRESS/-/healthy responds 200 OK"),
        (users.to_owned(), "http://ADDRESS/-/healthy responds 401 Unauthorized"),
        (format!("{TLS}{users}"), "https://ADDRESS/-/healthy responds 401 Unauthorized"),
        (certificates("TLS12"), refuses),
        (certificates("TLS13"), refuses),
    ] {
        let file = directory.write("web.yml", &text);
        let (code, found) = ask(&["--web.config.file", file.to_str().unwrap()], &[]);
        assert!(code == Some(0) && found.starts_with(answer), "{text}{code:?} {found}");
    }
}

#[test]
fn what_is_no_running_exporter_is_not_healthy() {
    let (code, text) = ask(&["--web.route-prefix", "/metastudio"], &[]);
    let not_found = "http://ADDRESS/-/healthy responds 404 Not Found; use the --web flags of the exporter";
    assert_eq!((code, text), (Some(1), format!("metastudio-exporter: {not_found}")));

    // Accepts connections and never responds.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = silent.local_addr().unwrap().to_string();
    let arguments = ["--web.listen-address", &address, "--timeout", "200ms"];
    let sentence = format!("metastudio-exporter: {address} does not respond within 200ms");
    assert_eq!(healthcheck(&arguments), (Some(1), sentence));
    drop(silent);
    let sentence =
        format!("metastudio-exporter: http://{address}/-/healthy: Connection refused (os error 111)");
    assert_eq!(healthcheck(&arguments), (Some(1), sentence));

    let sentence = "healthcheck does not know the sockets of systemd; write --web.listen-address instead";
    let sentence = format!("metastudio-exporter: {sentence}");
    assert_eq!(healthcheck(&["--web.systemd-socket"]), (Some(2), sentence));
}
