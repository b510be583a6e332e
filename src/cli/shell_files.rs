//! The completions and manual pages in `deploy/`, which are generated from the flags. `UPDATE_SHELL_FILES=1` writes them.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use clap::CommandFactory;
use clap_complete::Shell;

use super::CommandLine;

/// Each file below `directory`, with its content.
fn files(directory: &Path) -> BTreeMap<PathBuf, String> {
    let mut files = BTreeMap::new();
    for kind in ["completions", "man"] {
        for entry in fs::read_dir(directory.join(kind)).unwrap() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(directory).unwrap().to_owned();
            files.insert(name, fs::read_to_string(&path).unwrap());
        }
    }
    files
}

fn generate(directory: &Path) {
    // The long version has the revision and the compiler.
    let mut command = CommandLine::command().long_version(None::<&str>).disable_help_subcommand(true);
    let (completions, man) = (directory.join("completions"), directory.join("man"));
    for directory in [&completions, &man] {
        fs::create_dir_all(directory).unwrap();
    }
    for shell in [Shell::Bash, Shell::Zsh, Shell::Fish] {
        clap_complete::generate_to(shell, &mut command, "metastudio-exporter", &completions).unwrap();
    }
    // clap_complete 4.6.11 takes the hyphen of the name for the space before a command in one of two places.
    let bash = completions.join("metastudio-exporter.bash");
    let text = fs::read_to_string(&bash).unwrap();
    fs::write(&bash, text.replace("metastudio__subcmd__exporter", "metastudio__exporter")).unwrap();
    clap_mangen::generate_to(command, &man).unwrap();
}

#[test]
fn completions_and_manual_pages_are_those_of_the_flags() {
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy");
    if std::env::var_os("UPDATE_SHELL_FILES").is_some() {
        generate(&shipped);
    }
    let directory = tempfile::tempdir().unwrap();
    generate(directory.path());
    let (expected, found) = (files(directory.path()), files(&shipped));
    assert!(expected.len() >= 9, "{:?}", expected.keys());
    assert_eq!(found.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>());
    for (name, text) in &expected {
        assert!(
            found[name] == *text,
            "deploy/{} is old: UPDATE_SHELL_FILES=1 cargo test shell_files",
            name.display()
        );
    }
}
