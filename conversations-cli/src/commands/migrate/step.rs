//! [`Step`]: one migration step, who is responsible for it, and its state.

use std::fmt::{self, Write as _};

use conversations_api_ext::migrate::Verdict;
use serde_json::{Value, json};

use crate::failure::Exit;

/// A migration step.
pub(super) struct Step {
    pub(super) title: &'static str,
    /// Who is responsible for it.
    pub(super) owner: &'static str,
    pub(super) state: State,
    pub(super) detail: String,
}

/// The state of a step, as far as this program can check it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// Checked and done.
    Done,
    /// Checked, with something to review.
    Noted,
    /// Checked and not done.
    Failed,
    /// A version that the check needs cannot be read, for a reason that has this exit code.
    Unreadable(Exit),
    /// To be checked by people; this program cannot.
    ToDo,
    /// To be checked by this program, once both versions can be read.
    Unchecked,
}

impl State {
    const fn mark(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Noted => "review",
            Self::Failed | Self::Unreadable(_) => "FAIL",
            Self::ToDo | Self::Unchecked => "todo",
        }
    }

    /// Returns what this state means for the overall verdict.
    pub(super) const fn verdict(self) -> Verdict {
        match self {
            Self::Done | Self::ToDo => Verdict::Ready,
            Self::Noted => Verdict::ReadyWithNotes,
            Self::Failed | Self::Unreadable(_) | Self::Unchecked => Verdict::NotReady,
        }
    }
}

pub(super) fn verdict(steps: &[Step]) -> Verdict {
    let verdicts = steps.iter().map(|step| step.state.verdict());
    verdicts.max().unwrap_or(Verdict::Ready)
}

pub(super) fn text(steps: &[Step]) -> String {
    let mut out = format!("{}\n", Headline(steps));
    for (number, step) in steps.iter().enumerate() {
        let number = number + 1;
        // Writing to a string cannot fail.
        let _ = writeln!(out, "\n{number}. [{}] {}", step.state.mark(), step.title);
        let _ = writeln!(out, "   owner: {}", step.owner);
        for line in step.detail.lines() {
            let _ = writeln!(out, "   {line}");
        }
    }
    out
}

pub(super) fn markdown(steps: &[Step]) -> String {
    let mut out = format!("# {}\n", Headline(steps));
    for step in steps {
        let tick = match step.state {
            State::Done => "x",
            _ => " ",
        };
        let _ = writeln!(
            out,
            "\n- [{tick}] **{}** ({}; {})",
            step.title,
            step.state.mark(),
            step.owner
        );
        for line in step.detail.lines() {
            let _ = writeln!(out, "  {line}");
        }
    }
    out
}

pub(super) fn json(steps: &[Step]) -> Value {
    let list: Vec<_> = steps
        .iter()
        .map(|step| {
            json!({
                "title": step.title,
                "owner": step.owner,
                "state": step.state.mark().to_lowercase(),
                "detail": step.detail,
            })
        })
        .collect();
    json!({"verdict": verdict(steps), "steps": list})
}

struct Headline<'a>(&'a [Step]);

impl fmt::Display for Headline<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = |state: State| {
            let alike = |step: &&Step| step.state.mark() == state.mark();
            self.0.iter().filter(alike).count()
        };
        write!(
            f,
            "Migration: {} done, {} to do, {} to review, {} failed",
            count(State::Done),
            count(State::ToDo),
            count(State::Noted),
            count(State::Failed)
        )
    }
}
