//! Reads the types of a format from the tree.
//!
//! The compiler repeats generic code for each type, so it only passes on what `tree` finds.

use std::iter::Enumerate;
use std::slice::Iter;

use serde::de::value::StrDeserializer;
use serde::de::{DeserializeSeed, Error as _, MapAccess, SeqAccess, Visitor};
use serde::{Deserializer, forward_to_deserialize_any};

use super::error::{Error, Step};
use super::tree::{Entry, Link, Node};

impl<'de> Deserializer<'de> for &'de Node<'de> {
    type Error = Error;

    /// The types of a format say what they need.
    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Error> {
        Err(Error::custom(""))
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_bool(self.truth()?)
    }

    fn deserialize_i128<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_i128(self.whole()?)
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_f64(self.number()?)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_str(self.text()?)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_seq(Items(self.items()?.iter().enumerate()))
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_map(Entries { rest: self.entries()?.iter(), current: None })
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_map(visitor)
    }

    /// A `Setting`: `deserialize_u64` for the line, `deserialize_u8` for the quotes, and the value, all of this node.
    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_seq(Parts(self))
    }

    fn deserialize_u64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_u64(self.line)
    }

    fn deserialize_u8<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_u8(u8::from(self.is_quoted()))
    }

    forward_to_deserialize_any! {
        i8 i16 i32 i64 u16 u32 u128 f32 char str bytes byte_buf option unit unit_struct newtype_struct tuple_struct enum
        identifier ignored_any
    }
}

struct Parts<'de>(&'de Node<'de>);

impl<'de> SeqAccess<'de> for Parts<'de> {
    type Error = Error;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Error> {
        seed.deserialize(self.0).map(Some)
    }
}

struct Items<'de>(Enumerate<Iter<'de, Link<'de>>>);

impl<'de> SeqAccess<'de> for Items<'de> {
    type Error = Error;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Error> {
        let Some((index, link)) = self.0.next() else { return Ok(None) };
        seed.deserialize(&*link.node).map(Some).map_err(|error| link.locate(Step::Item(index), error))
    }
}

struct Entries<'de> {
    rest: Iter<'de, Entry<'de>>,
    current: Option<&'de Entry<'de>>,
}

impl<'de> MapAccess<'de> for Entries<'de> {
    type Error = Error;

    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Error> {
        self.current = self.rest.next();
        let Some(entry) = self.current else { return Ok(None) };
        let key = StrDeserializer::new(&entry.key);
        seed.deserialize(key).map(Some).map_err(|error: Error| error.with_line(entry.line))
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Error> {
        let Some(entry) = self.current else { return Err(Error::custom("")) };
        let value = &entry.value;
        seed.deserialize(&*value.node)
            .map_err(|error| value.locate(Step::Key(entry.key.clone().into_owned()), error))
    }
}
