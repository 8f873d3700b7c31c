//! [`Session`]: commands and their messages as one text, compared with a snapshot.

use std::fmt::Write as _;
use std::path::Path;

use crate::support::{Folder, Run};

/// Variable parts of messages, and what stands for them in a snapshot.
const FILTERS: [(&str, &str); 8] = [
    (r"127\.0\.0\.1:\d+", "127.0.0.1:PORT"),
    (r"--port \d\d+", "--port PORT"),
    (r"port \d\d+", "port PORT"),
    (r"\d+\.\d+ s\b", "N s"),
    (
        r"20(2[6-9]|[3-9]\d)-\d\d-\d\d \d\d:\d\d:\d\d UTC",
        "TIME UTC",
    ),
    // Correlation ids.
    (r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", "UUID"),
    (
        r"by this machine's clock it is [0-9TZ:-]+",
        "by this machine's clock it is TIME",
    ),
    // Whether v1 is still supported depends on the date.
    (r"v1 is .* today\.", "v1 is SUPPORT today."),
];

/// Settings of a server that does not exist, for commands that are rejected before they send a request.
pub(crate) const SETTINGS: [(&str, &str); 4] = [
    ("POLYAI_API_KEY", "secret-key"),
    ("POLYAI_BASE_URL", "http://127.0.0.1:1"),
    ("POLYAI_ACCOUNT_ID", "A"),
    ("POLYAI_PROJECT_ID", "P"),
];

/// Compares `content` with `snapshots/FOLDER/NAME.snap`.
pub(crate) fn assert_snapshot(folder: &str, name: &str, content: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/program/snapshots");
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(path.join(folder));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    for (pattern, placeholder) in FILTERS {
        settings.add_filter(pattern, placeholder);
    }
    let lines = content.lines().map(str::trim_end);
    let content = lines.collect::<Vec<_>>().join("\n");
    settings.bind(|| insta::assert_snapshot!(name, content));
}

/// The commands of a test, each with its exit code and messages.
pub(crate) struct Session {
    pub(crate) folder: Folder,
    text: String,
}

impl Session {
    pub(crate) fn new() -> Self {
        Self {
            folder: Folder::new(),
            text: String::new(),
        }
    }

    /// Adds a line that says what a command depends on.
    pub(crate) fn note(&mut self, note: &str) {
        let _ = writeln!(self.text, "# {note}");
    }

    /// Runs a command without settings.
    pub(crate) fn run(&mut self, arguments: &[&str]) {
        self.run_with(arguments, &[]);
    }

    pub(crate) fn run_with(&mut self, arguments: &[&str], variables: &[(&str, &str)]) {
        let run = self.folder.run_with(arguments, variables);
        self.add(&run);
    }

    /// Adds the messages of a run.
    pub(crate) fn add(&mut self, run: &Run) {
        self.add_text(run, &run.stderr);
    }

    /// Adds what a run printed to standard output, and its messages.
    pub(crate) fn add_with_output(&mut self, run: &Run) {
        self.add_text(run, &format!("{}{}", run.stdout, run.stderr));
    }

    fn add_text(&mut self, run: &Run, text: &str) {
        let code = run.code().expect("a signal ended it");
        let folder = self.folder.path("");
        let folder = folder.to_string_lossy();
        let text = text.replace(&*folder, "/FOLDER/");
        let command = run.arguments().replace(&*folder, "/FOLDER/");
        let command = command.replace('\u{1b}', "ESC");
        let _ = writeln!(self.text, "$ conversations {command}  [exit code {code}]");
        let _ = writeln!(self.text, "{}\n", text.trim_end());
    }

    /// Compares all of it with `snapshots/messages/NAME.snap`.
    pub(crate) fn assert_snapshot(&self, name: &str) {
        assert_snapshot("messages", name, &self.text);
    }
}
