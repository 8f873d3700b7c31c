//! Finds the records of a page in its bytes, while they arrive.
//!
//! The scanner does no I/O: chunks of any size are pushed in, and each record is returned with its last byte. A
//! record within one chunk is a slice of it; one that spans several is copied once. Every byte is scanned once, and
//! every returned record is valid JSON.

mod field_spans;
mod nesting;
mod page_scanner;
#[cfg(test)]
mod property_tests;
mod scan_result;
mod text_run;
mod value_scanner;

pub(crate) use page_scanner::PageScanner;
pub(crate) use scan_result::{Element, NotAPage, PageFields, ValidElement};
