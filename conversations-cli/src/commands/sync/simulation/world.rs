//! [`World`]: the records of a server and how they change from night to night.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use serde_json::{Value, json};

/// A SplitMix64 random number generator.
pub(super) struct Random(pub(super) u64);

impl Random {
    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub(super) fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit.max(1)
    }

    pub(super) fn in_hundred(&mut self, count: u64) -> bool {
        self.below(100) < count
    }
}

#[derive(Clone)]
pub(super) struct Record {
    pub(super) started: Option<DateTime<Utc>>,
    /// The day for which it is returned while it has no date.
    pub(super) home: NaiveDate,
    pub(super) version: u32,
    pub(super) in_progress: bool,
}

impl Record {
    pub(super) fn day(&self) -> NaiveDate {
        self.started
            .map_or(self.home, |started| started.date_naive())
    }

    pub(super) fn json(&self, id: &str) -> Value {
        let started = self.started.map_or("soon".to_owned(), |it| it.to_rfc3339());
        // A newer version has more turns, by which it is recognized.
        let turns: Vec<_> = (0..self.version).collect();
        json!({"id": id, "started_at": started, "turns": turns, "in_progress": self.in_progress})
    }

    /// Returns whether its day is read by a run at `now`, a night at 3, if the night before had one: its look-back of
    /// three days had not passed then.
    pub(super) fn is_recent(&self, now: DateTime<Utc>) -> bool {
        self.day() >= (now - TimeDelta::days(4)).date_naive()
    }
}

#[derive(Default)]
pub(super) struct World {
    pub(super) records: BTreeMap<String, Record>,
    pub(super) failing: BTreeSet<NaiveDate>,
    pub(super) malformed: BTreeSet<String>,
    pub(super) doubled: BTreeSet<String>,
    /// Days whose responses also contain records of the day after.
    pub(super) shifted: BTreeSet<NaiveDate>,
    pub(super) requested: BTreeSet<NaiveDate>,
    /// The records that moved out of a day that is no longer read, until the new day is read. They are not deleted
    /// before: no run could know, because neither day is read with the record.
    pub(super) unseen: BTreeSet<String>,
    /// The number of requests after which the run is killed.
    pub(super) kill_after: Option<u64>,
}

impl World {
    pub(super) fn page(&mut self, date: NaiveDate) -> Option<String> {
        self.requested.insert(date);
        if self.failing.contains(&date) {
            return None;
        }
        let mut page = Vec::new();
        for (id, record) in self
            .records
            .iter()
            .filter(|(_, record)| record.day() == date)
        {
            if self.malformed.contains(id) {
                page.push(json!({"broken": record.version}));
                continue;
            }
            page.push(record.json(id));
            if self.doubled.contains(id) {
                let stale = Record {
                    version: record.version - 1,
                    ..record.clone()
                };
                page.push(stale.json(id));
                if record.version % 2 == 0 {
                    let last = page.len() - 1;
                    page.swap(last - 1, last);
                }
            }
        }
        if self.shifted.contains(&date) {
            let after = date.succ_opt().expect("not the last day there is");
            let records = self.records.iter();
            let other = records.filter(|(_, record)| {
                record
                    .started
                    .is_some_and(|started| started.date_naive() == after)
            });
            page.extend(other.map(|(id, record)| record.json(id)));
        }
        Some(json!({"conversations": page, "cursor": null}).to_string())
    }

    /// Notes that a run has read a day whole.
    pub(super) fn has_been_read(&mut self, date: NaiveDate) {
        let records = &self.records;
        self.unseen.retain(|id| records[id].day() != date);
    }

    /// Changes the server's records before a night.
    pub(super) fn live_on(&mut self, random: &mut Random, night: u64, now: DateTime<Utc>) {
        let minutes = |random: &mut Random, limit: u64| {
            TimeDelta::minutes(random.below(limit).cast_signed() + 60)
        };
        for number in 0..random.below(5) {
            // Some arrive late: they started up to four days ago.
            let limit = if random.in_hundred(25) {
                94 * 60
            } else {
                25 * 60
            };
            let started = now - minutes(random, limit);
            let record = Record {
                started: (!random.in_hundred(8)).then_some(started),
                home: started.date_naive(),
                version: 1,
                in_progress: random.in_hundred(20),
            };
            self.records.insert(format!("n{night}-{number}"), record);
        }
        let ids: Vec<String> = self.records.keys().cloned().collect();
        for id in ids {
            let record = self.records.get_mut(&id).expect("is one of them");
            let recent = record.is_recent(now);
            if record.in_progress
                && random.in_hundred(40)
                && now - TimeDelta::days(13)
                    < record.home.and_time(chrono::NaiveTime::MIN).and_utc()
            {
                record.in_progress = false;
                record.version += 1;
            } else if recent && random.in_hundred(10) {
                record.version += 1;
            } else if random.in_hundred(if recent { 8 } else { 2 }) {
                // Move to a day that is read tonight, from one that may not be read.
                if !recent {
                    self.unseen.insert(id.clone());
                }
                let started = now - minutes(random, 46 * 60);
                record.started = Some(started);
                record.home = started.date_naive();
                record.version += 1;
            } else if recent && random.in_hundred(3) {
                record.home = record.day();
                record.started = None;
                record.version += 1;
            } else if recent
                && record.started.is_some()
                && random.in_hundred(6)
                && !self.unseen.contains(&id)
            {
                self.records.remove(&id);
            }
        }
        self.failing.retain(|_| random.in_hundred(60));
        self.malformed.retain(|_| random.in_hundred(60));
        self.doubled.clear();
        self.shifted.clear();
        self.kill_after = random.in_hundred(15).then(|| 1 + random.below(4));
        for days in 1..4 {
            if random.in_hundred(5) {
                self.shifted
                    .insert((now - TimeDelta::days(days)).date_naive());
            }
        }
        for days in 0..3 {
            if random.in_hundred(12) {
                self.failing
                    .insert((now - TimeDelta::days(days)).date_naive());
            }
        }
        for (id, record) in &self.records {
            if record.is_recent(now) && random.in_hundred(6) {
                self.malformed.insert(id.clone());
            }
            if random.in_hundred(10) {
                self.doubled.insert(id.clone());
            }
        }
    }
}
