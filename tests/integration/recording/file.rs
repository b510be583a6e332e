//! The file: its permissions, its errors, and that it is whole or not there.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use metastudio_exporter::sim::Cloud;
use reqwest::Url;

use crate::common::cloud;
use crate::process::{Process, command};

/// The variables of the simulated project.
pub(super) fn variables(cloud: &Cloud, url: &Url) -> Vec<(&'static str, String)> {
    let endpoint = url.as_str().trim_end_matches('/').to_owned();
    vec![
        ("HUAWEICLOUD_SDK_AK", cloud.access_key().to_owned()),
        ("HUAWEICLOUD_SDK_SK", cloud.secret_key().to_owned()),
        ("HUAWEICLOUD_SDK_PROJECT_ID", crate::common::project(cloud, url).id.unwrap()),
        ("METASTUDIO_ENDPOINT", endpoint.clone()),
        ("HUAWEICLOUD_SDK_IAM_ENDPOINT", endpoint),
        ("METASTUDIO_REGION", "cn-north-4".to_owned()),
    ]
}

/// Runs `check --record FILE`: its exit code, standard output and standard error.
pub(super) async fn check(
    file: &Path,
    arguments: &[String],
    variables: &[(&'static str, String)],
) -> (Option<i32>, String, String) {
    let file = file.display().to_string();
    let is_file = arguments.iter().any(|argument| argument == "--config.file");
    let (arguments, variables) = (arguments.to_vec(), if is_file { vec![] } else { variables.to_vec() });
    // The cloud answers on this thread's runtime.
    let output = tokio::task::spawn_blocking(move || {
        let mut all = vec!["check", "--record", &file];
        all.extend(arguments.iter().map(String::as_str));
        let variables: Vec<_> = variables.iter().map(|(name, value)| (*name, value.as_str())).collect();
        command(&all, &variables).output().unwrap()
    });
    let output = output.await.unwrap();
    let [stdout, stderr] = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
    (output.status.code(), stdout, stderr)
}

fn names(directory: &Path) -> Vec<String> {
    std::fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect()
}

#[tokio::test]
async fn a_recording_is_only_for_its_owner_and_says_what_was_replaced() {
    let (cloud, url) = cloud(3, 2, &[]).await;
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("acme.json");
    let (code, stdout, stderr) = check(&file, &[], &variables(&cloud, &url)).await;
    assert_eq!((code, stdout.lines().last()), (Some(0), Some("2 checks: 2 ok.")), "{stderr}");
    let path = file.display();
    assert_eq!(
        stderr,
        format!(
            "recorded 6 answers of 1 project in {path}; replaced: 12 IDs, 6 request IDs\n\
             look through it before you send it: less {path}\n\
             see what the exporter makes of it: metastudio-exporter simulate --replay {path}\n"
        )
    );
    assert_eq!(names(directory.path()), ["acme.json"]);
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
}

#[tokio::test]
async fn a_file_that_exists_is_not_overwritten_and_costs_no_request() {
    let (cloud, url) = cloud(3, 2, &[]).await;
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("acme.json");
    std::fs::write(&file, "mine").unwrap();
    let sentence = format!(
        "metastudio-exporter: --record: {} exists already; remove it, or choose another name\n",
        file.display()
    );
    assert_eq!(check(&file, &[], &variables(&cloud, &url)).await, (Some(2), String::new(), sentence));
    assert_eq!((std::fs::read_to_string(&file).unwrap().as_str(), cloud.requests().len()), ("mine", 0));
    assert_eq!(names(directory.path()), ["acme.json"]);
}

#[tokio::test]
async fn a_place_that_cannot_be_written_costs_no_request() {
    let (cloud, url) = cloud(3, 2, &[]).await;
    for (path, cause) in [
        ("/nonexistent/acme.json", "No such file or directory (os error 2)"),
        // No right, not even root's.
        ("/proc/self/acme.json", "No such file or directory (os error 2)"),
        ("/dev/null/acme.json", "Not a directory (os error 20)"),
    ] {
        let sentence = format!("metastudio-exporter: cannot write the recording to {path}: {cause}\n");
        let result = check(Path::new(path), &[], &variables(&cloud, &url)).await;
        assert_eq!(result, (Some(1), String::new(), sentence));
    }
    assert_eq!(cloud.requests().len(), 0);
}

#[tokio::test]
async fn a_full_disk_is_an_error_after_the_report() {
    let (cloud, url) = cloud(3, 2, &[]).await;
    let (code, stdout, stderr) = check(Path::new("/dev/full"), &[], &variables(&cloud, &url)).await;
    assert_eq!((code, stdout.lines().last()), (Some(1), Some("2 checks: 2 ok.")));
    let cause = "No space left on device (os error 28)";
    assert_eq!(stderr, format!("metastudio-exporter: cannot write the recording to /dev/full: {cause}\n"));
}

#[tokio::test]
async fn a_signal_leaves_no_file() {
    let (cloud, url) = cloud(3, 2, &[]).await;
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("acme.json");
    let mut variables = variables(&cloud, &url);
    variables.push(("METASTUDIO_ENDPOINT", format!("http://{}", silent.local_addr().unwrap())));
    let variables: Vec<_> = variables.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let process = Process::start(&["check", "--record", file.to_str().unwrap()], &variables);
    // The first request arrives, and gets no response.
    let _connection = tokio::task::spawn_blocking(move || silent.accept().unwrap()).await.unwrap();
    let begun = names(directory.path());
    assert!(matches!(&begun[..], [name] if name.starts_with(".acme.json.")), "{begun:?}");
    process.signal("TERM");
    assert_eq!(process.wait(), (Some(1), "metastudio-exporter: stopped by a signal\n".to_owned()));
    assert_eq!(names(directory.path()), Vec::<String>::new());
}
