//! serde's view of the tree. Whatever is wrong is noted with its place, and the rest is still read.
//!
//! Only what the format's types ask for is there: texts, numbers, truth, lists, mappings with fixed keys or with
//! anybody's.

use std::fmt;
use std::rc::Rc;

use serde::de::value::{StrDeserializer, StringDeserializer, UsizeDeserializer};
use serde::de::{self, DeserializeSeed, Deserializer, IntoDeserializer, MapAccess, SeqAccess, Visitor};
use serde::forward_to_deserialize_any;

use super::field::FIELD;
use super::problems::{Place, Problems};
use super::tree::{Entry, Kind, Node};

/// What could not be read has been noted already. No message is kept, so that none can hold a secret.
#[derive(Debug, thiserror::Error)]
#[error("cannot be read")]
pub(crate) struct Unread;

impl de::Error for Unread {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self
    }
}

/// One value to read.
#[derive(Clone)]
pub(crate) struct Value<'a> {
    pub(crate) node: &'a Node,
    pub(crate) place: Place,
    pub(crate) problems: &'a Problems,
}

impl<'a> Value<'a> {
    fn refuse<T>(self, sentence: impl Into<String>) -> Result<T, Unread> {
        self.problems.note(self.place, sentence);
        Err(Unread)
    }

    /// The text of a scalar and whether it is plain, for a key that wants `what`.
    fn scalar(self, what: &str) -> Result<(&'a str, bool, Self), Unread> {
        if self.node.tagged {
            return self.refuse("has a tag (!): take it away, every key has one kind of value");
        }
        match &self.node.kind {
            Kind::Scalar { .. } if self.node.is_null() => {
                self.refuse(format!("is empty: write {what}, or take the key away"))
            }
            Kind::Scalar { text, plain } => Ok((text, *plain, self)),
            Kind::Sequence(_) => self.refuse(format!("must be {what}, not a list")),
            Kind::Mapping(_) => self.refuse(format!("must be {what}, not a mapping")),
        }
    }

    /// What a plain scalar is read as by `read`.
    fn plain<T>(self, what: &str, read: fn(&str) -> Option<T>) -> Result<T, Unread> {
        let (text, plain, value) = self.scalar(what)?;
        match read(text) {
            Some(_) if !plain => value.refuse(format!("must be {what}: take the quotes away")),
            Some(read) => Ok(read),
            None => value.refuse(format!("must be {what}")),
        }
    }

    fn list(self) -> Result<(&'a [Rc<Node>], Self), Unread> {
        if self.node.tagged {
            return self.refuse("has a tag (!): take it away, every key has one kind of value");
        }
        match &self.node.kind {
            Kind::Sequence(items) => Ok((items, self)),
            _ if self.node.is_null() => Ok((&[], self)),
            _ => self.refuse("must be a list: write its items as [a, b], or below it with - before each"),
        }
    }

    fn mapping(self) -> Result<(&'a [Entry], Self), Unread> {
        if self.node.tagged {
            return self.refuse("has a tag (!): take it away, every key has one kind of value");
        }
        match &self.node.kind {
            Kind::Mapping(entries) => Ok((entries, self)),
            _ if self.node.is_null() => Ok((&[], self)),
            _ => self.refuse("must be a mapping: write its keys below it, each as `key: value`"),
        }
    }

    /// The values under the `known` keys of a mapping, each once. All other keys are noted.
    fn entries(self, known: &'static [&'static str]) -> Result<Vec<(&'static str, Self)>, Unread> {
        let (entries, mapping) = self.mapping()?;
        let mut found: Vec<(&'static str, Self)> = Vec::with_capacity(entries.len());
        for (key, node) in entries {
            let name = match &key.kind {
                Kind::Scalar { text, .. } => text.as_str(),
                _ => "",
            };
            let Some(&name) = known.iter().find(|&&known| known == name) else {
                mapping.note_unknown(name, key.line, known);
                continue;
            };
            let place = mapping.place.under(name).on_line(key.line);
            if let Some((_, first)) = found.iter().find(|(found, _)| *found == name) {
                let sentence = format!("stands twice, first on line {}: keep one", first.place.line);
                mapping.problems.note(place, sentence);
                continue;
            }
            found.push((name, Value { node, place, problems: mapping.problems }));
        }
        Ok(found)
    }

    /// The values under all keys of a mapping whose keys are anybody's, each once.
    fn pairs(self) -> Result<Vec<(&'a str, Self)>, Unread> {
        let (entries, mapping) = self.mapping()?;
        let mut found: Vec<(&'a str, Self)> = Vec::with_capacity(entries.len());
        for (key, node) in entries {
            let Kind::Scalar { text: name, .. } = &key.kind else {
                let place = mapping.place.clone().on_line(key.line);
                mapping.problems.note(place, "has a key that is no text: write each as `key: value`");
                continue;
            };
            // What is no plain name may be a secret in the wrong place.
            let place = if is_showable(name) { mapping.place.under(name) } else { mapping.place.clone() };
            let place = place.on_line(key.line);
            if let Some((_, first)) = found.iter().find(|(found, _)| found == name) {
                let sentence = format!("stands twice, first on line {}: keep one", first.place.line);
                mapping.problems.note(place, sentence);
                continue;
            }
            found.push((name, Value { node, place, problems: mapping.problems }));
        }
        Ok(found)
    }

    fn note_unknown(&self, name: &str, line: usize, known: &[&str]) {
        let known = known.join(", ");
        let mapping = self.place.clone().on_line(line);
        let (place, sentence) = if name == "<<" {
            let sentence =
                "merge keys (<<) are not read: write the keys out, or share a whole value (&a, *a)";
            (mapping, sentence.to_owned())
        } else if is_showable(name) {
            (mapping.under(name), format!("is no known key: take it away, or write one of {known}"))
        } else {
            // `sk:secret` without the space is one key.
            let sentence = format!(
                "has a key that is not known (nor shown, it may hold a secret): write one of {known}, each with a \
                 colon and a space behind it"
            );
            (mapping, sentence)
        };
        self.problems.note(place, sentence);
    }
}

/// Whether an unknown key looks like a misspelt one, rather than like a secret in the wrong place.
fn is_showable(key: &str) -> bool {
    (1..=30).contains(&key.len()) && key.chars().all(|c| c.is_ascii_alphabetic() || c == '_' || c == '-')
}

/// A whole number; one that is too long is the largest, so that its key's own bounds refuse it.
fn whole(text: &str) -> Option<i64> {
    let is_long = text.len() > 18 && text.bytes().all(|b| b.is_ascii_digit());
    if is_long { Some(i64::MAX) } else { text.parse().ok() }
}

impl<'de> Deserializer<'de> for Value<'_> {
    type Error = Unread;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Unread> {
        self.refuse("is of a kind that cannot be read")
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unread> {
        let (text, _, _) = self.scalar("a text")?;
        visitor.visit_str(text)
    }

    fn deserialize_i64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unread> {
        visitor.visit_i64(self.plain("a whole number", whole)?)
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unread> {
        visitor.visit_f64(self.plain("a number", |text| text.parse().ok())?)
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unread> {
        let read = |text: &str| match text {
            "true" | "True" | "TRUE" => Some(true),
            "false" | "False" | "FALSE" => Some(false),
            _ => None,
        };
        visitor.visit_bool(self.plain("true or false", read)?)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unread> {
        let (items, list) = self.list()?;
        visitor.visit_seq(Items { items: items.iter().enumerate(), list })
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Unread> {
        let entries = self.entries(fields)?.into_iter();
        visitor.visit_map(Entries { entries, value: None })
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unread> {
        let entries = self.pairs()?.into_iter();
        visitor.visit_map(Entries { entries, value: None })
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Unread> {
        if name == FIELD { visitor.visit_seq(Parts(0, self)) } else { self.deserialize_any(visitor) }
    }

    forward_to_deserialize_any! {
        i8 i16 i32 i128 u8 u16 u32 u64 u128 f32 char str bytes byte_buf option unit unit_struct tuple tuple_struct
        enum identifier ignored_any
    }
}

struct Items<'a> {
    items: std::iter::Enumerate<std::slice::Iter<'a, Rc<Node>>>,
    list: Value<'a>,
}

impl<'de> SeqAccess<'de> for Items<'_> {
    type Error = Unread;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Unread> {
        let Some((index, node)) = self.items.next() else { return Ok(None) };
        let place = self.list.place.item(index, node.line);
        seed.deserialize(Value { node, place, problems: self.list.problems }).map(Some)
    }
}

/// `'k` is how long the keys live.
struct Entries<'k, 'a> {
    entries: std::vec::IntoIter<(&'k str, Value<'a>)>,
    value: Option<Value<'a>>,
}

impl<'de> MapAccess<'de> for Entries<'_, '_> {
    type Error = Unread;

    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Unread> {
        let Some((name, value)) = self.entries.next() else { return Ok(None) };
        self.value = Some(value);
        let name: StrDeserializer<'_, Unread> = name.into_deserializer();
        seed.deserialize(name).map(Some)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Unread> {
        seed.deserialize(self.value.take().ok_or(Unread)?)
    }
}

/// A field in three parts: its line, its key, its value.
struct Parts<'a>(usize, Value<'a>);

impl<'de> SeqAccess<'de> for Parts<'_> {
    type Error = Unread;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Unread> {
        let Self(part, value) = self;
        *part += 1;
        let read = match part {
            1 => {
                let line: UsizeDeserializer<Unread> = value.place.line.into_deserializer();
                seed.deserialize(line)
            }
            2 => {
                let key: StringDeserializer<Unread> = value.place.key.clone().into_deserializer();
                seed.deserialize(key)
            }
            3 => seed.deserialize(value.clone()),
            _ => return Ok(None),
        };
        read.map(Some)
    }
}
