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
    let revision = output("git", &["rev-parse", "--short=12", "HEAD"]);
    println!("cargo:rustc-env=BUILD_REVISION={}", if revision.is_empty() { "unknown" } else { &revision });
}

/// The trimmed output of the command. Empty if the command fails, for example because a source archive has no history.
fn output(command: &str, arguments: &[&str]) -> String {
    let output = Command::new(command).args(arguments).output();
    output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned()).unwrap_or_default()
}
