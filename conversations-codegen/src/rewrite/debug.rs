//! Keeps transcripts and phone numbers out of `{:?}`.
//!
//! A derived `Debug` would print whole transcripts and phone numbers wherever a conversation is logged.
//! Only flags, counts, times and the identifiers below are printed; everything else, including fields
//! that a later document adds, is omitted.

use syn::{
    Attribute, Expr, Field, Fields, Ident, Item, ItemEnum, ItemImpl, ItemStruct, Type, parse_quote,
};

/// String fields that identify a record without personal data.
const IDENTIFIERS: [&str; 9] = [
    "account_id",
    "channel",
    "client_env",
    "conversation_id",
    "deployment_id",
    "environment",
    "id",
    "project_id",
    "variant_id",
];

/// Types that hold a flag, a count or a time.
const PLAIN: [&str; 6] = [
    "bool",
    "Integer",
    "Latency",
    "Number",
    "Timestamp",
    "NonZeroU64",
];

/// Replaces every derived `Debug` that could print personal data, in all modules below.
pub(super) fn hide_personal_data(items: &mut Vec<Item>) {
    let mut added: Vec<Item> = Vec::new();
    for item in items.iter_mut() {
        match item {
            Item::Mod(module) => {
                if let Some((_, items)) = &mut module.content {
                    hide_personal_data(items);
                }
            }
            Item::Struct(item) if item.ident != "Client" => {
                added.extend(drop_derive(&mut item.attrs).then(|| Item::Impl(debug_struct(item))));
            }
            Item::Enum(item) if item.variants.iter().any(|v| !v.fields.is_empty()) => {
                added.extend(drop_derive(&mut item.attrs).then(|| Item::Impl(debug_enum(item))));
            }
            _ => {}
        }
    }
    items.extend(added);
}

/// Removes `Debug` from a derive list; returns whether it was there.
fn drop_derive(attributes: &mut [Attribute]) -> bool {
    let mut dropped = false;
    for attribute in attributes
        .iter_mut()
        .filter(|a| a.path().is_ident("derive"))
    {
        let Ok(traits) = attribute.parse_args_with(
            syn::punctuated::Punctuated::<syn::Path, syn::Token![,]>::parse_terminated,
        ) else {
            continue;
        };
        let (debug, kept): (Vec<_>, Vec<_>) = traits
            .into_iter()
            .partition(|path| path.segments.last().is_some_and(|s| s.ident == "Debug"));
        if !debug.is_empty() {
            dropped = true;
            *attribute = parse_quote!(#[derive(#(#kept),*)]);
        }
    }
    dropped
}

fn debug_struct(item: &ItemStruct) -> ItemImpl {
    let shown: Vec<(&Ident, Expr)> = match &item.fields {
        Fields::Named(fields) => fields
            .named
            .iter()
            .filter(|field| is_shown(field))
            .filter_map(|field| Some((field.ident.as_ref()?, value(field))))
            .collect(),
        _ => Vec::new(),
    };
    let names = shown.iter().map(|(name, _)| name.to_string());
    let values = shown.iter().map(|(_, value)| value);
    let name = &item.ident;
    let text = name.to_string();
    let (generics, arguments, bounds) = item.generics.split_for_impl();
    parse_quote! {
        impl #generics ::std::fmt::Debug for #name #arguments #bounds {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.debug_struct(#text)
                    #(.field(#names, #values))*
                    .finish_non_exhaustive()
            }
        }
    }
}

/// The value to print of a shown field. `Nullable` itself hides a text, so that of an identifier is taken out of it.
fn value(field: &Field) -> Expr {
    let name = &field.ident;
    let is_nullable = matches!(&field.ty, Type::Path(path)
        if path.path.segments.last().is_some_and(|segment| segment.ident == "Nullable"));
    if is_nullable && innermost(&field.ty).is_some_and(|ty| ty == "String") {
        return parse_quote! {
            match ::std::option::Option::as_ref(&self.#name) {
                Some(text) => text,
                None => &self.#name as &dyn ::std::fmt::Debug,
            }
        };
    }
    parse_quote!(&self.#name)
}

fn debug_enum(item: &ItemEnum) -> ItemImpl {
    let name = &item.ident;
    let text = name.to_string();
    let (generics, arguments, bounds) = item.generics.split_for_impl();
    parse_quote! {
        impl #generics ::std::fmt::Debug for #name #arguments #bounds {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.debug_struct(#text).finish_non_exhaustive()
            }
        }
    }
}

fn is_shown(field: &Field) -> bool {
    let by_name = field
        .ident
        .as_ref()
        .is_some_and(|name| IDENTIFIERS.iter().any(|shown| name == shown));
    (by_name && matches!(innermost(&field.ty), Some(ty) if ty == "String"))
        || innermost(&field.ty).is_some_and(|ty| PLAIN.iter().any(|plain| ty == plain))
}

/// The last name of `T` in `T` or `crate::Nullable<T>`; `None` for any other generic type.
fn innermost(ty: &Type) -> Option<&Ident> {
    let Type::Path(path) = ty else { return None };
    let last = path.path.segments.last()?;
    match &last.arguments {
        syn::PathArguments::None => Some(&last.ident),
        syn::PathArguments::AngleBracketed(arguments) if last.ident == "Nullable" => {
            match arguments.args.first()? {
                syn::GenericArgument::Type(inner) => innermost(inner),
                _ => None,
            }
        }
        _ => None,
    }
}
