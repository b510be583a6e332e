//! YAML itself: aliases, documents, what is no YAML, and files that would cost too much.

use std::time::{Duration, Instant};

use super::Directory;

#[test]
fn what_is_no_yaml_is_told_with_its_line() {
    let directory = Directory::new();
    for (text, expected) in [
        (
            "projects:\n\t- region: a\n",
            "2: is no YAML: tabs disallowed within this context (block indentation)",
        ),
        ("projects:\n- region: [a\n", "3: is no YAML: while parsing a flow sequence, expected ',' or ']'"),
        ("projects:\n- region: *a\n", "2: is no YAML: while parsing node, found unknown anchor"),
        (
            "projects:\n- region: @a\n",
            "2: is no YAML: a text that begins with %, @ or ` needs quotes around it",
        ),
        (
            "projects:\n- region: a\n  name: \"b\n",
            "3: is no YAML: while scanning a quoted scalar, found unexpected end of stream",
        ),
        ("a: &a [*a]\n", "1: an alias (*) stands inside the anchor (&) that it means: take it out"),
        (
            "projects: []\n---\nprojects: []\n",
            "2: begins a second document (---): a file has one, so take the others away",
        ),
    ] {
        assert_eq!(directory.load(text).unwrap_err(), [format!("c.yml:{expected}")], "{text}");
    }
}

#[test]
fn aliases_share_values_and_errors_have_the_line_of_the_anchor() {
    let directory = Directory::new();
    let text = "projects:\n- region: a\n  credentials: &bot\n    token: {file: FILE}\n- region: b\n  credentials: *bot\n";
    let config = directory.load(&text.replace("FILE", "token")).unwrap();
    assert_eq!(config.projects[0].credentials, config.projects[1].credentials);
    let names = "names a file that cannot be read: No such file or directory (os error 2)";
    assert_eq!(
        directory.load(&text.replace("FILE", "none")).unwrap_err(),
        [0, 1].map(|n| format!("c.yml:4: projects[{n}].credentials.token.file: {names}"))
    );
}

#[test]
fn a_file_of_an_editor_of_windows_is_read() {
    let directory = Directory::new();
    let text = "\u{feff}# comment\r\nprojects:\r\n- region: cn-north-4\r\n  nmae: x\r\n";
    assert!(directory.load(text).unwrap_err()[0].starts_with("c.yml:4: projects[0].nmae: is no known key"));
    assert_eq!(directory.load(&text.replace("nmae", "name")).unwrap().projects[0].name, "x");
}

#[test]
fn what_would_cost_too_much_is_refused_at_once() {
    let directory = Directory::new();
    let level = |n: usize, width: usize| {
        let below = format!("*a{}, ", n.saturating_sub(1)).repeat(width);
        if n == 0 { "a0: &a0 [x]\n".to_owned() } else { format!("a{n}: &a{n} [{below}]\n") }
    };
    let laughs: String = (0..100).map(|n| level(n, 10)).collect();
    let nested: String = (0..100).map(|n| level(n, 1)).collect();
    let deep = "nests lists and mappings more than 32 deep: no setting needs that";
    for (text, expected) in [
        (
            laughs,
            "7: has more than 1000000 values once its aliases (*) are written out: use fewer".to_owned(),
        ),
        (nested, format!("31: {deep}")),
        ("- ".repeat(100_000), format!("1: {deep}")),
        ("[".repeat(100_000), "1: is no YAML: recursion limit exceeded".to_owned()),
    ] {
        let start = Instant::now();
        assert_eq!(directory.load(&text).unwrap_err(), [format!("c.yml:{expected}")]);
        assert!(start.elapsed() < Duration::from_secs(5), "{expected}: {:?}", start.elapsed());
    }
}

#[test]
fn thousands_of_projects_are_read_in_a_moment_good_or_bad() {
    let directory = Directory::new();
    let project = |n: usize| {
        format!(
            "- name: project-{n}\n  region: cn-north-4\n  project_id: id-{n}\n  credentials: {{access_key: {{ak: A, sk_file: \
             sk}}}}\n  user_quotas: {{max_users: 10, include: [\"studio-.*\"]}}\n"
        )
    };
    let text: String = std::iter::once("projects:\n".to_owned()).chain((0..5000).map(project)).collect();
    let start = Instant::now();
    assert_eq!(directory.load(&text).unwrap().projects.len(), 5000);
    let errors = directory.load(&text.replace("max_users: 10", "max_users: ten")).unwrap_err();
    assert_eq!(errors[50], "c.yml: 4950 more errors are not shown: mend these first");
    // A debug build on a busy machine; a release build takes a twentieth.
    assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
}
