//! Makes optional fields distinguish absent from `null`.

use proc_macro2::{Literal, TokenStream, TokenTree};
use quote::quote;
use syn::visit_mut::{self, VisitMut};
use syn::{Item, LitStr, Meta, Path, parse_quote};

/// Replaces `Option<T>` with `crate::Nullable<T>` in all types.
///
/// v1 writes `null` where v3 writes `""`, and field whitelisting omits fields; serializing a value again
/// must preserve which one it was.
pub(super) fn remember_null(types: &mut [Item]) {
    for item in types {
        Fields.visit_item_mut(item);
    }
}

struct Fields;

impl VisitMut for Fields {
    fn visit_path_mut(&mut self, path: &mut Path) {
        visit_mut::visit_path_mut(self, path);
        let names: Vec<_> = path.segments.iter().map(|s| s.ident.to_string()).collect();
        if names == ["std", "option", "Option"] {
            let arguments = path.segments[2].arguments.clone();
            *path = parse_quote!(crate::Nullable);
            path.segments[1].arguments = arguments;
        }
    }

    fn visit_attribute_mut(&mut self, attribute: &mut syn::Attribute) {
        if !attribute.path().is_ident("serde") {
            return;
        }
        let Meta::List(list) = &mut attribute.meta else {
            return;
        };
        let mut optional = false;
        let mut has_default = false;
        let tokens: TokenStream = std::mem::take(&mut list.tokens)
            .into_iter()
            .map(|token| {
                has_default |= matches!(&token, TokenTree::Ident(word) if word == "default");
                match syn::parse2::<LitStr>(token.clone().into()) {
                    Ok(text) if text.value() == "::std::option::Option::is_none" => {
                        optional = true;
                        Literal::string("crate::Nullable::is_absent").into()
                    }
                    _ => token,
                }
            })
            .collect();
        // serde defaults a missing `Option` implicitly; other types need `#[serde(default)]`.
        list.tokens = if optional && !has_default {
            quote! { default, #tokens }
        } else {
            tokens
        };
    }
}
