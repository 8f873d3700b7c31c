//! Reads the requests to an S3 server.

/// Returns the name of the object that a request is for.
pub(crate) fn object_name(target: &str) -> String {
    let path = target.split('?').next().unwrap_or_default();
    let name = decoded(path.trim_start_matches('/'));
    name.split_once('/').map_or("", |(_, name)| name).to_owned()
}

/// Returns the name of the object that a request copies.
pub(crate) fn copy_source(head: &str) -> Option<String> {
    let source = decoded(header(head, "x-amz-copy-source")?.trim_start_matches('/'));
    Some(
        source
            .split_once('/')
            .map_or("", |(_, name)| name)
            .to_owned(),
    )
}

/// Returns the upload that a request is for.
pub(crate) fn upload(query: &str) -> u64 {
    let id = query.split("uploadId=").nth(1).unwrap_or_default();
    let id = id.split('&').next().unwrap_or_default();
    id.parse().unwrap_or(0)
}

/// Returns the first and the last byte that a request is for, if it is for a part.
pub(crate) fn range(head: &str) -> Option<(usize, usize)> {
    let (first, last) = header(head, "range")?
        .strip_prefix("bytes=")?
        .split_once('-')?;
    Some((first.parse().ok()?, last.parse().ok()?))
}

pub(crate) fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines().skip(1).find_map(|line| {
        let (key, value) = line.split_once(':')?;
        key.eq_ignore_ascii_case(name).then_some(value.trim())
    })
}

pub(crate) fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((byte, after)) = rest.split_first() {
        let escaped = (*byte == b'%').then(|| after.get(..2)).flatten();
        let escaped =
            escaped.and_then(|hex| u8::from_str_radix(str::from_utf8(hex).ok()?, 16).ok());
        match escaped {
            Some(escaped) => {
                bytes.push(escaped);
                rest = &after[2..];
            }
            None => {
                bytes.push(*byte);
                rest = after;
            }
        }
    }
    String::from_utf8(bytes).unwrap()
}
