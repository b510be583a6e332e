//! Files with more than one error.

use super::Directory;

#[test]
fn all_errors_are_reported_in_the_order_of_the_lines() {
    let text = "projects:\n\
                - name: ''\n  credentials:\n    access_key:\n      ak: ''\n      sk_file: none\n  collectors: [a, b]\n\
                - region: cn-north-4\n  user_quotas: {max_users: 0, items: [A, b, C]}\n\
                poll: {interval: 5}\n";
    let expected = [
        "2: projects[0].name: is empty: write a text, or remove the key",
        "2: projects[0].region: is missing: write one like cn-north-4, or both project_id and endpoint",
        "5: projects[0].credentials.access_key.ak: is empty: write a text, or remove the key",
        "6: projects[0].credentials.access_key.sk_file: names a file that cannot be read: No such file or directory \
             (os error 2)",
        "7: projects[0].collectors[0]: is not a known collector: write one of voice_training, user_quotas, tenant_resources",
        "7: projects[0].collectors[1]: is not a known collector: write one of voice_training, user_quotas, tenant_resources",
        "9: projects[1].user_quotas.max_users: must be a whole number from 1 to 1000000000",
        "9: projects[1].user_quotas.items[0]: must have only a-z, 0-9 and _: write it as the label `item` shows it",
        "9: projects[1].user_quotas.items[2]: must have only a-z, 0-9 and _: write it as the label `item` shows it",
        "10: poll.interval: must be a duration with a unit: write one like 30s, 5m or 1h 30m",
    ];
    let reported = Directory::new().load(text).unwrap_err();
    assert_eq!(reported, expected.map(|line| format!("c.yml:{line}")));
}

#[test]
fn values_that_the_format_does_not_allow_are_reported_one_at_a_time() {
    let directory = Directory::new();
    let text = "projects:\n\
                - name: [a]\n  nmae: b\n  credentials:\n    access_key:\n      ak: []\n- nothing\n\
                poll: {interval: 5}\n";
    let fixes = [
        ("name: [a]", "name: a", "2: projects[0].name: must be a single value, not a list or mapping"),
        (
            "nmae: b",
            "region: b",
            "3: projects[0].nmae: is not a known key: remove it, or write one of name, region, project_id, endpoint, \
             iam_endpoint, ca_file, credentials, collectors, user_quotas",
        ),
        (
            "ak: []",
            "ak: a",
            "6: projects[0].credentials.access_key.ak: must be a single value, not a list or mapping",
        ),
        (
            "- nothing",
            "- {}",
            "7: projects[1]: must be a mapping: write its keys below it, each as `key: value`",
        ),
    ];
    let mut text = text.to_owned();
    for (bad, good, expected) in fixes {
        assert_eq!(directory.load(&text).unwrap_err(), [format!("c.yml:{expected}")]);
        text = text.replace(bad, good);
    }
    let errors = directory.load(&text).unwrap_err();
    assert!(
        errors.len() > 1 && errors.iter().any(|line| line.starts_with("c.yml:8: poll.interval: ")),
        "{errors:?}"
    );
}

#[test]
fn fifty_errors_are_enough() {
    let directory = Directory::new();
    let errors = |count: usize| {
        directory.load(&format!("projects:\n{}", "- region: a.b\n".repeat(count))).unwrap_err()
    };
    assert_eq!(errors(50).len(), 50);
    let more = errors(57);
    assert_eq!(more.len(), 51);
    assert!(more[49].starts_with("c.yml:51: projects[49].region: must have"), "{}", more[49]);
    assert_eq!(more[50], "c.yml: 7 more errors are not shown: fix these first");
}
