//! [`Shard`]: one machine's part of a time range.

use std::str::FromStr;

use chrono::{DateTime, SubsecRound as _, Utc};

/// Part `index` of `count`, starting at 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Shard {
    index: u32,
    count: u32,
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let refused = || "use the number of the part and the number of parts, e.g. 1/4".to_owned();
        let (index, count) = text.split_once('/').ok_or_else(refused)?;
        let index: u32 = index.parse().map_err(|_| refused())?;
        let count: u32 = count.parse().map_err(|_| refused())?;
        if !(1..=10_000).contains(&count) || !(1..=count).contains(&index) {
            return Err(refused());
        }
        Ok(Self { index, count })
    }
}

impl Shard {
    /// Returns this part of the range. Parts adjoin without overlap, so together they contain each conversation
    /// once.
    pub(crate) fn of(
        self,
        start: DateTime<Utc>,
        end: DateTime<Utc>,
    ) -> (DateTime<Utc>, DateTime<Utc>) {
        let cut = |index: u32| match index {
            0 => start,
            index if index == self.count => end,
            index => {
                let length = end - start;
                // The milliseconds of centuries fit in an i64 many times over.
                let millis = length.num_milliseconds() / i64::from(self.count) * i64::from(index);
                (start + chrono::TimeDelta::milliseconds(millis)).trunc_subsecs(0)
            }
        };
        (cut(self.index - 1), cut(self.index))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_of_a_range_adjoin_and_cover_it() {
        let start: DateTime<Utc> = "2026-04-01T00:00:00Z".parse().unwrap();
        let end: DateTime<Utc> = "2026-05-01T00:00:00.5Z".parse().unwrap();
        for count in [1, 2, 3, 7, 100] {
            let parts: Vec<_> = (1..=count)
                .map(|index| Shard { index, count }.of(start, end))
                .collect();
            assert_eq!(parts[0].0, start);
            assert_eq!(parts.last().unwrap().1, end);
            assert!(parts.windows(2).all(|pair| pair[0].1 == pair[1].0));
            assert!(parts.iter().all(|(start, end)| start < end));
        }
    }

    #[test]
    fn an_invalid_shard_is_rejected() {
        for text in ["", "1", "0/4", "5/4", "1/0", "a/4", "-1/4", "1/20000"] {
            assert!(text.parse::<Shard>().is_err(), "{text}");
        }
        assert_eq!("2/4".parse(), Ok(Shard { index: 2, count: 4 }));
    }
}
