//! Holds the direct dependencies in Cargo.toml against the table in ARCHITECTURE.md, which has the reason for each.

use std::collections::BTreeSet;

#[test]
fn every_dependency_is_in_the_table_and_every_row_is_a_dependency() {
    let (normal, dev) = (section("dependencies"), section("dev-dependencies"));
    let only_tests = dev.difference(&normal).map(|name| format!("{name} (tests)"));
    let expected: BTreeSet<_> = only_tests.chain(normal.iter().cloned()).collect();
    assert_eq!(table(), expected, "left: the table in ARCHITECTURE.md; right: Cargo.toml");
}

/// The names of the dependencies in a section of Cargo.toml.
fn section(name: &str) -> BTreeSet<String> {
    let manifest = file("Cargo.toml");
    let lines = manifest.lines().skip_while(|line| *line != format!("[{name}]")).skip(1);
    let lines = lines.take_while(|line| !line.starts_with('['));
    lines.filter_map(|line| line.split_once(" = ")).map(|(name, _)| name.to_owned()).collect()
}

/// The names in the first cells of the table; "(tests)" follows those that only tests and benchmarks use.
fn table() -> BTreeSet<String> {
    let page = file("ARCHITECTURE.md");
    let table = page.split("| crate | why |").nth(1).expect("the table of dependencies");
    let mut names = BTreeSet::new();
    for row in table.lines().skip(2).take_while(|line| line.starts_with('|')) {
        let (cell, reason) = row.trim_matches('|').split_once('|').expect("two cells");
        assert!(!reason.trim().is_empty(), "a row without a reason: {row}");
        let (cell, mark) = match cell.trim() {
            cell if cell.ends_with(" (tests)") => (cell.trim_end_matches(" (tests)"), " (tests)"),
            cell => (cell, ""),
        };
        for name in cell.split(", ") {
            assert!(names.insert(format!("{name}{mark}")), "{name} is twice in the table");
        }
    }
    names
}

fn file(name: &str) -> String {
    std::fs::read_to_string(format!("{}/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}
