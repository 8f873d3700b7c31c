//! [`Stop`]: a period in which the process did not run.

use std::{
    future::poll_fn,
    pin::pin,
    task::Poll,
    time::{Duration, Instant},
};

/// A period in which the process did not run: it was stopped by a signal, or its machine was suspended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stop {
    pub(super) from: Instant,
    pub(super) to: Instant,
}

const TICK: Duration = Duration::from_secs(1);

/// A timer that is late by less than this shows a busy machine, not a stop.
const TOLERANCE: Duration = Duration::from_secs(1);

/// Runs a future, and returns its output with the periods in which the process did not run meanwhile.
///
/// Always measures the real time, as connection timeouts do: a clock of a test has no stops.
pub(super) async fn noting_stops<F: Future>(future: F) -> (F::Output, Vec<Stop>) {
    let mut future = pin!(future);
    let mut timer = pin!(tokio::time::sleep(TICK));
    let mut ticks = Ticks::new(Instant::now());
    poll_fn(|context| {
        while timer.as_mut().poll(context).is_ready() {
            ticks.tick(Instant::now());
            timer.as_mut().reset(tokio::time::Instant::now() + TICK);
        }
        match future.as_mut().poll(context) {
            Poll::Ready(output) => Poll::Ready((output, std::mem::take(&mut ticks.stops))),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}

/// Finds the periods without a tick.
struct Ticks {
    last: Instant,
    stops: Vec<Stop>,
}

impl Ticks {
    const fn new(start: Instant) -> Self {
        Self {
            last: start,
            stops: Vec::new(),
        }
    }

    fn tick(&mut self, now: Instant) {
        let due = self.last + TICK;
        if now.saturating_duration_since(due) > TOLERANCE {
            self.stops.push(Stop { from: due, to: now });
        }
        self.last = now;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_late_tick_is_a_stop_and_a_busy_machine_is_none() {
        let start = Instant::now();
        let at = |millis| start + Duration::from_millis(millis);
        let mut ticks = Ticks::new(start);
        for millis in [1000, 2900, 4000, 65_000, 66_000] {
            ticks.tick(at(millis));
        }
        let stop = Stop {
            from: at(5000),
            to: at(65_000),
        };
        assert_eq!(ticks.stops, [stop]);
    }
}
