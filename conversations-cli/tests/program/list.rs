//! `list`: the conversations it selects and the fields it shows.

use conversations_emulator::{Dataset, Order, ServerBehavior};
use serde_json::Value;

use crate::support::{Folder, Served};

#[test]
fn list_shows_the_first_and_the_newest_whatever_order_the_server_has() {
    for order in [Order::Ascending, Order::Descending] {
        let data = Dataset::generate(9, 200);
        let mut starts: Vec<(String, String)> = data
            .records()
            .map(|record| serde_json::from_slice::<Value>(record).unwrap())
            .filter(|record| record["environment"] == "live")
            .map(|record| {
                let start: String = record["started_at"]
                    .as_str()
                    .unwrap()
                    .chars()
                    .take(19)
                    .collect();
                (
                    start.replace('T', " "),
                    record["id"].as_str().unwrap().to_owned(),
                )
            })
            .collect();
        starts.sort();
        let served = Served::with(data, ServerBehavior::default().with_order(order));
        let folder = Folder::new();
        let rows = |more: &[&str]| -> Vec<String> {
            let mut arguments = vec!["list", "--limit", "3", "--page-size", "20"];
            arguments.extend(more);
            let listed = served.run(&folder, &arguments).succeeds();
            listed
                .stdout
                .lines()
                .skip(1)
                .map(|line| line.split('\t').next().unwrap().to_owned())
                .collect()
        };
        let first: Vec<_> = starts
            .iter()
            .take(3)
            .map(|(start, _)| start.clone())
            .collect();
        let newest: Vec<_> = starts
            .iter()
            .rev()
            .take(3)
            .map(|(start, _)| start.clone())
            .collect();
        assert_eq!(rows(&[]), first);
        assert_eq!(rows(&["--newest"]), newest);
    }
}

#[test]
fn list_shows_nobodys_number_or_words() {
    let folder = Folder::new();
    let listed = folder.run(&["list", "--demo", "--limit", "50"]).succeeds();
    assert_eq!(listed.stdout.lines().count(), 51);
    assert!(!listed.stdout.contains("+1202") && !listed.stdout.contains("+4420"));
}
