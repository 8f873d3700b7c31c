//! [`Body`]: the bytes of a response, decompressed while they arrive.

use bytes::Bytes;
use conversations_api::ByteStream;
#[cfg(feature = "gzip")]
use flate2::{Decompress, FlushDecompress, Status};
use reqwest::header::{CONTENT_ENCODING, HeaderMap};

use crate::stream;

/// The body of a response, without its content encoding.
pub(crate) struct Body {
    stream: ByteStream,
    gunzip: Option<Gunzip>,
    /// The number of bytes received from the network.
    received: usize,
}

/// Why the rest of a body cannot be read.
#[derive(Debug)]
pub(crate) enum BodyError {
    Transport(reqwest::Error),
    /// The body ended within a gzip member.
    CutOff,
    /// The gzip data is corrupt; contains the decompressor's message.
    #[cfg_attr(not(feature = "gzip"), expect(dead_code))]
    Corrupt(String),
}

/// A content encoding that this crate did not request; its name is safe to print.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct UnknownEncoding(pub(crate) String);

impl Body {
    /// Creates the body of a response with these headers.
    pub(crate) fn new(stream: ByteStream, headers: &HeaderMap) -> Result<Self, UnknownEncoding> {
        let gunzip = is_gzip(headers)?.then(Gunzip::new);
        Ok(Self {
            stream,
            gunzip,
            received: 0,
        })
    }

    /// Returns the number of bytes received from the network, before decompression.
    pub(crate) fn received(&self) -> usize {
        self.received
    }

    /// Returns the next chunk as soon as there is one. Cancel-safe: dropping the future loses nothing.
    pub(crate) async fn next(&mut self) -> Option<Result<Bytes, BodyError>> {
        loop {
            if let Some(gunzip) = &mut self.gunzip {
                match gunzip.next() {
                    Ok(piece) if piece.is_empty() => {}
                    other => return Some(other),
                }
            }
            match stream::next(&mut self.stream).await {
                Some(Ok(piece)) => {
                    self.received += piece.len();
                    match &mut self.gunzip {
                        Some(gunzip) => gunzip.feed(piece),
                        None => return Some(Ok(piece)),
                    }
                }
                Some(Err(error)) => return Some(Err(BodyError::Transport(error))),
                None => {
                    let ended = self.gunzip.as_ref().is_none_or(Gunzip::may_end);
                    return (!ended).then_some(Err(BodyError::CutOff));
                }
            }
        }
    }

    /// Reads at most `limit` bytes, or fewer if the body breaks off: for bodies that only add detail, such as those of
    /// errors.
    pub(crate) async fn read_some(&mut self, limit: usize, out: &mut Vec<u8>) {
        while out.len() < limit
            && let Some(Ok(piece)) = self.next().await
        {
            out.extend_from_slice(&piece[..piece.len().min(limit - out.len())]);
        }
    }
}

/// Returns whether the body is gzip. Names of encodings are case-insensitive, and `x-gzip` is gzip (RFC 9110, section
/// 8.4.1).
fn is_gzip(headers: &HeaderMap) -> Result<bool, UnknownEncoding> {
    let mut gzip = false;
    for value in headers.get_all(CONTENT_ENCODING) {
        let names = String::from_utf8_lossy(value.as_bytes());
        for name in names.split(',').map(str::trim) {
            match name.to_ascii_lowercase().as_str() {
                "" | "identity" => {}
                "gzip" | "x-gzip" if cfg!(feature = "gzip") && !gzip => gzip = true,
                _ => return Err(UnknownEncoding(printable(name))),
            }
        }
    }
    Ok(gzip)
}

/// Returns the quoted name of an encoding, or a placeholder if it is not a valid name.
fn printable(name: &str) -> String {
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.+".contains(&byte);
    if name.len() <= 20 && name.bytes().all(is_token) {
        format!("`{name}`")
    } else {
        "an invalid name".to_owned()
    }
}

/// Without the feature `gzip`, nothing is decompressed: gzip is an encoding that was not requested.
#[cfg(not(feature = "gzip"))]
enum Gunzip {}

#[cfg(not(feature = "gzip"))]
impl Gunzip {
    fn new() -> Self {
        unreachable!("`is_gzip` accepts no gzip")
    }

    fn feed(&mut self, _: Bytes) {
        match *self {}
    }

    fn next(&mut self) -> Result<Bytes, BodyError> {
        match *self {}
    }

    fn may_end(&self) -> bool {
        match *self {}
    }
}

/// Decompresses gzip with any number of members: a server may send a body as several (RFC 1952, section 2.2).
#[cfg(feature = "gzip")]
struct Gunzip {
    inflate: Decompress,
    input: Bytes,
    at: At,
}

/// The position of the next input byte in the body.
#[cfg(feature = "gzip")]
#[derive(Clone, Copy, PartialEq, Eq)]
enum At {
    /// At the start of the body.
    Start,
    Member,
    /// After a member; another may follow.
    Between,
    /// After the last member, in other data.
    Behind,
}

/// The maximum size of a decompressed chunk: large enough that few records are split between two.
#[cfg(feature = "gzip")]
const PIECE: usize = 128 * 1024;
/// The typical compression ratio of JSON.
#[cfg(feature = "gzip")]
const RATIO: usize = 8;
#[cfg(feature = "gzip")]
const MIN_PIECE: usize = 1024;
/// The base-2 logarithm of gzip's window size.
#[cfg(feature = "gzip")]
const WINDOW_BITS: u8 = 15;
#[cfg(feature = "gzip")]
const MAGIC: u8 = 0x1f;

#[cfg(feature = "gzip")]
impl Gunzip {
    fn new() -> Self {
        Self {
            inflate: Decompress::new_gzip(WINDOW_BITS),
            input: Bytes::new(),
            at: At::Start,
        }
    }

    /// Adds input; all earlier input must have been read.
    fn feed(&mut self, input: Bytes) {
        self.input = input;
    }

    /// Decompresses the input so far; returns an empty chunk if more input is needed.
    fn next(&mut self) -> Result<Bytes, BodyError> {
        let room = (self.input.len() * RATIO).clamp(MIN_PIECE, PIECE);
        let mut out = Vec::with_capacity(room);
        while self.at != At::Behind && out.len() < out.capacity() {
            if self.at == At::Between {
                match self.input.first() {
                    None => break,
                    Some(&MAGIC) => self.inflate = Decompress::new_gzip(WINDOW_BITS),
                    // Padding. If it is a damaged member instead, the page is incomplete and is retried.
                    Some(_) => {
                        self.at = At::Behind;
                        break;
                    }
                }
            }
            if self.at != At::Member && self.input.is_empty() {
                break;
            }
            self.at = At::Member;
            let (read, written) = (self.inflate.total_in(), out.len());
            let status = self
                .inflate
                .decompress_vec(&self.input, &mut out, FlushDecompress::None)
                .map_err(|error| {
                    BodyError::Corrupt(error.message().unwrap_or("invalid data").to_owned())
                })?;
            let read = usize::try_from(self.inflate.total_in() - read).expect("part of a piece");
            let _ = self.input.split_to(read);
            match status {
                Status::StreamEnd => self.at = At::Between,
                // The decompressor may hold more output than fits in `out`, so stop only without progress.
                _ if read == 0 && out.len() == written => break,
                _ => {}
            }
        }
        if self.at == At::Behind {
            self.input.clear();
        }
        Ok(out.into())
    }

    /// Returns whether the body may end here.
    fn may_end(&self) -> bool {
        self.at != At::Member
    }
}

#[cfg(all(test, feature = "gzip"))]
mod tests {
    use std::{io::Write as _, pin::Pin};

    use flate2::{Compression, write::GzEncoder};
    use futures_core::Stream;
    use proptest::prelude::*;
    use reqwest::header::HeaderValue;

    use super::*;

    /// A body that arrives in these chunks.
    struct Pieces(std::vec::IntoIter<Bytes>);

    impl Stream for Pieces {
        type Item = reqwest::Result<Bytes>;

        fn poll_next(
            mut self: Pin<&mut Self>,
            _: &mut std::task::Context<'_>,
        ) -> std::task::Poll<Option<Self::Item>> {
            std::task::Poll::Ready(self.0.next().map(Ok))
        }
    }

    fn gzip(text: &[u8]) -> Vec<u8> {
        let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
        gzip.write_all(text).unwrap();
        gzip.finish().unwrap()
    }

    fn headers(encoding: &'static str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static(encoding));
        headers
    }

    fn read(packed: &[u8], piece: usize) -> (Vec<u8>, Option<BodyError>) {
        let pieces: Vec<_> = packed.chunks(piece).map(Bytes::copy_from_slice).collect();
        let stream = ByteStream::new(Box::pin(Pieces(pieces.into_iter())));
        let Ok(mut body) = Body::new(stream, &headers("gzip")) else {
            panic!("gzip is known");
        };
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        runtime.unwrap().block_on(async {
            let mut out = Vec::new();
            loop {
                match body.next().await {
                    Some(Ok(piece)) => out.extend_from_slice(&piece),
                    Some(Err(error)) => return (out, Some(error)),
                    None => return (out, None),
                }
            }
        })
    }

    proptest! {
        #[test]
        fn members_of_any_size_in_pieces_of_any_size_come_out_whole(
            texts in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..3000), 1..4),
            piece in 1_usize..5000,
            repeated in 1_usize..100,
        ) {
            let texts: Vec<_> = texts.iter().map(|text| text.repeat(repeated)).collect();
            let packed: Vec<u8> = texts.iter().flat_map(|text| gzip(text)).collect();
            let (out, error) = read(&packed, piece);
            prop_assert!(error.is_none(), "{error:?}");
            prop_assert!(out == texts.concat());
        }

        #[test]
        fn a_body_that_ends_within_a_member_is_cut_off(
            text in prop::collection::vec(any::<u8>(), 0..3000),
            share in 0.0..1.0,
            piece in 1_usize..5000,
        ) {
            let packed = gzip(&text);
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "a share of a small number")]
            let cut = 1 + ((packed.len() - 1) as f64 * share) as usize;
            let (_, error) = read(&packed[..cut], piece);
            prop_assert!(matches!(error, Some(BodyError::CutOff)), "{error:?}");
        }
    }

    #[test]
    fn nothing_at_all_and_padding_behind_the_last_member_are_no_faults() {
        assert!(matches!(read(b"", 9), (out, None) if out.is_empty()));
        let padded = [gzip(b"abc"), vec![0; 1000], vec![MAGIC; 9]].concat();
        assert!(matches!(read(&padded, 7), (out, None) if out == b"abc"));
    }

    #[test]
    fn a_wrong_checksum_is_an_error_after_the_content() {
        let mut packed = gzip(b"abc");
        let checksum = packed.len() - 8;
        packed[checksum] ^= 1;
        let (out, error) = read(&packed, packed.len());
        assert!(matches!(error, Some(BodyError::Corrupt(_))), "{error:?}");
        assert!(out.len() <= 3);
        assert!(matches!(
            read(b"no gzip at all", 5),
            (_, Some(BodyError::Corrupt(_)))
        ));
    }

    #[test]
    fn encodings_are_known_by_name_in_any_case_and_others_are_named() {
        for name in [
            "gzip",
            "GZIP",
            "x-gzip",
            "X-Gzip",
            "identity, gzip",
            "gzip,",
        ] {
            assert_eq!(is_gzip(&headers(name)), Ok(true), "{name}");
        }
        for name in ["", "identity", "Identity"] {
            assert_eq!(is_gzip(&headers(name)), Ok(false), "{name}");
        }
        for (name, named) in [
            ("br", "`br`"),
            ("gzip, br", "`br`"),
            ("gzip, gzip", "`gzip`"),
            ("a long text of somebody", "an invalid name"),
        ] {
            let error = UnknownEncoding(named.to_owned());
            assert_eq!(is_gzip(&headers(name)), Err(error), "{name}");
        }
        assert_eq!(is_gzip(&HeaderMap::new()), Ok(false));
    }
}
