//! [`Terminal`]: a pseudo-terminal of a given width, and what the program shows on it.

use std::fs::File;
use std::io::Read as _;
use std::os::fd::OwnedFd;
use std::process::{Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

/// A program that runs longer is stuck.
const LONGEST: Duration = Duration::from_secs(300);

/// A pseudo-terminal.
pub(crate) struct Terminal {
    /// The end that the program writes to.
    own: OwnedFd,
    /// The end that the test reads from.
    screen: File,
}

/// The output of a program.
pub(crate) struct Written {
    /// `None` if the program was stuck.
    pub(crate) code: Option<i32>,
    /// The output that is not on the terminal.
    pub(crate) stdout: String,
    /// Each state of each line of the terminal, without colors and cursor movements.
    pub(crate) screen: Vec<String>,
}

impl Terminal {
    pub(crate) fn of(columns: u16) -> Self {
        let screen = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&screen).unwrap();
        unlockpt(&screen).unwrap();
        let size = Winsize {
            ws_row: 24,
            ws_col: columns,
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        tcsetwinsize(&screen, size).unwrap();
        let name = ptsname(&screen, Vec::new()).unwrap();
        let own = File::options()
            .read(true)
            .write(true)
            .open(name.to_str().unwrap())
            .unwrap();
        Self {
            own: own.into(),
            screen: screen.into(),
        }
    }

    /// Runs the program with this terminal as its standard error.
    pub(crate) fn run(self, mut command: Command) -> Written {
        let mut screen = self.screen;
        let reading = thread::spawn(move || {
            let (mut all, mut buffer) = (Vec::new(), [0; 4096]);
            // On some systems, reading fails when the last writer closes.
            while let Ok(read @ 1..) = screen.read(&mut buffer) {
                all.extend_from_slice(&buffer[..read]);
            }
            String::from_utf8(all).unwrap()
        });
        command
            .env("TERM", "xterm-256color")
            .env("LC_ALL", "C.UTF-8")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(self.own);
        let child = command.spawn().unwrap();
        // The command holds the terminal open as long as it exists.
        drop(command);
        let id = child.id().to_string();
        let (running, ended) = mpsc::channel::<()>();
        let watching = thread::spawn(move || {
            if ended.recv_timeout(LONGEST) == Err(RecvTimeoutError::Timeout) {
                Command::new("kill").args(["-KILL", &id]).status().unwrap();
            }
        });
        let done = child.wait_with_output().unwrap();
        drop(running);
        watching.join().unwrap();
        Written {
            code: done.status.code(),
            stdout: String::from_utf8(done.stdout).unwrap(),
            screen: states(&reading.join().unwrap()),
        }
    }
}

fn states(written: &str) -> Vec<String> {
    let plain = without_commands(written);
    let states = plain.split(['\r', '\n']).map(str::trim_end);
    states
        .filter(|state| !state.is_empty())
        .map(str::to_owned)
        .collect()
}

/// Removes terminal escape sequences: `ESC [`, parameters, and a letter.
fn without_commands(written: &str) -> String {
    let mut plain = String::new();
    let mut rest = written;
    while let Some((before, command)) = rest.split_once("\u{1b}[") {
        plain.push_str(before);
        let end = command.find(|c: char| c.is_ascii_alphabetic()).unwrap();
        rest = &command[end + 1..];
    }
    plain + rest
}
