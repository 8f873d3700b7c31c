//! [`Worker`]: the thread that writes days one after the other.
//!
//! Days arrive concurrently and are written one by one. A thread keeps memory that it has freed, so a single thread
//! writes all of them and reuses the memory.

use std::io;
use std::sync::mpsc::{Sender, channel};
use std::thread;

use tokio::sync::oneshot;

type Work = Box<dyn FnOnce() + Send>;

pub(crate) struct Worker {
    sender: Sender<Work>,
}

impl Worker {
    pub(crate) fn start() -> io::Result<Self> {
        let (sender, work) = channel::<Work>();
        thread::Builder::new()
            .name("days".to_owned())
            .spawn(move || work.into_iter().for_each(|work| work()))?;
        Ok(Self { sender })
    }

    /// Runs blocking work after all previously submitted work. Returns `None` if it, or earlier work, panicked.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Option<T> {
        let (done, outcome) = oneshot::channel();
        let work = Box::new(move || {
            // The receiver may be gone because the run was interrupted.
            let _ = done.send(work());
        });
        self.sender.send(work).ok()?;
        outcome.await.ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn work_runs_on_one_thread_in_order() {
        let worker = Worker::start().unwrap();
        let id = || thread::current().id();
        let (one, other) = tokio::join!(worker.run(id), worker.run(id));
        assert_eq!(one.unwrap(), other.unwrap());
        assert_ne!(one.unwrap(), thread::current().id());
    }

    #[tokio::test]
    async fn a_panic_is_reported_and_ends_the_worker() {
        let worker = Worker::start().unwrap();
        assert_eq!(worker.run(|| -> u8 { panic!("on purpose") }).await, None);
        assert_eq!(worker.run(|| 1).await, None);
    }
}
