//! The schema that is shipped is the one of the types that read the file.
//!
//! `UPDATE_SCHEMA=1 cargo test schema` writes it anew; read the difference before you keep it.

use metastudio_exporter::config::file;
use serde_json::Value;

use super::{EXAMPLE, root};

const SCHEMA: &str = "deploy/metastudio-exporter.schema.json";

#[test]
fn the_shipped_schema_is_that_of_the_reader() {
    let schema = file::schema();
    let path = root().join(SCHEMA);
    if std::env::var_os("UPDATE_SCHEMA").is_some() {
        std::fs::write(&path, &schema).unwrap();
    }
    let shipped = std::fs::read_to_string(path).unwrap();
    for (number, (schema, shipped)) in schema.lines().zip(shipped.lines()).enumerate() {
        assert_eq!(schema, shipped, "line {} of {SCHEMA}", number + 1);
    }
    assert_eq!(schema.len(), shipped.len(), "one text goes on where the other ends");
}

#[test]
fn the_schema_says_what_editors_show() {
    let schema: Value = serde_json::from_str(&file::schema()).unwrap();
    let mut keys = Vec::new();
    collect(&schema, "", &mut keys);
    assert_eq!(keys.len(), 48, "{keys:#?}");
    for (key, schema) in &keys {
        let description = schema["description"].as_str().unwrap_or_default();
        assert!(description.ends_with('.') && !description.contains('\n'), "{key}: {description:?}");
        if schema["properties"].is_object() {
            assert_eq!(schema["additionalProperties"], false, "{key}");
        }
    }
    let of = |key: &str| &keys.iter().find(|(found, _)| found == key).unwrap().1;
    assert_eq!(of("poll.concurrency")["maximum"], 100);
    assert_eq!(of("projects.collectors")["items"]["enum"][1], "user_quotas");
    assert_eq!(of("projects.credentials")["maxProperties"], 1);
    assert_eq!(of("projects.credentials")["type"], "object");
    assert_eq!(of("projects.credentials.agency")["type"][1], "null");
    assert_eq!(of("projects.user_quotas.max_users")["default"], 10_000);
    for (key, _) in &keys {
        let name = key.rsplit('.').next().unwrap();
        assert!(EXAMPLE.contains(name), "the example does not speak of {key}");
    }
}

/// All keys with their schemas; a list's are those of its items.
fn collect<'a>(schema: &'a Value, path: &str, keys: &mut Vec<(String, &'a Value)>) {
    for (name, schema) in schema["properties"].as_object().into_iter().flatten() {
        let path = format!("{path}.{name}");
        let path = path.trim_start_matches('.');
        keys.push((path.to_owned(), schema));
        collect(schema, path, keys);
        collect(&schema["items"], path, keys);
    }
}
