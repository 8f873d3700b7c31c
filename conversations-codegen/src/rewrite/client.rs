//! Removes the constructor that creates an HTTP client of its own.

use syn::{File, ImplItem, Item};

use crate::Error;

/// Removes `Client::new`: it sets a 15-second timeout, follows redirects with the API key, sends no
/// User-Agent and panics if TLS is unavailable. `new_with_client` stays.
pub(super) fn drop_default_constructor(file: &mut File) -> Result<(), Error> {
    let mut removed = 0;
    for item in &mut file.items {
        if let Item::Impl(block) = item
            && block.trait_.is_none()
        {
            let before = block.items.len();
            block.items.retain(
                |item| !matches!(item, ImplItem::Fn(function) if function.sig.ident == "new"),
            );
            removed += before - block.items.len();
        }
    }
    match removed {
        1 => Ok(()),
        n => Err(Error::Code(format!(
            "expected one `Client::new`, found {n}"
        ))),
    }
}
