//! Objects of numbers by name, such as quotas.

use std::collections::BTreeMap;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::field::{Number, number, shown};
use super::texts::{Escapes, quoted, text};

/// Numbers by name. Of two with one name the last counts; the other is lost if it differs.
#[derive(Debug, Clone)]
pub(crate) enum Numbers {
    Object(Vec<(String, Number)>),
    Other(&'static str, u64),
    Absent,
}

const ITEMS: [&str; 6] = [
    "voice_clone_basic",
    "voice_clone_middle",
    "video_time_2d_model",
    "video_time_new",
    "modeling_count_2d_model",
    "hologram",
];

pub(crate) fn numbers() -> impl Strategy<Value = Numbers> {
    let name = prop_oneof![8 => select(&ITEMS[..]).prop_map(str::to_owned), 2 => text()];
    prop_oneof![
        20 => vec((name, number()), 0..6).prop_map(Numbers::Object),
        1 => Just(Numbers::Absent),
        1 => select(&[("null", 0), ("[]", 1), ("5", 1), (r#""a""#, 1)][..])
            .prop_map(|(json, invalid)| Numbers::Other(json, invalid)),
    ]
}

impl Numbers {
    pub(crate) fn json(&self, escapes: Escapes) -> Option<String> {
        match self {
            Self::Object(fields) => {
                let fields = fields.iter().filter_map(|(name, number)| {
                    Some(format!("{}:{}", quoted(name, escapes), number.json.as_ref()?))
                });
                Some(format!("{{{}}}", fields.collect::<Vec<_>>().join(",")))
            }
            Self::Other(json, _) => Some((*json).to_owned()),
            Self::Absent => None,
        }
    }

    /// The numbers that count, and how many others are lost.
    pub(crate) fn meaning(&self) -> (BTreeMap<String, Number>, u64) {
        let fields = match self {
            Self::Object(fields) => fields,
            Self::Other(_, invalid) => return (BTreeMap::new(), *invalid),
            Self::Absent => return (BTreeMap::new(), 0),
        };
        let (mut last, mut others) = (BTreeMap::<String, Number>::new(), 0);
        for (name, number) in fields.iter().filter(|(_, number)| number.json.is_some()) {
            if let Some(before) = last.insert(shown(name), number.clone()) {
                others += u64::from(before.json.as_deref() != Some("null") && before.json != number.json);
            }
        }
        (last, others)
    }
}
