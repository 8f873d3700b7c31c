//! Finds the records of a page in its bytes, while they arrive.
//!
//! Nothing here waits or reads: bytes are pushed in as they come, in pieces of any size, and each record is
//! given out with its last byte. A record that lies within one piece is a slice of it; one that spans
//! several is put together once. Every byte is looked at once, and what is given out is valid JSON.

mod found;
#[cfg(test)]
mod law;
mod nesting;
mod page;
mod value;

pub(crate) use found::{End, Found, NotAPage, Whole};
pub(crate) use page::PageScanner;
