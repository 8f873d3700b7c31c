//! Fetches a document: from a file, a URL or standard input.

use std::fs::File;
use std::io::{self, Read};
use std::time::Duration;

use conversations_codegen::import::{SIZE_LIMIT, Source};
use reqwest::Url;
use reqwest::blocking::{Client, Response};
use reqwest::redirect::Policy;

use crate::error::Error;

const CONNECT: Duration = Duration::from_secs(10);
const WHOLE: Duration = Duration::from_secs(60);
const REDIRECTS: usize = 5;

/// Reads `from`: `-`, a URL that starts with `http://` or `https://`, or a file path.
pub(crate) fn fetch(from: &str) -> Result<Source, Error> {
    let (name, bytes) = if from == "-" {
        let bytes = read_limited(io::stdin().lock()).map_err(Error::file("cannot read", "-"))?;
        ("standard input".to_owned(), bytes)
    } else if from.starts_with("http://") || from.starts_with("https://") {
        download(from)?
    } else {
        let bytes = File::open(from)
            .and_then(read_limited)
            .map_err(Error::file("cannot read", from))?;
        (from.to_owned(), bytes)
    };
    Ok(Source::from_bytes(name, &bytes)?)
}

/// One byte above the limit suffices to detect an oversized document.
fn read_limited(reader: impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    reader.take(SIZE_LIMIT as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn download(from: &str) -> Result<(String, Vec<u8>), Error> {
    let refuse = |url: &str, message: String| Error::Download {
        url: url.to_owned(),
        message,
    };
    let url = Url::parse(from).map_err(|e| refuse("the address", format!("{e}")))?;
    let shown = shown(&url);
    let client = Client::builder()
        .user_agent("cargo-xtask-regen")
        .connect_timeout(CONNECT)
        .timeout(WHOLE)
        .redirect(Policy::limited(REDIRECTS))
        .build()
        .map_err(|e| refuse(&shown, reason(&e)))?;
    let mut response = client
        .get(url)
        .send()
        .map_err(|e| refuse(&shown, reason(&e)))?;
    let status = response.status();
    if !status.is_success() {
        return Err(refuse(
            &shown,
            format!("the server responded {status}; check whether the URL needs a login"),
        ));
    }
    let bytes = body(&mut response).map_err(|message| refuse(&shown, message))?;
    let name = response
        .url()
        .path_segments()
        .and_then(|mut segments| segments.next_back())
        .filter(|name| !name.is_empty())
        .unwrap_or("the download")
        .to_owned();
    Ok((name, bytes))
}

fn body(response: &mut Response) -> Result<Vec<u8>, String> {
    let expected = response
        .content_length()
        .map_or_else(String::new, |length| format!(" of {length}"));
    let mut bytes = Vec::new();
    let mut chunk = [0; 16 * 1024];
    loop {
        match response.read(&mut chunk) {
            Ok(0) => return Ok(bytes),
            Ok(read) => bytes.extend_from_slice(&chunk[..read]),
            Err(error) => {
                return Err(format!(
                    "the connection was lost after {}{expected} bytes ({error}); try again",
                    bytes.len()
                ));
            }
        }
        if bytes.len() > SIZE_LIMIT {
            return Ok(bytes);
        }
    }
}

/// Removes credentials and query from a URL.
fn shown(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    let port = url
        .port()
        .map_or_else(String::new, |port| format!(":{port}"));
    format!("{}://{host}{port}{}", url.scheme(), url.path())
}

/// The innermost error, which the outer ones only wrap, without the URL.
fn reason(error: &reqwest::Error) -> String {
    let mut innermost: &dyn std::error::Error = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    if error.is_timeout() {
        format!("no response within {} s; try again", WHOLE.as_secs())
    } else if error.is_redirect() {
        format!("more than {REDIRECTS} redirects")
    } else {
        innermost.to_string()
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader, Write};
    use std::net::TcpListener;
    use std::thread;

    use super::*;

    /// A server that sends the same bytes to each client and closes the connection.
    fn server(response: impl Into<Vec<u8>>) -> String {
        let response = response.into();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let mut request = BufReader::new(stream.try_clone().unwrap());
                let mut line = String::new();
                while request.read_line(&mut line).unwrap() > 2 {
                    line.clear();
                }
                // A client that has read enough closes the connection first.
                let _ = stream.write_all(&response);
            }
        });
        format!("http://user:secret@{address}/docs/api.json?token=secret")
    }

    fn refusal(response: impl Into<Vec<u8>>) -> String {
        let message = fetch(&server(response)).unwrap_err().to_string();
        assert!(!message.contains("secret"), "{message}");
        message
    }

    #[test]
    fn a_document_is_fetched_from_its_url_and_named_after_it() {
        let source = fetch(&server("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}")).unwrap();
        assert_eq!((source.name(), source.text()), ("api.json", "{}"));
    }

    #[test]
    fn a_lost_connection_reports_the_bytes_received() {
        let message = refusal("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"openapi\"");
        assert!(message.contains("lost after 10 of 100 bytes"), "{message}");
        let message =
            refusal("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{\"ope\r\n");
        assert!(message.contains("lost after 5 bytes"), "{message}");
    }

    #[test]
    fn an_invalid_response_is_reported() {
        let message = refusal("HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n");
        assert!(message.contains("responded 404 Not Found"), "{message}");
        let message = refusal(
            "HTTP/1.1 302 Found\r\nconnection: close\r\nlocation: /docs/api.json\r\ncontent-length: 0\r\n\r\n",
        );
        assert!(message.contains("more than 5 redirects"), "{message}");
        assert!(!refusal("").is_empty());
    }

    #[test]
    fn a_huge_document_is_rejected_without_reading_all_of_it() {
        let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", u32::MAX);
        let mut response = head.into_bytes();
        response.resize(response.len() + SIZE_LIMIT + 100_000, b' ');
        let message = refusal(response);
        assert!(message.contains("larger than 32 MiB"), "{message}");
    }

    #[test]
    fn a_refused_connection_and_a_missing_file_have_different_errors() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        drop(listener);
        let message = fetch(&format!("http://{address}/a.json"))
            .unwrap_err()
            .to_string();
        assert!(message.to_lowercase().contains("refused"), "{message}");
        let message = fetch("no/such/file.json").unwrap_err().to_string();
        assert!(
            message.starts_with("cannot read no/such/file.json"),
            "{message}"
        );
    }
}
