//! YAML's text as a tree that knows its lines. What the keys mean is for others.

use std::borrow::Cow;
use std::collections::HashMap;
use std::rc::Rc;

use saphyr_parser::{Event, Parser, ScalarStyle, ScanError, Tag};

/// Nodes with all aliases written out, some 30 times what 5,000 projects need. A file of a few lines can have billions.
const MOST_NODES: usize = 1_000_000;

/// Nobody nests as deep, and whoever drops the tree goes as deep as it is.
const DEEPEST: usize = 32;

/// A value, and the line it begins on.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) line: usize,
    /// Whether a tag like `!!str` stands before it.
    pub(crate) tagged: bool,
    pub(crate) kind: Kind,
}

#[derive(Debug)]
pub(crate) enum Kind {
    Scalar {
        text: String,
        /// Without quotes, so that it may be a number or nothing.
        plain: bool,
    },
    Sequence(Vec<Rc<Node>>),
    /// Keys may come twice, or be no texts.
    Mapping(Vec<Entry>),
}

/// A key and its value.
pub(crate) type Entry = (Rc<Node>, Rc<Node>);

impl Node {
    /// Whether this is YAML's null, as an empty value is.
    pub(crate) fn is_null(&self) -> bool {
        matches!(&self.kind, Kind::Scalar { text, plain: true } if matches!(text.as_str(), "" | "~" | "null" | "Null" | "NULL"))
    }
}

/// The one document of a text, and none where there is none.
///
/// # Errors
/// The line, and a sentence that repeats nothing of the text.
pub(crate) fn parse(text: &str) -> Result<Option<Rc<Node>>, (usize, String)> {
    let mut builder = Builder::default();
    let mut documents = 0;
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| no_yaml(&error))?;
        let line = span.start.line();
        if matches!(event, Event::DocumentStart(_)) {
            documents += 1;
        }
        if documents > 1 {
            let sentence = "begins a second document (---): a file has one, so take the others away";
            return Err((line, sentence.to_owned()));
        }
        builder.add(event, line).map_err(|sentence| (line, sentence))?;
    }
    Ok(builder.document)
}

fn no_yaml(error: &ScanError) -> (usize, String) {
    // This one message of the parser's repeats a character, which may be a secret's.
    let what = if error.info().starts_with("unexpected character") {
        "a text that begins with %, @ or ` needs quotes around it"
    } else {
        error.info()
    };
    (error.marker().line(), format!("is no YAML: {what}"))
}

/// A finished value.
#[derive(Debug, Clone)]
struct Built {
    node: Rc<Node>,
    /// Nodes in it, with all aliases written out.
    size: usize,
    /// Levels in it.
    depth: usize,
}

/// A list or a mapping, of which more may come.
#[derive(Debug)]
struct Open {
    line: usize,
    tagged: bool,
    anchor: usize,
    is_mapping: bool,
    /// A mapping's keys and values by turns.
    children: Vec<Rc<Node>>,
    size: usize,
    depth: usize,
}

#[derive(Debug, Default)]
struct Builder {
    open: Vec<Open>,
    anchors: HashMap<usize, Built>,
    document: Option<Rc<Node>>,
}

impl Builder {
    fn add(&mut self, event: Event<'_>, line: usize) -> Result<(), String> {
        match event {
            Event::Alias(anchor) => {
                let built = self.anchors.get(&anchor).cloned();
                self.put(built.ok_or("an alias (*) stands inside the anchor (&) that it means: take it out")?)
            }
            Event::Scalar(text, style, anchor, tag) => {
                let kind =
                    Kind::Scalar { text: text.into_owned(), plain: matches!(style, ScalarStyle::Plain) };
                let node = Rc::new(Node { line, tagged: tag.is_some(), kind });
                self.finish(anchor, Built { node, size: 1, depth: 1 })
            }
            Event::SequenceStart(anchor, tag) => self.begin(false, anchor, tag.as_ref(), line),
            Event::MappingStart(anchor, tag) => self.begin(true, anchor, tag.as_ref(), line),
            Event::SequenceEnd | Event::MappingEnd => self.end(),
            Event::Nothing
            | Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentStart(_)
            | Event::DocumentEnd => Ok(()),
        }
    }

    fn begin(
        &mut self,
        is_mapping: bool,
        anchor: usize,
        tag: Option<&Cow<'_, Tag>>,
        line: usize,
    ) -> Result<(), String> {
        let tagged = tag.is_some();
        self.open.push(Open { line, tagged, anchor, is_mapping, children: Vec::new(), size: 1, depth: 1 });
        check_depth(self.open.len())
    }

    fn end(&mut self) -> Result<(), String> {
        let Some(open) = self.open.pop() else { return Ok(()) };
        let Open { line, tagged, anchor, is_mapping, children, size, depth } = open;
        let kind = if is_mapping { Kind::Mapping(pairs(children)) } else { Kind::Sequence(children) };
        self.finish(anchor, Built { node: Rc::new(Node { line, tagged, kind }), size, depth })
    }

    fn finish(&mut self, anchor: usize, built: Built) -> Result<(), String> {
        // The parser counts anchors from 1.
        if anchor > 0 {
            self.anchors.insert(anchor, built.clone());
        }
        self.put(built)
    }

    fn put(&mut self, built: Built) -> Result<(), String> {
        let Some(open) = self.open.last_mut() else {
            self.document = Some(built.node);
            return Ok(());
        };
        open.children.push(built.node);
        open.size += built.size;
        open.depth = open.depth.max(built.depth + 1);
        if open.size > MOST_NODES {
            return Err(format!(
                "has more than {MOST_NODES} values once its aliases (*) are written out: use fewer"
            ));
        }
        check_depth(open.depth)
    }
}

fn check_depth(depth: usize) -> Result<(), String> {
    if depth > DEEPEST {
        return Err(format!("nests lists and mappings more than {DEEPEST} deep: no setting needs that"));
    }
    Ok(())
}

fn pairs(children: Vec<Rc<Node>>) -> Vec<Entry> {
    let mut children = children.into_iter();
    std::iter::from_fn(|| Some((children.next()?, children.next()?))).collect()
}
