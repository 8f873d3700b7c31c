//! Lets a later document add a field or a value without breaking dependents.

use syn::{Fields, Item, parse_quote};

/// Marks every enum and every struct with named fields as `#[non_exhaustive]`. Otherwise each field that the vendor adds
/// would break the literals and patterns of other crates. They build values with `builder()`.
pub(super) fn mark(types: &mut [Item]) {
    for item in types {
        let attributes = match item {
            Item::Struct(item) if matches!(item.fields, Fields::Named(_)) => &mut item.attrs,
            Item::Enum(item) => &mut item.attrs,
            _ => continue,
        };
        attributes.push(parse_quote!(#[non_exhaustive]));
    }
}
