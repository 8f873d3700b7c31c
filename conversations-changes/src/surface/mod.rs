//! Compares the generated Rust: changed public items, what dependents have to do, and the version bump.

mod attribution;
mod listing;

use serde::Serialize;

pub(crate) use attribution::attribute;
use listing::{Item, ItemKind};

/// A generated module before and after, as `conversations_codegen::surface` lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Surface {
    /// The module, such as `v3`.
    pub module: String,
    /// The old public items.
    pub old: String,
    /// The new public items.
    pub new: String,
    /// Operations as in reports (`GET /v3/{account_id}/…`) with their ids in generated code, from both
    /// documents.
    pub operations: Vec<(String, String)>,
}

/// A change of one public item of generated code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct SurfaceChange {
    /// The modules with the same change, such as `v2` and `v3`.
    pub modules: Vec<String>,
    /// The item, such as `types::Conversation.channel`.
    pub item: String,
    /// The old declaration, if any.
    pub before: Option<String>,
    /// The new declaration, if any.
    pub after: Option<String>,
    /// Whether dependents may stop compiling.
    pub breaks: bool,
    /// What dependents have to do; empty if nothing.
    pub advice: String,
    #[serde(skip)]
    kind: ItemKind,
}

impl SurfaceChange {
    /// One line: `- item`, `+ item`, or the item with both declarations.
    #[must_use]
    pub fn line(&self) -> String {
        match (&self.before, &self.after) {
            (Some(_), None) => format!("- {}", self.item),
            (None, Some(_)) => format!("+ {}", self.item),
            (before, after) => {
                let text = |side: &Option<String>| accepted(side.as_deref().unwrap_or_default());
                format!("{}: {} -> {}", self.item, text(before), text(after))
            }
        }
    }
}

/// The argument of a setter, which is all that can differ; other declarations unchanged.
fn accepted(declaration: &str) -> String {
    declaration
        .strip_prefix("(self, value: impl ")
        .and_then(|rest| rest.strip_suffix(") -> Self"))
        .unwrap_or(declaration)
        .to_owned()
}

/// The version bump that a change of the public surface requires.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Bump {
    /// The surface is unchanged.
    #[default]
    None,
    /// Additions only: patch before 1.0, minor after.
    Compatible,
    /// Dependents may stop compiling: minor before 1.0, major after.
    Breaking,
}

impl Bump {
    /// The combined bump of `changes`.
    pub fn of<'c>(changes: impl IntoIterator<Item = &'c SurfaceChange>) -> Self {
        changes
            .into_iter()
            .map(|change| match change.breaks {
                true => Self::Breaking,
                false => Self::Compatible,
            })
            .max()
            .unwrap_or_default()
    }

    /// The part of the version to increase, before 1.0 and after.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::None => "no bump",
            Self::Compatible => "0.x: patch, 1.x: minor",
            Self::Breaking => "0.x: minor, 1.x: major",
        }
    }

    /// The next version after `version`; `None` if that is not three numbers.
    ///
    /// ```
    /// use conversations_changes::Bump;
    ///
    /// assert_eq!(Bump::Breaking.after("0.1.4").as_deref(), Some("0.2.0"));
    /// assert_eq!(Bump::Breaking.after("1.1.4").as_deref(), Some("2.0.0"));
    /// assert_eq!(Bump::Compatible.after("0.1.4").as_deref(), Some("0.1.5"));
    /// ```
    #[must_use]
    pub fn after(self, version: &str) -> Option<String> {
        let numbers: Vec<u64> = version
            .split('.')
            .map(str::parse)
            .collect::<Result<_, _>>()
            .ok()?;
        let [major, minor, patch] = numbers[..] else {
            return None;
        };
        let next = match (self, major) {
            (Self::None, _) => (major, minor, patch),
            (Self::Compatible, 0) => (0, minor, patch + 1),
            (Self::Breaking, 0) => (0, minor + 1, 0),
            (Self::Compatible, _) => (major, minor + 1, 0),
            (Self::Breaking, _) => (major + 1, 0, 0),
        };
        Some(format!("{}.{}.{}", next.0, next.1, next.2))
    }
}

/// The differences between the listings; the same change in several modules is reported once.
pub(crate) fn surface_changes(surfaces: &[Surface]) -> Vec<SurfaceChange> {
    let mut all: Vec<SurfaceChange> = Vec::new();
    for surface in surfaces {
        for change in module_changes(surface) {
            let same = all.iter_mut().find(|other| {
                (&other.item, &other.before, &other.after)
                    == (&change.item, &change.before, &change.after)
            });
            match same {
                Some(same) => same.modules.extend(change.modules),
                None => all.push(change),
            }
        }
    }
    all
}

fn module_changes(surface: &Surface) -> Vec<SurfaceChange> {
    let (old, new) = (listing::items(&surface.old), listing::items(&surface.new));
    let is_whole_type_in = |items: &std::collections::BTreeMap<String, Item>, item: &Item| {
        item.kind != ItemKind::Type && items.contains_key(&item.owner())
    };
    let mut changes = Vec::new();
    for (path, item) in &old {
        let (before, after) = (Some(item.text.clone()), new.get(path));
        match after {
            // Removed with its type, which is reported.
            None if item.kind != ItemKind::Type && !is_whole_type_in(&new, item) => {}
            None => changes.push(change(surface, path, item, before, None)),
            Some(after) if after.text != item.text => {
                changes.push(change(
                    surface,
                    path,
                    after,
                    before,
                    Some(after.text.clone()),
                ));
            }
            Some(_) => {}
        }
    }
    for (path, item) in &new {
        let came_with_its_type = item.kind != ItemKind::Type && !is_whole_type_in(&old, item);
        if !old.contains_key(path) && !came_with_its_type {
            changes.push(change(surface, path, item, None, Some(item.text.clone())));
        }
    }
    changes
}

fn change(
    surface: &Surface,
    path: &str,
    item: &Item,
    before: Option<String>,
    after: Option<String>,
) -> SurfaceChange {
    let (breaks, advice) = consequence(path, item, before.as_deref(), after.as_deref());
    SurfaceChange {
        modules: vec![surface.module.clone()],
        item: path.to_owned(),
        before,
        after,
        breaks,
        advice,
        kind: item.kind,
    }
}

/// The effect on dependents. An additional field or variant breaks literals and matches, unless the type is
/// non-exhaustive, as generated ones are.
fn consequence(
    path: &str,
    item: &Item,
    before: Option<&str>,
    after: Option<&str>,
) -> (bool, String) {
    let short = path
        .rsplit_once("::")
        .map_or(path, |(owner, last)| match item.kind {
            // `QueryType::Hybrid` needs its enum, `types::Turn` does not need its module.
            ItemKind::Variant => path.split_once("::").map_or(last, |(_, rest)| rest),
            _ if owner.is_empty() => path,
            _ => last,
        });
    let owner = short.split(['.', ':']).next().unwrap_or(short);
    match (item.kind, before, after) {
        (ItemKind::Field | ItemKind::Variant, None, _) if item.is_open => (false, String::new()),
        (ItemKind::Type, Some(_), None) => (true, format!("name no `{short}`")),
        (ItemKind::Type, None, _) | (ItemKind::Function, None, _) => (false, String::new()),
        (ItemKind::Type, Some(before), Some(after)) => {
            let lost = listing::lost_traits(before, after);
            if !lost.is_empty() {
                (true, format!("`{short}` is no longer {}", lost.join(", ")))
            } else if listing::is_opened(before, after) {
                (
                    true,
                    format!(
                        "write no literals of `{short}`, and no matches that name everything in it"
                    ),
                )
            } else {
                (false, String::new())
            }
        }
        (ItemKind::Function, Some(_), None) => (true, format!("remove calls of `{short}`")),
        (ItemKind::Function, Some(_), Some(_)) => (true, format!("check calls of `{short}`")),
        (ItemKind::Field, Some(_), None) => (true, format!("remove uses of `{short}`")),
        (ItemKind::Field, None, _) => (true, format!("complete literals of `{owner}`")),
        (ItemKind::Field, Some(_), Some(_)) => (true, format!("use the new type of `{short}`")),
        (ItemKind::Variant, Some(_), None) => (true, format!("remove uses of `{short}`")),
        (ItemKind::Variant, None, _) => (true, format!("add an arm to matches on `{owner}`")),
        (ItemKind::Variant, Some(_), Some(_)) => {
            (false, format!("`{short}` has another wire value"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(old: &str, new: &str) -> Vec<(String, bool, String)> {
        let surface = |module: &str| Surface {
            module: module.to_owned(),
            old: old.to_owned(),
            new: new.to_owned(),
            operations: Vec::new(),
        };
        surface_changes(&[surface("v2"), surface("v3")])
            .into_iter()
            .map(|change| {
                assert_eq!(change.modules, ["v2", "v3"]);
                (change.line(), change.breaks, change.advice)
            })
            .collect()
    }

    const OLD: &str = "mod types\n  enum Env: Clone\n    Live = \"live\"\n  struct Turn: Clone + Eq\n    is_ood: Nullable<bool>\nstruct Client: Clone\n  fn list(&self) -> builder::List\nmod builder\n  struct List\n    fn limit(self, value: impl TryInto<u64>) -> Self\n";

    #[test]
    fn fields_variants_and_setters_have_different_effects_on_dependents() {
        let new = OLD
            .replace(
                "    is_ood: Nullable<bool>\n",
                "    is_ood: Nullable<bool>\n    latency: Nullable<f64>\n",
            )
            .replace("\"live\"\n", "\"live\"\n    Dev = \"dev\"\n")
            .replace(
                "<u64>) -> Self\n",
                "<u64>) -> Self\n    fn since(self) -> Self\n",
            );
        assert_eq!(
            lines(OLD, &new),
            [
                ("+ builder::List::since()".into(), false, String::new()),
                (
                    "+ types::Env::Dev".into(),
                    true,
                    "add an arm to matches on `Env`".into()
                ),
                (
                    "+ types::Turn.latency".into(),
                    true,
                    "complete literals of `Turn`".into()
                ),
            ]
        );
    }

    #[test]
    fn what_a_non_exhaustive_type_gains_is_compatible_and_what_it_loses_is_not() {
        let open = OLD
            .replace("Turn: ", "Turn (non-exhaustive): ")
            .replace("Env: ", "Env (non-exhaustive): ");
        let more = open
            .replace("    is_ood", "    latency: Nullable<f64>\n    is_ood")
            .replace("\"live\"\n", "\"live\"\n    Dev = \"dev\"\n");
        let compatible = |item: &str| (item.to_owned(), false, String::new());
        assert_eq!(
            lines(&open, &more),
            [
                compatible("+ types::Env::Dev"),
                compatible("+ types::Turn.latency")
            ]
        );
        assert!(lines(&more, &open).iter().all(|(_, breaks, _)| *breaks));
        let opened = lines(OLD, &open);
        assert!(
            opened.iter().all(|(_, breaks, _)| *breaks) && opened.len() == 2,
            "{opened:?}"
        );
        assert_eq!(
            lines(&open, OLD),
            [
                (
                    "types::Env: non-exhaustive + Clone -> Clone".into(),
                    false,
                    String::new()
                ),
                (
                    "types::Turn: non-exhaustive + Clone + Eq -> Clone + Eq".into(),
                    false,
                    String::new()
                ),
            ]
        );
    }

    #[test]
    fn members_of_a_removed_type_are_not_listed() {
        let new = OLD.replace(
            "  struct Turn: Clone + Eq\n    is_ood: Nullable<bool>\n",
            "",
        );
        assert_eq!(
            lines(OLD, &new),
            [("- types::Turn".into(), true, "name no `Turn`".into())]
        );
    }

    #[test]
    fn a_removed_trait_is_breaking_and_a_new_one_is_not() {
        let fewer = lines(OLD, &OLD.replace("Clone + Eq", "Clone"));
        assert_eq!(fewer[0].2, "`Turn` is no longer Eq");
        assert!(fewer[0].1);
        assert!(!lines(OLD, &OLD.replace("Clone + Eq", "Clone + Eq + Hash"))[0].1);
    }
}
