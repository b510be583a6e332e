//! Passes the values of `metastudio_exporter_build_info` to the compiler.

use std::path::Path;
use std::process::Command;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    // Each commit and each checkout adds a line to this file. With a missing path, Cargo would rebuild every time.
    let log = output("git", &["rev-parse", "--git-path", "logs/HEAD"]);
    if Path::new(&log).is_file() {
        println!("cargo:rerun-if-changed={log}");
    }
    let rustc = std::env::var("RUSTC").unwrap_or_else(|_| "rustc".to_owned());
    let version = output(&rustc, &["--version"]);
    let version = version.split(' ').nth(1).unwrap_or("unknown");
    println!("cargo:rustc-env=BUILD_RUSTC_VERSION={version}");
    println!("cargo:rustc-env=BUILD_REVISION={}", revision());
}

/// The first twelve digits of the commit. A build without the history, such as that of the container image, gets the commit
/// from the variable `BUILD_REVISION`.
fn revision() -> String {
    println!("cargo:rerun-if-env-changed=BUILD_REVISION");
    let given = std::env::var("BUILD_REVISION").unwrap_or_default();
    let revision = if given.is_empty() { output("git", &["rev-parse", "HEAD"]) } else { given };
    if revision.is_empty() { "unknown".to_owned() } else { revision.chars().take(12).collect() }
}

/// The trimmed output of the command. Empty if the command fails, for example because a source archive has no history.
fn output(command: &str, arguments: &[&str]) -> String {
    let output = Command::new(command).args(arguments).output();
    output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned()).unwrap_or_default()
}
