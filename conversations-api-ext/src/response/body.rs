//! [`Body`]: the bytes of a response, decompressed while they arrive.

use bytes::Bytes;
use conversations_api::ByteStream;
use reqwest::header::{CONTENT_ENCODING, HeaderMap};

#[cfg(feature = "gzip")]
use crate::response::{gunzip::Gunzip, lazy_timer::LazyTimer};
use crate::{response::body_error::BodyError, stream};

/// The body of a response, without its content encoding.
pub(crate) struct Body {
    stream: ByteStream,
    /// The number of bytes received from the network.
    received: usize,
    #[cfg(feature = "gzip")]
    gunzip: Option<Gunzip>,
    #[cfg(feature = "gzip")]
    timer: LazyTimer,
    /// How the body ended, while decompressed bytes before its end are still to be returned.
    #[cfg(feature = "gzip")]
    end: Option<Result<(), BodyError>>,
}

/// A content encoding that this crate did not request; its name is safe to print.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct UnknownEncoding(pub(crate) String);

impl Body {
    /// Creates the body of a response with these headers.
    pub(crate) fn new(stream: ByteStream, headers: &HeaderMap) -> Result<Self, UnknownEncoding> {
        #[cfg_attr(not(feature = "gzip"), expect(unused_variables))]
        let is_gzip = is_gzip(headers)?;
        Ok(Self {
            stream,
            received: 0,
            #[cfg(feature = "gzip")]
            gunzip: is_gzip.then(Gunzip::new),
            #[cfg(feature = "gzip")]
            timer: LazyTimer::default(),
            #[cfg(feature = "gzip")]
            end: None,
        })
    }

    /// Returns the number of bytes received from the network, before decompression.
    pub(crate) fn received(&self) -> usize {
        self.received
    }

    /// Returns the next chunk. Cancel-safe: dropping the future loses nothing.
    pub(crate) async fn next(&mut self) -> Option<Result<Bytes, BodyError>> {
        #[cfg(feature = "gzip")]
        if self.gunzip.is_some() {
            return self.next_decompressed().await;
        }
        let chunk = stream::next(&mut self.stream).await?;
        Some(match chunk {
            Ok(chunk) => {
                self.received += chunk.len();
                Ok(chunk)
            }
            Err(error) => Err(BodyError::Transport(error)),
        })
    }

    #[cfg(feature = "gzip")]
    async fn next_decompressed(&mut self) -> Option<Result<Bytes, BodyError>> {
        let gunzip = self.gunzip.as_mut()?;
        loop {
            if self.end.is_none()
                && let Err(error) = gunzip.decompress()
            {
                self.end = Some(Err(error));
            }
            if gunzip.is_due() || (self.end.is_some() && gunzip.deadline().is_some()) {
                return Some(Ok(gunzip.take()));
            }
            if let Some(end) = self.end.take() {
                return end.err().map(Err);
            }
            let receiving = stream::next(&mut self.stream);
            let received = match gunzip.deadline() {
                None => receiving.await,
                Some(deadline) => match self.timer.until(deadline, receiving).await {
                    Some(received) => received,
                    None => return Some(Ok(gunzip.take())),
                },
            };
            match received {
                Some(Ok(chunk)) => {
                    self.received += chunk.len();
                    gunzip.feed(chunk);
                }
                Some(Err(error)) => self.end = Some(Err(BodyError::Transport(error))),
                None if gunzip.may_end() => self.end = Some(Ok(())),
                None => self.end = Some(Err(BodyError::CutOff)),
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

#[cfg(all(test, feature = "gzip"))]
mod tests {
    use std::{io::Write as _, pin::Pin, time::Duration};

    use flate2::{Compression, write::GzEncoder};
    use futures_core::Stream;
    use proptest::prelude::*;
    use reqwest::header::HeaderValue;

    use super::*;
    use crate::response::gunzip::{BLOCK, MAGIC};

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
        run(async {
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

    /// Returns a body of these texts in chunks that can each be decompressed without the next.
    fn flushed(texts: &[Vec<u8>]) -> Vec<Bytes> {
        let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
        let mut chunks = Vec::new();
        for text in texts {
            gzip.write_all(text).unwrap();
            gzip.flush().unwrap();
            chunks.push(std::mem::take(gzip.get_mut()).into());
        }
        chunks.push(gzip.finish().unwrap().into());
        chunks
    }

    fn run<T>(work: impl Future<Output = T>) -> T {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build();
        runtime.unwrap().block_on(work)
    }

    #[test]
    fn the_first_chunk_comes_at_once_and_the_others_fill_their_blocks() {
        let texts: Vec<_> = (0..300_u32).map(|n| n.to_le_bytes().repeat(500)).collect();
        let stream = ByteStream::new(Box::pin(Pieces(flushed(&texts).into_iter())));
        let mut body = Body::new(stream, &headers("gzip")).unwrap_or_else(|_| unreachable!());
        let sizes = run(async {
            let mut sizes = Vec::new();
            while let Some(chunk) = body.next().await {
                sizes.push(chunk.unwrap().len());
            }
            sizes
        });
        assert_eq!(sizes[..3], [2000, BLOCK - 2000, BLOCK]);
        assert_eq!(sizes.iter().sum::<usize>(), 300 * 2000);
        assert_eq!(sizes.len(), 1 + (300 * 2000_usize).div_ceil(BLOCK));
    }

    #[test]
    fn a_chunk_is_not_held_while_the_server_pauses() {
        /// Chunks, and then nothing: the server pauses.
        struct Pausing(std::vec::IntoIter<Bytes>);

        impl Stream for Pausing {
            type Item = reqwest::Result<Bytes>;

            fn poll_next(
                mut self: Pin<&mut Self>,
                _: &mut std::task::Context<'_>,
            ) -> std::task::Poll<Option<Self::Item>> {
                self.0.next().map_or(std::task::Poll::Pending, |chunk| {
                    std::task::Poll::Ready(Some(Ok(chunk)))
                })
            }
        }

        let mut chunks = flushed(&[b"one".to_vec(), b"two".to_vec(), b"three".to_vec()]);
        chunks.truncate(3);
        let stream = ByteStream::new(Box::pin(Pausing(chunks.into_iter())));
        let mut body = Body::new(stream, &headers("gzip")).unwrap_or_else(|_| unreachable!());
        run(async {
            let mut next = async || {
                let next = tokio::time::timeout(Duration::from_secs(20), body.next()).await;
                next.expect("a chunk that arrived is returned")
                    .unwrap()
                    .unwrap()
            };
            assert_eq!(next().await, "one");
            assert_eq!(next().await, "twothree");
        });
    }

    #[test]
    fn what_arrived_before_an_error_is_returned_before_it() {
        let mut chunks = flushed(&[b"one".to_vec(), b"two".to_vec()]);
        chunks[2] = Bytes::from_static(b"\xff\xff\xff");
        let stream = ByteStream::new(Box::pin(Pieces(chunks.into_iter())));
        let mut body = Body::new(stream, &headers("gzip")).unwrap_or_else(|_| unreachable!());
        run(async {
            for text in ["one", "two"] {
                assert_eq!(body.next().await.unwrap().unwrap(), text);
            }
            assert!(matches!(
                body.next().await,
                Some(Err(BodyError::Corrupt(_)))
            ));
        });
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
