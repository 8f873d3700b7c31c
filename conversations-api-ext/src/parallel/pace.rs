//! [`Pace`]: how many windows may be open at once.

use std::time::Duration;

/// Fewer while the server is hindered or slow, more again as it recovers.
///
/// A page that had to be asked for again, after a 429 above all, halves the number. Answers that take much longer
/// to begin than the quickest ones did are a queue at the other end: one window fewer. Anything else is one more.
#[derive(Debug)]
pub(super) struct Pace {
    most: u8,
    allowed: u8,
    /// The shortest mean time to the first byte that a window has had.
    best: Option<Duration>,
}

/// Differences below this are noise.
const NOISE: Duration = Duration::from_millis(50);

impl Pace {
    pub(super) const fn new(most: u8) -> Self {
        Self {
            most,
            allowed: most,
            best: None,
        }
    }

    pub(super) const fn most(&self) -> u8 {
        self.most
    }

    pub(super) const fn allowed(&self) -> u8 {
        self.allowed
    }

    /// A window failed, or came after repeated requests only.
    pub(super) fn hindered(&mut self) {
        self.allowed = (self.allowed / 2).max(1);
    }

    /// A window came, whose answers took so long to begin, on average.
    pub(super) fn unhindered(&mut self, first_byte: Duration) {
        let best = self.best.map_or(first_byte, |best| best.min(first_byte));
        self.best = Some(best);
        self.allowed = if first_byte > best * 2 + NOISE {
            (self.allowed - 1).max(1)
        } else {
            (self.allowed + 1).min(self.most)
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUICK: Duration = Duration::from_millis(40);
    const SLOW: Duration = Duration::from_millis(400);

    #[test]
    fn a_hindered_window_halves_and_unhindered_ones_bring_back() {
        let mut pace = Pace::new(8);
        let mut allowed = vec![pace.allowed()];
        pace.unhindered(QUICK);
        allowed.push(pace.allowed());
        for _ in 0..5 {
            pace.hindered();
            allowed.push(pace.allowed());
        }
        for _ in 0..9 {
            pace.unhindered(QUICK);
            allowed.push(pace.allowed());
        }
        assert_eq!(allowed, [8, 8, 4, 2, 1, 1, 1, 2, 3, 4, 5, 6, 7, 8, 8, 8]);
    }

    #[test]
    fn answers_that_begin_late_take_one_window_after_the_other_away() {
        let mut pace = Pace::new(4);
        let times = [QUICK, SLOW, SLOW, SLOW, SLOW, QUICK, QUICK];
        let allowed = times.map(|time| {
            pace.unhindered(time);
            pace.allowed()
        });
        assert_eq!(allowed, [4, 3, 2, 1, 1, 2, 3]);
    }

    #[test]
    fn small_differences_change_nothing() {
        let mut pace = Pace::new(4);
        for millis in [1, 40, 3, 51, 20] {
            pace.unhindered(Duration::from_millis(millis));
            assert_eq!(pace.allowed(), 4);
        }
    }
}
