//! [`ListServer`]: a server that pages through a list by position.

use std::io::Write as _;
use std::sync::{Arc, Mutex};
use std::thread;

use crate::support::{Folder, Run, export_from, listen, read_head};

/// A server that pages through a list by offset, even if the API calls the offset a cursor: a record added to or
/// deleted from the list shifts all that follow. An empty id stands for a malformed record.
pub(crate) struct ListServer {
    url: String,
    state: Arc<Mutex<List>>,
}

struct List {
    ids: Vec<String>,
    requests: u64,
    trouble: Option<Trouble>,
}

#[derive(Clone, Copy)]
enum Trouble {
    /// Responds with 500 from this request on.
    Fails(u64),
    /// Closes the connection before the last record of the page, from this request on.
    Cuts(u64),
}

impl ListServer {
    pub(crate) fn start(ids: Vec<String>) -> Self {
        let (listener, url) = listen();
        let state = Arc::new(Mutex::new(List {
            ids,
            requests: 0,
            trouble: None,
        }));
        let shared = Arc::clone(&state);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let head = read_head(&mut stream);
                // The client may have closed the connection.
                let _ = stream.write_all(&shared.lock().unwrap().answer(&head));
            }
        });
        Self { url, state }
    }

    pub(crate) fn insert_first(&self, id: &str) {
        self.state.lock().unwrap().ids.insert(0, id.to_owned());
    }

    pub(crate) fn delete_first(&self, count: usize) {
        self.state.lock().unwrap().ids.drain(..count);
    }

    pub(crate) fn fail_from_request(&self, number: u64) {
        self.trouble(Some(Trouble::Fails(number)));
    }

    pub(crate) fn cut_from_request(&self, number: u64) {
        self.trouble(Some(Trouble::Cuts(number)));
    }

    pub(crate) fn recover(&self) {
        self.trouble(None);
    }

    fn trouble(&self, trouble: Option<Trouble>) {
        let mut state = self.state.lock().unwrap();
        state.trouble = trouble;
        state.requests = 0;
    }

    /// Returns the arguments of an export to `name`.
    pub(crate) fn export(&self, name: &str, version: &str, page_size: u64) -> Vec<String> {
        let mut arguments = export_from(&self.url).map(str::to_owned).to_vec();
        arguments[4] = name.to_owned();
        for argument in ["--api-version", version, "--page-size"] {
            arguments.push(argument.to_owned());
        }
        arguments.push(page_size.to_string());
        arguments
    }

    pub(crate) fn run(&self, folder: &Folder, arguments: &[String]) -> Run {
        let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
        folder.run_with(&arguments, &[("POLYAI_API_KEY", "k")])
    }
}

impl List {
    fn answer(&mut self, head: &str) -> Vec<u8> {
        self.requests += 1;
        let query = head.split([' ', '?', '&']);
        let number = |name: &str| {
            let mut values = query.clone().filter_map(|pair| pair.strip_prefix(name));
            values.next().and_then(|text| text.parse::<usize>().ok())
        };
        let offset = number("offset=").or(number("cursor=")).unwrap_or(0);
        let end = (offset + number("limit=").unwrap()).min(self.ids.len());
        let records = self.ids[offset.min(end)..end].iter().map(|id| match &**id {
            "" => r#"{"said":"something"}"#.to_owned(),
            id => format!(r#"{{"id":"{id}"}}"#),
        });
        let next = match end < self.ids.len() {
            true if head.contains("/v1/") => format!(r#""next_offset":{end}"#),
            true => format!(r#""cursor":"{end}""#),
            false => r#""cursor":null"#.to_owned(),
        };
        let records = records.collect::<Vec<_>>().join(",");
        let mut body = format!(r#"{{"conversations":[{records}],{next}}}"#);
        let length = body.len();
        let mut status = "200 OK";
        match self.trouble {
            Some(Trouble::Fails(from)) if self.requests >= from => status = "500 Broken",
            Some(Trouble::Cuts(from)) if self.requests >= from => {
                body.truncate(body.rfind("{\"").unwrap());
            }
            _ => {}
        }
        format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}")
            .into_bytes()
    }
}
