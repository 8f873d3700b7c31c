//! What a new document means for those who use the clients.

use conversations_codegen::{ApiVersion, Document};

use crate::outcome::Outcome;
use crate::surface::{Moved, has_new, moved};
use crate::tree::Tree;

/// Everything that follows from `openapi/` at one time.
#[derive(Debug)]
pub(crate) struct Revision {
    /// Each version's document with its overlays applied.
    pub(crate) documents: Vec<(ApiVersion, Document)>,
    /// Each version's public items, by the version's name.
    pub(crate) surfaces: Tree,
}

/// The answer for a person, and for the exit code.
#[derive(Debug)]
pub(crate) struct Report {
    pub(crate) outcome: Outcome,
    /// For a terminal.
    pub(crate) text: String,
    /// For a pull request.
    pub(crate) markdown: String,
}

/// Compares two revisions by their public items: breaking if one is gone or is not what it was.
pub(crate) fn report(old: &Revision, new: &Revision) -> Report {
    let lost: Vec<String> = moved(&old.surfaces, &new.surfaces)
        .iter()
        .map(Moved::describe)
        .collect();
    let same_documents = old
        .documents
        .iter()
        .zip(&new.documents)
        .all(|((_, old), (_, new))| old.tree() == new.tree());
    let outcome = if !lost.is_empty() {
        Outcome::Breaking
    } else if same_documents {
        Outcome::Unchanged
    } else {
        Outcome::Compatible
    };
    let summary = match outcome {
        Outcome::Breaking => "Breaking: dependent crates have to change.",
        Outcome::Compatible if has_new(&old.surfaces, &new.surfaces) => {
            "Compatible: the clients can do more, and nothing is gone."
        }
        Outcome::Compatible => "Compatible: the clients' public items are the same.",
        Outcome::Unchanged | Outcome::Refused => "Unchanged.",
    };
    let list = |mark: &str| {
        lost.iter()
            .fold(String::new(), |text, line| text + mark + line + "\n")
    };
    Report {
        outcome,
        text: format!("{summary}\n{}", list("    ")),
        markdown: format!("**{summary}**\n\n{}", list("- ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn revision(limit: u32, surface: &str) -> Revision {
        let text = format!("{{openapi: 3.0.1, x-limit: {limit}}}");
        let mut surfaces = Tree::default();
        surfaces.insert("v3".into(), surface.into());
        Revision {
            documents: vec![(ApiVersion::V3, Document::parse("a", &text).unwrap())],
            surfaces,
        }
    }

    #[test]
    fn what_is_gone_breaks_and_what_is_added_does_not() {
        let old = revision(1, "struct A\n  b: u8\n");
        let outcome = |new: &Revision| report(&old, new).outcome;
        assert_eq!(
            outcome(&revision(1, "struct A\n  b: u8\n")),
            Outcome::Unchanged
        );
        assert_eq!(
            outcome(&revision(2, "struct A\n  b: u8\n")),
            Outcome::Compatible
        );
        assert_eq!(
            outcome(&revision(2, "struct A\n  b: u8\n  c: u8\n")),
            Outcome::Compatible
        );
        assert_eq!(
            outcome(&revision(2, "struct A\n  b: u16\n")),
            Outcome::Breaking
        );
        assert!(
            report(&old, &revision(2, "struct A\n"))
                .markdown
                .contains("- v3::A: `b: u8` is gone")
        );
    }
}
