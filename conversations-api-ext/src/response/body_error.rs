//! [`BodyError`]: why a body breaks off.

/// Why the rest of a body cannot be read.
#[derive(Debug)]
pub(crate) enum BodyError {
    Transport(reqwest::Error),
    /// The body ended within a gzip member.
    #[cfg_attr(not(feature = "gzip"), expect(dead_code))]
    CutOff,
    /// The gzip data is corrupt; contains the decompressor's message.
    #[cfg_attr(not(feature = "gzip"), expect(dead_code))]
    Corrupt(String),
}
