//! What is changed in the code that progenitor writes, each for one reason.

mod client;
mod debug;
mod fields;
mod optional_body;
mod stream_call;

use std::collections::BTreeSet;

use syn::{Item, ItemMod};

use crate::Error;

/// Joins the two generated files and applies every rewrite.
/// `optional_bodies` are the builders of operations whose body may be left out.
pub(crate) fn rewrite(
    typed: syn::File,
    stream: syn::File,
    optional_bodies: &BTreeSet<String>,
) -> Result<syn::File, Error> {
    let mut file = typed;
    stream_call::join(&mut file, stream)?;
    client::drop_default_constructor(&mut file)?;
    fields::remember_null(module(&mut file.items, "types")?);
    optional_body::leave_out(module(&mut file.items, "builder")?, optional_bodies)?;
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
