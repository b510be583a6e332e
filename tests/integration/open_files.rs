//! The limit on open files: raised at the start, and shared by clients and polls.

use std::net::TcpStream;

use tokio::task::spawn_blocking;

use crate::common::{cloud, project, until};
use crate::process::{Process, shell};

const TOKEN: (&str, &str) = ("METASTUDIO_AUTH_TOKEN", "a-token");
const PROJECT: (&str, &str) = ("HUAWEICLOUD_SDK_PROJECT_ID", "0123456789abcdef0123456789abcdef");
const ENDPOINT: (&str, &str) = ("METASTUDIO_ENDPOINT", "http://127.0.0.1:9");

#[test]
fn the_soft_limit_is_raised_to_the_hard_one() {
    let variables = [TOKEN, PROJECT, ENDPOINT];
    let before = "ulimit -Sn 100 && ulimit -Hn 500";
    let exporter = Process::of(shell(before, &["--web.listen-address=127.0.0.1:0"], &variables));
    exporter.wait_for("message=listening");
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", exporter.id())).unwrap();
    let line = limits.lines().find(|line| line.starts_with("Max open files")).unwrap();
    assert_eq!(line.split_whitespace().collect::<Vec<_>>(), ["Max", "open", "files", "500", "500", "files"]);
}

#[tokio::test]
async fn idle_clients_leave_files_to_polls() {
    let (cloud, url) = cloud(3, 2, &[]).await;
    let project = project(&cloud, &url);
    let variables = [
        ("HUAWEICLOUD_SDK_AK", cloud.access_key().to_owned()),
        ("HUAWEICLOUD_SDK_SK", cloud.secret_key().to_owned()),
        ("HUAWEICLOUD_SDK_PROJECT_ID", project.id.unwrap()),
        ("METASTUDIO_ENDPOINT", url.to_string()),
        // A new connection for each poll.
        ("METASTUDIO_EXPORTER_POLL_INTERVAL", "100ms".to_owned()),
    ];
    let start = move || {
        let variables: Vec<_> = variables.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let exporter = Process::of(shell("ulimit -n 64", &["--web.listen-address=127.0.0.1:0"], &variables));
        let address = exporter.address();
        let idle: Vec<_> = (0..100).map(|_| TcpStream::connect(&address).unwrap()).collect();
        // Half of the files are connections of clients. The others wait to be accepted.
        exporter.wait_for("max_connections=32");
        (exporter, idle)
    };
    let (exporter, idle) = spawn_blocking(start).await.unwrap();
    let polls = || cloud.requests().len();
    let before = polls();
    until(async || polls() >= before + 20).await;
    drop(idle);
    exporter.signal("TERM");
    let (code, log) = spawn_blocking(|| exporter.wait()).await.unwrap();
    assert_eq!(code, Some(0));
    assert!(!log.contains("poll failed"), "{log}");
}
