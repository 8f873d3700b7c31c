//! Rejects the URLs of object stores, in a build without the feature `object-stores`.

use object_store::path::Path as ObjectPath;

use super::{Store, Url};
use crate::failure::Failure;

/// Rejects the URL.
pub(crate) fn open(url: &Url) -> Result<(Store, ObjectPath), Failure> {
    let failure = Failure::usage(format!(
        "cannot open {url}: this program was built without the feature `object-stores`"
    ));
    Err(failure.with("build it with its default features, or use a local file or folder"))
}

pub(crate) use self::open as open_unretried;
