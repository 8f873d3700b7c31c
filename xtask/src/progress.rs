//! What a long run is at, on standard error; answers alone go to standard output.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// When the first step began.
static BEGUN: OnceLock<Instant> = OnceLock::new();

/// Says what comes next, and the seconds since the first step: the time of a step is the difference to the
/// line after it.
pub(crate) fn step(what: &str) {
    let begun = BEGUN.get_or_init(Instant::now);
    eprintln!("{}", line(begun.elapsed(), what));
}

fn line(elapsed: Duration, what: &str) -> String {
    format!("{:6.1} s  {what}", elapsed.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_a_run_stand_in_columns() {
        let of = |millis| line(Duration::from_millis(millis), "comparing");
        assert_eq!(of(40), "   0.0 s  comparing");
        assert_eq!(of(72_360), "  72.4 s  comparing");
    }
}
