//! The command: exit codes, and the contents of standard output and standard error.

use serde_json::Value;

use super::{NOT_ROOT, WRONG_PAIR, WRONG_SECRET};
use crate::process::{Process, run};

/// The binary on a simulated cloud with these faults: exit code, standard output, standard error.
fn on_the_command_line(
    arguments: &[&str],
    faults: &str,
    change: &[(&str, &str)],
) -> (Option<i32>, String, String) {
    let mut simulate = vec!["simulate", "--listen", "127.0.0.1:0"];
    if !faults.is_empty() {
        simulate.extend(["--fault", faults]);
    }
    let mut cloud = Process::start(&simulate, &[]);
    let printed = cloud.output_lines(5);
    let mut variables: Vec<(&str, &str)> = printed.iter().map(|line| line.split_once('=').unwrap()).collect();
    let secret = variables[1].1.to_owned();
    variables.push(("HUAWEICLOUD_SDK_IAM_ENDPOINT", variables[3].1));
    variables.extend(change);
    let arguments: Vec<_> = ["check"].iter().chain(arguments).copied().collect();
    let output = run(&arguments, &variables);
    let [stdout, stderr] = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
    for text in [&stdout, &stderr] {
        for secret in [secret.as_str(), WRONG_SECRET, "Signature=", "x-sdk-date"] {
            assert!(!text.contains(secret), "{text}");
        }
        assert!(!text.contains("panicked") && !text.contains('\u{1b}'), "{text}");
    }
    (output.status.code(), stdout, stderr)
}

#[test]
fn the_exit_code_is_0_if_no_check_failed() {
    let (code, stdout, stderr) = on_the_command_line(&[], "", &[]);
    assert_eq!((code, stderr.as_str()), (Some(0), ""));
    assert!(stdout.starts_with("PROJECT ") && stdout.ends_with("\n2 checks: 2 ok.\n"), "{stdout}");

    let (code, stdout, stderr) = on_the_command_line(&["--format", "json"], "wrong-count@user_quotas", &[]);
    assert_eq!((code, stderr.as_str()), (Some(0), ""), "a warning is not a failure");
    let report: Value = serde_json::from_str(&stdout).unwrap();
    let results: Vec<_> = report.as_array().unwrap().iter().map(|check| check["result"].clone()).collect();
    assert_eq!(results, ["ok", "warning"]);
}

#[test]
fn the_exit_code_is_1_if_a_check_failed() {
    let (code, stdout, stderr) = on_the_command_line(&["--format", "json"], "forbidden@user_quotas", &[]);
    assert_eq!(code, Some(1));
    assert_eq!(stderr, "metastudio-exporter: 1 of 2 checks failed; the report says what to do\n");
    let report: Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!(report[1]["findings"][0]["advice"], NOT_ROOT);

    let wrong = [("HUAWEICLOUD_SDK_SK", WRONG_SECRET)];
    let (code, stdout, stderr) = on_the_command_line(&["--log.level", "trace"], "", &wrong);
    assert_eq!(code, Some(1));
    assert!(stdout.contains(&format!("    do: {WRONG_PAIR}\n")), "{stdout}");
    assert!(stderr.ends_with("metastudio-exporter: 2 of 2 checks failed; the report says what to do\n"));
}

#[test]
fn the_exit_code_is_2_for_wrong_usage() {
    for arguments in
        [&["--format", "xml"][..], &["--project.endpoint", "metastudio"], &["--poll.timeout", "0s"]]
    {
        let (code, stdout, stderr) = on_the_command_line(arguments, "", &[]);
        assert_eq!((code, stdout.as_str()), (Some(2), ""), "{arguments:?}: {stderr}");
    }
}

#[test]
fn the_help_documents_every_field() {
    let help = String::from_utf8(run(&["check", "--help"], &[]).stdout).unwrap();
    let (_, documented) = help.split_once("JSON is a list").unwrap();
    let (_, stdout, _) = on_the_command_line(&["--format", "json"], "forbidden", &[]);
    let report: Value = serde_json::from_str(&stdout).unwrap();
    let check = &report[0];
    for object in [check, &check["credentials"], &check["steps"], &check["findings"][0]] {
        for field in object.as_object().unwrap().keys() {
            assert!(documented.contains(field.as_str()), "{field} is not in {documented}");
        }
    }
}

#[test]
fn the_projects_are_reported_in_the_order_of_the_file() {
    let mut cloud = Process::start(&["simulate", "--listen", "127.0.0.1:0"], &[]);
    let printed = cloud.output_lines(5);
    let values: Vec<_> = printed.iter().map(|line| line.split_once('=').unwrap().1).collect();
    let [key, secret, id, endpoint, region] = values[..] else { panic!("{values:?}") };
    let project = |name: &str, secret: &str, collectors: &str| {
        format!(
            "  - {{name: {name}, project_id: {id}, region: {region}, endpoint: '{endpoint}', iam_endpoint: '{endpoint}', \
             collectors: {collectors}, credentials: {{access_key: {{ak: {key}, sk: {secret}}}}}}}\n"
        )
    };
    let bad = project("wrong", WRONG_SECRET, "[user_quotas]");
    let good = project("right", secret, "[voice_training, user_quotas]");
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(&file, format!("projects:\n{bad}{good}")).unwrap();

    let output = run(&["check", "--format", "json", "--config.file", file.path().to_str().unwrap()], &[]);
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let word = |check: &Value, field: &str| check[field].as_str().unwrap().to_owned();
    let words = |check| ["project", "collector", "result"].map(|field| word(check, field)).join(" ");
    let shown = report.as_array().unwrap().iter().map(words);
    assert_eq!(
        shown.collect::<Vec<_>>(),
        ["wrong user_quotas failed", "right voice_training ok", "right user_quotas ok"]
    );
}
