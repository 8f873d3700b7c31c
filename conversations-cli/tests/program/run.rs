//! [`Run`]: the result of a run of the program.

use std::process::Command;

/// The result of a run.
#[derive(Debug)]
pub(crate) struct Run {
    arguments: String,
    code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Run {
    /// Runs a command to completion.
    pub(crate) fn of(command: &mut Command) -> Self {
        let arguments: Vec<_> = command.get_args().map(|it| it.to_string_lossy()).collect();
        let arguments = arguments.join(" ");
        let output = command.output().unwrap();
        Self {
            arguments,
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Returns the arguments, separated by spaces.
    pub(crate) fn arguments(&self) -> &str {
        &self.arguments
    }

    /// Returns the exit code; `None` if a signal ended the program.
    pub(crate) fn code(&self) -> Option<i32> {
        self.code
    }

    #[track_caller]
    pub(crate) fn succeeds(self) -> Self {
        assert_eq!(self.code, Some(0), "{}: {}", self.arguments, self.stderr);
        self
    }

    #[track_caller]
    pub(crate) fn exits(&self, code: i32) {
        assert_eq!(
            self.code,
            Some(code),
            "{}: {}{}",
            self.arguments,
            self.stdout,
            self.stderr
        );
    }

    #[track_caller]
    pub(crate) fn fails(&self, code: i32, part: &str) {
        assert_eq!(self.code, Some(code), "{}: {}", self.arguments, self.stderr);
        assert!(
            self.stderr.contains(part),
            "{}: {part} is not in: {}",
            self.arguments,
            self.stderr
        );
        assert_eq!(self.stdout, "", "{}", self.arguments);
    }

    #[track_caller]
    pub(crate) fn exits_with(&self, code: i32) {
        assert_eq!(self.code, Some(code), "{}: {}", self.arguments, self.stderr);
    }

    #[track_caller]
    pub(crate) fn says_nothing(&self) {
        assert_eq!(
            (&*self.stdout, &*self.stderr),
            ("", ""),
            "{}",
            self.arguments
        );
    }
}
