//! Standard output and standard error that are full or closed, and signals to process 1.

use std::io::{BufRead, BufReader, Read, pipe};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::thread;

use axum::http::StatusCode;

use crate::common::{client, until, value};
use crate::process::command;

const TOKEN: (&str, &str) = ("METASTUDIO_AUTH_TOKEN", "a-token");
const PROJECT: (&str, &str) = ("HUAWEICLOUD_SDK_PROJECT_ID", "0123456789abcdef0123456789abcdef");
const REGION: (&str, &str) = ("METASTUDIO_REGION", "cn-north-4");
const NOWHERE: (&str, &str) = ("METASTUDIO_ENDPOINT", "http://127.0.0.1:9");

/// Kills the process at the end of a test.
struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        // Fails if the process has ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn send_signal(signal: &str, pid: &str) {
    assert!(Command::new("kill").args(["-s", signal, pid]).status().unwrap().success());
}

/// A stuck log shipper must not stop monitoring.
#[tokio::test]
async fn a_full_pipe_of_log_lines_delays_neither_scrapes_nor_the_end() {
    let directory = tempfile::tempdir().unwrap();
    let config = directory.path().join("config.yml");
    let token = directory.path().join("token");
    std::fs::write(&token, "a-token").unwrap();
    let project = |number| {
        let token = token.display();
        format!(
            "  - {{name: p{number}, region: r, project_id: p{number}, endpoint: 'http://127.0.0.1:9', \
             credentials: {{token: {{file: {token}}}}}}}\n"
        )
    };
    let projects: String = (0..1000).map(project).collect();
    std::fs::write(&config, format!("poll: {{interval: 1s, timeout: 100ms}}\nprojects:\n{projects}"))
        .unwrap();
    let arguments =
        ["--config.file", config.to_str().unwrap(), "--web.listen-address=127.0.0.1:0", "--log.level=debug"];
    let mut exporter = Killed(command(&arguments, &[]).spawn().unwrap());
    let mut log = BufReader::new(exporter.0.stderr.take().unwrap());
    let mut line = String::new();
    while !line.contains("message=listening") {
        line.clear();
        assert_ne!(log.read_line(&mut line).unwrap(), 0, "it ended");
    }
    let address = line.split_once("address=").unwrap().1.trim().trim_matches('"').to_owned();
    // From here on each poll fails soon, and logs it. The log is not read.
    std::fs::remove_file(&token).unwrap();
    let get = async |path: &str| {
        let response = client().get(format!("http://{address}{path}")).send().await.unwrap();
        (response.status(), response.text().await.unwrap())
    };
    let dropped =
        async || value(&get("/metrics?exporter=only").await.1, "metastudio_exporter_log_lines_dropped_total");
    until(async || dropped().await > Some(0.0)).await;
    assert_eq!(get("/-/healthy").await.0, StatusCode::OK);
    send_signal("TERM", &exporter.0.id().to_string());
    assert_eq!(exporter.0.wait().unwrap().code(), Some(0));
    drop(log);
}

#[test]
fn a_closed_standard_output_is_an_error_and_not_a_panic() {
    let variables = [TOKEN, PROJECT, REGION, NOWHERE];
    for arguments in [
        &["check", "--poll.timeout=1s"][..],
        &["--config.check"],
        &["demo", "--web.listen-address=127.0.0.1:0"],
        &["simulate", "--listen=127.0.0.1:0"],
        &["once", "--poll.timeout=1s"],
    ] {
        let (reader, writer) = pipe().unwrap();
        drop(reader);
        let output = command(arguments, &variables).stdout(writer).output().unwrap();
        let errors = String::from_utf8(output.stderr).unwrap();
        let sentence = "metastudio-exporter: cannot write to standard output: Broken pipe (os error 32)\n";
        assert!(errors.ends_with(sentence) && !errors.contains("panicked"), "{arguments:?}: {errors}");
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
    }
}

#[test]
fn a_closed_standard_error_changes_no_exit_code() {
    for (arguments, variables, code) in [
        (&["--config.check"][..], &[TOKEN, PROJECT, REGION][..], 0),
        (&["--config.check"], &[PROJECT, REGION, ("METASTUDIO_ENDPOINT", "no URL")], 1),
        (&["once"], &[PROJECT, REGION, ("METASTUDIO_ENDPOINT", "no URL")], 2),
        (&["once", "--poll.timeout=1s"], &[TOKEN, PROJECT, REGION, NOWHERE], 1),
    ] {
        let (reader, writer) = pipe().unwrap();
        drop(reader);
        let status = command(arguments, variables).stderr(writer).stdout(Stdio::null()).status().unwrap();
        assert_eq!(status.code(), Some(code), "{arguments:?}");
    }
}

/// Process 1 gets no signal that it does not handle. Needs root, for a process namespace.
#[test]
fn once_and_check_end_at_a_signal_as_process_1() {
    for name in ["once", "check"] {
        for signal in ["TERM", "INT"] {
            let silent = TcpListener::bind("127.0.0.1:0").unwrap();
            let endpoint = format!("http://{}", silent.local_addr().unwrap());
            let binary = command(&[], &[]).get_program().to_owned();
            let mut unshare = Command::new("unshare");
            unshare.args(["--pid", "--fork", "--kill-child"]).arg(binary).arg(name).env_clear();
            unshare.envs([TOKEN, PROJECT, REGION, ("METASTUDIO_ENDPOINT", &endpoint)]);
            let mut unshare = Killed(unshare.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap());
            // The first request arrives, and gets no response.
            let request = thread::spawn(move || silent.accept().unwrap());
            let _connection = request.join().unwrap();
            let pid = unshare.0.id();
            let children = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap();
            send_signal(signal, children.trim());
            assert_eq!(unshare.0.wait().unwrap().code(), Some(1), "{name} {signal}");
            let mut errors = String::new();
            unshare.0.stderr.take().unwrap().read_to_string(&mut errors).unwrap();
            assert!(
                errors.ends_with("metastudio-exporter: stopped by a signal\n"),
                "{name} {signal}: {errors}"
            );
        }
    }
}
