//! Finds the records of a page in its bytes, while they arrive.
//!
//! The scanner does no I/O: chunks of any size are pushed in, and each record is returned with its last byte. A
//! record within one chunk is a slice of it; one that spans several is copied once. Every byte is scanned once, and
//! every returned record is valid JSON.

mod element;
mod field_spans;
mod nesting;
mod page;
#[cfg(test)]
mod property_tests;
mod text_run;
mod value;

pub(crate) use element::{Element, NotAPage, PageFields, ValidElement};
pub(crate) use page::PageScanner;
