//! YAML itself: aliases, documents, invalid YAML, and files that cost too much.

use super::Directory;

#[test]
fn invalid_yaml_is_reported_with_its_line() {
    let directory = Directory::new();
    for (text, expected) in [
        (
            "projects:\n\t- region: a\n",
            "2: is not valid YAML: tabs disallowed within this context (block indentation)",
        ),
        ("projects: [\n", "1: projects: is not valid YAML: unclosed bracket '['"),
        (
            "projects:\n- region: *a\n",
            "2: projects[0]: uses an alias (*) without an anchor (&): write the value out",
        ),
        (
            "projects:\n- region: @a\n",
            "2: projects[0]: is not valid YAML: a text that begins with %, @ or ` needs quotes around it",
        ),
        (
            "projects:\n- region: a\n  name: \"b\n",
            "4: projects[0]: is not valid YAML: invalid indentation in multiline quoted scalar",
        ),
        (
            "projects: &a [*a]\n",
            "1: projects: has an alias (*) inside the anchor (&) that it refers to: remove the alias",
        ),
        (
            "projects: []\n---\nprojects: []\n",
            "3: begins a second document (---): keep one document in the file",
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
        [format!("c.yml:4: projects[0].credentials.token.file: {names} (the same in 1 more project)")]
    );
}

#[test]
fn a_file_of_an_editor_of_windows_is_read() {
    let directory = Directory::new();
    let text = "\u{feff}# comment\r\nprojects:\r\n- region: cn-north-4\r\n  nmae: x\r\n";
    assert!(
        directory.load(text).unwrap_err()[0].starts_with("c.yml:4: projects[0].nmae: is not a known key")
    );
    assert_eq!(directory.load(&text.replace("nmae", "name")).unwrap().projects[0].name, "x");
}

#[test]
fn what_would_cost_too_much_is_refused() {
    let directory = Directory::new();
    // Aliases are counted before they are expanded.
    let level = |n: usize| format!("- &a{n} [{}]\n", format!("*a{}, ", n.saturating_sub(1)).repeat(10));
    let laughs = format!("projects:\n- &a0 [x]\n{}", (1..100).map(level).collect::<String>());
    let many = "has more than 1000000 values with its aliases (*) expanded: use fewer";
    let deep = "nests lists and mappings more than 32 deep: no setting needs that";
    for (text, expected) in [
        (laughs, format!("8: projects[6]: {many}")),
        ("- ".repeat(100_000), format!("1: {}: {deep}", "[0]".repeat(31))),
        ("[".repeat(100_000), "1: is not valid YAML: recursion limit exceeded".to_owned()),
        (
            format!("projects: {}", "[".repeat(100_000)),
            "1: projects: is not valid YAML: recursion limit exceeded".to_owned(),
        ),
    ] {
        assert_eq!(directory.load(&text).unwrap_err(), [format!("c.yml:{expected}")]);
    }
}

#[test]
fn thousands_of_projects_are_read_good_or_bad() {
    let directory = Directory::new();
    let project = |n: usize| {
        format!(
            "- name: project-{n}\n  region: cn-north-4\n  project_id: id-{n}\n  credentials: {{access_key: {{ak: A, sk_file: \
             sk}}}}\n  user_quotas: {{max_users: 10, include: [\"studio-.*\"]}}\n"
        )
    };
    let text: String = std::iter::once("projects:\n".to_owned()).chain((0..5000).map(project)).collect();
    assert_eq!(directory.load(&text).unwrap().projects.len(), 5000);
    let errors = directory.load(&text.replace("max_users: 10", "max_users: 0")).unwrap_err();
    assert_eq!(errors[50], "c.yml: 4950 more errors are not shown: fix these first");
}
