//! [`Listing`]: a server with a list that filters, pages and changes as a test says.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use conversations_api_ext::{
    ApiKey, BaseUrl, Client, ClientBuilder, IntoTime as _, Project, RetryPolicy,
};
use tokio::{io::AsyncWriteExt as _, net::TcpListener, task::JoinHandle};

use crate::scripted::{KEY, head, read_head};

/// A record: its id and its start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) id: String,
    pub(crate) start: DateTime<Utc>,
}

/// The query of a request.
pub(crate) struct Asked {
    parameters: HashMap<String, String>,
}

impl Asked {
    pub(crate) fn time(&self, name: &str) -> Option<DateTime<Utc>> {
        let text = self.parameters.get(name)?.replace("%3A", ":");
        Some(text.into_time().unwrap())
    }

    fn number(&self, name: &str) -> Option<usize> {
        self.parameters.get(name)?.parse().ok()
    }
}

/// Returns rows that start every ten minutes from the beginning of April 2026.
pub(crate) fn every_ten_minutes(count: i64) -> Vec<Row> {
    let first: DateTime<Utc> = "2026-04-01".into_time().unwrap();
    let row = |number: i64| Row {
        id: format!("CA{number}"),
        start: first + TimeDelta::minutes(10 * number),
    };
    (0..count).map(row).collect()
}

/// Selects the rows that start in the requested range.
pub(crate) fn in_range(asked: &Asked, row: &Row) -> bool {
    asked
        .time("start_time")
        .is_none_or(|start| start <= row.start)
        && asked.time("end_time").is_none_or(|end| row.start < end)
}

type Selects = dyn Fn(&Asked, &Row) -> bool + Send + Sync;

/// What the cursors of v3 stand for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Cursors {
    /// The number of rows before the page.
    #[default]
    Position,
    /// The row before the page: rows must be ordered by start, with no two the same.
    Row,
}

pub(crate) struct Listing {
    base_url: String,
    rows: Arc<Mutex<Vec<Row>>>,
    requests: Arc<Mutex<u64>>,
    task: JoinHandle<()>,
}

impl Listing {
    /// Serves the rows that `selects` selects: by cursor on v3, by offset on v1 and v2.
    pub(crate) async fn start(
        rows: Vec<Row>,
        selects: impl Fn(&Asked, &Row) -> bool + Send + Sync + 'static,
    ) -> Self {
        Self::start_with(rows, Cursors::default(), selects).await
    }

    pub(crate) async fn start_with(
        rows: Vec<Row>,
        cursors: Cursors,
        selects: impl Fn(&Asked, &Row) -> bool + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let base_url = format!("http://{}", listener.local_addr().unwrap());
        let rows = Arc::new(Mutex::new(rows));
        let requests = Arc::default();
        let task = tokio::spawn(serve(
            listener,
            Arc::clone(&rows),
            Arc::clone(&requests),
            cursors,
            Arc::new(selects),
        ));
        Self {
            base_url,
            rows,
            requests,
            task,
        }
    }

    pub(crate) fn client(&self) -> Client {
        self.builder().build().unwrap()
    }

    fn builder(&self) -> ClientBuilder {
        let project = Project::new("ws-1", "PROJECT-1").unwrap();
        let base_url: BaseUrl = self.base_url.parse().unwrap();
        Client::builder(base_url, project, ApiKey::new(KEY).unwrap()).retry(RetryPolicy::none())
    }

    /// Changes the list.
    pub(crate) fn change(&self, change: impl FnOnce(&mut Vec<Row>)) {
        change(&mut self.rows.lock().unwrap());
    }

    pub(crate) fn requests(&self) -> u64 {
        *self.requests.lock().unwrap()
    }
}

impl Drop for Listing {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(
    listener: TcpListener,
    rows: Arc<Mutex<Vec<Row>>>,
    requests: Arc<Mutex<u64>>,
    cursors: Cursors,
    selects: Arc<Selects>,
) {
    loop {
        let Ok((mut connection, _)) = listener.accept().await else {
            continue;
        };
        let request = read_head(&mut connection).await;
        // A client that was stopped has closed the connection.
        if request.is_empty() {
            continue;
        }
        *requests.lock().unwrap() += 1;
        let body = respond(&request, &rows.lock().unwrap(), cursors, &*selects);
        let headers = "Content-Type: application/json\r\n";
        let response = head("200 OK", headers, body.len(), body.as_bytes());
        // A client that was stopped may have closed the connection.
        let _ = connection.write_all(&response).await;
        let _ = connection.shutdown().await;
    }
}

fn respond(request: &str, rows: &[Row], cursors: Cursors, selects: &Selects) -> String {
    let target = request.split(' ').nth(1).unwrap();
    let (path, query) = target.split_once('?').unwrap();
    let parameters = query.split('&').map(|pair| {
        let (name, value) = pair.split_once('=').unwrap();
        (name.to_owned(), value.to_owned())
    });
    let asked = Asked {
        parameters: parameters.collect(),
    };
    let selected: Vec<_> = rows.iter().filter(|row| selects(&asked, row)).collect();
    let cursor = asked.number("cursor").map(|cursor| match cursors {
        Cursors::Position => cursor,
        Cursors::Row => selected.partition_point(|row| key(row) <= cursor),
    });
    let from = cursor.or(asked.number("offset"));
    let (from, limit) = (from.unwrap_or(0), asked.number("limit").unwrap());
    let page: Vec<_> = selected
        .iter()
        .skip(from)
        .take(limit)
        .map(|row| {
            let start = row.start.to_rfc3339_opts(SecondsFormat::Micros, true);
            format!(r#"{{"id":"{}","started_at":"{start}"}}"#, row.id)
        })
        .collect();
    let is_last = from + limit >= selected.len();
    let next = match (path.starts_with("/v3"), is_last) {
        (true, true) => r#","cursor":null"#.to_owned(),
        (true, false) => {
            let next = match cursors {
                Cursors::Position => from + limit,
                Cursors::Row => key(selected[from + limit - 1]),
            };
            format!(r#","cursor":"{next}""#)
        }
        (false, true) => String::new(),
        (false, false) => format!(r#","next_offset":{}"#, from + limit),
    };
    format!(r#"{{"conversations":[{}]{next}}}"#, page.join(","))
}

fn key(row: &Row) -> usize {
    usize::try_from(row.start.timestamp_micros()).unwrap()
}
