//! The languages of generated dialogues.

#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::generate) enum Language {
    English,
    German,
}
