//! Writes JSON directly into the bytes that will be served.

use std::io::Write;

use crate::generate::calendar::{self, Zone};

pub(super) struct JsonWriter<'a> {
    out: &'a mut Vec<u8>,
    /// Whether the next value needs a comma before it.
    follows: bool,
}

impl<'a> JsonWriter<'a> {
    pub(super) fn new(out: &'a mut Vec<u8>) -> Self {
        Self {
            out,
            follows: false,
        }
    }

    /// Writes the key of the next value, which must need no escaping.
    pub(super) fn key(&mut self, key: &str) -> &mut Self {
        debug_assert!(
            key.bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        );
        self.separate();
        self.out.push(b'"');
        self.out.extend_from_slice(key.as_bytes());
        self.out.extend_from_slice(b"\":");
        self.follows = false;
        self
    }

    pub(super) fn object(&mut self, members: impl FnOnce(&mut Self)) {
        self.nested(b'{', members, b'}');
    }

    pub(super) fn array(&mut self, elements: impl FnOnce(&mut Self)) {
        self.nested(b'[', elements, b']');
    }

    pub(super) fn text(&mut self, text: &str) {
        self.separate();
        serde_json::to_writer(&mut *self.out, text)
            .expect("a string serializes to JSON, and writing to a Vec cannot fail");
    }

    pub(super) fn time(&mut self, micros: i64, zone: Zone) {
        self.separate();
        self.out.push(b'"');
        calendar::write(micros, zone, self.out);
        self.out.push(b'"');
    }

    pub(super) fn integer(&mut self, number: u64) {
        self.literal(format_args!("{number}"));
    }

    /// Writes a number of thousandths as a decimal fraction.
    pub(super) fn thousandths(&mut self, number: u64) {
        self.literal(format_args!("{}.{:03}", number / 1_000, number % 1_000));
    }

    pub(super) fn boolean(&mut self, value: bool) {
        self.literal(format_args!("{value}"));
    }

    pub(super) fn null(&mut self) {
        self.literal(format_args!("null"));
    }

    fn literal(&mut self, literal: std::fmt::Arguments<'_>) {
        self.separate();
        self.out
            .write_fmt(literal)
            .expect("writing to a Vec cannot fail");
    }

    fn nested(&mut self, open: u8, content: impl FnOnce(&mut Self), close: u8) {
        self.separate();
        self.out.push(open);
        self.follows = false;
        content(self);
        self.out.push(close);
        self.follows = true;
    }

    fn separate(&mut self) {
        if self.follows {
            self.out.push(b',');
        }
        self.follows = true;
    }
}
