//! The web configuration and the sockets of the real binary.

use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::time::Duration;

use tokio::net::TcpStream;

use crate::common::until;
use crate::config_file::Directory;
use crate::process::{PROJECT, Process, run, shell};
use crate::web_config::{TLS, directory, plain};

const REFUSED: &str = ":1: rate_limit.burst: is missing or 0, which refuses every request: write one like 20";

#[test]
fn a_bad_file_ends_the_start_and_the_check() {
    let (directory, _) = directory();
    let bad = directory.write("bad.yml", "rate_limit: {interval: 1s}");
    let good = directory.write("good.yml", TLS);
    let other = directory.write("c.yml", "poll: {}");
    let (bad, good, other) = (bad.to_str().unwrap(), good.to_str().unwrap(), other.to_str().unwrap());
    let outcome = |arguments: &[&str], variables: &[(&str, &str)]| {
        let output = run(arguments, variables);
        let errors = String::from_utf8(output.stderr).unwrap();
        let errors: Vec<_> =
            errors.lines().filter(|line| !line.starts_with("ts=")).map(ToOwned::to_owned).collect();
        (output.status.code(), String::from_utf8(output.stdout).unwrap(), errors)
    };
    let refused = format!("metastudio-exporter: {bad}{REFUSED}");
    let projects = format!(
        "metastudio-exporter: {other}:1: projects: is missing: write it, and at least one project below it, with - \
         before it"
    );
    let none = String::new;
    let start = ["--web.config.file", bad];
    assert_eq!(outcome(&start, &PROJECT), (Some(2), none(), vec![refused.clone()]));
    let both = ["--config.file", other, "--web.config.file", bad];
    assert_eq!(outcome(&both, &[]), (Some(2), none(), vec![projects.clone(), refused.clone()]));
    let check = ["--config.check", "--config.file", other, "--web.config.file", bad];
    assert_eq!(outcome(&check, &[]), (Some(1), none(), vec![projects, refused]));
    let variable = ("METASTUDIO_EXPORTER_WEB_CONFIG_FILE", good);
    let variables: Vec<_> = PROJECT.into_iter().chain([variable]).collect();
    let output = format!("the environment: good, 1 project\n{good}: good\n");
    assert_eq!(outcome(&["--config.check"], &variables), (Some(0), output, Vec::new()));
}

#[tokio::test]
async fn a_bad_change_is_logged_once() {
    let directory = Directory::new();
    let header = |value: &str| format!("http_server_config: {{headers: {{X-XSS-Protection: {value}}}}}");
    let path = directory.write("web.yml", header("a"));
    let arguments = ["--web.listen-address", "127.0.0.1:0", "--web.config.file", path.to_str().unwrap()];
    let process = Process::start(&arguments, &PROJECT);
    let address = process.address().parse().unwrap();
    assert!(process.wait_for("TLS is").contains("message=\"TLS is disabled\" http2=false"));
    let has = async |value: &str| {
        plain(address, "/-/healthy", "").await.contains(&format!("\r\nx-xss-protection: {value}\r\n"))
    };
    assert!(has("a").await);

    directory.write("web.yml", "rate_limit: {interval: 1s}");
    // The log shows when the exporter refuses it.
    let messages =
        tokio::task::spawn_blocking(move || (process.wait_for("web configuration not reloaded"), process));
    until(async || {
        assert!(has("a").await);
        messages.is_finished()
    })
    .await;
    let (line, process) = messages.await.unwrap();
    assert!(line.contains(REFUSED), "{line}");
    // The exporter looks at the file again several times. No condition shows a look that logs nothing.
    for _ in 0..25 {
        assert!(has("a").await);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }

    directory.write("web.yml", header("b"));
    until(async || has("b").await).await;
    process.signal("TERM");
    let (code, rest) = process.wait();
    assert_eq!(code, Some(0), "{rest}");
    assert!(!rest.contains("web configuration not reloaded"), "{rest}");
    assert!(rest.contains("web configuration reloaded"), "{rest}");
}

#[tokio::test]
async fn several_addresses_of_both_families_are_served() {
    let arguments = ["--web.listen-address", "127.0.0.1:0", "--web.listen-address", "[::1]:0"];
    let process = Process::start(&arguments, &PROJECT);
    for expected in ["127.0.0.1:", "[::1]:"] {
        let address = process.address();
        assert!(address.starts_with(expected), "{address}");
        let answer = plain(address.parse().unwrap(), "/-/healthy", "").await;
        assert!(answer.ends_with("\r\n\r\nmetastudio-exporter is healthy.\n"), "{answer}");
    }
}

#[tokio::test]
async fn sockets_of_systemd_are_served() {
    let arguments = ["--web.systemd-socket", "--web.listen-address", ":0"];
    let output = run(&arguments, &PROJECT);
    assert_eq!(output.status.code(), Some(2));
    let output = run(&["--web.systemd-socket"], &PROJECT);
    assert_eq!(output.status.code(), Some(1));
    let errors = String::from_utf8(output.stderr).unwrap();
    assert!(
        errors.contains("systemd passed no sockets (LISTEN_FDS): start the exporter with a .socket unit"),
        "{errors}"
    );

    // As systemd, a shell puts the socket at 3 and becomes the exporter, which the variable names.
    let socket = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap();
    let before = "exec 3<&0 </dev/null; export LISTEN_FDS=1 LISTEN_PID=$$";
    let mut command = shell(before, &["--web.systemd-socket"], &PROJECT);
    command.stdin(OwnedFd::from(socket));
    let process = Process::of(command);
    assert_eq!(process.address(), address.to_string());
    assert!(plain(address, "/-/healthy", "").await.starts_with("HTTP/1.1 200 OK\r\n"));
}

#[tokio::test]
async fn files_that_run_out_do_not_end_the_server() {
    let arguments = ["--web.listen-address", "127.0.0.1:0"];
    // The exporter itself needs about ten, and clients may take half: here more than are left.
    let process = Process::of(shell("ulimit -n 16", &arguments, &PROJECT));
    let address: SocketAddr = process.address().parse().unwrap();
    let connections = futures_util::future::join_all((0..60).map(|_| TcpStream::connect(address))).await;
    process.wait_for("cannot accept connections, trying again");
    drop(connections);
    assert!(plain(address, "/-/healthy", "").await.starts_with("HTTP/1.1 200 OK\r\n"));
}
