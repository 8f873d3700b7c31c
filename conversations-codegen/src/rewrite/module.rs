//! Finds a module of generated code.

use syn::{Item, ItemMod};

use crate::Error;

/// The items of the module `name`.
pub(super) fn module<'a>(items: &'a mut [Item], name: &str) -> Result<&'a mut Vec<Item>, Error> {
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
