//! [`Value`]: finds the end of a JSON value and validates it.

use super::field_spans::{FieldSpans, Key};
use super::nesting::Nesting;
use super::text_run::run_of_text;

/// Scans one JSON value in chunks of any size.
///
/// Accepts what RFC 8259 does, except that the caller checks UTF-8. In an object it records the positions of its id, start time
/// and status.
#[derive(Debug)]
pub(super) struct Value {
    state: State,
    nesting: Nesting,
    key: Key,
    pub(super) spans: FieldSpans,
    /// The index and the start of the recorded field being read.
    field: Option<(usize, usize)>,
}

/// The result of scanning a chunk.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// The value continues in the next chunk.
    More,
    /// The value ended before this position in the chunk.
    End(usize),
    /// The JSON is invalid at this position in the chunk.
    Bad(usize, Expected),
}

/// What was expected where the JSON is invalid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Expected {
    Value,
    Key,
    Colon,
    CommaOrEnd,
    Escape,
    /// A string without control characters.
    Text,
    Number,
    Utf8,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Value,
    ValueOrEnd,
    KeyOrEnd,
    Key,
    Colon,
    After,
    Text { key: bool },
    Escape { key: bool },
    Hex { key: bool, left: u8 },
    Minus,
    Zero,
    Whole,
    Point,
    Fraction,
    Exponent,
    ExponentSign,
    ExponentDigits,
    Word { rest: &'static [u8] },
}

impl Value {
    pub(super) fn new() -> Self {
        Self {
            state: State::Value,
            nesting: Nesting::default(),
            key: Key::default(),
            spans: FieldSpans::default(),
            field: None,
        }
    }

    /// Resets the scanner for another value.
    pub(super) fn reset(&mut self) {
        self.state = State::Value;
        self.nesting.clear();
        self.spans = FieldSpans::default();
        self.field = None;
    }

    /// Returns the number of open containers, which must be closed to skip a broken value.
    pub(super) const fn depth(&self) -> usize {
        self.nesting.depth()
    }

    /// Returns whether the chunk ended inside a string.
    pub(super) const fn in_text(&self) -> bool {
        matches!(
            self.state,
            State::Text { .. } | State::Escape { .. } | State::Hex { .. }
        )
    }

    /// Returns whether the chunk ended after the backslash of an escape.
    pub(super) const fn in_escape(&self) -> bool {
        matches!(self.state, State::Escape { .. })
    }

    /// Scans a chunk. `before` is the number of bytes of the value in earlier chunks.
    pub(super) fn scan(&mut self, piece: &[u8], before: usize) -> Step {
        let mut at = 0;
        while let Some(&byte) = piece.get(at) {
            if self.state == State::Value && self.nesting.depth() > 0 {
                match self.compact(piece, at, before) {
                    Compact::End(end) => return Step::End(end),
                    Compact::Rest(rest) if rest > at => {
                        at = rest;
                        continue;
                    }
                    Compact::Rest(_) => {}
                }
            }
            match self.state {
                State::Text { key } => {
                    let start = at;
                    at += run_of_text(&piece[at..]);
                    if key && self.nesting.depth() == 1 {
                        self.key.add(&piece[start..at]);
                    }
                    match piece.get(at) {
                        None => return Step::More,
                        Some(b'"') => {
                            at += 1;
                            if key {
                                at = self.after_key(piece, at);
                            } else if self.ended(before + at) {
                                return Step::End(at);
                            } else {
                                at = self.after_value(piece, at);
                            }
                        }
                        Some(b'\\') => {
                            at += 1;
                            if key && self.nesting.depth() == 1 {
                                self.spans.has_escaped_key = true;
                            }
                            self.state = State::Escape { key };
                        }
                        Some(_) => return Step::Bad(at, Expected::Text),
                    }
                    continue;
                }
                State::Escape { key } => {
                    self.state = match byte {
                        b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => {
                            State::Text { key }
                        }
                        b'u' => State::Hex { key, left: 4 },
                        _ => return Step::Bad(at, Expected::Escape),
                    };
                }
                State::Hex { key, left } => {
                    if !byte.is_ascii_hexdigit() {
                        return Step::Bad(at, Expected::Escape);
                    }
                    self.state = match left {
                        1 => State::Text { key },
                        _ => State::Hex {
                            key,
                            left: left - 1,
                        },
                    };
                }
                State::Word { rest } => match rest {
                    [expected, more @ ..] if *expected == byte => {
                        if more.is_empty() {
                            if self.ended(before + at + 1) {
                                return Step::End(at + 1);
                            }
                        } else {
                            self.state = State::Word { rest: more };
                        }
                    }
                    _ => return Step::Bad(at, Expected::Value),
                },
                State::Minus
                | State::Zero
                | State::Whole
                | State::Point
                | State::Fraction
                | State::Exponent
                | State::ExponentSign
                | State::ExponentDigits => match number(self.state, byte) {
                    Number::Goes(state) => self.state = state,
                    Number::Bad => return Step::Bad(at, Expected::Number),
                    Number::Ended => {
                        if self.ended(before + at) {
                            return Step::End(at);
                        }
                        at = self.after_value(piece, at);
                        continue;
                    }
                },
                _ if matches!(byte, b' ' | b'\n' | b'\r' | b'\t') => {}
                State::Value | State::ValueOrEnd => match self.begin(byte, before + at) {
                    Begin::Within => {}
                    Begin::Closed => {
                        if self.ended(before + at + 1) {
                            return Step::End(at + 1);
                        }
                    }
                    Begin::Bad => return Step::Bad(at, Expected::Value),
                },
                State::KeyOrEnd if byte == b'}' => {
                    self.nesting.close();
                    if self.ended(before + at + 1) {
                        return Step::End(at + 1);
                    }
                }
                State::KeyOrEnd | State::Key => {
                    if byte != b'"' {
                        return Step::Bad(at, Expected::Key);
                    }
                    self.key.length = 0;
                    self.state = State::Text { key: true };
                }
                State::Colon => {
                    if byte != b':' {
                        return Step::Bad(at, Expected::Colon);
                    }
                    self.state = State::Value;
                }
                State::After => match (byte, self.nesting.in_object()) {
                    (b',', true) => self.state = State::Key,
                    (b',', false) => self.state = State::Value,
                    (b'}', true) | (b']', false) => {
                        self.nesting.close();
                        if self.ended(before + at + 1) {
                            return Step::End(at + 1);
                        }
                    }
                    _ => return Step::Bad(at, Expected::CommaOrEnd),
                },
            }
            at += 1;
        }
        Step::More
    }

    /// Scans from a nested value on for as long as the JSON is compact and whole in the chunk, as servers send it: no
    /// white space, no escapes, integers only. The position reached and the state are those of the general loop, which
    /// continues from there; the loop would take twice as long, because it dispatches on the state after every token.
    fn compact(&mut self, piece: &[u8], mut at: usize, before: usize) -> Compact {
        loop {
            // A value begins at `at`.
            self.state = State::Value;
            if self.nesting.depth() == 1 && self.nesting.in_object() {
                self.field = self.key.name().map(|name| (name, before + at));
            }
            let rest = &piece[at..];
            match rest {
                [b'"', text @ ..] => {
                    let length = run_of_text(text);
                    at += 1 + length;
                    if text.get(length) != Some(&b'"') {
                        self.state = State::Text { key: false };
                        return Compact::Rest(at);
                    }
                    at += 1;
                }
                [b'{', b'}', ..] | [b'[', b']', ..] => at += 2,
                [b'{', b'"', ..] => {
                    self.nesting.open(true);
                    match self.compact_key(piece, at + 2) {
                        Ok(value) => at = value,
                        Err(rest) => return Compact::Rest(rest),
                    }
                    continue;
                }
                [b'[', b'"' | b'{' | b'[' | b'0'..=b'9' | b'-', ..] => {
                    self.nesting.open(false);
                    at += 1;
                    continue;
                }
                [b'f', b'a', b'l', b's', b'e', ..] => at += 5,
                [b't', b'r', b'u', b'e', ..] | [b'n', b'u', b'l', b'l', ..] => at += 4,
                [b'0', b',' | b'}' | b']', ..] => at += 1,
                [b'1'..=b'9', digits @ ..] => {
                    let count = digits
                        .iter()
                        .take_while(|digit| digit.is_ascii_digit())
                        .count();
                    if !matches!(digits.get(count), Some(b',' | b'}' | b']')) {
                        return Compact::Rest(at);
                    }
                    at += 1 + count;
                }
                _ => return Compact::Rest(at),
            }
            // A value ended before `at`.
            loop {
                if self.ended(before + at) {
                    return Compact::End(at);
                }
                match (&piece[at..], self.nesting.in_object()) {
                    ([b',', b'"', ..], true) => {
                        match self.compact_key(piece, at + 2) {
                            Ok(value) => at = value,
                            Err(rest) => return Compact::Rest(rest),
                        }
                        break;
                    }
                    ([b',', ..], false) => {
                        at += 1;
                        break;
                    }
                    ([b'}', ..], true) | ([b']', ..], false) => {
                        self.nesting.close();
                        at += 1;
                    }
                    _ => return Compact::Rest(at),
                }
            }
        }
    }

    /// Scans a key that begins at `at`, after its quote. Returns the position of its value, or the position reached.
    fn compact_key(&mut self, piece: &[u8], at: usize) -> Result<usize, usize> {
        let end = at + run_of_text(&piece[at..]);
        self.key.length = 0;
        if self.nesting.depth() == 1 {
            self.key.add(&piece[at..end]);
        }
        match &piece[end..] {
            [b'"', b':', ..] => Ok(end + 2),
            _ => {
                self.state = State::Text { key: true };
                Err(end)
            }
        }
    }

    /// Handles the end of a key before `at`. A colon usually follows directly; consuming it here saves an iteration.
    fn after_key(&mut self, piece: &[u8], at: usize) -> usize {
        if piece.get(at) == Some(&b':') {
            self.state = State::Value;
            return at + 1;
        }
        self.state = State::Colon;
        at
    }

    /// Handles the end of a nested value before `at`. Usually a comma follows directly, and in an object a key.
    fn after_value(&mut self, piece: &[u8], at: usize) -> usize {
        match piece.get(at..at + 2) {
            Some(b",\"") if self.nesting.in_object() => {
                self.key.length = 0;
                self.state = State::Text { key: true };
                at + 2
            }
            _ => at,
        }
    }

    /// Handles the first byte of a value, or the end of a list in its place.
    fn begin(&mut self, byte: u8, offset: usize) -> Begin {
        let closes = self.state == State::ValueOrEnd && byte == b']';
        if closes {
            self.nesting.close();
            return Begin::Closed;
        }
        if self.nesting.depth() == 1 && self.nesting.in_object() {
            self.field = self.key.name().map(|name| (name, offset));
        }
        self.state = match byte {
            b'"' => State::Text { key: false },
            b'{' => {
                self.nesting.open(true);
                State::KeyOrEnd
            }
            b'[' => {
                self.nesting.open(false);
                State::ValueOrEnd
            }
            b'-' => State::Minus,
            b'0' => State::Zero,
            b'1'..=b'9' => State::Whole,
            b't' => State::Word { rest: b"rue" },
            b'f' => State::Word { rest: b"alse" },
            b'n' => State::Word { rest: b"ull" },
            _ => return Begin::Bad,
        };
        Begin::Within
    }

    /// Handles the end of a value before `offset`. Returns whether it is the outermost one.
    fn ended(&mut self, offset: usize) -> bool {
        match self.nesting.depth() {
            0 => return true,
            1 => {
                if let Some((name, start)) = self.field.take() {
                    self.spans.spans[name] = Some(start..offset);
                }
            }
            _ => {}
        }
        self.state = State::After;
        false
    }
}

/// The result of [`Value::compact`].
enum Compact {
    /// The outermost value ended before this position.
    End(usize),
    /// The general loop continues at this position.
    Rest(usize),
}

enum Begin {
    Within,
    Closed,
    Bad,
}

enum Number {
    Goes(State),
    Ended,
    Bad,
}

fn number(state: State, byte: u8) -> Number {
    let next = match (state, byte) {
        (State::Minus, b'0') => State::Zero,
        (State::Minus, b'1'..=b'9') | (State::Whole, b'0'..=b'9') => State::Whole,
        (State::Zero | State::Whole, b'.') => State::Point,
        (State::Point | State::Fraction, b'0'..=b'9') => State::Fraction,
        (State::Zero | State::Whole | State::Fraction, b'e' | b'E') => State::Exponent,
        (State::Exponent, b'+' | b'-') => State::ExponentSign,
        (State::Exponent | State::ExponentSign | State::ExponentDigits, b'0'..=b'9') => {
            State::ExponentDigits
        }
        (State::Zero, b'0'..=b'9') => return Number::Bad,
        (State::Zero | State::Whole | State::Fraction | State::ExponentDigits, _) => {
            return Number::Ended;
        }
        _ => return Number::Bad,
    };
    Number::Goes(next)
}
