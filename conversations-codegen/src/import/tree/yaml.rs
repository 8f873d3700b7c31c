//! Parses YAML with the byte offset of every key and value.
//!
//! The events come from granit-parser, which serde-saphyr builds on; no step recurses. The result is
//! YAML 1.2's core schema, which JSON can represent: aliases are expanded within a limit, and other tags
//! are rejected.

use std::collections::{HashMap, HashSet};

use granit_parser::{Event, Options, Parser, ScalarStyle, Span, Tag};
use serde_json::Number;

use crate::import::source::{DEPTH_LIMIT, ImportError, Source};
use crate::import::tree::json::duplicate;
use crate::import::tree::{Entry, Kind, Node};

/// Far above any real document; bounds the expansion of nested aliases.
const NODE_LIMIT: usize = 500_000;

/// Parses a YAML text into a tree.
pub(crate) fn read(source: &Source) -> Result<Node, ImportError> {
    let mut options = Options::default();
    options.flow_nesting_limit = DEPTH_LIMIT;
    options.block_nesting_limit = DEPTH_LIMIT;
    let mut parser = Parser::new_from_str_with_options(source.text(), options);
    let mut builder = Builder::new(source);
    while let Some(event) = parser.next_event() {
        let (event, span) = event.map_err(|e| {
            let at = e.marker().byte_offset().unwrap_or(source.text().len());
            if e.info().contains("recursion limit") {
                return too_deep(source, at);
            }
            source.refuse(at, format!("not valid YAML: {}", e.info()))
        })?;
        builder.take(event, span)?;
    }
    builder
        .root
        .ok_or_else(|| source.refuse(0, "it contains no document"))
}

/// An open list or map.
struct Open {
    node: Node,
    anchor: usize,
    /// A key whose value has not been read yet.
    key: Option<(usize, String)>,
    keys: HashSet<String>,
}

/// A complete node that an alias may repeat.
struct Anchored {
    node: Node,
    nodes: usize,
    depth: usize,
}

struct Builder<'a> {
    source: &'a Source,
    open: Vec<Open>,
    anchors: HashMap<usize, Anchored>,
    nodes: usize,
    root: Option<Node>,
}

impl<'a> Builder<'a> {
    fn new(source: &'a Source) -> Self {
        Self {
            source,
            open: Vec::new(),
            anchors: HashMap::new(),
            nodes: 0,
            root: None,
        }
    }

    fn take(&mut self, event: Event<'_>, span: Span) -> Result<(), ImportError> {
        let at = span.byte_range().map_or(0, |range| range.start);
        let tagged = span
            .tag_start()
            .and_then(|mark| mark.byte_offset())
            .unwrap_or(at);
        match event {
            Event::DocumentStart(..) if self.root.is_some() => Err(self.source.refuse(
                at,
                "a second document begins here; a file must contain one OpenAPI document",
            )),
            Event::Scalar(text, style, anchor, tag) => {
                let kind = self.scalar(tagged, &text, style, tag.as_deref())?;
                // A key is always a string, even if a plain scalar of that form would be another type as
                // a value.
                if let Some(open) = self.open.last_mut()
                    && open.key.is_none()
                    && matches!(open.node.kind, Kind::Map(_))
                {
                    return Self::key(self.source, open, at, text.into_owned());
                }
                self.finish(Node::new(at, kind), anchor)
            }
            Event::SequenceStart(_, anchor, tag) => {
                self.collection_tag(tagged, tag.as_deref(), "seq")?;
                self.start(at, Kind::List(Vec::new()), anchor)
            }
            Event::MappingStart(_, anchor, tag) => {
                self.collection_tag(tagged, tag.as_deref(), "map")?;
                self.start(at, Kind::Map(Vec::new()), anchor)
            }
            Event::SequenceEnd | Event::MappingEnd => match self.open.pop() {
                Some(open) => self.finish(open.node, open.anchor),
                None => Ok(()),
            },
            Event::Alias(anchor) => {
                let Some(anchored) = self.anchors.get(&anchor) else {
                    return Err(self
                        .source
                        .refuse(at, "an alias refers to a node that contains it"));
                };
                let (nodes, depth, mut node) =
                    (anchored.nodes, anchored.depth, anchored.node.clone());
                if self.open.len() + depth > DEPTH_LIMIT {
                    return Err(too_deep(self.source, at));
                }
                self.count(at, nodes)?;
                node.at = at;
                self.finish(node, 0)
            }
            _ => Ok(()),
        }
    }

    fn start(&mut self, at: usize, kind: Kind, anchor: usize) -> Result<(), ImportError> {
        if self.open.len() >= DEPTH_LIMIT {
            return Err(too_deep(self.source, at));
        }
        if let Some(open) = self.open.last()
            && open.key.is_none()
            && matches!(open.node.kind, Kind::Map(_))
        {
            return Err(self.source.refuse(at, "a key must be a string"));
        }
        self.open.push(Open {
            node: Node::new(at, kind),
            anchor,
            key: None,
            keys: HashSet::new(),
        });
        Ok(())
    }

    fn key(source: &Source, open: &mut Open, at: usize, key: String) -> Result<(), ImportError> {
        if key == "<<" {
            return Err(source.refuse(
                at,
                "OpenAPI does not support merge keys (`<<`); write the keys out",
            ));
        }
        if !open.keys.insert(key.clone()) {
            return Err(source.refuse(at, duplicate(&key)));
        }
        open.key = Some((at, key));
        Ok(())
    }

    /// Attaches a complete node to its parent.
    fn finish(&mut self, node: Node, anchor: usize) -> Result<(), ImportError> {
        self.count(node.at, 1)?;
        if anchor != 0 {
            let (nodes, depth) = measure(&node);
            self.anchors.insert(
                anchor,
                Anchored {
                    node: node.clone(),
                    nodes,
                    depth,
                },
            );
        }
        match self.open.last_mut() {
            None => self.root = Some(node),
            Some(open) => match (&mut open.node.kind, open.key.take()) {
                (Kind::Map(entries), Some((at, key))) => entries.push(Entry {
                    at,
                    key,
                    value: node,
                }),
                (Kind::List(items), _) => items.push(node),
                // An alias as a key stands for its string.
                (_, None) => {
                    let (at, Kind::Text(key)) = (node.at, node.kind) else {
                        return Err(self.source.refuse(node.at, "a key must be a string"));
                    };
                    return Self::key(self.source, open, at, key);
                }
                _ => {}
            },
        }
        Ok(())
    }

    fn count(&mut self, at: usize, nodes: usize) -> Result<(), ImportError> {
        self.nodes = self.nodes.saturating_add(nodes);
        if self.nodes > NODE_LIMIT {
            return Err(self.source.refuse(
                at,
                format!("more than {NODE_LIMIT} values once aliases are expanded"),
            ));
        }
        Ok(())
    }

    fn collection_tag(&self, at: usize, tag: Option<&Tag>, own: &str) -> Result<(), ImportError> {
        match tag {
            Some(tag) if tag.core_suffix() != Some(own) => Err(self.unknown_tag(at, tag)),
            _ => Ok(()),
        }
    }

    fn unknown_tag(&self, at: usize, tag: &Tag) -> ImportError {
        self.source.refuse(
            at,
            format!(
                "OpenAPI does not support the tag `{}`; delete it",
                tag.original()
            ),
        )
    }

    fn scalar(
        &self,
        at: usize,
        text: &str,
        style: ScalarStyle,
        tag: Option<&Tag>,
    ) -> Result<Kind, ImportError> {
        let plain = match tag {
            None => style == ScalarStyle::Plain,
            Some(tag) => match tag.core_suffix() {
                Some("str") => false,
                Some("int" | "float" | "bool" | "null") => true,
                _ => return Err(self.unknown_tag(at, tag)),
            },
        };
        if !plain {
            return Ok(Kind::Text(text.to_owned()));
        }
        match core_schema(text) {
            Some(kind) => Ok(kind),
            None if number_without_json(text) => Err(self
                .source
                .refuse(at, format!("JSON cannot represent the number `{text}`"))),
            None => Ok(Kind::Text(text.to_owned())),
        }
    }
}

fn too_deep(source: &Source, at: usize) -> ImportError {
    source.refuse(at, format!("nested more than {DEPTH_LIMIT} levels deep"))
}

/// The number of nodes and the depth of a node, without recursion.
fn measure(node: &Node) -> (usize, usize) {
    let (mut nodes, mut depth) = (0, 0);
    let mut left = vec![(node, 1)];
    while let Some((node, level)) = left.pop() {
        nodes += 1;
        depth = depth.max(level);
        match &node.kind {
            Kind::List(items) => left.extend(items.iter().map(|item| (item, level + 1))),
            Kind::Map(entries) => {
                left.extend(entries.iter().map(|entry| (&entry.value, level + 1)));
            }
            _ => {}
        }
    }
    (nodes, depth)
}

/// The type of a plain scalar; `None` for a string.
pub(in crate::import) fn core_schema(text: &str) -> Option<Kind> {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Some(Kind::Null),
        "true" | "True" | "TRUE" => return Some(Kind::Bool(true)),
        "false" | "False" | "FALSE" => return Some(Kind::Bool(false)),
        _ => {}
    }
    if let Some(digits) = text.strip_prefix("0x") {
        return u64::from_str_radix(digits, 16)
            .ok()
            .map(|n| Kind::Number(n.into()));
    }
    if let Some(digits) = text.strip_prefix("0o") {
        return u64::from_str_radix(digits, 8)
            .ok()
            .map(|n| Kind::Number(n.into()));
    }
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let starts_as_number = unsigned
        .strip_prefix('.')
        .unwrap_or(unsigned)
        .starts_with(|c: char| c.is_ascii_digit());
    if !starts_as_number || !unsigned.bytes().all(|b| b"0123456789.eE+-".contains(&b)) {
        return None;
    }
    let number = text
        .parse::<u64>()
        .map(Number::from)
        .or_else(|_| text.parse::<i64>().map(Number::from))
        .ok()
        .or_else(|| text.parse::<f64>().ok().and_then(Number::from_f64));
    number.map(Kind::Number)
}

fn number_without_json(text: &str) -> bool {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    matches!(
        unsigned,
        ".inf" | ".Inf" | ".INF" | ".nan" | ".NaN" | ".NAN"
    )
}

#[cfg(test)]
mod tests;
