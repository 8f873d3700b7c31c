//! Signals that ask the program to stop, where it has something to clear away first.

use std::io;

use crate::failure::Failure;

/// Listens for Ctrl-C and, on Unix, for the signals that schedulers, containers and closed terminals end programs
/// with.
///
/// While one of these exists, and ever after in the life of the process, such a signal no longer ends
/// the program by itself: make one only where its arrival is waited for.
#[derive(Debug)]
pub(crate) struct Interrupts {
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    /// `None` under `nohup`, which asks for the program to survive its terminal.
    #[cfg(unix)]
    hangup: Option<tokio::signal::unix::Signal>,
}

impl Interrupts {
    pub(crate) fn listen() -> Result<Self, Failure> {
        Self::try_listen().map_err(|error| {
            Failure::other(format!("the program cannot listen for Ctrl-C: {error}"))
        })
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

    /// Returns when the program is asked to stop.
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

    /// Returns when the program is asked to stop.
    #[cfg(not(unix))]
    pub(crate) async fn wait(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending().await
        }
    }
}

/// Lets a write past the limit on the size of files fail like one to a full disk, instead of killing the program
/// before it can clear away what it has written.
#[cfg(unix)]
pub(crate) fn fail_oversized_writes() -> io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let signal_number = rustix::process::Signal::XFSZ.as_raw();
    // The handler stays when the listener is dropped.
    signal(SignalKind::from_raw(signal_number)).map(drop)
}

#[cfg(not(unix))]
pub(crate) fn fail_oversized_writes() -> io::Result<()> {
    Ok(())
}

/// Whether the program was started with this signal ignored. Only Linux tells without unsafe code; elsewhere the
/// signal keeps whatever effect it was started with, and the next run removes what this one leaves.
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
