//! SECURITY.md names the code and the tests that hold each of its claims.

use std::path::Path;

#[test]
fn every_file_that_the_page_names_exists() {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = std::fs::read_to_string(repository.join("SECURITY.md")).unwrap();
    let quoted = page.split('`').skip(1).step_by(2);
    let is_path = |text: &&str| ["src/", "tests/", ".github/"].iter().any(|folder| text.starts_with(folder));
    let paths: Vec<_> = quoted.filter(is_path).collect();
    assert!(paths.len() >= 15, "{paths:?}");
    for path in paths {
        assert!(repository.join(path).is_file(), "{path}");
    }
}
