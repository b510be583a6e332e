//! The JSON Schema of the configuration file, for editors and other checks, generated from `format`.
//!
//! `UPDATE_SCHEMA=1 cargo test schema` writes the shipped file again; read the difference before you keep it.

use std::borrow::Cow;
use std::path::Path;

use schemars::generate::SchemaSettings;
use schemars::transform::RecursiveTransform;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::{Value, json};

use super::format::ConfigFile;
use crate::config::problems::Setting;
use crate::snapshot::Collector;

pub(super) const DURATION: &str = r"^\s*([0-9][0-9.\s]*[A-Za-zµ]+\s*)+$";
pub(super) const PLAIN: &str = "^[A-Za-z0-9_-]{1,100}$";
pub(super) const ITEM: &str = "^[a-z0-9_]+$";

const EXAMPLE: &str = include_str!("../../../deploy/metastudio-exporter.yml");

pub(super) fn collectors() -> Vec<&'static str> {
    Collector::ALL.map(Collector::as_str).into()
}

pub(super) fn default_collectors() -> Vec<&'static str> {
    Collector::DEFAULT.map(Collector::as_str).into()
}

/// Exactly one of two keys.
pub(super) fn one_of(a: &str, b: &str) -> Value {
    json!({"oneOf": [{"required": [a]}, {"required": [b]}]})
}

/// Not both a key and its file.
pub(super) fn one_at_most(key: &str) -> Value {
    json!({"not": {"required": [key, format!("{key}_file")]}})
}

/// The schema of a setting is that of its value.
impl<T: JsonSchema> JsonSchema for Setting<T> {
    fn inline_schema() -> bool {
        T::inline_schema()
    }

    fn schema_name() -> Cow<'static, str> {
        T::schema_name()
    }

    fn schema_id() -> Cow<'static, str> {
        T::schema_id()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        T::json_schema(generator)
    }
}

/// The schema as JSON. Draft 7, which editors support best.
fn schema() -> String {
    let settings = SchemaSettings::draft07()
        .with(|settings| settings.inline_subschemas = true)
        .with_transform(RecursiveTransform(finish));
    let schema = settings.into_generator().into_root_schema_for::<ConfigFile>();
    format!("{:#}\n", schema.to_value())
}

fn finish(schema: &mut Schema) {
    let is = |schema: &Schema, kind: &str| schema.get("type").and_then(Value::as_str) == Some(kind);
    // Comments are wrapped to the width of the source.
    if let Some(Value::String(description)) = schema.get_mut("description") {
        *description = description.replace('\n', " ");
    }
    // The width of Rust's numbers means nothing in YAML.
    if is(schema, "integer") || is(schema, "number") {
        schema.remove("format");
    }
    // No text may be empty. Those with a pattern or format cannot be anyway.
    if is(schema, "string") && schema.get("pattern").is_none() && schema.get("format").is_none() {
        schema.insert("minLength".to_owned(), json!(1));
    }
    // `poll:` with all its keys commented out is read as an empty mapping.
    let may_be_empty = schema.get("minProperties").is_none() && schema.get("required").is_none();
    if is(schema, "object") && may_be_empty {
        schema.insert("type".to_owned(), json!(["object", "null"]));
    }
    if is(schema, "array") && schema.get("minItems").is_none() {
        schema.insert("type".to_owned(), json!(["array", "null"]));
    }
}

#[test]
fn the_shipped_schema_is_that_of_the_reader() {
    let schema = schema();
    let name = "deploy/metastudio-exporter.schema.json";
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    if std::env::var_os("UPDATE_SCHEMA").is_some() {
        std::fs::write(&path, &schema).unwrap();
    }
    let shipped = std::fs::read_to_string(path).unwrap();
    for (number, (schema, shipped)) in schema.lines().zip(shipped.lines()).enumerate() {
        assert_eq!(schema, shipped, "line {} of {name}", number + 1);
    }
    assert_eq!(schema.len(), shipped.len(), "one text continues where the other ends");
}

#[test]
fn the_schema_describes_every_key() {
    let schema: Value = serde_json::from_str(&schema()).unwrap();
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
        assert!(EXAMPLE.contains(name), "the example does not mention {key}");
    }
}

/// Collects all keys with their schemas; those of a list are those of its items.
fn collect<'a>(schema: &'a Value, path: &str, keys: &mut Vec<(String, &'a Value)>) {
    for (name, schema) in schema["properties"].as_object().into_iter().flatten() {
        let path = format!("{path}.{name}");
        let path = path.trim_start_matches('.');
        keys.push((path.to_owned(), schema));
        collect(schema, path, keys);
        collect(&schema["items"], path, keys);
    }
}
