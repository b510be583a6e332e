//! The JSON Schema of the file, for editors and checks in front of the exporter.

use schemars::Schema;
use schemars::generate::SchemaSettings;
use schemars::transform::RecursiveTransform;
use serde_json::{Value, json};

use super::format::File;

/// The schema as JSON text. Draft 7, because editors know no later one as well.
#[must_use]
pub fn schema() -> String {
    let settings = SchemaSettings::draft07()
        .with(|settings| settings.inline_subschemas = true)
        .with_transform(RecursiveTransform(finish));
    let schema = settings.into_generator().into_root_schema_for::<File>();
    // Alternate formatting is indented.
    format!("{:#}\n", schema.to_value())
}

fn finish(schema: &mut Schema) {
    let is = |schema: &Schema, kind: &str| schema.get("type").and_then(Value::as_str) == Some(kind);
    // A comment's lines end where it suits the source.
    if let Some(Value::String(description)) = schema.get_mut("description") {
        *description = description.replace('\n', " ");
    }
    // Rust's own widths say nothing to whoever writes YAML.
    if is(schema, "integer") || is(schema, "number") {
        schema.remove("format");
    }
    // `poll:` with all below it commented out is read as an empty mapping.
    let may_be_empty = schema.get("minProperties").is_none() && schema.get("required").is_none();
    if is(schema, "object") && may_be_empty {
        schema.insert("type".to_owned(), json!(["object", "null"]));
    }
    if is(schema, "array") && schema.get("minItems").is_none() {
        schema.insert("type".to_owned(), json!(["array", "null"]));
    }
}
