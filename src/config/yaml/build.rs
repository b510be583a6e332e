//! Builds the tree of a file from the events of the YAML parser, within limits.
//!
//! The limits count an alias as the whole value that it stands for, because the types copy it.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};
use std::rc::Rc;

use granit_parser::{ErrorKind, Event, Parser, ScalarStyle, ScanError};

use super::error::{Error, Problem, Step};
use super::scalar::{Scalar, Tag};
use super::tree::{Entry, Link, Node, Value};
use super::{MAX_DEPTH, MAX_TEXT_MIB};

/// Builds the tree of the one document of a text. An empty text is an empty value.
pub(super) fn build(text: &str, max_values: usize) -> Result<Link<'_>, Error> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let options = granit_parser::options! { emit_comments: false };
    let mut builder = Builder {
        max_values,
        open: Vec::new(),
        anchors: BTreeMap::new(),
        total: Size::default(),
        root: None,
    };
    for event in Parser::new_from_str_with_options(text, options) {
        let (event, span) = event.map_err(|error| builder.invalid(&error))?;
        builder.take(event, span.start.line() as u64)?;
    }
    let empty = || Scalar { text: Cow::Borrowed(""), style: ScalarStyle::Plain, tag: None };
    Ok(builder.root.unwrap_or_else(|| link(1, Value::Scalar(empty()))))
}

fn link(line: u64, value: Value<'_>) -> Link<'_> {
    Link { node: Rc::new(Node { line, value }), alias: None }
}

/// What a value costs.
#[derive(Debug, Default, Clone, Copy)]
struct Size {
    values: usize,
    bytes: usize,
}

/// A value that aliases may refer to.
struct Anchor<'t> {
    node: Rc<Node<'t>>,
    size: Size,
    height: usize,
}

/// A mapping or list that has not ended.
struct Open<'t> {
    line: u64,
    anchor: usize,
    /// The total before it.
    before: Size,
    /// The depth of the values in it.
    height: usize,
    content: Content<'t>,
}

enum Content<'t> {
    List(Vec<Link<'t>>),
    Mapping {
        entries: Vec<Entry<'t>>,
        keys: HashSet<Cow<'t, str>>,
        /// The key that waits for its value, and its line.
        key: Option<(Cow<'t, str>, u64)>,
    },
}

impl Open<'_> {
    fn expects_key(&self) -> bool {
        matches!(self.content, Content::Mapping { key: None, .. })
    }

    /// The step to the next value.
    fn step(&self) -> Option<Step> {
        match &self.content {
            Content::List(items) => Some(Step::Item(items.len())),
            Content::Mapping { key, .. } => key.as_ref().map(|(key, _)| Step::Key(key.clone().into_owned())),
        }
    }
}

struct Builder<'t> {
    max_values: usize,
    open: Vec<Open<'t>>,
    anchors: BTreeMap<usize, Anchor<'t>>,
    total: Size,
    root: Option<Link<'t>>,
}

impl<'t> Builder<'t> {
    fn take(&mut self, event: Event<'t>, line: u64) -> Result<(), Error> {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let size = Size { values: 1, bytes: text.len() };
                let tag = match tag.as_deref().map(granit_parser::Tag::core_suffix) {
                    None => None,
                    Some(Some("str")) => Some(Tag::Text),
                    Some(Some("int")) => Some(Tag::Whole),
                    Some(Some("float")) => Some(Tag::Number),
                    Some(Some("bool")) => Some(Tag::Truth),
                    Some(Some("null")) => Some(Tag::Null),
                    Some(_) => return Err(self.tag_error(line)),
                };
                self.begin(size, line)?;
                let value = link(line, Value::Scalar(Scalar { text, style, tag }));
                self.remember(anchor, &value, size, 0);
                self.place(value, line)
            }
            Event::SequenceStart(_, anchor, tag) => {
                self.open(line, anchor, tag.as_deref(), "seq", Content::List(Vec::new()))
            }
            Event::MappingStart(_, anchor, tag) => {
                let content = Content::Mapping { entries: Vec::new(), keys: HashSet::new(), key: None };
                self.open(line, anchor, tag.as_deref(), "map", content)
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(),
            Event::Alias(anchor) => self.alias(anchor, line),
            _ => Ok(()),
        }
    }

    fn open(
        &mut self,
        line: u64,
        anchor: usize,
        tag: Option<&granit_parser::Tag>,
        kind: &str,
        content: Content<'t>,
    ) -> Result<(), Error> {
        if tag.is_some_and(|tag| !tag.is_yaml_core_schema_tag(kind)) {
            return Err(self.tag_error(line));
        }
        let before = self.total;
        self.begin(Size { values: 1, bytes: 0 }, line)?;
        if self.open.len() >= MAX_DEPTH {
            return Err(self.error(line, Problem::TooDeep));
        }
        if self.open.last().is_some_and(Open::expects_key) {
            return Err(self.error(line, Problem::KeyNotText));
        }
        self.open.push(Open { line, anchor, before, height: 0, content });
        Ok(())
    }

    fn close(&mut self) -> Result<(), Error> {
        let Some(Open { line, anchor, before, height, content }) = self.open.pop() else { return Ok(()) };
        let value = link(
            line,
            match content {
                Content::List(items) => Value::List(items),
                Content::Mapping { entries, .. } => Value::Mapping(entries),
            },
        );
        let size = Size { values: self.total.values - before.values, bytes: self.total.bytes - before.bytes };
        self.remember(anchor, &value, size, height + 1);
        self.raise(height + 1);
        self.place(value, line)
    }

    fn alias(&mut self, anchor: usize, line: u64) -> Result<(), Error> {
        let Some(Anchor { node, size, height }) = self.anchors.get(&anchor) else {
            return Err(self.error(line, Problem::RecursiveAlias));
        };
        let (value, size, height) = (Link { node: Rc::clone(node), alias: Some(line) }, *size, *height);
        if self.open.len() + height > MAX_DEPTH {
            return Err(self.error(line, Problem::TooDeep));
        }
        self.begin(size, line)?;
        self.raise(height);
        self.place(value, line)
    }

    /// Counts a value that is about to be placed.
    fn begin(&mut self, size: Size, line: u64) -> Result<(), Error> {
        if self.open.is_empty() && self.root.is_some() {
            return Err(self.error(line, Problem::SecondDocument));
        }
        self.total.values = self.total.values.saturating_add(size.values);
        self.total.bytes = self.total.bytes.saturating_add(size.bytes);
        if self.total.values > self.max_values {
            return Err(self.error(line, Problem::TooManyValues));
        }
        if self.total.bytes > MAX_TEXT_MIB * 1024 * 1024 {
            return Err(self.error(line, Problem::TooMuchText));
        }
        Ok(())
    }

    /// The innermost open value is at least as deep as a value in it.
    fn raise(&mut self, height: usize) {
        if let Some(open) = self.open.last_mut() {
            open.height = open.height.max(height);
        }
    }

    fn remember(&mut self, anchor: usize, link: &Link<'t>, size: Size, height: usize) {
        // The parser counts anchors from 1.
        if anchor > 0 {
            self.anchors.insert(anchor, Anchor { node: Rc::clone(&link.node), size, height });
        }
    }

    /// Puts a value where the file has it: as the root, an item, a key, or the value of a key.
    fn place(&mut self, value: Link<'t>, line: u64) -> Result<(), Error> {
        match self.open.last_mut().map(|open| &mut open.content) {
            None => self.root = Some(value),
            Some(Content::List(items)) => items.push(value),
            Some(Content::Mapping { entries, key, .. }) => match key.take() {
                Some((key, line)) => entries.push(Entry { key, line, value }),
                None => return self.place_key(&value, line),
            },
        }
        Ok(())
    }

    fn place_key(&mut self, value: &Link<'t>, line: u64) -> Result<(), Error> {
        let name = match &value.node.value {
            Value::Scalar(scalar) => scalar.key().map_err(|problem| self.error(line, problem))?,
            _ => return Err(self.error(line, Problem::KeyNotText)),
        };
        let mut is_new = true;
        if let Some(Content::Mapping { keys, key, .. }) = self.open.last_mut().map(|open| &mut open.content) {
            is_new = keys.insert(name.clone());
            *key = Some((name, line));
        }
        if is_new {
            Ok(())
        } else {
            Err(self.add_steps(Error::new(line, Problem::SetTwice), self.open.len()))
        }
    }

    fn invalid(&self, error: &ScanError) -> Error {
        let problem = match error.kind() {
            ErrorKind::UnknownAnchor => Problem::UnknownAlias,
            // This message repeats a character, which may belong to a secret.
            ErrorKind::UnexpectedCharacter { .. } => Problem::UnexpectedCharacter,
            _ => Problem::Invalid(error.info()),
        };
        self.error(error.marker().line() as u64, problem)
    }

    /// An error with the key of the innermost open value.
    fn error(&self, line: u64, problem: Problem) -> Error {
        self.add_steps(Error::new(line, problem), self.open.len().saturating_sub(1))
    }

    /// An error with the key of the value that is about to be placed.
    fn tag_error(&self, line: u64) -> Error {
        self.add_steps(Error::new(line, Problem::HasTag), self.open.len())
    }

    fn add_steps(&self, error: Error, count: usize) -> Error {
        self.open[..count].iter().rev().filter_map(Open::step).fold(error, Error::under)
    }
}
