//! Collects the inputs of a report: history, generated surfaces, source files, waivers.

use std::fs;
use std::path::Path;
use std::thread;

use conversations_changes::{Inputs, Report, Revision, Reworded, SourceFile, Surface, Waivers};
use conversations_codegen::{ClientModule, Document, generate, surface};

use crate::diff::operand::Side;
use crate::error::Error;
use crate::git::Git;
use crate::openapi_files;

/// The waiver file.
pub(crate) const WAIVERS: &str = "openapi/waivers.yaml";

/// Maximum number of earlier revisions to compare with.
const HISTORY: usize = 50;

/// Folders with files that are derived from others, or that quote documents on purpose.
const SKIPPED: [&str; 6] = [
    "target",
    "tests/snapshots",
    "conversations-api/src/generated",
    "conversations-changes",
    "xtask",
    "openapi/conversations-",
];

/// Files that describe changes, and would match each change they describe.
const QUOTING: [&str; 2] = ["CHANGELOG.md", "CONTRIBUTING.md"];

/// Compares two sides in all three columns. `reworded` lists changes of the vendor's prose for which
/// `new` keeps our wording.
pub(crate) fn compare(
    root: &Path,
    old: &Side,
    new: &Side,
    reworded: &[Reworded],
) -> Result<Report, Error> {
    let version = new.version.or(old.version);
    let title = match (old.version, new.version) {
        (Some(old), Some(new)) if old != new => format!("{old} -> {new}"),
        _ => version.map_or_else(|| new.label.clone(), |version| version.to_string()),
    };
    let history = match version.filter(|_| old.version == new.version) {
        Some(version) => history(root, version, old)?,
        None => Vec::new(),
    };
    let surfaces = surfaces(old, new);
    let sources = sources(root)?;
    let waivers = waivers(root)?;
    Ok(Report::new(&Inputs {
        title: &title,
        old: old.document.tree(),
        new: new.document.tree(),
        history: &history,
        surfaces: surfaces.as_deref().map_err(String::as_str),
        reworded,
        sources: &sources,
        waivers: &waivers,
        version: Some(env!("CARGO_PKG_VERSION")),
    }))
}

/// The revisions of `version`'s document up to `old`, newest first. Without version control there is no
/// history, which is not an error.
fn history(root: &Path, version: ClientModule, old: &Side) -> Result<Vec<Revision>, Error> {
    let git = Git::new(root);
    let path = openapi_files::document(version);
    let from = old.revision.as_deref().unwrap_or("HEAD");
    let Ok(commits) = git.commits(from, &path, HISTORY) else {
        return Ok(Vec::new());
    };
    let mut history = Vec::new();
    for commit in commits {
        // A revision that cannot be read, or is not a document, is skipped.
        let read = git
            .file_at(&commit.id, &path)
            .and_then(|text| Ok((Document::parse(&commit.id, &text)?, published(&text))));
        if let Ok((document, published)) = read {
            history.push(Revision::new(
                commit.id,
                published.unwrap_or(commit.date),
                document.tree().clone(),
            ));
        }
    }
    Ok(history)
}

/// The publication date in the opening comment of a document, which is when the API changed; a commit
/// can be days later.
fn published(text: &str) -> Option<String> {
    let comment: Vec<&str> = text
        .lines()
        .take_while(|line| line.starts_with('#'))
        .map(|line| line.trim_start_matches('#').trim())
        .collect();
    let comment = comment.join(" ");
    let (_, rest) = comment.split_once("as published on ")?;
    let date = rest.split(';').next()?;
    let form = date.replace(|c: char| c.is_ascii_digit(), "0");
    (form == "0000-00-00").then(|| date.to_owned())
}

/// The generated modules of both sides, each generated in its own thread; an error says why there are
/// none.
fn surfaces(old: &Side, new: &Side) -> Result<Vec<Surface>, String> {
    if new.prepared.is_empty() || old.prepared.is_empty() {
        let label = if new.prepared.is_empty() {
            &new.label
        } else {
            &old.label
        };
        return Err(format!(
            "the paths of {label} are not those of v1 or v3, so no overlays apply"
        ));
    }
    // Documents of different versions are compared by the versions they are named after.
    let pairs: Vec<_> = match old.version == new.version {
        true => old.prepared.iter().zip(&new.prepared).collect(),
        false => old.own_module().into_iter().zip(new.own_module()).collect(),
    };
    thread::scope(|scope| {
        let running: Vec<_> = pairs
            .iter()
            .map(|((_, old), (made, new))| scope.spawn(|| module(*made, old, new)))
            .collect();
        running
            .into_iter()
            .map(|thread| {
                let stopped = |_| Err("the generator panicked without a message".to_owned());
                thread.join().unwrap_or_else(stopped)
            })
            .collect()
    })
}

type Prepared = Result<Document, String>;

fn module(made: ClientModule, old: &Prepared, new: &Prepared) -> Result<Surface, String> {
    let (old, new) = (old.as_ref()?, new.as_ref()?);
    let listing = |document: &Document| {
        let code = generate(document).map_err(|e| e.to_string())?;
        surface(&code).map_err(|e| e.to_string())
    };
    let before = listing(old)?;
    let after = match old.tree() == new.tree() {
        true => before.clone(),
        false => listing(new)?,
    };
    let mut operations = operations(old);
    operations.extend(self::operations(new));
    operations.dedup();
    Ok(Surface {
        module: made.to_string(),
        old: before,
        new: after,
        operations,
    })
}

/// `GET /v3/…` with the id of the generated method.
fn operations(document: &Document) -> Vec<(String, String)> {
    let paths = document.tree()["paths"].as_object().into_iter().flatten();
    paths
        .flat_map(|(path, item)| {
            let methods = item.as_object().into_iter().flatten();
            methods.filter_map(move |(method, operation)| {
                let id = operation["operationId"].as_str()?.to_owned();
                Some((format!("{} {path}", method.to_ascii_uppercase()), id))
            })
        })
        .collect()
}

/// The hand-written files: Rust, Markdown, overlays.
fn sources(root: &Path) -> Result<Vec<SourceFile>, Error> {
    let mut sources = Vec::new();
    let mut folders = vec![String::new()];
    while let Some(folder) = folders.pop() {
        let path = root.join(&folder);
        for entry in fs::read_dir(&path).map_err(Error::file("cannot read", &path))? {
            let entry = entry.map_err(Error::file("cannot read", &path))?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let below = match folder.is_empty() {
                true => name.clone(),
                false => format!("{folder}/{name}"),
            };
            let is_skipped = name.starts_with('.')
                || QUOTING.contains(&below.as_str())
                || SKIPPED.iter().any(|skipped| below.starts_with(skipped));
            if is_skipped {
                continue;
            }
            // The target of a link is read at its own path.
            if entry.path().is_symlink() {
                continue;
            }
            if entry.path().is_dir() {
                folders.push(below);
            } else if below.ends_with(".rs")
                || below.ends_with(".md")
                || below.ends_with(".overlay.yaml")
            {
                let text = fs::read_to_string(entry.path())
                    .map_err(Error::file("cannot read", entry.path()))?;
                sources.push(SourceFile { path: below, text });
            }
        }
    }
    sources.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(sources)
}

fn waivers(root: &Path) -> Result<Waivers, Error> {
    let path = root.join(WAIVERS);
    match fs::read_to_string(&path) {
        Ok(text) => Ok(Waivers::parse(WAIVERS, &text)?),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Waivers::default()),
        Err(error) => Err(Error::file("cannot read", path)(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_day_of_a_revision_is_the_day_of_publication() {
        let header = "# OpenAPI document. Its structure is as published on\n# 2026-05-11; every description\nopenapi: 3.0.1\n";
        assert_eq!(published(header).as_deref(), Some("2026-05-11"));
        assert_eq!(published("# as published; every\nopenapi: 3.0.1\n"), None);
        assert_eq!(
            published("openapi: 3.0.1\n# as published on 2026-05-11;\n"),
            None
        );
    }
}
