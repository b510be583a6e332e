//! The real binary and its configuration file: checked, read again by a signal, and by itself when it changes.

use std::path::{Path, PathBuf};
use std::time::Duration;

use reqwest::{Method, StatusCode};
use tempfile::TempDir;

use crate::common::client;
use crate::process::{Process, run};

/// A configuration file that goes with its directory.
struct File {
    _directory: TempDir,
    path: PathBuf,
}

impl File {
    fn new(projects: &[&str]) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let file = Self { path: directory.path().join("exporter.yml"), _directory: directory };
        file.write(projects);
        file
    }

    fn write(&self, projects: &[&str]) {
        let project = |name: &&str| {
            format!(
                "  - {{name: {name}, region: cn-north-4, project_id: {name}, endpoint: 'http://127.0.0.1:9', \
                 credentials: {{token: {{value: a-token}}}}}}\n"
            )
        };
        self.write_text(&format!("projects:\n{}", projects.iter().map(project).collect::<String>()));
    }

    /// Whole, or a look in between would see half a file.
    fn write_text(&self, text: &str) {
        let new = self.path.with_extension("new");
        std::fs::write(&new, text).unwrap();
        std::fs::rename(new, &self.path).unwrap();
    }

    fn serve(&self, arguments: &[&str]) -> Process {
        let here = ["--config.file", path(&self.path), "--web.listen-address", "127.0.0.1:0"];
        Process::start(&[&here, arguments].concat(), &[])
    }
}

fn path(path: &Path) -> &str {
    path.to_str().unwrap()
}

const BAD: &str = "projects: []\npoll:\n  interval: 5\n  timeout: 0s\n";

#[test]
fn a_check_reports_a_good_file_or_all_errors() {
    let file = File::new(&["one", "two"]);
    let here = path(&file.path);
    let good = run(&["--config.check", "--config.file", here], &[]);
    assert_eq!(String::from_utf8(good.stdout).unwrap(), format!("{here}: good, 2 projects\n"));
    assert_eq!((good.status.code(), good.stderr), (Some(0), vec![]));

    file.write_text(BAD);
    let ends = |arguments: &[&str]| {
        let output = run(&[&["--config.file", here], arguments].concat(), &[]);
        let errors: Vec<_> =
            String::from_utf8(output.stderr).unwrap().lines().map(ToOwned::to_owned).collect();
        let messages = errors.into_iter().filter(|line| line.starts_with("metastudio-exporter: "));
        (output.status.code(), messages.collect::<Vec<_>>())
    };
    let (code, errors) = ends(&["--config.check"]);
    assert_eq!(code, Some(1));
    let lines = [":1: projects", ":3: poll.interval", ":4: poll.timeout"];
    for line in lines {
        let begins = format!("metastudio-exporter: {here}{line}");
        assert!(errors.iter().any(|error| error.starts_with(&begins)), "{begins}: {errors:?}");
    }
    assert_eq!(ends(&[]), (Some(2), errors.clone()), "the same at a start");
}

#[tokio::test]
async fn a_hangup_reads_the_file_again() {
    let file = File::new(&["one", "two"]);
    let exporter = file.serve(&["--web.enable-lifecycle"]);
    let site = format!("http://{}", exporter.address());
    let listed = async || client().get(format!("{site}/sd")).send().await.unwrap().text().await.unwrap();
    file.write(&["one", "three"]);
    exporter.signal("HUP");
    let line = exporter.wait_for("configuration reloaded");
    assert!(line.contains("added=1 removed=1 changed=0 kept=1"), "{line}");
    let after = listed().await;
    assert!(after.contains("\"three\"") && !after.contains("\"two\""), "{after}");

    file.write_text(BAD);
    let post = client().request(Method::POST, format!("{site}/-/reload")).send().await.unwrap();
    assert_eq!(post.status(), StatusCode::INTERNAL_SERVER_ERROR);
    let body = post.text().await.unwrap();
    assert!(body.contains(&format!("\n{}:3: poll.interval", path(&file.path))), "{body}");
    assert_eq!(listed().await, after);
}

#[test]
fn a_changed_file_is_reloaded_and_a_bad_one_is_logged_once() {
    let file = File::new(&["one"]);
    let exporter = file.serve(&["--config.auto-reload-interval", "5ms"]);
    exporter.address();
    file.write(&["one", "two"]);
    let line = exporter.wait_for("configuration reloaded");
    assert!(line.contains("added=1 removed=0 changed=0 kept=1"), "{line}");
    file.write_text(BAD);
    exporter.wait_for("configuration not reloaded");
    // The exporter looks many times in this time. No condition shows a look that logs nothing.
    std::thread::sleep(Duration::from_millis(200));
    file.write(&["one", "three"]);
    let mut logged = 1;
    loop {
        let line = exporter.wait_for("configuration");
        if line.contains("added=1 removed=1 changed=0 kept=1") {
            break;
        }
        logged += 1;
    }
    file.write_text(BAD);
    let errors = run(&["--config.check", "--config.file", path(&file.path)], &[]).stderr;
    assert_eq!(logged, String::from_utf8(errors).unwrap().lines().count(), "one line for each error");
}
