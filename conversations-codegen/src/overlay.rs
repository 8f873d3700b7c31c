//! OpenAPI Overlay 1.0.0: small, documented changes to a published document.
//!
//! The published file stays unchanged, so that the next one can replace it; each correction is one
//! action with a reason. Unlike in the specification, an action that matches nothing is an error,
//! because it has become stale.
//!
//! One extension: `x-copy`, a JSONPath with exactly one match that is merged into the target. Overlay
//! 1.1.0 calls it `copy`. It derives v2 from v3 without repeating it.

use std::path::Path;

use serde::Deserialize;
use serde_json::{Map, Value};
use serde_json_path::JsonPath;

use crate::document::{file_name, parse_tree, read_text};
use crate::{Document, Error};

/// A parsed overlay.
#[derive(Debug, Clone)]
pub struct Overlay {
    name: String,
    actions: Vec<Action>,
}

#[derive(Debug, Clone)]
pub(crate) struct Action {
    target: JsonPath,
    pub(crate) description: String,
    pub(crate) change: Change,
}

#[derive(Debug, Clone)]
pub(crate) enum Change {
    Update(Value),
    Copy(JsonPath),
    Remove,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OverlayFile {
    overlay: String,
    #[serde(rename = "info")]
    _info: Value,
    #[serde(rename = "extends")]
    _extends: Option<String>,
    actions: Vec<ActionEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ActionEntry {
    target: String,
    description: Option<String>,
    update: Option<Value>,
    #[serde(rename = "x-copy")]
    copy: Option<String>,
    #[serde(default)]
    remove: bool,
}

impl Overlay {
    /// Parses an overlay; `name` identifies it in error messages.
    ///
    /// # Errors
    /// [`Error::Syntax`] for text that is not YAML; [`Error::Overlay`] for an unknown field, a version
    /// other than 1.0.x, an invalid JSONPath, an action without a description, or one that neither
    /// updates nor removes.
    ///
    /// ```
    /// use conversations_codegen::{Document, Overlay};
    ///
    /// let mut document = Document::parse("api.yaml", "{openapi: 3.0.1, info: {title: A}}")?;
    /// let overlay = Overlay::parse("fix.yaml", "
    /// overlay: 1.0.0
    /// info: {title: fix, version: 1.0.0}
    /// actions:
    ///   - target: $.info
    ///     description: the generator wants a version
    ///     update: {version: '3'}
    /// ")?;
    /// overlay.apply(&mut document)?;
    /// assert_eq!(document.tree()["info"]["version"], "3");
    /// # Ok::<(), conversations_codegen::Error>(())
    /// ```
    pub fn parse(name: impl Into<String>, text: &str) -> Result<Self, Error> {
        let name = name.into();
        let refuse = |message: String| Error::Overlay {
            file: name.clone(),
            message,
        };
        let file: OverlayFile = serde_json::from_value(parse_tree(&name, text)?)
            .map_err(|e| refuse(format!("not in the Overlay 1.0.0 format: {e}")))?;
        if !file.overlay.starts_with("1.0.") {
            return Err(refuse(format!("version {} is not 1.0.x", file.overlay)));
        }
        let actions = file
            .actions
            .into_iter()
            .enumerate()
            .map(|(index, entry)| {
                Action::try_from(entry)
                    .map_err(|message| refuse(format!("action {}: {message}", index + 1)))
            })
            .collect::<Result<_, _>>()?;
        Ok(Self { name, actions })
    }

    /// Reads and parses the file at `path`.
    ///
    /// # Errors
    /// [`Error::Unreadable`], and those of [`Overlay::parse`].
    pub fn read(path: &Path) -> Result<Self, Error> {
        Self::parse(file_name(path), &read_text(path)?)
    }

    /// The overlay without its actions on schemas.
    pub(crate) fn without_schemas(mut self) -> Self {
        self.actions
            .retain(|action| !action.target.to_string().contains("schema"));
        self
    }

    #[cfg(feature = "import")]
    pub(crate) fn actions(&self) -> &[Action] {
        &self.actions
    }

    /// Applies every action in order.
    ///
    /// # Errors
    /// [`Error::StaleOverlay`] for an action whose target matches nothing, [`Error::Overlay`] for an
    /// update that does not fit its target. The earlier actions may already be applied then.
    pub fn apply(&self, document: &mut Document) -> Result<(), Error> {
        for (index, action) in self.actions.iter().enumerate() {
            let pointers = action.pointers(document.tree());
            if pointers.is_empty() {
                return Err(Error::StaleOverlay {
                    file: self.name.clone(),
                    number: index + 1,
                    description: action.description.clone(),
                    target: action.target.to_string(),
                    document: document.name().to_owned(),
                });
            }
            // In reverse, so that removing an array element does not shift the other matches.
            for pointer in pointers.iter().rev() {
                action
                    .change
                    .make(document.tree_mut(), pointer)
                    .map_err(|message| Error::Overlay {
                        file: self.name.clone(),
                        message: format!(
                            "action {} ({}) at {pointer}: {message}",
                            index + 1,
                            action.description
                        ),
                    })?;
            }
        }
        Ok(())
    }
}

impl TryFrom<ActionEntry> for Action {
    type Error = String;

    fn try_from(entry: ActionEntry) -> Result<Self, String> {
        let target = JsonPath::parse(&entry.target)
            .map_err(|e| format!("target {} is not a JSONPath: {e}", entry.target))?;
        let change = match (entry.update, entry.copy, entry.remove) {
            (Some(update), None, false) => Change::Update(update),
            (None, Some(source), false) => Change::Copy(
                JsonPath::parse(&source)
                    .map_err(|e| format!("x-copy {source} is not a JSONPath: {e}"))?,
            ),
            (None, None, true) => Change::Remove,
            _ => {
                return Err(
                    "must have exactly one of `update`, `x-copy` and `remove: true`".to_owned(),
                );
            }
        };
        let description = entry
            .description
            .filter(|reason| !reason.trim().is_empty())
            .ok_or("has no description: state why the document is changed")?;
        Ok(Self {
            target,
            description: description.split_whitespace().collect::<Vec<_>>().join(" "),
            change,
        })
    }
}

impl Action {
    pub(crate) fn pointers(&self, tree: &Value) -> Vec<String> {
        self.target
            .query_located(tree)
            .dedup()
            .locations()
            .map(serde_json_path::NormalizedPath::to_json_pointer)
            .collect()
    }
}

impl Change {
    pub(crate) fn make(&self, tree: &mut Value, pointer: &str) -> Result<(), String> {
        match self {
            Self::Update(update) => {
                // A match below an updated one still exists: updates never remove anything.
                let node = tree
                    .pointer_mut(pointer)
                    .ok_or("the target no longer exists; an earlier match removed it")?;
                merge(node, update)
            }
            Self::Copy(source) => {
                let copied = source
                    .query(tree)
                    .exactly_one()
                    .map_err(|e| format!("x-copy {source}: {e}"))?
                    .clone();
                Self::Update(copied).make(tree, pointer)
            }
            Self::Remove => remove(tree, pointer),
        }
    }
}

/// Merges objects key by key, appends to arrays, replaces anything else.
fn merge(node: &mut Value, update: &Value) -> Result<(), String> {
    match (node, update) {
        (Value::Object(node), Value::Object(update)) => {
            merge_maps(node, update);
            Ok(())
        }
        (Value::Array(node), Value::Array(update)) => {
            node.extend(update.iter().cloned());
            Ok(())
        }
        (Value::Array(node), update) => {
            node.push(update.clone());
            Ok(())
        }
        _ => Err("the target of an update must be an object or an array".to_owned()),
    }
}

fn merge_maps(node: &mut Map<String, Value>, update: &Map<String, Value>) {
    for (key, value) in update {
        match (node.get_mut(key), value) {
            (Some(Value::Object(below)), Value::Object(value)) => merge_maps(below, value),
            (Some(Value::Array(below)), Value::Array(value)) => below.extend(value.iter().cloned()),
            _ => {
                node.insert(key.clone(), value.clone());
            }
        }
    }
}

fn remove(tree: &mut Value, pointer: &str) -> Result<(), String> {
    let (parent, last) = pointer
        .rsplit_once('/')
        .ok_or("the whole document cannot be removed")?;
    let key = crate::json_pointer::unescaped(last);
    match tree.pointer_mut(parent) {
        Some(Value::Object(map)) => {
            map.remove(&key);
        }
        Some(Value::Array(list)) => {
            let index: usize = key.parse().map_err(|_| "not an array index".to_owned())?;
            list.remove(index);
        }
        // An earlier match of the same action removed the parent.
        _ => {}
    }
    Ok(())
}

#[cfg(test)]
mod tests;
