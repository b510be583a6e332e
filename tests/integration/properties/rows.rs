//! Rows of the three lists as a cloud writes them, and the series that they are by the documents.

use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use super::exposition::{Labels, Series};
use super::field::{Meaning, Number, Text, any_text, number, time};
use super::numbers::{Numbers, numbers};
use super::texts::escapes;

pub(crate) const PROJECT: &str = "production";

/// One of the lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Api {
    Voice,
    Users,
    Tenant,
}

impl Api {
    /// The name of the list in the answer.
    pub(crate) fn list(self) -> &'static str {
        if self == Self::Users { "assets" } else { "resources" }
    }

    /// The metric with the length of the list.
    pub(crate) fn length(self) -> &'static str {
        match self {
            Self::Voice => "metastudio_voice_training_resources",
            Self::Users => "metastudio_users",
            Self::Tenant => "metastudio_resources",
        }
    }

    pub(crate) fn rows(self) -> BoxedStrategy<Row> {
        let row = match self {
            Self::Voice => voice_row().boxed(),
            Self::Users => user_row().boxed(),
            Self::Tenant => tenant_row().boxed(),
        };
        let other = select(&["null", "17", "[]", r#""a""#, "[[],{}]"][..]);
        let other = other.prop_map(|json| Row { json: json.into(), key: None, series: vec![], invalid: 1 });
        prop_oneof![60 => row, 1 => other].boxed()
    }
}

/// A row of a list.
#[derive(Clone, PartialEq)]
pub(crate) struct Row {
    pub(crate) json: String,
    /// `None` without a readable ID.
    pub(crate) key: Option<String>,
    pub(crate) series: Vec<((String, Labels), f64)>,
    /// Fields that cannot be read.
    pub(crate) invalid: u64,
}

impl std::fmt::Debug for Row {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{} => {:?} invalid {}",
            self.json.chars().take(400).collect::<String>(),
            self.key,
            self.invalid
        )
    }
}

/// A series of the project.
pub(crate) fn series(name: &str, labels: &[(&str, &str)]) -> (String, Labels) {
    let own = labels.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    (name.to_owned(), own.chain([("project".to_owned(), PROJECT.to_owned())]).collect())
}

/// Collects what a row means.
#[derive(Default)]
struct Reader {
    invalid: u64,
    series: Vec<((String, Labels), f64)>,
}

impl Reader {
    fn keep<T>(&mut self, meaning: Meaning<T>) -> Option<T> {
        match meaning {
            Meaning::Nothing => None,
            Meaning::Is(value) => Some(value),
            Meaning::Invalid => {
                self.invalid += 1;
                None
            }
        }
    }

    fn text(&mut self, text: &Text) -> String {
        self.keep(text.meaning()).unwrap_or_default()
    }

    /// An amount in its unit: -1 means `unlimited`, other negative numbers nothing.
    fn amount(&mut self, number: &Number, factor: f64, unlimited: Option<f64>) -> Option<f64> {
        let value = self.keep(number.meaning)?;
        if value == -1.0 {
            return unlimited;
        }
        let value = value * factor;
        self.keep(if (0.0..f64::INFINITY).contains(&value) { Meaning::Is(value) } else { Meaning::Invalid })
    }

    /// A number of which none is negative.
    fn natural(&mut self, number: &Number) -> Option<f64> {
        let value = self.keep(number.meaning)?;
        self.keep(if value >= 0.0 { Meaning::Is(value) } else { Meaning::Invalid })
    }

    fn add(&mut self, name: &str, labels: &[(&str, &str)], value: Option<f64>) {
        self.series.extend(value.map(|value| (series(name, labels), value)));
    }

    fn row(self, json: String, key: Option<String>) -> Row {
        let invalid = if key.is_none() { self.invalid.max(1) } else { self.invalid };
        Row { json, series: if key.is_some() { self.series } else { vec![] }, key, invalid }
    }
}

/// An object of these fields, without those that are absent.
fn object(fields: &[(&str, Option<String>)]) -> String {
    let fields = fields.iter().filter_map(|(name, json)| Some(format!("\"{name}\":{}", json.as_ref()?)));
    format!("{{{}}}", fields.collect::<Vec<_>>().join(","))
}

fn user_row() -> impl Strategy<Value = Row> {
    (any_text(), numbers(), numbers(), escapes()).prop_map(|(id, limits, usages, escapes)| {
        let json = object(&[
            ("user_id", id.json(escapes)),
            ("quota", limits.json(escapes)),
            ("usage", usages.json(escapes)),
        ]);
        let mut reader = Reader::default();
        let key = reader.keep(id.meaning());
        for (name, numbers, unlimited) in [("limit", limits, Some(f64::INFINITY)), ("usage", usages, None)] {
            let (numbers, lost) = numbers.meaning();
            reader.invalid += lost;
            for (item, number) in numbers {
                let (unit, factor) =
                    if item.starts_with("video_time_") { ("seconds", 60.0) } else { ("count", 1.0) };
                let value = reader.amount(&number, factor, unlimited);
                let labels =
                    [("user_id", key.as_deref().unwrap_or_default()), ("item", &item), ("unit", unit)];
                reader.add(&format!("metastudio_user_quota_{name}"), &labels, value);
            }
        }
        reader.row(json, key)
    })
}

fn voice_row() -> impl Strategy<Value = Row> {
    let texts = (any_text(), any_text(), any_text(), any_text(), any_text());
    (any_text(), texts, (number(), number(), number()), time(), escapes()).prop_map(
        |(id, (kind, asset, mode, source, operation), (nums, available, status), expiry, escapes)| {
            let json = object(&[
                ("resource_id", id.json(escapes)),
                ("resource_type", kind.json(escapes)),
                ("asset_id", asset.json(escapes)),
                ("charge_mode", mode.json(escapes)),
                ("resource_source", source.json(escapes)),
                ("operation_type", operation.json(escapes)),
                ("resource_nums", nums.json.clone()),
                ("resource_available_nums", available.json.clone()),
                ("expire_time", expiry.json.clone()),
                ("status", status.json.clone()),
                ("new", Some("{\"a\":[1]}".to_owned())),
            ]);
            let mut reader = Reader::default();
            let key = reader.keep(id.meaning());
            let id = key.clone().unwrap_or_default();
            let [kind, asset, mode, source, operation] =
                [kind, asset, mode, source, operation].map(|text| reader.text(&text));
            let labels = [("resource_id", id.as_str()), ("resource_type", &kind)];
            let values = [
                ("resource_models", reader.natural(&nums)),
                ("resource_models_available", reader.natural(&available)),
                ("resource_expiry_timestamp_seconds", reader.keep(expiry.meaning)),
                ("resource_status", reader.keep(status.meaning)),
            ];
            for (name, value) in values {
                reader.add(&format!("metastudio_voice_training_{name}"), &labels, value);
            }
            let attributes = [
                ("asset_id", asset.as_str()),
                ("charge_mode", &mode),
                ("resource_source", &source),
                ("operation_type", &operation),
            ];
            let labels = [&labels[..], &attributes].concat();
            reader.add("metastudio_voice_training_resource_info", &labels, Some(1.0));
            reader.row(json, key)
        },
    )
}

const UNITS: [(&str, &str, f64); 9] = [
    ("NUM", "count", 1.0),
    ("MIN", "seconds", 60.0),
    ("HOUR", "seconds", 3600.0),
    ("CHANNEL", "channels", 1.0),
    ("GB", "gigabytes", 1.0),
    ("MILLION_WORDS", "words", 1e6),
    ("TEN_THOUSAND_WORDS", "words", 1e4),
    ("TIME", "times", 1.0),
    ("Light_Year", "light_year", 1.0),
];

fn tenant_row() -> impl Strategy<Value = Row> {
    let texts = (any_text(), any_text(), any_text(), any_text(), any_text(), any_text());
    let unit = option::weighted(0.9, select(&UNITS[..]));
    (any_text(), texts, unit, (number(), number(), number()), time(), escapes()).prop_map(
        |(id, (kind, business, sub, mode, source, order), unit, (amount, usage, status), expiry, escapes)| {
            let json = object(&[
                ("order_id", order.json(escapes)),
                ("resource_id", id.json(escapes)),
                ("resource_type", kind.json(escapes)),
                ("business_type", business.json(escapes)),
                ("sub_resource_type", sub.json(escapes)),
                ("charging_mode", mode.json(escapes)),
                ("resource_source", source.json(escapes)),
                ("amount", amount.json.clone()),
                ("usage", usage.json.clone()),
                ("unit", unit.map(|(unit, ..)| format!("\"{unit}\""))),
                ("resource_expire_time", expiry.json.clone()),
                ("status", status.json.clone()),
                ("is_sub_resource", Some("true".to_owned())),
            ]);
            let mut reader = Reader::default();
            let id = reader.keep(id.meaning());
            let [kind, business, sub, mode, source, order] =
                [kind, business, sub, mode, source, order].map(|text| reader.text(&text));
            let key = id.clone().map(|id| [id, kind.clone(), sub.clone()].join("\0"));
            let id = id.unwrap_or_default();
            let (_, unit, factor) = unit.unwrap_or(("", "", 1.0));
            let labels = [
                ("resource_id", id.as_str()),
                ("resource_type", &kind),
                ("business_type", &business),
                ("sub_resource_type", &sub),
            ];
            let in_unit = [&labels[..], &[("unit", unit)]].concat();
            let value = reader.amount(&amount, factor, Some(f64::INFINITY));
            reader.add("metastudio_resource_amount", &in_unit, value);
            let value = reader.amount(&usage, factor, None);
            reader.add("metastudio_resource_usage", &in_unit, value);
            let value = reader.keep(expiry.meaning);
            reader.add("metastudio_resource_expiry_timestamp_seconds", &labels, value);
            let value = reader.keep(status.meaning);
            reader.add("metastudio_resource_status", &labels, value);
            let attributes =
                [("charging_mode", mode.as_str()), ("resource_source", &source), ("order_id", &order)];
            let labels = [&labels[..], &attributes].concat();
            reader.add("metastudio_resource_info", &labels, Some(1.0));
            reader.row(json, key)
        },
    )
}

/// The series of the available voice training resources, and the number of those that cannot be read.
pub(crate) fn available(numbers: &Numbers) -> (Series, u64) {
    let mut reader = Reader::default();
    let (numbers, lost) = numbers.meaning();
    for (kind, number) in numbers {
        let value = reader.natural(&number);
        reader.add("metastudio_voice_training_available", &[("resource_type", &kind)], value);
    }
    (reader.series.into_iter().collect(), reader.invalid + lost)
}
