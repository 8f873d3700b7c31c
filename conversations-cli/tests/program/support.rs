//! [`Folder`] and [`Served`]: a working directory, and a served data set.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
#[cfg(unix)]
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::{fs, thread};

use conversations_emulator::fault::{DEFAULT_PLAN, FaultPlan, Rule};
use conversations_emulator::{Clock, Dataset, Emulator, ServerBehavior};
use tokio::runtime::Runtime;

pub(crate) use crate::run::Run;

/// All commands.
pub(crate) const COMMANDS: [&str; 15] = [
    "export",
    "sync",
    "list",
    "migrate",
    "search",
    "sample",
    "show",
    "audio",
    "stats",
    "report",
    "schema",
    "doctor",
    "emulator",
    "completions",
    "man",
];

/// A working directory of its own.
pub(crate) struct Folder(tempfile::TempDir);

impl Folder {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    /// Returns every file, including hidden ones.
    pub(crate) fn files(&self) -> Vec<String> {
        let entries = fs::read_dir(self.0.path()).unwrap();
        let mut names: Vec<_> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    /// Returns a command that runs the program in this folder, without the settings of the user who runs the tests.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_conversations"));
        command.args(arguments).current_dir(self.0.path());
        for name in [
            "API_KEY",
            "LEGACY_API_KEY",
            "REGION",
            "BASE_URL",
            "AGENTS_BASE_URL",
            "AGENTS_API_KEY",
            "ACCOUNT_ID",
            "PROJECT_ID",
        ] {
            command.env_remove(format!("POLYAI_{name}"));
        }
        for name in ["HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"] {
            command.env_remove(name).env_remove(name.to_lowercase());
        }
        command.env_remove("SSL_CERT_FILE");
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Run {
        self.run_with(arguments, &[])
    }

    pub(crate) fn run_with(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Run {
        Run::of(self.command(arguments).envs(variables.iter().copied()))
    }

    /// Removes write permission from a folder.
    #[cfg(unix)]
    pub(crate) fn lock(&self, name: &str) {
        fs::set_permissions(self.path(name), fs::Permissions::from_mode(0o555)).unwrap();
    }

    /// Returns whether the user who runs the tests ignores permissions.
    #[cfg(unix)]
    fn is_written_by_an_administrator(&self) -> bool {
        let (shut, probe) = (self.path(".shut"), self.path(".shut/probe"));
        fs::create_dir(&shut).unwrap();
        self.lock(".shut");
        let written = fs::write(&probe, "").is_ok();
        self.unlock(".shut");
        fs::remove_dir_all(shut).unwrap();
        written
    }

    #[cfg(unix)]
    pub(crate) fn unlock(&self, name: &str) {
        fs::set_permissions(self.path(name), fs::Permissions::from_mode(0o755)).unwrap();
    }
}

/// A data set served for one test.
pub(crate) struct Served {
    pub(crate) emulator: Emulator,
    runtime: Runtime,
}

impl Served {
    pub(crate) fn new(data: Dataset) -> Self {
        Self::with(data, ServerBehavior::default())
    }

    pub(crate) fn with(data: Dataset, readings: ServerBehavior) -> Self {
        let runtime = Runtime::new().unwrap();
        let emulator = runtime
            .block_on(
                Emulator::builder()
                    .data(data)
                    .server_behavior(readings)
                    .start(),
            )
            .unwrap();
        Self { emulator, runtime }
    }

    /// Serves data with a clock that stands still.
    pub(crate) fn at_a_standstill(data: Dataset) -> Self {
        let runtime = Runtime::new().unwrap();
        let clock = Clock::at(std::time::SystemTime::now());
        let emulator = runtime
            .block_on(Emulator::builder().data(data).clock(clock).start())
            .unwrap();
        Self { emulator, runtime }
    }

    /// Applies a fault rule from now on, counted from the next request.
    pub(crate) fn goes_wrong(&self, rule: Rule) {
        let plan = FaultPlan::new().with_rule(rule);
        self.emulator.faults().set(DEFAULT_PLAN, plan).unwrap();
    }

    /// Removes all fault rules.
    pub(crate) fn recovers(&self) {
        assert!(self.emulator.faults().remove(DEFAULT_PLAN));
    }

    pub(crate) fn run(&self, folder: &Folder, arguments: &[&str]) -> Run {
        self.run_as(folder, arguments, self.emulator.api_key())
    }

    /// Runs the program from a shell that first runs `setup`.
    #[cfg(unix)]
    pub(crate) fn run_after(&self, folder: &Folder, setup: &str, arguments: &[&str]) -> Run {
        Run::of(&mut self.command_after(folder, setup, arguments))
    }

    #[cfg(unix)]
    pub(crate) fn command_after(
        &self,
        folder: &Folder,
        setup: &str,
        arguments: &[&str],
    ) -> Command {
        let settings = self.settings();
        let mut command = Command::new("sh");
        command
            .args(["-c", &format!("{setup}; exec \"$0\" \"$@\"")])
            .arg(env!("CARGO_BIN_EXE_conversations"))
            .args(arguments)
            .current_dir(folder.path(""));
        command.envs(settings.variables(&settings.key));
        command
    }

    /// Runs the program without the right to ignore permissions, even if an administrator runs the tests.
    #[cfg(unix)]
    pub(crate) fn run_unprivileged(&self, folder: &Folder, arguments: &[&str]) -> Run {
        if !folder.is_written_by_an_administrator() {
            return self.run(folder, arguments);
        }
        let rights = "-dac_override,-dac_read_search";
        let setup = format!("set -- setpriv --bounding-set={rights} \"$0\" \"$@\"; exec \"$@\"");
        self.run_after(folder, &setup, arguments)
    }

    /// Runs the program with a file size limit of `bytes`, which has the effect of a full disk.
    #[cfg(unix)]
    pub(crate) fn run_in(&self, folder: &Folder, bytes: u64, arguments: &[&str]) -> Run {
        // The limit's signal ends a program that does not ignore it.
        let setup = format!("trap '' XFSZ; ulimit -f {}", bytes / 512);
        self.run_after(folder, &setup, arguments)
    }

    /// Runs the program with this key. Flags in `arguments` override the settings given here.
    pub(crate) fn run_as(&self, folder: &Folder, arguments: &[&str], key: &str) -> Run {
        self.settings().run_as(folder, arguments, key)
    }

    /// Returns a command with the settings for this server.
    pub(crate) fn command(&self, folder: &Folder, arguments: &[&str]) -> Command {
        let settings = self.settings();
        let mut command = folder.command(arguments);
        command.envs(settings.variables(&settings.key));
        command
    }

    /// Starts the program in the background.
    pub(crate) fn spawn(&self, folder: &Folder, arguments: &[&str]) -> Child {
        let mut command = self.command(folder, arguments);
        command.stdout(Stdio::null()).stderr(Stdio::null());
        command.spawn().unwrap()
    }

    /// Stops serving, and returns the settings of the server.
    pub(crate) fn stop(self) -> Stopped {
        let settings = self.settings();
        self.runtime.block_on(self.emulator.shutdown());
        settings
    }

    fn settings(&self) -> Stopped {
        let data = self.emulator.data();
        Stopped {
            base_url: self.emulator.base_url().to_owned(),
            agents_base_url: self.emulator.agents_base_url().to_owned(),
            account: data.account_id().to_owned(),
            project: data.project_id().to_owned(),
            key: self.emulator.api_key().to_owned(),
        }
    }
}

/// The settings of a stopped server.
pub(crate) struct Stopped {
    base_url: String,
    agents_base_url: String,
    account: String,
    project: String,
    key: String,
}

impl Stopped {
    pub(crate) fn run(&self, folder: &Folder, arguments: &[&str]) -> Run {
        self.run_as(folder, arguments, &self.key)
    }

    fn run_as(&self, folder: &Folder, arguments: &[&str], key: &str) -> Run {
        folder.run_with(arguments, &self.variables(key))
    }

    fn variables<'a>(&'a self, key: &'a str) -> [(&'a str, &'a str); 5] {
        [
            ("POLYAI_API_KEY", key),
            ("POLYAI_BASE_URL", &self.base_url),
            ("POLYAI_AGENTS_BASE_URL", &self.agents_base_url),
            ("POLYAI_ACCOUNT_ID", &self.account),
            ("POLYAI_PROJECT_ID", &self.project),
        ]
    }
}

/// Serves `page` for one request, after which the thread ends.
pub(crate) fn serve_page(page: &'static str) -> (String, JoinHandle<()>) {
    let (listener, url) = listen();
    let server = thread::spawn(move || {
        let mut stream = listener.accept().unwrap().0;
        read_head(&mut stream);
        let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", page.len());
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(page.as_bytes()).unwrap();
    });
    (url, server)
}

/// Accepts one request and never responds.
pub(crate) fn serve_nothing() -> (String, Silent) {
    let (listener, url) = listen();
    let (came, requests) = mpsc::channel();
    thread::spawn(move || {
        let mut stream = listener.accept().unwrap().0;
        read_head(&mut stream);
        came.send(()).unwrap();
        // Returns when the client closes the connection.
        let _ = stream.read(&mut [0]);
    });
    (url, Silent(requests))
}

pub(crate) struct Silent(mpsc::Receiver<()>);

impl Silent {
    pub(crate) fn wait_for_a_request(&self) {
        self.0.recv().unwrap();
    }
}

/// Returns arguments that export from `url` to `out.jsonl`; the key must still be set.
pub(crate) fn export_from(url: &str) -> [&str; 11] {
    [
        "export",
        "--retry-timeout",
        "0s",
        "-o",
        "out.jsonl",
        "--base-url",
        url,
        "--account",
        "A",
        "--project",
        "P",
    ]
}

/// Returns the signals that end the program. `HUP` is skipped if the process that runs the tests ignores it.
#[cfg(unix)]
pub(crate) fn ending_signals() -> &'static [&'static str] {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = ignored.map_or(0, |mask| u64::from_str_radix(mask.trim(), 16).unwrap());
    if mask & 1 == 1 {
        &["INT", "TERM"]
    } else {
        &["INT", "TERM", "HUP"]
    }
}

/// Sends a signal: Ctrl-C sends `INT`.
#[cfg(unix)]
pub(crate) fn signal(child: &Child, name: &str) {
    let sent = Command::new("kill")
        .args([&format!("-{name}"), &child.id().to_string()])
        .status()
        .unwrap();
    assert!(sent.success());
}

/// Ends a server that runs until it is interrupted: on Unix with Ctrl-C, which succeeds.
pub(crate) fn end(child: &mut Child) {
    #[cfg(unix)]
    {
        signal(child, "INT");
        assert_eq!(child.wait().unwrap().code(), Some(0));
    }
    #[cfg(not(unix))]
    {
        child.kill().unwrap();
        child.wait().unwrap();
    }
}

pub(crate) fn listen() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    (listener, url)
}

pub(crate) fn read_head(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap_or(0) == 1 {
        head.push(byte[0]);
    }
    String::from_utf8_lossy(&head).into_owned()
}

/// Returns the lines of a file, decompressed according to its name.
pub(crate) fn lines_of(path: &std::path::Path) -> Vec<String> {
    let bytes = fs::read(path).unwrap();
    let mut text = String::new();
    match path.extension().and_then(|ending| ending.to_str()) {
        Some("gz") => flate2::read::MultiGzDecoder::new(&bytes[..]).read_to_string(&mut text),
        Some("zst") => zstd::Decoder::new(&bytes[..])
            .unwrap()
            .read_to_string(&mut text),
        _ => (&bytes[..]).read_to_string(&mut text),
    }
    .unwrap();
    text.lines().map(str::to_owned).collect()
}
