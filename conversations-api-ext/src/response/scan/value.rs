//! [`Value`]: where a JSON value ends, and whether it is one.

use std::ops::Range;

use super::nesting::Nesting;

/// Follows one JSON value through pieces of any size.
///
/// It accepts what RFC 8259 does, save that UTF-8 is for the caller to check. In an object it notes where the
/// values of the fields are that every record is asked for.
#[derive(Debug)]
pub(super) struct Value {
    state: State,
    nesting: Nesting,
    key: Key,
    pub(super) fields: Fields,
    /// Which of the fields is being read, and where it began.
    field: Option<(usize, usize)>,
}

/// What a piece brought.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// The value goes on in the next piece.
    More,
    /// The value ended before this place in the piece.
    End(usize),
    /// At this place in the piece it stops being JSON.
    Bad(usize, Expected),
}

/// What should have stood where JSON ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Expected {
    Value,
    Key,
    Colon,
    CommaOrEnd,
    Escape,
    /// A control character stands in a string.
    Text,
    Number,
    Utf8,
}

/// The fields that are noted, in the order of [`Fields`].
const NAMES: [&[u8]; 3] = [b"id", b"started_at", b"in_progress"];
pub(super) const ID: usize = 0;
pub(super) const STARTED_AT: usize = 1;
pub(super) const IN_PROGRESS: usize = 2;

/// Where values stand, counted from the first byte of the record.
#[derive(Debug, Clone, Default)]
pub(super) struct Fields {
    pub(super) places: [Option<Range<usize>>; NAMES.len()],
    /// A key of the record has escapes, so that one of the names may hide behind them.
    pub(super) disguised: bool,
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

/// The start of a key at the top of a record: enough to tell the names from others.
#[derive(Debug, Default)]
struct Key {
    bytes: [u8; 12],
    length: usize,
}

impl Key {
    fn add(&mut self, part: &[u8]) {
        if let Some(room) = self.bytes.get_mut(self.length..) {
            let fits = part.len().min(room.len());
            room[..fits].copy_from_slice(&part[..fits]);
        }
        self.length += part.len();
    }

    fn name(&self) -> Option<usize> {
        let text = self.bytes.get(..self.length)?;
        NAMES.iter().position(|name| *name == text)
    }
}

impl Value {
    pub(super) fn new() -> Self {
        Self {
            state: State::Value,
            nesting: Nesting::default(),
            key: Key::default(),
            fields: Fields::default(),
            field: None,
        }
    }

    /// Ready for another value.
    pub(super) fn reset(&mut self) {
        self.state = State::Value;
        self.nesting.clear();
        self.fields = Fields::default();
        self.field = None;
    }

    /// How many containers are open: what is left to close where the value turns out to be none.
    pub(super) const fn depth(&self) -> usize {
        self.nesting.depth()
    }

    /// Whether the piece ended inside a string.
    pub(super) const fn in_text(&self) -> bool {
        matches!(
            self.state,
            State::Text { .. } | State::Escape { .. } | State::Hex { .. }
        )
    }

    /// Reads on. `before` bytes of the value came in earlier pieces.
    pub(super) fn scan(&mut self, piece: &[u8], before: usize) -> Step {
        let mut at = 0;
        while let Some(&byte) = piece.get(at) {
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
                                self.fields.disguised = true;
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

    /// A key ended before `at`. Most often its colon follows at once, which saves a round.
    fn after_key(&mut self, piece: &[u8], at: usize) -> usize {
        if piece.get(at) == Some(&b':') {
            self.state = State::Value;
            return at + 1;
        }
        self.state = State::Colon;
        at
    }

    /// A value ended before `at`, within another. Most often a comma follows at once, and in an object a key.
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

    /// A value begins with this byte, or the list it should stand in ends.
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

    /// A value ended before `offset`. Whether it is the one that is followed.
    fn ended(&mut self, offset: usize) -> bool {
        match self.nesting.depth() {
            0 => return true,
            1 => {
                if let Some((name, start)) = self.field.take() {
                    self.fields.places[name] = Some(start..offset);
                }
            }
            _ => {}
        }
        self.state = State::After;
        false
    }
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

/// How many bytes of a string come before its end, an escape, or what may not stand in one.
fn run_of_text(text: &[u8]) -> usize {
    let (blocks, rest) = text.as_chunks::<8>();
    for (number, block) in blocks.iter().enumerate() {
        let ends = ends_of_text(u64::from_le_bytes(*block));
        if ends != 0 {
            return number * 8 + ends.trailing_zeros() as usize / 8;
        }
    }
    let end = rest
        .iter()
        .position(|byte| *byte == b'"' || *byte == b'\\' || *byte < b' ');
    blocks.len() * 8 + end.unwrap_or(rest.len())
}

/// Eight bytes at once: the lowest bit that is set is in the first of them that ends a run. Bits above it may
/// be set by what is borrowed from there.
const fn ends_of_text(bytes: u64) -> u64 {
    const ONES: u64 = u64::MAX / 255;
    const HIGH: u64 = ONES << 7;
    const fn zeros(bytes: u64) -> u64 {
        bytes.wrapping_sub(ONES) & !bytes
    }
    let quotes = zeros(bytes ^ (ONES * b'"' as u64));
    let escapes = zeros(bytes ^ (ONES * b'\\' as u64));
    let controls = bytes.wrapping_sub(ONES * b' ' as u64) & !bytes;
    (quotes | escapes | controls) & HIGH
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::run_of_text;

    proptest! {
        #[test]
        fn a_run_of_text_ends_where_looking_byte_by_byte_ends_it(text in prop::collection::vec(any::<u8>(), 0..40)) {
            let ends = |byte: &u8| *byte == b'"' || *byte == b'\\' || *byte < b' ';
            let expected = text.iter().position(ends).unwrap_or(text.len());
            prop_assert_eq!(run_of_text(&text), expected);
        }
    }
}
