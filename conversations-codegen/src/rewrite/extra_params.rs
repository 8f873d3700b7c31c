//! Lets a request carry query parameters that the document does not describe.

use syn::visit_mut::{self, VisitMut};
use syn::{Expr, ExprMethodCall, ExprStruct, Fields, ImplItem, Item, Pat, PatStruct, parse_quote};

use crate::Error;

/// Adds `extra_param(name, value)` to every builder: a parameter that the vendor has added can be used before the
/// document has it.
pub(super) fn accept(builders: &mut [Item]) -> Result<(), Error> {
    for item in builders {
        match item {
            Item::Struct(item) => {
                if let Fields::Named(fields) = &mut item.fields {
                    let field: Fields = Fields::Named(parse_quote!({
                        extra_params: ::std::vec::Vec<(::std::string::String, ::std::string::String)>
                    }));
                    fields.named.extend(field);
                }
            }
            Item::Impl(block) if block.trait_.is_none() => {
                let mut added = Added::default();
                let mut send = None;
                for (position, item) in block.items.iter_mut().enumerate() {
                    let ImplItem::Fn(function) = item else {
                        continue;
                    };
                    if function.sig.ident == "new" {
                        added.visit_block_mut(&mut function.block);
                    } else if function.sig.ident == "send" {
                        added.visit_block_mut(&mut function.block);
                        send = Some(position);
                    }
                }
                let (Some(send), true) = (send, added == Added::ALL) else {
                    return Err(Error::Code(format!(
                        "unexpected code of a builder for additional parameters: {added:?}"
                    )));
                };
                block.items.insert(send, setter());
            }
            _ => {}
        }
    }
    Ok(())
}

fn setter() -> ImplItem {
    parse_quote! {
        /// Adds a query parameter that this builder has no method for. Each call adds one; it is sent as it is given.
        pub fn extra_param(
            mut self,
            name: impl Into<::std::string::String>,
            value: impl Into<::std::string::String>,
        ) -> Self {
            self.extra_params.push((name.into(), value.into()));
            self
        }
    }
}

/// The parts rewritten so far; a missing one means that the generator's output has changed.
#[derive(Debug, Default, PartialEq)]
struct Added {
    is_empty_at_first: bool,
    is_taken: bool,
    is_sent: bool,
}

impl Added {
    const ALL: Self = Self {
        is_empty_at_first: true,
        is_taken: true,
        is_sent: true,
    };
}

impl VisitMut for Added {
    fn visit_expr_struct_mut(&mut self, literal: &mut ExprStruct) {
        if literal.path.is_ident("Self") {
            literal
                .fields
                .push(parse_quote!(extra_params: ::std::vec::Vec::new()));
            self.is_empty_at_first = true;
        }
    }

    fn visit_pat_struct_mut(&mut self, pattern: &mut PatStruct) {
        if pattern.path.is_ident("Self")
            && let Pat::Struct(added) = parse_quote!(Self { extra_params })
        {
            pattern.fields.extend(added.fields);
            self.is_taken = true;
        }
    }

    fn visit_expr_method_call_mut(&mut self, call: &mut ExprMethodCall) {
        visit_mut::visit_expr_method_call_mut(self, call);
        let is_headers = call.method == "headers"
            && matches!(call.args.first(), Some(Expr::Path(path)) if path.path.is_ident("header_map"));
        if is_headers {
            let request = &call.receiver;
            *call.receiver = parse_quote!(#request.query(&extra_params));
            self.is_sent = true;
        }
    }
}
