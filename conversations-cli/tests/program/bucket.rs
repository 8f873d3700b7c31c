//! [`Bucket`]: an S3 server with one bucket, whose clock is set by the test.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;

use chrono::{DateTime, TimeDelta, Utc};

use crate::s3_request::{copy_source, decoded, header, object_name, range, upload};
use crate::support::{listen, read_head};

#[derive(Clone)]
struct Object {
    content: Vec<u8>,
    version: u64,
    modified: DateTime<Utc>,
}

#[derive(Default)]
struct Store {
    objects: BTreeMap<String, Object>,
    versions: u64,
    /// How far the server's clock is ahead of this machine's.
    ahead: TimeDelta,
    requests: usize,
    /// Holds the next request with a method and an object whose name ends like this.
    gate: Option<(&'static str, String)>,
    /// Whether a request is being held.
    holding: bool,
    /// Whether the held request is dropped.
    dropped: bool,
    /// What happens to the next requests with a method and a name that end like this.
    faults: Vec<(&'static str, &'static str, Fault)>,
    /// The names of the objects of multipart uploads that are neither complete nor aborted, by upload.
    uploads: BTreeMap<u64, String>,
}

/// What happens to a request.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Nothing: a later one is meant.
    None,
    /// It is rejected.
    Forbidden,
    /// It is executed, and its response is lost.
    LostResponse,
    /// It is executed, and then the object is removed by someone else.
    Removed,
    /// It is a copy that is accepted and made later. The object is empty until then.
    Later,
}

/// How the server handles a conditional write.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Conditions {
    Honored,
    /// Responds with 501, like servers that do not implement them.
    Refused,
    Ignored,
}

#[derive(Clone)]
pub(crate) struct Bucket {
    url: String,
    conditions: Conditions,
    store: Arc<Mutex<Store>>,
}

struct Reply {
    status: u16,
    headers: String,
    body: Vec<u8>,
}

impl Reply {
    fn new(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self {
            status,
            headers: String::new(),
            body: body.into(),
        }
    }
}

impl Bucket {
    pub(crate) fn start(conditions: Conditions) -> Self {
        let (listener, url) = listen();
        let store = Arc::default();
        let this = Self {
            url,
            conditions,
            store,
        };
        let serving = this.clone();
        // The thread ends with the process, so tests need not stop the server.
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let serving = serving.clone();
                thread::spawn(move || serving.serve(stream));
            }
        });
        this
    }

    /// Returns the environment variables that make the program use this server.
    pub(crate) fn variables(&self) -> [(&str, &str); 6] {
        [
            ("AWS_ENDPOINT", &self.url),
            ("AWS_ALLOW_HTTP", "true"),
            ("AWS_ACCESS_KEY_ID", "none"),
            ("AWS_SECRET_ACCESS_KEY", "none"),
            ("AWS_REGION", "us-east-1"),
            ("POLYAI_API_KEY", "k"),
        ]
    }

    pub(crate) fn advance(&self, by: TimeDelta) {
        self.store().ahead += by;
    }

    /// Holds the next request that writes an object whose name ends like this, until [`release`](Self::release).
    pub(crate) fn hold(&self, name: &str) {
        self.store().gate = Some(("PUT", name.to_owned()));
    }

    /// Holds the next request that reads such an object.
    pub(crate) fn hold_reader(&self, name: &str) {
        self.store().gate = Some(("GET", name.to_owned()));
    }

    /// Returns whether a request is being held.
    pub(crate) fn is_holding(&self) -> bool {
        self.store().holding
    }

    /// Releases the held request.
    pub(crate) fn release(&self) {
        self.store().holding = false;
    }

    /// Drops the held request, which then never arrived.
    pub(crate) fn drop_held(&self) {
        let mut store = self.store();
        (store.holding, store.dropped) = (false, true);
    }

    /// Waits while the request is held. Returns whether it has arrived.
    fn wait_at_the_gate(&self, method: &str, target: &str) -> bool {
        {
            let mut store = self.store();
            let path = decoded(target.split('?').next().unwrap_or_default());
            let is_meant = |(of, end): &(_, String)| *of == method && path.ends_with(end);
            if !store.gate.as_ref().is_some_and(is_meant) {
                return true;
            }
            store.gate = None;
            store.holding = true;
        }
        while self.is_holding() {
            thread::sleep(std::time::Duration::from_millis(1));
        }
        !std::mem::take(&mut self.store().dropped)
    }

    /// Sets what happens to the next requests with this method and a name that ends like this, in their order. `COPY` is
    /// the method of requests that copy to the name.
    pub(crate) fn fail(&self, method: &'static str, name: &'static str, faults: &[Fault]) {
        let faults = faults.iter().map(|fault| (method, name, *fault));
        self.store().faults.extend(faults);
    }

    /// Returns whether every fault has happened.
    pub(crate) fn has_failed(&self) -> bool {
        self.store().faults.is_empty()
    }

    /// Returns the number of multipart uploads that are neither complete nor aborted.
    pub(crate) fn open_uploads(&self) -> usize {
        self.store().uploads.len()
    }

    pub(crate) fn set(&self, name: &str, content: &str) {
        self.store().put(name.to_owned(), content.into());
    }

    pub(crate) fn requests(&self) -> usize {
        self.store().requests
    }

    /// Returns every object except the lock, whose content depends on its holder.
    pub(crate) fn objects(&self) -> BTreeMap<String, Vec<u8>> {
        let store = self.store();
        let objects = store.objects.iter();
        objects
            .filter(|(name, _)| !name.ends_with("lock.json"))
            .map(|(name, object)| (name.clone(), object.content.clone()))
            .collect()
    }

    pub(crate) fn get(&self, name: &str) -> Option<Vec<u8>> {
        let store = self.store();
        store.objects.get(name).map(|object| object.content.clone())
    }

    fn store(&self) -> MutexGuard<'_, Store> {
        self.store.lock().unwrap()
    }

    fn serve(&self, mut stream: TcpStream) {
        let head = read_head(&mut stream);
        let length = header(&head, "content-length").and_then(|length| length.parse().ok());
        let mut body = vec![0; length.unwrap_or(0)];
        if stream.read_exact(&mut body).is_err() {
            return;
        }
        let mut words = head.split(' ');
        let (method, target) = (
            words.next().unwrap_or_default(),
            words.next().unwrap_or_default(),
        );
        if !self.wait_at_the_gate(method, target) {
            return;
        }
        let name = object_name(target);
        let is_copy = copy_source(&head).is_some();
        let fault = self
            .store()
            .fault(if is_copy { "COPY" } else { method }, &name);
        let reply = if fault == Fault::Forbidden {
            Reply::new(403, "<Error><Code>AccessDenied</Code></Error>")
        } else {
            self.answer(method, target, &head, body)
        };
        match fault {
            Fault::LostResponse => return,
            Fault::Removed => drop(self.store().objects.remove(&name)),
            Fault::Later => self.copy_later(name, &head),
            Fault::None | Fault::Forbidden => {}
        }
        // The response to a HEAD request has the length of the body.
        let head = format!(
            "HTTP/1.1 {} Status\r\ncontent-length: {}\r\nconnection: close\r\n{}\r\n",
            reply.status,
            reply.body.len(),
            reply.headers
        );
        let _ = stream.write_all(head.as_bytes());
        if method != "HEAD" {
            let _ = stream.write_all(&reply.body);
        }
    }

    /// Empties a copied object, and copies it again if its source still exists a while later.
    fn copy_later(&self, name: String, head: &str) {
        self.store().put(name.clone(), Vec::new());
        let source = copy_source(head).expect("the request is a copy");
        let serving = self.clone();
        thread::spawn(move || {
            thread::sleep(std::time::Duration::from_millis(1500));
            let mut store = serving.store();
            if let Some(content) = store.objects.get(&source).map(|it| it.content.clone()) {
                store.put(name, content);
            }
        });
    }

    fn answer(&self, method: &str, target: &str, head: &str, body: Vec<u8>) -> Reply {
        let (_, query) = target.split_once('?').unwrap_or((target, ""));
        let name = object_name(target);
        let mut store = self.store();
        store.requests += 1;
        match method {
            "GET" if query.contains("list-type=2") => store.list(query),
            "GET" | "HEAD" => match store.objects.get(&name) {
                Some(object) => {
                    let mut reply = Reply {
                        status: 200,
                        headers: format!(
                            "etag: \"{}\"\r\nlast-modified: {}\r\n",
                            object.version,
                            object.modified.format("%a, %d %b %Y %H:%M:%S GMT")
                        ),
                        body: object.content.clone(),
                    };
                    if let Some((first, last)) = range(head) {
                        let whole = reply.body.len();
                        let last = last.min(whole - 1);
                        reply.status = 206;
                        reply.body = reply.body[first..=last].to_vec();
                        let range = format!("content-range: bytes {first}-{last}/{whole}\r\n");
                        reply.headers.push_str(&range);
                    }
                    reply
                }
                None => Reply::new(404, "<Error><Code>NoSuchKey</Code></Error>"),
            },
            "DELETE" if query.contains("uploadId=") => {
                store.uploads.remove(&upload(query));
                store
                    .objects
                    .retain(|part, _| !part.starts_with(&format!("{name}?part=")));
                Reply::new(204, "")
            }
            "DELETE" => {
                store.objects.remove(&name);
                Reply::new(204, "")
            }
            "POST" if query == "delete" => store.delete(&String::from_utf8_lossy(&body)),
            // Multipart uploads: parts are stored under their own names until the upload is completed.
            "POST" if query == "uploads" || query == "uploads=" => {
                store.versions += 1;
                let id = store.versions;
                store.uploads.insert(id, name);
                Reply::new(
                    200,
                    format!(
                        "<InitiateMultipartUploadResult><UploadId>{id}</UploadId></InitiateMultipartUploadResult>"
                    ),
                )
            }
            "POST" => {
                store.uploads.remove(&upload(query));
                let parts: Vec<_> = store
                    .objects
                    .range(format!("{name}?part=")..)
                    .take_while(|(part, _)| part.starts_with(&format!("{name}?part=")))
                    .map(|(part, _)| part.clone())
                    .collect();
                let mut content = Vec::new();
                for part in parts {
                    content.extend(store.objects.remove(&part).unwrap().content);
                }
                let version = store.put(name, content);
                Reply::new(
                    200,
                    format!(
                        "<CompleteMultipartUploadResult><ETag>{version}</ETag></CompleteMultipartUploadResult>"
                    ),
                )
            }
            "PUT" if query.contains("partNumber=") => {
                if !store.uploads.contains_key(&upload(query)) {
                    return Reply::new(404, "<Error><Code>NoSuchUpload</Code></Error>");
                }
                let number = query.split("partNumber=").nth(1).unwrap_or_default();
                let number: u32 = number.split('&').next().unwrap().parse().unwrap();
                let version = store.put(format!("{name}?part={number:05}"), body);
                tagged(version, "")
            }
            "PUT" => self.put(&mut store, name, head, body),
            _ => Reply::new(405, ""),
        }
    }

    fn put(&self, store: &mut Store, name: String, head: &str, body: Vec<u8>) -> Reply {
        let is_conditional =
            header(head, "if-match").is_some() || header(head, "if-none-match").is_some();
        if is_conditional && self.conditions == Conditions::Refused {
            return Reply::new(
                501,
                "<Error><Code>NotImplemented</Code><Message>A header you provided implies functionality that is not implemented</Message></Error>",
            );
        }
        if self.conditions == Conditions::Honored {
            let there = store.objects.get(&name);
            let matches = match header(head, "if-match") {
                Some(tag) => {
                    there.is_some_and(|there| tag.trim_matches('"') == there.version.to_string())
                }
                None => header(head, "if-none-match").is_none() || there.is_none(),
            };
            if !matches {
                return Reply::new(412, "<Error><Code>PreconditionFailed</Code></Error>");
            }
        }
        if let Some(source) = copy_source(head) {
            let Some(content) = store.objects.get(&source).map(|it| it.content.clone()) else {
                return Reply::new(404, "<Error><Code>NoSuchKey</Code></Error>");
            };
            let version = store.put(name, content);
            let body = format!("<CopyObjectResult><ETag>\"{version}\"</ETag></CopyObjectResult>");
            return tagged(version, &body);
        }
        let version = store.put(name, body);
        tagged(version, "")
    }
}

impl Store {
    fn put(&mut self, name: String, content: Vec<u8>) -> u64 {
        self.versions += 1;
        let object = Object {
            content,
            version: self.versions,
            modified: Utc::now() + self.ahead,
        };
        self.objects.insert(name, object);
        self.versions
    }

    fn fault(&mut self, method: &str, name: &str) -> Fault {
        let mut faults = self.faults.iter();
        let found = faults.position(|(of, end, _)| *of == method && name.ends_with(end));
        found.map_or(Fault::None, |index| self.faults.remove(index).2)
    }

    fn list(&self, query: &str) -> Reply {
        let parameter = |name: &str| {
            let of = |pair: &str| Some(decoded(pair.strip_prefix(name)?.strip_prefix('=')?));
            query.split('&').find_map(of).unwrap_or_default()
        };
        let (prefix, start_after) = (parameter("prefix"), parameter("start-after"));
        let mut body = "<ListBucketResult><IsTruncated>false</IsTruncated>".to_owned();
        for (name, object) in self
            .objects
            .iter()
            .filter(|(name, _)| name.starts_with(&prefix) && **name > start_after)
        {
            body.push_str(&format!(
                "<Contents><Key>{name}</Key><LastModified>{}</LastModified><ETag>{}</ETag><Size>{}</Size></Contents>",
                object.modified.to_rfc3339(),
                object.version,
                object.content.len()
            ));
        }
        body.push_str("</ListBucketResult>");
        Reply::new(200, body)
    }

    fn delete(&mut self, body: &str) -> Reply {
        let mut reply = "<DeleteResult>".to_owned();
        for part in body.split("<Key>").skip(1) {
            let name = part.split("</Key>").next().unwrap_or_default();
            self.objects.remove(name);
            reply.push_str(&format!("<Deleted><Key>{name}</Key></Deleted>"));
        }
        reply.push_str("</DeleteResult>");
        Reply::new(200, reply)
    }
}

fn tagged(version: u64, body: &str) -> Reply {
    Reply {
        status: 200,
        headers: format!("etag: \"{version}\"\r\n"),
        body: body.into(),
    }
}
