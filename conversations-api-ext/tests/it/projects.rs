//! Several projects are read as one stream, and a failure of one does not stop the others.

use std::collections::BTreeMap;

use conversations_api_ext::{
    ApiKey, BaseUrl, Client, Error, ErrorKind, Project, ProjectOutcome, Projects, Query,
    RetryPolicy,
};
use conversations_emulator::{Emulator, ServerBehavior};

use crate::scripted::{Scripted, page};
use crate::support::{self, emulator};

fn client(emulator: &Emulator, project: &str, key: &str) -> Client {
    let base_url: BaseUrl = emulator.base_url().parse().unwrap();
    let project = Project::new(emulator.data().account_id(), project).unwrap();
    Client::builder(base_url, project, ApiKey::new(key).unwrap())
        .retry(RetryPolicy::none())
        .build()
        .unwrap()
}

#[tokio::test]
async fn every_record_comes_with_its_project_and_failures_come_last() {
    let (small, large) = (
        emulator(40, ServerBehavior::default()).await,
        emulator(300, ServerBehavior::default()).await,
    );
    let clients = [
        client(&small, small.data().project_id(), small.api_key()),
        client(&small, "PROJECT-GONE", small.api_key()),
        client(&large, large.data().project_id(), large.api_key()),
        client(&large, large.data().project_id(), "a-wrong-key"),
    ];
    let mut counts = BTreeMap::new();
    for at_once in [1, 2, 9] {
        let projects: Projects = clients.iter().cloned().collect();
        assert_eq!(projects.clients().len(), 4);
        let query = Query::v3().page_size(50).unwrap();
        let mut records = projects.records(query).at_once(at_once);
        let mut found = BTreeMap::<String, u64>::new();
        let mut failures = Vec::new();
        loop {
            match records.next_record().await {
                Ok(Some(record)) => {
                    assert!(failures.is_empty(), "a failure came before a record");
                    let from = record.client().base_url().as_str().to_owned();
                    assert!(record.raw().contains(record.id()));
                    *found.entry(from).or_default() += 1;
                }
                Ok(None) => break,
                Err(error) => failures.push(error),
            }
        }
        failures.sort_by_key(|error| error.kind().to_string());
        let kinds: Vec<_> = failures.iter().map(Error::kind).collect();
        assert_eq!(kinds, [ErrorKind::NotFound, ErrorKind::Unauthorized]);
        assert!(failures[0].to_string().contains("PROJECT-GONE"));
        let outcomes: Vec<_> = records.outcomes().map(|(_, outcome)| outcome).collect();
        assert!(matches!(
            outcomes[..],
            [
                ProjectOutcome::Complete(1..),
                ProjectOutcome::Failed { records: 0, .. },
                ProjectOutcome::Complete(1..),
                ProjectOutcome::Failed { records: 0, .. }
            ]
        ));
        for (client, outcome) in records.outcomes() {
            let project = outcome.error().map(|error| error.project().unwrap());
            let expected = (outcome.records() == 0).then_some(client.project());
            assert_eq!(project, expected, "an outcome has the error of its project");
        }
        assert_eq!(
            found.values().sum::<u64>(),
            outcomes
                .iter()
                .map(|outcome| outcome.records())
                .sum::<u64>()
        );
        assert!(records.next_record().await.unwrap().is_none());
        counts.insert(at_once, found);
    }
    let counts: Vec<_> = counts.into_values().collect();
    assert!(
        counts.windows(2).all(|pair| pair[0] == pair[1]),
        "{counts:?}"
    );
    let live = support::stored(large.data(), conversations_api_ext::Environment::Live);
    assert_eq!(counts[0][large.base_url()], live.len() as u64);
}

#[tokio::test]
async fn a_malformed_record_names_its_project_and_each_stream_has_its_counts() {
    let good = Scripted::start([page(r#"{"conversations":[{"id":"a"}],"cursor":null}"#)]).await;
    let records = r#"{"id":"b"},{"id":"b"},{"no":"id"}"#;
    let bad = page(&format!(r#"{{"conversations":[{records}],"cursor":null}}"#));
    let bad = Scripted::start([bad]).await;
    let other = Project::new("ws-1", "PROJECT-2").unwrap();
    let other = Client::builder(
        bad.base_url().parse::<BaseUrl>().unwrap(),
        other,
        ApiKey::new("k").unwrap(),
    );
    let projects = Projects::new([good.client(), other.build().unwrap()]);
    let mut records = projects.records(Query::v3());
    let (mut ids, mut errors) = (0, Vec::new());
    loop {
        match records.next_record().await {
            Ok(Some(_)) => ids += 1,
            Ok(None) => break,
            Err(error) => errors.push(error),
        }
    }
    assert_eq!(ids, 2);
    let [error] = &errors[..] else {
        panic!("{errors:?}")
    };
    assert!(error.is_malformed_record());
    assert_eq!(error.project().unwrap().to_string(), "ws-1/PROJECT-2");
    let counts = records.streams().map(|(client, stream)| {
        let project = client.project().project().to_string();
        (project, stream.duplicates(), stream.checkpoint().is_end())
    });
    let expected = [("PROJECT-1", 0), ("PROJECT-2", 1)];
    let expected = expected.map(|(project, count)| (project.to_owned(), count, true));
    assert_eq!(counts.collect::<Vec<_>>(), expected);
}

#[tokio::test]
async fn no_projects_are_an_empty_stream() {
    let mut records = Projects::new([]).records(Query::v3());
    assert!(records.next_record().await.unwrap().is_none());
}
