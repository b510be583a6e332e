//! The command line as a person meets it: exit codes, the one sentence, signals.

use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, Instant};

use crate::process::{Process, run};

const KEY: (&str, &str) = ("HUAWEICLOUD_SDK_AK", "SOMEACCESSKEY0000001");
const SECRET: (&str, &str) = ("HUAWEICLOUD_SDK_SK", "some-secret-key-that-must-never-show-up0");
const PROJECT: (&str, &str) = ("HUAWEICLOUD_SDK_PROJECT_ID", "0123456789abcdef0123456789abcdef");
const REGION: (&str, &str) = ("METASTUDIO_REGION", "cn-north-4");

/// Ends with `code` and a last line on standard error that holds `sentence`; no panic, no secret, nothing on standard
/// output.
fn ends_with(arguments: &[&str], variables: &[(&str, &str)], code: i32, sentence: &str) {
    let output = run(arguments, variables);
    let errors = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {errors}");
    assert!(errors.contains(sentence), "{arguments:?}: {errors}");
    assert!(!errors.contains("panicked") && !errors.contains("stack backtrace"), "{errors}");
    assert!(!errors.contains(SECRET.1), "{errors}");
    assert_eq!(output.stdout, b"", "{arguments:?}");
}

#[test]
fn bad_usage_is_one_sentence_and_code_2() {
    let good = [KEY, SECRET, PROJECT, REGION];
    for (arguments, variables, sentence) in [
        (
            vec![],
            vec![KEY, PROJECT, REGION],
            "incomplete credentials: HUAWEICLOUD_SDK_AK is set, so set HUAWEICLOUD_SDK_SK too",
        ),
        (
            vec![],
            vec![SECRET, PROJECT, REGION],
            "incomplete credentials: HUAWEICLOUD_SDK_SK is set, so set HUAWEICLOUD_SDK_AK too",
        ),
        (
            vec![],
            vec![("HUAWEICLOUD_OIDC_TOKEN_FILE", "/run/token"), PROJECT, REGION],
            "incomplete credentials: HUAWEICLOUD_OIDC_TOKEN_FILE is set, so set HUAWEICLOUD_OIDC_PROVIDER_URN too",
        ),
        (
            vec![],
            vec![("HC_CONTAINER_AUTHORIZATION_TOKEN_FILE", "/run/token"), PROJECT, REGION],
            "incomplete credentials: HC_CONTAINER_AUTHORIZATION_TOKEN_FILE is set, so set \
             HC_CONTAINER_CREDENTIALS_FULL_URI too",
        ),
        (vec![], vec![KEY, SECRET], "metastudio-exporter: no project: set HUAWEICLOUD_SDK_PROJECT_ID"),
        (
            vec![],
            vec![PROJECT, REGION, ("HUAWEICLOUD_SDK_CREDENTIALS_FILE", "/nowhere")],
            "the profile file /nowhere cannot be read: No such file or directory (os error 2)",
        ),
        (
            vec![],
            vec![PROJECT, REGION, ("METASTUDIO_METADATA_ENDPOINT", "metadata")],
            "METASTUDIO_METADATA_ENDPOINT is not a URL",
        ),
        (vec![], vec![KEY, SECRET, PROJECT], "no region: set METASTUDIO_REGION"),
        (vec![], vec![KEY, ("HUAWEICLOUD_SDK_SK", " "), PROJECT, REGION], "so set HUAWEICLOUD_SDK_SK too"),
        (
            vec!["--project.endpoint", "metastudio"],
            good.to_vec(),
            "is not a URL (relative URL without a base): set it to one",
        ),
        (vec!["--project.endpoint", "ftp://x"], good.to_vec(), "must begin with https:// or http://"),
        (vec!["--poll.intervall", "5m"], good.to_vec(), "unexpected argument '--poll.intervall' found"),
        (vec!["--poll.interval", "5"], good.to_vec(), "write one like 30s, 5m or 1h 30m"),
        (vec!["--poll.interval", "0s"], good.to_vec(), "must be longer than zero"),
        (vec!["--poll.concurrency", "0"], good.to_vec(), "0 is not in 1..=100"),
        (vec!["--poll.requests-per-second=-1"], good.to_vec(), "must be a number from 0.001 to 1000000"),
        (vec!["--web.listen-address", "10036"], good.to_vec(), "has no port: write HOST:PORT or :PORT"),
        (vec!["--web.telemetry-path", "/"], good.to_vec(), "is the path of another page"),
        (vec!["--log.level", "loud"], good.to_vec(), "must be trace, debug, info, warn or error"),
        (vec!["once", "--log.format", "xml"], good.to_vec(), "possible values: logfmt, json"),
        (vec!["--poll.interval", "5m", "once"], good.to_vec(), "cannot be used with"),
        (
            vec!["simulate", "--fault", "meteor"],
            vec![],
            "there is no fault \"meteor\"; the faults are throttled, ",
        ),
        (
            vec!["--shard", "3", "--total-shards", "3"],
            good.to_vec(),
            "metastudio-exporter: --shard 3 is too high for --total-shards 3: the last is 2\n",
        ),
        (vec!["once", "--shard", "1"], good.to_vec(), "--shard 1 is too high for --total-shards 1"),
        (vec!["--total-shards", "0"], good.to_vec(), "0 is not in 1..=4294967295"),
        (vec!["--config.file", "/nowhere.yml"], good.to_vec(), "metastudio-exporter: /nowhere.yml"),
        (vec!["once", "--config.file", "/nowhere.yml"], good.to_vec(), "metastudio-exporter: /nowhere.yml"),
        (
            vec!["--config.file", "/nowhere.yml", "--project.region", "cn-north-4"],
            good.to_vec(),
            "the argument '--config.file <FILE>' cannot be used with",
        ),
        (
            vec!["--config.file", "/nowhere.yml"],
            vec![("METASTUDIO_EXPORTER_PROJECT_ID", "p")],
            "the argument '--config.file <FILE>' cannot be used with",
        ),
        (vec!["--config.auto-reload-interval", "30s"], good.to_vec(), "--config.file <FILE>"),
        (vec!["serve"], good.to_vec(), "unrecognized subcommand 'serve'"),
    ] {
        ends_with(&arguments, &variables, 2, sentence);
    }
}

#[test]
fn without_credentials_the_agency_of_the_ecs_is_asked() {
    let unreachable = ("METASTUDIO_METADATA_ENDPOINT", "http://127.0.0.1:9");
    let output = run(&["once"], &[PROJECT, REGION, unreachable]);
    assert_eq!(output.status.code(), Some(1));
    let errors = String::from_utf8(output.stderr).unwrap();
    let sentence =
        "no credentials from the ECS metadata service: no connection to 127.0.0.1:9: Connection refused";
    assert!(errors.contains(sentence), "{errors}");
    let advice =
        "run on an ECS that has an agency, or configure other credentials, such as HUAWEICLOUD_SDK_AK";
    assert!(errors.contains(advice), "{errors}");
}

#[test]
fn a_flags_variable_is_read_and_checked_like_the_flag() {
    let variables = [KEY, SECRET, PROJECT, REGION, ("METASTUDIO_EXPORTER_POLL_INTERVAL", "soon")];
    ends_with(&[], &variables, 2, "--poll.interval");
}

#[test]
fn a_configuration_can_be_checked_without_polling() {
    let good = run(&["--config.check"], &[KEY, SECRET, PROJECT, REGION]);
    assert_eq!(good.status.code(), Some(0));
    assert_eq!(String::from_utf8(good.stdout).unwrap(), "the environment: good, 1 project\n");
    ends_with(&["--config.check"], &[KEY, PROJECT, REGION], 1, "incomplete credentials");
    let agency = ("HUAWEICLOUD_OIDC_AGENCY_URN", "urn");
    let sentence = "HUAWEICLOUD_OIDC_AGENCY_URN is set, so set HUAWEICLOUD_OIDC_PROVIDER_URN too";
    ends_with(&["--config.check"], &[agency, PROJECT, REGION], 1, sentence);
    ends_with(
        &["--config.check", "--config.file", "/nowhere.yml"],
        &[],
        1,
        "metastudio-exporter: /nowhere.yml",
    );
}

#[test]
fn a_port_that_is_taken_is_code_1_and_says_what_to_do() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let sentence = format!(
        "metastudio-exporter: cannot listen on {address}: Address already in use (os error 98); stop the program that \
         uses it, or choose another with --web.listen-address"
    );
    ends_with(&["--web.listen-address", &address], &[KEY, SECRET, PROJECT, REGION], 1, &sentence);

    let sentence = "or choose another with --listen\n";
    ends_with(&["simulate", "--listen", &address], &[], 1, sentence);
}

/// The variables that `simulate` prints.
fn variables(printed: &[String]) -> Vec<(&str, &str)> {
    printed.iter().map(|line| line.split_once('=').unwrap()).collect()
}

#[test]
fn once_prints_the_metrics_and_tells_by_its_code_whether_all_worked() {
    let mut cloud =
        Process::start(&["simulate", "--listen", "127.0.0.1:0", "--users", "3", "--resources", "2"], &[]);
    let printed = cloud.output_lines(5);
    let variables = variables(&printed);
    let names: Vec<_> = variables.iter().map(|(name, _)| *name).collect();
    assert_eq!(
        names,
        [
            "HUAWEICLOUD_SDK_AK",
            "HUAWEICLOUD_SDK_SK",
            "HUAWEICLOUD_SDK_PROJECT_ID",
            "METASTUDIO_ENDPOINT",
            "METASTUDIO_REGION"
        ]
    );

    let good = run(&["once"], &variables);
    assert_eq!(good.status.code(), Some(0));
    let metrics = String::from_utf8(good.stdout).unwrap();
    let users = format!("metastudio_users{{project=\"{}\"}} 3\n", variables[2].1);
    assert!(metrics.contains(&users), "{metrics}");
    // node_exporter's textfile collector would have two values for its own series.
    assert!(!metrics.contains("\nprocess_"), "{metrics}");

    let wrong: Vec<_> = variables
        .iter()
        .map(|(name, value)| (*name, if *name == "HUAWEICLOUD_SDK_SK" { SECRET.1 } else { value }))
        .collect();
    let bad = run(&["once"], &wrong);
    assert_eq!(bad.status.code(), Some(1));
    let metrics = String::from_utf8(bad.stdout).unwrap();
    assert!(metrics.contains("collector=\"user_quotas\"} 0\n"), "{metrics}");
    let errors = String::from_utf8(bad.stderr).unwrap();
    assert!(errors.contains("verify aksk signature fail, canonicalRequest:<redacted>"), "{errors}");
    assert!(errors.contains("check that the access key ID and the secret access key are a pair"), "{errors}");
    assert!(
        errors.ends_with("metastudio-exporter: not every API could be polled; the log above says why\n"),
        "{errors}"
    );
}

#[test]
fn once_replaces_a_file_as_a_whole() {
    let mut cloud = Process::start(&["simulate", "--listen", "127.0.0.1:0", "--users", "3"], &[]);
    let printed = cloud.output_lines(5);
    let variables = variables(&printed);
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("metastudio.prom");
    let output = ["once", "--output", file.to_str().unwrap()];
    std::fs::write(&file, "old").unwrap();

    // Nothing is written before it is known what to poll.
    assert_eq!(run(&output, &[]).status.code(), Some(2));
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "old");

    let good = run(&output, &variables);
    assert_eq!((good.status.code(), good.stdout), (Some(0), Vec::new()));
    let users = format!("metastudio_users{{project=\"{}\"}} 3\n", variables[2].1);
    assert!(std::fs::read_to_string(&file).unwrap().contains(&users));
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o444, 0o444);

    // A failed poll is in the metrics too.
    let endpoint = ("METASTUDIO_ENDPOINT", "http://127.0.0.1:9");
    let bad = run(&output, &[KEY, SECRET, PROJECT, REGION, endpoint]);
    assert_eq!((bad.status.code(), bad.stdout), (Some(1), Vec::new()));
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(text.contains("collector=\"user_quotas\"} 0\n") && !text.contains("metastudio_users{"), "{text}");
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 1, "a temporary file is left");

    let nowhere = ["once", "--output", "/nowhere/metastudio.prom"];
    let sentence =
        "cannot write the metrics to /nowhere/metastudio.prom: No such file or directory (os error 2)";
    ends_with(&nowhere, &variables, 1, &format!("metastudio-exporter: {sentence}\n"));

    let device = run(&["once", "--output", "/dev/stdout"], &variables);
    assert!(String::from_utf8(device.stdout).unwrap().contains(&users));
}

/// A server that takes the first call and never answers it: the walk is under way for good.
#[test]
fn a_signal_in_the_middle_of_a_walk_ends_it_at_once_with_code_0() {
    for signal in ["TERM", "INT"] {
        let silent = TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = format!("http://{}", silent.local_addr().unwrap());
        let variables = [KEY, SECRET, PROJECT, ("METASTUDIO_ENDPOINT", endpoint.as_str())];
        let exporter = Process::start(&["--web.listen-address", "127.0.0.1:0"], &variables);
        let (_call, _) = silent.accept().unwrap();

        let begun = Instant::now();
        exporter.signal(signal);
        let (code, log) = exporter.wait();
        assert_eq!(code, Some(0), "{signal}: {log}");
        assert!(log.contains("shutting down"), "{signal}: {log}");
        assert!(begun.elapsed() < Duration::from_secs(5), "{signal} took {:?}", begun.elapsed());
    }
}

#[test]
fn every_listen_address_is_served() {
    let unreachable = "http://127.0.0.1:9";
    let variables = [KEY, SECRET, PROJECT, ("METASTUDIO_ENDPOINT", unreachable)];
    let addresses = ["--web.listen-address", "127.0.0.1:0", "--web.listen-address", "127.0.0.1:0"];
    let exporter = Process::start(&addresses, &variables);
    let (first, second) = (exporter.address(), exporter.address());
    assert_ne!(first, second);
    for address in [first, second] {
        TcpStream::connect(address).unwrap();
    }
}

#[test]
fn help_and_version_are_good_ends() {
    for arguments in [
        vec!["--help"],
        vec!["--version"],
        vec!["once", "--help"],
        vec!["demo", "--help"],
        vec!["healthcheck", "--help"],
        vec!["simulate", "--help"],
    ] {
        let output = run(&arguments, &[]);
        assert_eq!((output.status.code(), output.stderr), (Some(0), vec![]), "{arguments:?}");
    }
    let help = String::from_utf8(run(&["demo", "--help"], &[]).stdout).unwrap();
    assert!(help.trim_end().ends_with("- targets: ['localhost:10036']"), "{help}");
}

#[test]
fn the_short_help_fits_a_screen() {
    for (command, lines) in
        [(None, 24), (Some("check"), 24), (Some("demo"), 26), (Some("once"), 24), (Some("simulate"), 24)]
    {
        let arguments: Vec<_> = command.into_iter().chain(["-h"]).collect();
        let help = String::from_utf8(run(&arguments, &[]).stdout).unwrap();
        assert!(help.lines().count() <= lines, "{help}");
        assert!(help.lines().all(|line| line.len() <= 100), "{help}");
        assert!(!help.contains("[env:"), "{help}");
    }
    let help = String::from_utf8(run(&["-h"], &[]).stdout).unwrap();
    assert!(help.lines().all(|line| line.len() <= 80), "{help}");
    assert!(
        help.ends_with("\nWithout a command, it polls and serves. --help has all flags and credentials.\n"),
        "{help}"
    );
}

#[test]
fn the_long_help_has_variables_credentials_examples_and_exit_codes() {
    let help = String::from_utf8(run(&["--help"], &[]).stdout).unwrap();
    for line in [
        "          [env: METASTUDIO_EXPORTER_POLL_INTERVAL=]",
        "          [default: 5m]",
        "  access key    HUAWEICLOUD_SDK_AK and HUAWEICLOUD_SDK_SK;",
        "  pod identity  HC_CONTAINER_CREDENTIALS_FULL_URI and HC_CONTAINER_AUTHORIZATION_TOKEN_FILE",
        "    metastudio-exporter check --project.region=cn-north-4",
        "  2  wrong usage or a wrong configuration",
    ] {
        assert!(help.lines().any(|found| found == line), "{line:?} is not in {help}");
    }
    assert!(help.lines().all(|line| line.len() <= 100), "{help}");
    // Every variable of credentials that the configuration reads.
    let sources =
        [include_str!("../../src/config/environment.rs"), include_str!("../../src/config/chain.rs")].concat();
    let is_name = |text: &&str| ["HUAWEICLOUD_", "HC_CONTAINER_"].iter().any(|start| text.starts_with(start));
    let names: std::collections::BTreeSet<_> = sources.split('"').filter(is_name).collect();
    assert!(names.len() >= 14, "{names:?}");
    for name in names {
        assert!(help.contains(name), "{name} is not in {help}");
    }
}
