//! What stands in a file, before a type asks for it. Texts are kept as they are written.

use std::borrow::Cow;
use std::rc::Rc;

use super::error::{Error, Problem, Step};
use super::scalar::Scalar;

/// A value of the file.
#[derive(Debug)]
pub(super) struct Node<'t> {
    /// Where the value begins, of an aliased value where its anchor is.
    pub(super) line: u64,
    pub(super) value: Value<'t>,
}

#[derive(Debug)]
pub(super) enum Value<'t> {
    Scalar(Scalar<'t>),
    List(Vec<Link<'t>>),
    Mapping(Vec<Entry<'t>>),
}

/// A key and its value.
#[derive(Debug)]
pub(super) struct Entry<'t> {
    pub(super) key: Cow<'t, str>,
    pub(super) line: u64,
    pub(super) value: Link<'t>,
}

/// The value of a key or an item. Aliases share the value of their anchor, so that they take no memory.
#[derive(Debug, Clone)]
pub(super) struct Link<'t> {
    pub(super) node: Rc<Node<'t>>,
    /// The line of the alias, if the value stands elsewhere.
    pub(super) alias: Option<u64>,
}

impl Link<'_> {
    /// Adds the step to this value to an error in it. The line of an error behind an alias is that of the alias.
    pub(super) fn locate(&self, step: Step, error: Error) -> Error {
        let error = error.under(step);
        match self.alias {
            Some(line) => error.with_line(line),
            None => error,
        }
    }
}

impl<'t> Node<'t> {
    pub(super) fn error(&self, problem: Problem) -> Error {
        Error::new(self.line, problem)
    }

    /// Whether the value is in quotes.
    pub(super) fn is_quoted(&self) -> bool {
        matches!(&self.value, Value::Scalar(scalar) if scalar.is_quoted())
    }

    /// The keys of a mapping. An empty value is a mapping without keys.
    pub(super) fn entries(&self) -> Result<&[Entry<'t>], Error> {
        match &self.value {
            Value::Mapping(entries) => Ok(entries),
            Value::Scalar(scalar) if scalar.is_null() => Ok(&[]),
            _ => Err(self.error(Problem::NoMapping)),
        }
    }

    /// The items of a list. An empty value is a list without items.
    pub(super) fn items(&self) -> Result<&[Link<'t>], Error> {
        match &self.value {
            Value::List(items) => Ok(items),
            Value::Scalar(scalar) if scalar.is_null() => Ok(&[]),
            _ => Err(self.error(Problem::NoList)),
        }
    }

    pub(super) fn text(&self) -> Result<&str, Error> {
        self.scalar()?.text().map_err(|problem| self.error(problem))
    }

    pub(super) fn whole(&self) -> Result<i128, Error> {
        self.scalar()?.whole().map_err(|problem| self.error(problem))
    }

    pub(super) fn number(&self) -> Result<f64, Error> {
        self.scalar()?.number().map_err(|problem| self.error(problem))
    }

    pub(super) fn truth(&self) -> Result<bool, Error> {
        self.scalar()?.truth().map_err(|problem| self.error(problem))
    }

    fn scalar(&self) -> Result<&Scalar<'t>, Error> {
        match &self.value {
            Value::Scalar(scalar) => Ok(scalar),
            _ => Err(self.error(Problem::NotSingle)),
        }
    }
}
