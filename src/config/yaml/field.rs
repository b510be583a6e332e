//! What stands under a key, and where.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::{Deserialize, Deserializer, Error, SeqAccess, Visitor};

use super::problems::{Place, Problems};

/// The name under which a [`Field`] asks for its line and key beside its value.
pub(crate) const FIELD: &str = "a field of the configuration file";

/// What stands under a key.
#[derive(Default)]
pub(crate) enum Field<T> {
    /// The key is not there.
    #[default]
    Absent,
    /// It cannot be used, which has been noted.
    Bad,
    /// This stands there.
    Good(Place, T),
}

impl<T> Field<T> {
    pub(crate) fn is_absent(&self) -> bool {
        matches!(self, Self::Absent)
    }

    /// Where it stands, where it is good.
    pub(crate) fn place(&self) -> Option<&Place> {
        match self {
            Self::Good(place, _) => Some(place),
            Self::Absent | Self::Bad => None,
        }
    }

    /// The value, where there is one that is good.
    pub(crate) fn good(&self) -> Option<&T> {
        match self {
            Self::Good(_, value) => Some(value),
            Self::Absent | Self::Bad => None,
        }
    }

    /// What `read` makes of the value. It notes what is wrong itself.
    pub(crate) fn read<U>(self, read: impl FnOnce(&Place, T) -> Option<U>) -> Field<U> {
        match self {
            Self::Absent => Field::Absent,
            Self::Bad => Field::Bad,
            Self::Good(place, value) => match read(&place, value) {
                Some(value) => Field::Good(place, value),
                None => Field::Bad,
            },
        }
    }

    /// What `check` makes of the value; its error is noted.
    pub(crate) fn check<U>(
        self,
        problems: &Problems,
        check: impl FnOnce(T) -> Result<U, String>,
    ) -> Field<U> {
        self.read(|place, value| check(value).map_err(|sentence| problems.note(place.clone(), sentence)).ok())
    }

    /// The value or the default, unless it is bad.
    pub(crate) fn or(self, default: T) -> Option<T> {
        match self {
            Self::Absent => Some(default),
            Self::Bad => None,
            Self::Good(_, value) => Some(value),
        }
    }

    /// The value, where it is good.
    pub(crate) fn into_good(self) -> Option<T> {
        match self {
            Self::Good(_, value) => Some(value),
            Self::Absent | Self::Bad => None,
        }
    }

    /// The value, which has to be there. `place` is where it is missed.
    pub(crate) fn required(
        self,
        problems: &Problems,
        place: Place,
        sentence: impl Into<String>,
    ) -> Option<T> {
        if self.is_absent() {
            problems.note(place, sentence);
        }
        self.into_good()
    }
}

impl<T> Field<Vec<Field<T>>> {
    /// What `check` makes of the items, where it takes them all.
    pub(crate) fn check_items<U>(
        self,
        problems: &Problems,
        check: impl Fn(T) -> Result<U, String>,
    ) -> Field<Vec<U>> {
        self.read(|_, items| {
            // All are checked before the first bad one ends it.
            let items: Vec<_> = items.into_iter().map(|item| item.check(problems, &check)).collect();
            items.into_iter().map(Field::into_good).collect()
        })
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Field<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_newtype_struct(FIELD, Parts(PhantomData))
    }
}

struct Parts<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for Parts<T> {
    type Value = Field<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(FIELD)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut parts: A) -> Result<Field<T>, A::Error> {
        let missing = || A::Error::custom("no field");
        let line = parts.next_element()?.ok_or_else(missing)?;
        let key = parts.next_element()?.ok_or_else(missing)?;
        // An error ends here: one bad value is no reason to leave the others unread.
        let value = parts.next_element().ok().flatten();
        Ok(value.map_or(Field::Bad, |value| Field::Good(Place { line, key }, value)))
    }
}

/// The schema knows nothing of lines.
impl<T: JsonSchema> JsonSchema for Field<T> {
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
