//! Bodies of exactly the documented form, in one pass. Looking for fields whatever their form takes one pass for each level
//! of the body.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};

/// A derived type of serde that is an object: by themselves, derived types also accept the list of their values.
pub(crate) struct Documented<T>(pub(crate) T);

/// Reads a body; `None` if it has another form, such as a doubled field or a null row. [`super::decode`] may still read it,
/// and says what is wrong with it.
pub(crate) fn decode_documented<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Option<T> {
    let Documented(content) = serde_json::from_str(std::str::from_utf8(body).ok()?).ok()?;
    Some(content)
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Documented<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ObjectOnly(PhantomData))
    }
}

struct ObjectOnly<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ObjectOnly<T> {
    type Value = Documented<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map)).map(Documented)
    }
}
