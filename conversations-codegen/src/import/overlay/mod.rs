//! Finds the overlay actions that a new document has made stale or superfluous, suggests replacements, and rewrites
//! the overlay's text where there is only one.

mod jsonpath;
mod nearest;

use std::fmt;

use serde_json::Value;

use crate::import::layout;
use crate::import::overlay::nearest::{Nearest, nearest};
use crate::import::source::Source;
use crate::import::tree::yaml;
use crate::overlay::Change;
use crate::{Document, Error, Overlay};

/// The text of an overlay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OverlayText {
    /// The overlay's name in error messages.
    pub name: String,
    /// The YAML.
    pub text: String,
}

/// An action that matches nothing in the new document, or that adds what the new document has itself.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct StaleAction {
    /// The overlay's name.
    pub overlay: String,
    /// The line of the target in the overlay.
    pub line: usize,
    /// The action's position in `actions`, from 1.
    pub number: usize,
    /// The action's own description.
    pub description: String,
    /// The field that no longer matches: `target` or `x-copy`.
    pub field: &'static str,
    /// The JSONPath in it.
    pub target: String,
    /// The replacement, if only one is possible.
    pub sure: Option<String>,
    /// Candidates that match, best first.
    pub near: Vec<String>,
    /// The longest prefix of the target that still matches.
    pub matches: String,
    /// Whether the action removes something, which the new document may no longer contain.
    pub removes: bool,
    /// The names of what the action adds and the new document, unlike the old one, has itself.
    pub published: Vec<String>,
}

impl fmt::Display for StaleAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}:{}: action {} ({}): {} {} ",
            self.overlay, self.line, self.number, self.description, self.field, self.target,
        )?;
        if !self.published.is_empty() {
            return write!(
                f,
                "adds {}, which the document has itself now\n    delete the action, or only that part of it; if another \
                 document still needs it, move it to the overlay of that version",
                self.published.join(", ")
            );
        }
        f.write_str(if self.matches == self.target {
            "is a reference now, and keys next to `$ref` are ignored"
        } else {
            "matches nothing"
        })?;
        match (&self.sure, &self.near[..]) {
            (Some(sure), _) => write!(f, "\n    now: {sure}")?,
            (None, []) => write!(f, "\n    what still matches: {}", self.matches)?,
            (None, near) => {
                for path in near {
                    write!(f, "\n    perhaps: {path}")?;
                }
            }
        }
        if self.removes && self.sure.is_none() {
            write!(
                f,
                "\n    if the document no longer contains what was removed, delete the action"
            )?;
        }
        Ok(())
    }
}

/// Applies `overlays` in order to copies of both documents and lists the actions that match in `old` but
/// not in `new`, and those that add what `new` has and `old` has not. A unique replacement is applied before the next action, so that one rename is not
/// reported again by every action below it.
///
/// # Errors
/// If an overlay cannot be read, an update does not fit its target, or a reference is dangling after all
/// overlays are applied.
pub fn examine(
    overlays: &[OverlayText],
    old: &Document,
    new: &Document,
) -> Result<Vec<StaleAction>, Error> {
    let mut stale = Vec::new();
    let (mut old, mut new) = (old.tree().clone(), new.tree().clone());
    for OverlayText { name, text } in overlays {
        let overlay = Overlay::parse(name, text)?;
        let unreadable = |e: crate::import::ImportError| Error::Overlay {
            file: name.clone(),
            message: e.to_string(),
        };
        let source = Source::from_bytes(name, text.as_bytes()).map_err(unreadable)?;
        let root = yaml::read(&source).map_err(unreadable)?;
        for (index, action) in overlay.actions().iter().enumerate() {
            let fits = |message: String| Error::Overlay {
                file: name.clone(),
                message: format!("action {} ({}): {message}", index + 1, action.description),
            };
            let field = |field: &str| {
                let node = root.pointer(&format!("/actions/{index}/{field}"))?;
                Some((node.text()?.to_owned(), source.position(node.at).0))
            };
            let mut note = |field: &'static str,
                            (target, line): (String, usize),
                            found: Nearest,
                            published: Vec<String>| {
                stale.push(StaleAction {
                    overlay: name.clone(),
                    line,
                    number: index + 1,
                    description: action.description.clone(),
                    field,
                    target,
                    sure: found.sure,
                    near: found.near,
                    matches: found.matches,
                    removes: matches!(action.change, Change::Remove),
                    published,
                });
            };

            let mut pointers = action.pointers(&new);
            if pointers.is_empty()
                && let Some((target, line)) = field("target")
            {
                let found = nearest(&target, &old, &new);
                if let Some(sure) = &found.sure {
                    pointers = jsonpath::select(sure, &new);
                }
                note("target", (target, line), found, Vec::new());
            }
            // What stands beside a reference is read by nobody: the change belongs behind it.
            let behind = references(&pointers, &new);
            if let (Some(target), Change::Update(_), Some((written, line))) =
                (behind.first(), &action.change, field("target"))
            {
                let found = Nearest {
                    sure: (behind.len() == 1).then(|| target.clone()),
                    near: behind.clone(),
                    matches: written.clone(),
                };
                pointers = jsonpath::select(target, &new);
                note("target", (written, line), found, Vec::new());
            }
            if let (Change::Update(update), Some(written)) = (&action.change, field("target")) {
                let published: Vec<String> = pointers
                    .iter()
                    .filter_map(|pointer| Some((old.pointer(pointer)?, new.pointer(pointer)?)))
                    .flat_map(|(old, new)| published(update, old, new))
                    .collect();
                if !published.is_empty() {
                    note("target", written, Nearest::default(), published);
                }
            }
            let mut change = action.change.clone();
            if let Change::Copy(source) = &change
                && source.query(&new).is_empty()
                && let Some((target, line)) = field("x-copy")
            {
                let found = nearest(&target, &old, &new);
                let sure = found
                    .sure
                    .as_deref()
                    .and_then(|path| serde_json_path::JsonPath::parse(path).ok());
                note("x-copy", (target, line), found, Vec::new());
                match sure {
                    Some(path) => change = Change::Copy(path),
                    None => pointers.clear(),
                }
            }
            for pointer in pointers.iter().rev() {
                change.make(&mut new, pointer).map_err(fits)?;
            }
            // The old document only helps to find answers; it need not fit.
            for pointer in action.pointers(&old).iter().rev() {
                let _ = action.change.make(&mut old, pointer);
            }
        }
    }
    if stale.is_empty()
        && let Some(target) = dangling(&new)
    {
        return Err(Error::Overlay {
            file: overlays.last().map_or_else(String::new, |o| o.name.clone()),
            message: format!("with all actions applied, `{target}` leads nowhere"),
        });
    }
    Ok(stale)
}

/// What `update` adds to `old`, and `new` has itself, by name. Descriptions are ours in either.
fn published(update: &Value, old: &Value, new: &Value) -> Vec<String> {
    match (update, new) {
        (Value::Object(update), Value::Object(new)) => update
            .iter()
            .filter(|(key, _)| *key != "description")
            .filter_map(|(key, value)| Some((key, value, new.get(key)?)))
            .flat_map(|(key, value, new)| match old.get(key) {
                None => vec![key.clone()],
                Some(old) => published(value, old, new),
            })
            .collect(),
        (Value::Array(items), Value::Array(_)) => {
            let each = items.iter();
            each.flat_map(|item| published(item, old, new)).collect()
        }
        // A parameter that is added to a list of them.
        (Value::Object(added), Value::Array(_)) => {
            let Some(name) = added.get("name").and_then(Value::as_str) else {
                return Vec::new();
            };
            let is_in = |list: &Value| {
                let mut items = list.as_array().into_iter().flatten();
                items.any(|item| item["name"] == name && added.get("in") == item.get("in"))
            };
            match is_in(new) && !is_in(old) {
                true => vec![name.to_owned()],
                false => Vec::new(),
            }
        }
        _ => Vec::new(),
    }
}

/// What `pointers` stand for if all of them are references that lead somewhere, as JSONPaths, each once.
fn references(pointers: &[String], tree: &Value) -> Vec<String> {
    let targets: Option<std::collections::BTreeSet<String>> = pointers
        .iter()
        .map(|pointer| {
            let target = tree.pointer(pointer)?.get("$ref")?.as_str()?;
            let pointer = target.strip_prefix('#')?;
            tree.pointer(pointer).map(|_| jsonpath::of_pointer(pointer))
        })
        .collect();
    targets.unwrap_or_default().into_iter().collect()
}

/// A reference in `tree` that leads nowhere.
fn dangling(tree: &Value) -> Option<&str> {
    let mut left = vec![tree];
    while let Some(value) = left.pop() {
        match value {
            Value::Array(items) => left.extend(items),
            Value::Object(object) => {
                if let Some(target) = object.get("$ref").and_then(Value::as_str)
                    && target
                        .strip_prefix('#')
                        .is_some_and(|pointer| tree.pointer(pointer).is_none())
                {
                    return Some(target);
                }
                left.extend(
                    object
                        .iter()
                        .filter(|(key, _)| !matches!(key.as_str(), "example" | "default"))
                        .map(|(_, value)| value),
                );
            }
            _ => {}
        }
    }
    None
}

/// Replaces the targets of `stale` that have exactly one candidate in the text of `overlay`; everything
/// else, including comments and layout, is unchanged. `None` if there is none, or if a target spans several
/// lines.
#[must_use]
pub fn corrected(overlay: &OverlayText, stale: &[StaleAction]) -> Option<OverlayText> {
    rewritten(overlay, stale, |_, sure| Some(sure.to_owned()))
}

/// Like [`corrected`], for an overlay that also applies to other documents: the renamed target is
/// matched under both names. `None` for a target that differs in more than one name.
#[must_use]
pub fn widened(overlay: &OverlayText, stale: &[StaleAction]) -> Option<OverlayText> {
    rewritten(overlay, stale, either_name)
}

/// A JSONPath that selects the matches of two paths that differ in one name.
fn either_name(target: &str, sure: &str) -> Option<String> {
    let (old, new) = (jsonpath::steps(target)?, jsonpath::steps(sure)?);
    let texts = |path: &str, steps: &[jsonpath::Step]| -> Vec<String> {
        steps
            .iter()
            .map(|step| path[step.range.clone()].to_owned())
            .collect()
    };
    let (mut old_texts, new_texts) = (texts(target, &old), texts(sure, &new));
    let differing: Vec<usize> = (0..old_texts.len().min(new_texts.len()))
        .filter(|index| old_texts[*index] != new_texts[*index])
        .collect();
    let [index] = differing[..] else { return None };
    if old.len() != new.len() {
        return None;
    }
    old_texts[index] = jsonpath::either(old[index].name.as_ref()?, new[index].name.as_ref()?);
    Some(format!("${}", old_texts.concat()))
}

fn rewritten(
    overlay: &OverlayText,
    stale: &[StaleAction],
    rewrite: impl Fn(&str, &str) -> Option<String>,
) -> Option<OverlayText> {
    let source = Source::from_bytes(&overlay.name, overlay.text.as_bytes()).ok()?;
    let root = yaml::read(&source).ok()?;
    let mut edits = Vec::new();
    for action in stale.iter().filter(|action| action.overlay == overlay.name) {
        let Some(sure) = &action.sure else { continue };
        let sure = rewrite(&action.target, sure)?;
        let pointer = format!("/actions/{}/{}", action.number - 1, action.field);
        let at = root.pointer(&pointer)?.at;
        // Keeps the original quoting: plain, or the same quotes.
        let forms: [fn(&str) -> String; 3] = [
            layout::one_line,
            |target| format!("'{}'", target.replace('\'', "''")),
            |target| serde_json::json!(target).to_string(),
        ];
        let form = forms
            .iter()
            .find(|form| source.text()[at..].starts_with(&form(&action.target)))?;
        let length = form(&action.target).len();
        edits.push((at, length, pointer, form(&sure), sure));
    }
    edits.sort_by_key(|(at, ..)| std::cmp::Reverse(*at));
    let mut text = source.text().to_owned();
    for (at, length, _, written, _) in &edits {
        text.replace_range(*at..at + length, written);
    }
    let read_back = yaml::read(&Source::from_bytes(&overlay.name, text.as_bytes()).ok()?).ok()?;
    let as_meant = edits.iter().all(|(_, _, pointer, _, sure)| {
        read_back
            .pointer(pointer)
            .and_then(crate::import::tree::Node::text)
            == Some(sure.as_str())
    });
    (as_meant && !edits.is_empty()).then(|| OverlayText {
        name: overlay.name.clone(),
        text,
    })
}

#[cfg(test)]
mod tests;
