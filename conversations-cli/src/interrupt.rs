//! [`Interrupts`]: handles the signals that stop the program, for commands that must clean up first.

use std::io;

use crate::failure::Failure;

/// Listens for Ctrl-C and, on Unix, for the signals with which schedulers, containers and closed terminals end
/// programs.
///
/// Once one has been created, such a signal no longer ends the process by itself, even after it is dropped: create
/// one only where [`wait`](Self::wait) is awaited.
#[derive(Debug)]
pub(crate) struct Interrupts {
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    /// `None` under `nohup`, which requests that the program survives its terminal.
    #[cfg(unix)]
    hangup: Option<tokio::signal::unix::Signal>,
}

impl Interrupts {
    pub(crate) fn listen() -> Result<Self, Failure> {
        Self::try_listen().map_err(|error| Failure::other(format!("cannot handle Ctrl-C: {error}")))
    }

    #[cfg(unix)]
    fn try_listen() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        fail_oversized_writes()?;
        let hangup = SignalKind::hangup();
        let heeds_hangup = !is_ignored(hangup.as_raw_value());
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hangup: heeds_hangup.then(|| signal(hangup)).transpose()?,
        })
    }

    #[cfg(not(unix))]
    fn try_listen() -> io::Result<Self> {
        Ok(Self {})
    }

    /// Returns when a signal requests the program to stop.
    #[cfg(unix)]
    pub(crate) async fn wait(&mut self) {
        let hangup = async {
            match &mut self.hangup {
                Some(hangup) => hangup.recv().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
            _ = hangup => {}
        }
    }

    /// Returns when a signal requests the program to stop.
    #[cfg(not(unix))]
    pub(crate) async fn wait(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending().await
        }
    }
}

/// Returns when a signal requests the program to stop; never without listeners.
pub(crate) async fn interruption(interrupts: &mut Option<Interrupts>) {
    match interrupts {
        Some(interrupts) => interrupts.wait().await,
        None => std::future::pending().await,
    }
}

/// Makes a write past the file size limit fail like a write to a full disk. By default the signal kills the program
/// before it can remove incomplete output.
#[cfg(unix)]
pub(crate) fn fail_oversized_writes() -> io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let signal_number = rustix::process::Signal::XFSZ.as_raw();
    // The signal handler stays installed after the listener is dropped.
    signal(SignalKind::from_raw(signal_number)).map(drop)
}

#[cfg(not(unix))]
pub(crate) fn fail_oversized_writes() -> io::Result<()> {
    Ok(())
}

/// Returns whether the program was started with this signal ignored. Without unsafe code only Linux reports this;
/// elsewhere the signal keeps its inherited action, and the next run removes the files that this one leaves.
#[cfg(unix)]
fn is_ignored(signal: i32) -> bool {
    let Ok(status) = std::fs::read_to_string("/proc/self/status") else {
        return true;
    };
    let mut ignored = status
        .lines()
        .filter_map(|line| line.strip_prefix("SigIgn:"));
    let mask = ignored
        .next()
        .and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_none_or(|mask| mask & (1 << (signal - 1)) != 0)
}
