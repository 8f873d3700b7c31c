//! What is changed in the code that progenitor writes, each for one reason.

mod client;
mod debug;
mod fields;
mod stream_call;

use syn::{Item, ItemMod};

use crate::Error;

/// Joins the two generated files and applies every rewrite.
pub(crate) fn rewrite(typed: syn::File, stream: syn::File) -> Result<syn::File, Error> {
    let mut file = typed;
    stream_call::join(&mut file, stream)?;
    client::drop_default_constructor(&mut file)?;
    fields::remember_null(module(&mut file.items, "types")?);
    debug::hide_personal_data(&mut file.items);
    Ok(file)
}

fn module<'a>(items: &'a mut [Item], name: &str) -> Result<&'a mut Vec<Item>, Error> {
    items
        .iter_mut()
        .find_map(|item| match item {
            Item::Mod(ItemMod {
                ident,
                content: Some((_, items)),
                ..
            }) if ident == name => Some(items),
            _ => None,
        })
        .ok_or_else(|| Error::Code(format!("no module `{name}`")))
}
