//! Documents what the generator leaves without a doc comment.

use std::collections::BTreeMap;

use syn::{
    Attribute, Expr, ExprLit, Fields, ImplItem, ImplItemFn, Item, ItemImpl, Lit, LitStr, Meta,
    ReturnType, Type, Visibility, parse_quote,
};

use super::module::module;
use crate::Error;

/// The descriptions of fields or parameters, by name.
type Descriptions = BTreeMap<String, String>;

/// Gives every public item a sentence: a setter that of its field or parameter, everything else one by its kind.
/// Without it, two thirds of the items are bare names in rustdoc.
pub(super) fn complete(items: &mut [Item]) -> Result<(), Error> {
    let parameters = parameters(items);
    let types = module(items, "types")?;
    let mut fields = BTreeMap::new();
    for item in &mut *types {
        match item {
            Item::Struct(item) => {
                fields.insert(item.ident.to_string(), document_fields(&mut item.fields));
            }
            Item::Enum(item) => {
                for variant in &mut item.variants {
                    let name = variant.ident.to_string();
                    let value = renamed(&variant.attrs).unwrap_or(name);
                    document(&mut variant.attrs, || format!("The value `{value}`."));
                }
            }
            Item::Impl(block) => {
                for function in functions(block).filter(|function| function.sig.ident == "builder")
                {
                    document(&mut function.attrs, || {
                        "Returns a builder of this type.".to_owned()
                    });
                }
            }
            _ => {}
        }
    }
    // A document may have no types of its own.
    if let Ok(builders) = module(types, "builder") {
        for item in builders {
            match item {
                Item::Struct(item) => {
                    let name = &item.ident;
                    document(&mut item.attrs, || {
                        format!("Builds a [`{name}`](super::{name}).")
                    });
                }
                Item::Impl(block) => document_setters(block, &fields),
                _ => {}
            }
        }
    }
    for item in module(items, "builder")? {
        if let Item::Impl(block) = item {
            document_setters(block, &parameters);
        }
    }
    Ok(())
}

/// Documents the fields of a type, and returns the descriptions of all.
fn document_fields(fields: &mut Fields) -> Descriptions {
    let mut descriptions = Descriptions::new();
    for field in fields {
        let Some(name) = field.ident.as_ref().map(unraw) else {
            continue;
        };
        document(&mut field.attrs, || {
            if name == "extra" {
                "The fields that the API document does not describe.".to_owned()
            } else {
                format!("The field `{name}`, which the API document does not describe further.")
            }
        });
        descriptions.insert(name, documentation(&field.attrs));
    }
    descriptions
}

/// Documents the methods of a builder; `described` has the descriptions by the name of what it builds.
fn document_setters(block: &mut ItemImpl, described: &BTreeMap<String, Descriptions>) {
    if block.trait_.is_some() {
        return;
    }
    let described = name_of(&block.self_ty).and_then(|name| described.get(&name));
    for function in functions(block) {
        let name = unraw(&function.sig.ident);
        document(&mut function.attrs, || match name.as_str() {
            "new" => "Creates a request without parameters.".to_owned(),
            "body" => "Sets the body of the request.".to_owned(),
            "body_map" => "Changes the body of the request.".to_owned(),
            _ => {
                let described = described.and_then(|described| described.get(&name));
                let described = described.map_or_else(String::new, |text| format!(" {text}"));
                format!("Sets `{name}`.{described}")
            }
        });
    }
}

/// Reads the descriptions of the parameters from the documentation of the client's methods, by the name of the builder
/// that a method returns.
fn parameters(items: &[Item]) -> BTreeMap<String, Descriptions> {
    let mut parameters = BTreeMap::new();
    for item in items {
        let Item::Impl(block) = item else { continue };
        for item in &block.items {
            let ImplItem::Fn(function) = item else {
                continue;
            };
            let ReturnType::Type(_, returned) = &function.sig.output else {
                continue;
            };
            let Some(builder) = name_of(returned) else {
                continue;
            };
            let text = documentation(&function.attrs);
            let described = text.lines().filter_map(|line| {
                let (name, text) = line.strip_prefix("- `")?.split_once("`: ")?;
                Some((name.to_owned(), text.trim().to_owned()))
            });
            parameters.insert(builder, described.collect());
        }
    }
    parameters
}

/// Returns the last segment of the path of a type.
fn name_of(of: &Type) -> Option<String> {
    let Type::Path(path) = of else { return None };
    Some(path.path.segments.last()?.ident.to_string())
}

fn unraw(name: &syn::Ident) -> String {
    let name = name.to_string();
    name.strip_prefix("r#").map_or(name.clone(), str::to_owned)
}

fn functions(block: &mut ItemImpl) -> impl Iterator<Item = &mut ImplItemFn> {
    block.items.iter_mut().filter_map(|item| match item {
        ImplItem::Fn(function) if matches!(function.vis, Visibility::Public(_)) => Some(function),
        _ => None,
    })
}

fn document(attributes: &mut Vec<Attribute>, text: impl FnOnce() -> String) {
    if documentation(attributes).is_empty() {
        let text = format!(" {}", text());
        attributes.insert(0, parse_quote!(#[doc = #text]));
    }
}

/// Returns the text of the doc comments among the attributes.
fn documentation(attributes: &[Attribute]) -> String {
    let lines = attributes.iter().filter_map(|attribute| {
        let Meta::NameValue(pair) = &attribute.meta else {
            return None;
        };
        match &pair.value {
            Expr::Lit(ExprLit {
                lit: Lit::Str(text),
                ..
            }) if pair.path.is_ident("doc") => Some(text.value()),
            _ => None,
        }
    });
    let lines: Vec<_> = lines.collect();
    lines.join("\n").trim().to_owned()
}

/// Returns the name of a value on the wire, if the generator has renamed it.
fn renamed(attributes: &[Attribute]) -> Option<String> {
    let mut name = None;
    for attribute in attributes
        .iter()
        .filter(|other| other.path().is_ident("serde"))
    {
        let _ = attribute.parse_nested_meta(|meta| {
            if meta.path.is_ident("rename") {
                name = Some(meta.value()?.parse::<LitStr>()?.value());
            }
            Ok(())
        });
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setter_has_the_description_of_its_field_or_parameter_and_the_rest_a_sentence() {
        let mut file: syn::File = parse_quote! {
            pub mod types {
                pub struct A { #[doc = "The name."] pub r#type: u8, pub extra: u8, pub bare: u8 }
                impl A { pub fn builder() -> builder::A {} }
                pub enum E { #[serde(rename = "pre-release")] PreRelease }
                pub mod builder {
                    pub struct A {}
                    impl A { pub fn r#type(self) {} }
                }
            }
            pub struct Client {}
            impl Client {
                #[doc = "Lists.\n\nArguments:\n- `limit`: At most these.\n- `x`: y."]
                pub fn list(&self) -> builder::List<'_> {}
            }
            pub mod builder {
                impl<'a> List<'a> { pub fn new() {} pub fn limit(self) {} fn private(self) {} }
            }
        };
        complete(&mut file.items).unwrap();
        let code = prettyplease::unparse(&file);
        for line in [
            "///The name.\n        pub r#type: u8",
            "/// The fields that the API document does not describe.\n        pub extra",
            "/// The field `bare`, which",
            "/// Returns a builder of this type.",
            "/// The value `pre-release`.",
            "/// Builds a [`A`](super::A).",
            "/// Sets `type`. The name.",
            "/// Creates a request without parameters.",
            "/// Sets `limit`. At most these.",
        ] {
            assert!(code.contains(line), "{line} is not in:\n{code}");
        }
        assert!(!code.contains("`private`"));
    }
}
