//! Finds the records of a page in its bytes, while they arrive.
//!
//! The scanner does no I/O: chunks of any size are pushed in, and each record is returned with its last byte. A
//! record within one chunk is a slice of it; one that spans several is copied once. Every byte is scanned once, and
//! every returned record is valid JSON.

mod found;
#[cfg(test)]
mod law;
mod nesting;
mod page;
mod value;

pub(crate) use found::{End, Found, NotAPage, Whole};
pub(crate) use page::PageScanner;
