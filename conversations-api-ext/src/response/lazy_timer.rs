//! [`LazyTimer`]: a timer for many deadlines that are nearly never reached.

use std::{
    future::{Future, poll_fn},
    pin::{Pin, pin},
    task::Poll,
};

use tokio::time::{Instant, Sleep, sleep_until};

/// Limits one wait after the other.
///
/// To set a timer that is due before all others takes a system call, which wakes the thread that waits for sockets. So the
/// timer of an earlier wait goes on, and is set to the deadline of the current one only when it has gone off.
#[derive(Debug, Default)]
pub(super) struct LazyTimer(Option<Pin<Box<Sleep>>>);

impl LazyTimer {
    /// Awaits `work`; `None` if it takes until `deadline`.
    pub(super) async fn until<T>(
        &mut self,
        deadline: Instant,
        work: impl Future<Output = T>,
    ) -> Option<T> {
        let mut work = pin!(work);
        poll_fn(|context| {
            if let Poll::Ready(output) = work.as_mut().poll(context) {
                return Poll::Ready(Some(output));
            }
            let timer = self
                .0
                .get_or_insert_with(|| Box::pin(sleep_until(deadline)));
            if timer.deadline() > deadline {
                timer.as_mut().reset(deadline);
            }
            while timer.as_mut().poll(context).is_ready() {
                if Instant::now() >= deadline {
                    return Poll::Ready(None);
                }
                timer.as_mut().reset(deadline);
            }
            Poll::Pending
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use std::{future::pending, time::Duration};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn each_wait_ends_at_its_own_deadline() {
        let mut timer = LazyTimer::default();
        let began = Instant::now();
        let ms = Duration::from_millis;
        for (work, deadline) in [
            (5, 20),
            (10, 40),
            (35, 50),
            (100, 70),
            (100, 95),
            (3, 300),
            (100, 140),
        ] {
            let before = began.elapsed();
            let done = timer
                .until(began + ms(deadline), tokio::time::sleep(ms(work)))
                .await;
            let expected = (before + ms(work)).min(ms(deadline));
            assert_eq!(began.elapsed(), expected, "{work} {deadline}");
            assert_eq!(
                done.is_some(),
                before + ms(work) <= ms(deadline),
                "{work} {deadline}"
            );
        }
        assert_eq!(timer.until(began, pending::<()>()).await, None);
    }
}
