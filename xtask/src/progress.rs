//! Progress output of long runs on standard error; results go to standard output.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// The time of the first step.
static BEGUN: OnceLock<Instant> = OnceLock::new();

/// Prints the next step and the seconds since the first step; the duration of a step is the difference
/// to the next line.
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
    fn progress_lines_are_aligned() {
        let of = |millis| line(Duration::from_millis(millis), "comparing");
        assert_eq!(of(40), "   0.0 s  comparing");
        assert_eq!(of(72_360), "  72.4 s  comparing");
    }
}
