//! [`PageScanner`]: scans the page object around the records.

use std::mem;

use bytes::{Bytes, BytesMut};
use bytestring::ByteString;

use super::{
    scan_result::{Element, Fault, NotAPage, PageFields, ValidElement},
    value_scanner::{Expected, Step, Value},
};

/// Splits a page into its elements while it arrives.
#[derive(Debug)]
pub(crate) struct PageScanner {
    state: State,
    value: Value,
    /// The part of a value that came in earlier chunks.
    pending: BytesMut,
    /// The number of bytes before the current chunk, for messages.
    passed: usize,
    key: Vec<u8>,
    max_record: usize,
    position: usize,
    /// The id of the skipped element.
    broken_id: Option<String>,
    listed: bool,
    cursor: Option<Bytes>,
    next_offset: Option<Bytes>,
    /// Whether the page has `"success": false`.
    failed: bool,
    /// Whether the page has an error message.
    has_message: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Before the object, after `mark` bytes of a byte order mark.
    Start {
        mark: usize,
    },
    KeyOrEnd,
    Key,
    InKey {
        escaped: bool,
    },
    Colon,
    /// Before a value; `list` if it is the list of records.
    Before {
        list: bool,
    },
    /// In a value of the page object, which is kept or skipped.
    In {
        kept: Kept,
    },
    AfterValue,
    /// In the list: before a record, or the end of the list.
    RecordOrEnd {
        first: bool,
    },
    InRecord,
    /// In a broken record, up to the end of the containers that were open at the fault.
    Skipping {
        depth: usize,
        text: bool,
        escape: bool,
        fault: Fault,
    },
    AfterRecord,
    Done,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kept {
    Cursor,
    NextOffset,
    Success,
    ErrorMessage,
    /// Scanned to its end, but not kept.
    Nothing,
    /// In place of the list: null counts as an empty list, anything else is not a page.
    List,
}

/// The UTF-8 byte order mark, which some gateways put before JSON.
const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// The maximum length of a kept value; a cursor has a few hundred bytes.
const MAX_KEPT: usize = 64 * 1024;

impl PageScanner {
    /// Creates a scanner that skips records longer than `max_record` bytes.
    pub(crate) fn new(max_record: usize) -> Self {
        Self {
            state: State::Start { mark: 0 },
            value: Value::new(),
            pending: BytesMut::new(),
            passed: 0,
            key: Vec::new(),
            max_record,
            position: 0,
            broken_id: None,
            listed: false,
            cursor: None,
            next_offset: None,
            failed: false,
            has_message: false,
        }
    }

    /// Returns the number of bytes read.
    pub(crate) const fn passed(&self) -> usize {
        self.passed
    }

    /// Scans a chunk and adds every element of the list that ends in it to `out`.
    pub(crate) fn push(&mut self, piece: &Bytes, out: &mut Vec<Element>) -> Result<(), NotAPage> {
        let mut at = 0;
        while at < piece.len() {
            at = self.step(piece, at, out)?;
        }
        self.passed += piece.len();
        Ok(())
    }

    /// Ends the body and returns the fields of the page other than its records.
    pub(crate) fn end(self) -> Result<PageFields, NotAPage> {
        match self.state {
            State::Done if self.failed || self.has_message => Err(NotAPage::Refusal),
            State::Done if self.listed => Ok(PageFields {
                cursor: self.cursor,
                next_offset: self.next_offset,
            }),
            State::Done => Err(NotAPage::NoConversations),
            State::Start { .. } => Err(NotAPage::Empty),
            _ => Err(NotAPage::CutOff { at: self.passed }),
        }
    }

    /// Scans from `at` and returns the position reached.
    fn step(
        &mut self,
        piece: &Bytes,
        at: usize,
        out: &mut Vec<Element>,
    ) -> Result<usize, NotAPage> {
        let byte = piece[at];
        let bad = Err(NotAPage::Json {
            at: self.passed + at,
        });
        match self.state {
            State::In { kept } => return self.kept_value(piece, at, kept),
            State::InRecord => return Ok(self.record(piece, at, out)),
            State::Skipping {
                depth,
                text,
                escape,
                fault,
            } => return Ok(self.skip(piece, at, (depth, text, escape), fault, out)),
            State::InKey { escaped } => {
                self.state = match byte {
                    _ if escaped => State::InKey { escaped: false },
                    b'\\' => State::InKey { escaped: true },
                    b'"' => State::Colon,
                    _ => self.state,
                };
                if self.state != State::Colon && self.key.len() < MAX_KEPT {
                    self.key.push(byte);
                }
            }
            State::Start { mark } if BYTE_ORDER_MARK.get(mark) == Some(&byte) => {
                self.state = State::Start { mark: mark + 1 };
            }
            _ if matches!(byte, b' ' | b'\n' | b'\r' | b'\t') => {}
            State::Start { .. } if byte == b'{' => self.state = State::KeyOrEnd,
            State::Start { .. } => return Err(NotAPage::NotAnObject),
            State::KeyOrEnd if byte == b'}' => self.state = State::Done,
            State::KeyOrEnd | State::Key if byte == b'"' => {
                self.key.clear();
                self.state = State::InKey { escaped: false };
            }
            State::Colon if byte == b':' => {
                let list = self.is_key("conversations");
                self.state = State::Before { list };
            }
            State::Before { list: true } if byte == b'[' => {
                self.listed = true;
                self.state = State::RecordOrEnd { first: true };
            }
            State::Before { list } => {
                let kept = if list {
                    Kept::List
                } else if self.is_key("cursor") {
                    Kept::Cursor
                } else if self.is_key("next_offset") {
                    Kept::NextOffset
                } else if self.is_key("success") {
                    Kept::Success
                } else if ["error_message", "error", "error_code"]
                    .iter()
                    .any(|name| self.is_key(name))
                {
                    Kept::ErrorMessage
                } else {
                    Kept::Nothing
                };
                self.value.reset();
                self.pending.clear();
                self.state = State::In { kept };
                return Ok(at);
            }
            State::AfterValue if byte == b',' => self.state = State::Key,
            State::AfterValue if byte == b'}' => self.state = State::Done,
            State::RecordOrEnd { first: true } if byte == b']' => self.state = State::AfterValue,
            State::RecordOrEnd { .. } => {
                self.value.reset();
                self.pending.clear();
                self.state = State::InRecord;
                return Ok(at);
            }
            State::AfterRecord if byte == b',' => self.state = State::RecordOrEnd { first: false },
            State::AfterRecord if byte == b']' => self.state = State::AfterValue,
            _ => return bad,
        }
        Ok(at + 1)
    }

    fn is_key(&self, name: &str) -> bool {
        if !self.key.contains(&b'\\') {
            return self.key == name.as_bytes();
        }
        let quoted = [b"\"", &self.key[..], b"\""].concat();
        serde_json::from_slice::<String>(&quoted).is_ok_and(|key| key == name)
    }

    /// Scans a value of the page object.
    fn kept_value(&mut self, piece: &Bytes, at: usize, kept: Kept) -> Result<usize, NotAPage> {
        let rest = &piece[at..];
        let (length, ended) = match self.value.scan(rest, 0) {
            Step::More => (rest.len(), false),
            Step::End(length) => (length, true),
            Step::Bad(index, _) => {
                return Err(NotAPage::Json {
                    at: self.passed + at + index,
                });
            }
        };
        if kept != Kept::Nothing {
            let room = MAX_KEPT - self.pending.len();
            // Of a message, only its start is needed to see that there is one.
            if length > room && kept != Kept::ErrorMessage {
                return Err(NotAPage::Json {
                    at: self.passed + at,
                });
            }
            self.pending.extend_from_slice(&rest[..length.min(room)]);
        }
        if ended {
            self.state = State::AfterValue;
            let json = self.pending.split().freeze();
            match kept {
                Kept::Cursor => self.cursor = Some(json),
                Kept::NextOffset => self.next_offset = Some(json),
                Kept::Success => self.failed = json == "false",
                Kept::ErrorMessage => {
                    let is_empty = [&b"null"[..], b"false", b"0", b"\"\"", b"{}", b"[]"];
                    self.has_message |= !is_empty.contains(&&json[..]);
                }
                Kept::Nothing => {}
                Kept::List if json == "null" => self.listed = true,
                Kept::List => {
                    return Err(NotAPage::Json {
                        at: self.passed + at,
                    });
                }
            }
        }
        Ok(at + length)
    }

    fn record(&mut self, piece: &Bytes, at: usize, out: &mut Vec<Element>) -> usize {
        let rest = &piece[at..];
        let before = self.pending.len();
        match self.value.scan(rest, before) {
            Step::More if before + rest.len() > self.max_record => {
                self.pending.extend_from_slice(rest);
                self.give_up(Fault::TooLong);
                piece.len()
            }
            Step::More => {
                self.pending.extend_from_slice(rest);
                piece.len()
            }
            Step::End(length) => {
                let bytes = self.taken(piece, at, length);
                let element = self.element(bytes);
                out.push(element);
                self.state = State::AfterRecord;
                at + length
            }
            Step::Bad(index, expected) => {
                let fault = Fault::Json {
                    at: before + index,
                    expected,
                };
                self.pending.extend_from_slice(&rest[..index]);
                self.give_up(fault);
                at + index
            }
        }
    }

    /// Takes the bytes of the record that ends `length` bytes after `at`.
    fn taken(&mut self, piece: &Bytes, at: usize, length: usize) -> Bytes {
        if self.pending.is_empty() {
            return piece.slice(at..at + length);
        }
        self.pending.extend_from_slice(&piece[at..at + length]);
        self.take_pending()
    }

    /// Takes the pending bytes. Small ones are copied, so that they keep no spare room alive.
    fn take_pending(&mut self) -> Bytes {
        if self.pending.len() > MAX_KEPT {
            return mem::take(&mut self.pending).freeze();
        }
        let bytes = Bytes::copy_from_slice(&self.pending);
        self.pending.clear();
        bytes
    }

    fn element(&mut self, bytes: Bytes) -> Element {
        let position = self.count();
        let fault = if bytes.len() > self.max_record {
            Fault::TooLong
        } else {
            match ByteString::try_from(bytes.clone()) {
                Ok(json) => {
                    return Element::Valid(ValidElement {
                        position,
                        json,
                        spans: mem::take(&mut self.value.spans),
                    });
                }
                Err(error) => Fault::Json {
                    at: error.valid_up_to(),
                    expected: Expected::Utf8,
                },
            }
        };
        let id = self.id_in(&bytes);
        let bytes = match fault {
            Fault::TooLong => Bytes::new(),
            Fault::Json { .. } => bytes,
        };
        Element::Invalid {
            position,
            fault,
            id,
            bytes,
        }
    }

    /// Returns the id in the first bytes of an element, if it was scanned.
    fn id_in(&self, bytes: &[u8]) -> Option<String> {
        let span = self.value.spans.id()?;
        serde_json::from_slice(bytes.get(span)?).ok()
    }

    fn count(&mut self) -> usize {
        self.position += 1;
        self.position - 1
    }

    /// Starts to skip an element that is not a record.
    fn give_up(&mut self, fault: Fault) {
        self.broken_id = self.id_in(&self.pending);
        if fault == Fault::TooLong {
            self.pending = BytesMut::new();
        }
        self.state = State::Skipping {
            depth: self.value.depth(),
            text: self.value.in_text(),
            // Otherwise an escaped quote at the start of the next chunk would end the text.
            escape: self.value.in_escape(),
            fault,
        };
    }

    /// Skips to the end of an element, tracking strings and brackets only. At depth 0 it ends with a comma or the
    /// list.
    fn skip(
        &mut self,
        piece: &Bytes,
        start: usize,
        (mut depth, mut text, mut escape): (usize, bool, bool),
        fault: Fault,
        out: &mut Vec<Element>,
    ) -> usize {
        let mut at = start;
        let mut ended = false;
        while let Some(byte) = piece.get(at) {
            match byte {
                _ if escape => escape = false,
                b'\\' if text => escape = true,
                b'"' => text = !text,
                _ if text => {}
                b',' | b']' if depth == 0 => {
                    ended = true;
                    break;
                }
                b'{' | b'[' => depth += 1,
                b'}' | b']' => {
                    depth = depth.saturating_sub(1);
                    if depth == 0 {
                        at += 1;
                        ended = true;
                        break;
                    }
                }
                _ => {}
            }
            at += 1;
        }
        let mut fault = fault;
        if fault != Fault::TooLong {
            if self.pending.len() + (at - start) > self.max_record {
                fault = Fault::TooLong;
                self.pending = BytesMut::new();
            } else {
                self.pending.extend_from_slice(&piece[start..at]);
            }
        }
        if ended {
            let position = self.count();
            let bytes = self.pending.split().freeze();
            out.push(Element::Invalid {
                position,
                fault,
                id: self.broken_id.take(),
                bytes,
            });
            self.state = State::AfterRecord;
        } else {
            self.state = State::Skipping {
                depth,
                text,
                escape,
                fault,
            };
        }
        at
    }
}
