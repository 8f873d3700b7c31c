//! Lists the public API of generated code, one item per line, as a readable diff.

use quote::ToTokens;
use syn::{
    Attribute, Fields, File, FnArg, ImplItem, Item, ItemEnum, ItemImpl, ItemStruct, ReceiverKind,
    ReturnType, Type, Visibility,
};

use crate::Error;

/// Lists the public items of `code` (one generated module): constants, types with their fields, enum variants with
/// their wire names, methods and builder setters. Bodies, attributes other than `non_exhaustive`, documentation and the setters of
/// the type builders, which repeat the fields, are omitted.
///
/// # Errors
/// [`Error::Code`] if `code` is not Rust.
///
/// ```
/// let listing = conversations_codegen::surface("
///     pub mod types {
///         #[derive(Clone)]
///         pub struct Page { pub next_offset: ::std::option::Option<i64> }
///     }
/// ")?;
/// assert_eq!(listing, "mod types\n  struct Page: Clone\n    next_offset: Option<i64>\n");
/// # Ok::<(), conversations_codegen::Error>(())
/// ```
pub fn surface(code: &str) -> Result<String, Error> {
    let file: File = syn::parse_str(code).map_err(|e| Error::Code(e.to_string()))?;
    let mut listing = Listing::default();
    listing.items(&file.items, 0);
    Ok(listing.text)
}

#[derive(Default)]
struct Listing {
    text: String,
}

impl Listing {
    fn line(&mut self, depth: usize, text: &str) {
        self.text.push_str(&"  ".repeat(depth));
        self.text.push_str(text);
        self.text.push('\n');
    }

    fn items(&mut self, items: &[Item], depth: usize) {
        for item in items {
            match item {
                Item::Struct(item) if is_public(&item.vis) => self.structure(item, items, depth),
                Item::Enum(item) if is_public(&item.vis) => self.enumeration(item, items, depth),
                Item::Const(item) if is_public(&item.vis) => {
                    self.line(depth, &format!("{}: {}", item.ident, compact(&item.ty)));
                }
                Item::Mod(module) if is_public(&module.vis) => {
                    if let Some((_, items)) = &module.content {
                        self.module(&module.ident.to_string(), items, depth);
                    }
                }
                _ => {}
            }
        }
    }

    fn module(&mut self, name: &str, items: &[Item], depth: usize) {
        match name {
            "error" | "defaults" | "prelude" => {}
            "builder" if depth > 0 => {
                let names: Vec<_> = items
                    .iter()
                    .filter_map(|item| match item {
                        Item::Struct(item) => Some(item.ident.to_string()),
                        _ => None,
                    })
                    .collect();
                self.line(
                    depth,
                    &format!("mod builder, a setter a field: {}", names.join(", ")),
                );
            }
            _ => {
                self.line(depth, &format!("mod {name}"));
                self.items(items, depth + 1);
            }
        }
    }

    fn structure(&mut self, item: &ItemStruct, siblings: &[Item], depth: usize) {
        let head = format!(
            "struct {}{}{}",
            item.ident,
            openness(&item.attrs),
            traits(&item.attrs, &item.ident, siblings)
        );
        self.line(depth, &head);
        if let Fields::Named(fields) = &item.fields {
            for field in fields.named.iter().filter(|f| is_public(&f.vis)) {
                let name = field
                    .ident
                    .as_ref()
                    .map(ToString::to_string)
                    .unwrap_or_default();
                let wire = wire_name(&field.attrs);
                let flatten = has_serde(&field.attrs, "flatten");
                self.line(
                    depth + 1,
                    &format!(
                        "{name}: {}{}",
                        compact(&field.ty),
                        if flatten {
                            " (every other key)".to_owned()
                        } else {
                            renamed(wire)
                        },
                    ),
                );
            }
        }
        self.struct_methods(&item.ident, siblings, depth + 1);
    }

    /// The builder of a stream call has the same setters as that of the typed call: one line says so.
    fn struct_methods(&mut self, ident: &syn::Ident, siblings: &[Item], depth: usize) {
        let own = signatures(ident, siblings);
        let twin = ident.to_string().strip_suffix("Stream").map(|name| {
            let twin = signatures(&syn::Ident::new(name, ident.span()), siblings);
            (name.to_owned(), twin)
        });
        match twin {
            Some((name, twin))
                if !twin.is_empty()
                    && own.split_last().map(|s| s.1) == twin.split_last().map(|s| s.1) =>
            {
                self.line(depth, &format!("everything of {name}, except:"));
                self.line(depth, &own[own.len() - 1]);
            }
            _ => own.iter().for_each(|line| self.line(depth, line)),
        }
    }

    fn enumeration(&mut self, item: &ItemEnum, siblings: &[Item], depth: usize) {
        let head = format!(
            "enum {}{}{}",
            item.ident,
            openness(&item.attrs),
            traits(&item.attrs, &item.ident, siblings)
        );
        self.line(depth, &head);
        for variant in &item.variants {
            let wire = wire_name(&variant.attrs).unwrap_or_else(|| variant.ident.to_string());
            self.line(depth + 1, &format!("{} = {wire:?}", variant.ident));
        }
        for line in signatures(&item.ident, siblings) {
            self.line(depth + 1, &line);
        }
    }
}

fn signatures(ident: &syn::Ident, siblings: &[Item]) -> Vec<String> {
    inherent_impls(ident, siblings)
        .flat_map(|block| &block.items)
        .filter_map(|item| match item {
            ImplItem::Fn(function) if is_public(&function.vis) => Some(signature(&function.sig)),
            _ => None,
        })
        .collect()
}

fn inherent_impls<'a>(
    ident: &'a syn::Ident,
    siblings: &'a [Item],
) -> impl Iterator<Item = &'a ItemImpl> {
    siblings.iter().filter_map(move |item| match item {
        Item::Impl(block) if block.trait_.is_none() && is_named(&block.self_ty, ident) => {
            Some(block)
        }
        _ => None,
    })
}

fn is_named(ty: &Type, ident: &syn::Ident) -> bool {
    matches!(ty, Type::Path(path) if path.path.segments.last().is_some_and(|s| s.ident == *ident))
}

fn is_public(visibility: &Visibility) -> bool {
    matches!(visibility, Visibility::Public(_))
}

/// Whether other crates must expect more fields or variants.
fn openness(attributes: &[Attribute]) -> &'static str {
    let is_open = |attribute: &Attribute| attribute.path().is_ident("non_exhaustive");
    match attributes.iter().any(is_open) {
        true => " (non-exhaustive)",
        false => "",
    }
}

/// Derived and implemented traits, except conversions, which follow from the rest.
fn traits(attributes: &[Attribute], ident: &syn::Ident, siblings: &[Item]) -> String {
    let mut names: Vec<String> = Vec::new();
    for attribute in attributes.iter().filter(|a| a.path().is_ident("derive")) {
        let _ = attribute.parse_nested_meta(|meta| {
            names.extend(meta.path.segments.last().map(|s| s.ident.to_string()));
            Ok(())
        });
    }
    for item in siblings {
        if let Item::Impl(block) = item
            && let Some((path, _)) = &block.trait_
            && is_named(&block.self_ty, ident)
            && let Some(last) = path.segments.last()
            && last.arguments.is_none()
        {
            names.push(last.ident.to_string());
        }
    }
    names.sort();
    names.dedup();
    if names.is_empty() {
        String::new()
    } else {
        format!(": {}", names.join(" + "))
    }
}

fn wire_name(attributes: &[Attribute]) -> Option<String> {
    let mut name = None;
    for attribute in attributes.iter().filter(|a| a.path().is_ident("serde")) {
        let _ = attribute.parse_nested_meta(|meta| {
            if meta.input.peek(syn::Token![=]) {
                let value: syn::Expr = meta.value()?.parse()?;
                if meta.path.is_ident("rename")
                    && let syn::Expr::Lit(literal) = &value
                    && let syn::Lit::Str(text) = &literal.lit
                {
                    name = Some(text.value());
                }
            }
            Ok(())
        });
    }
    name
}

fn has_serde(attributes: &[Attribute], word: &str) -> bool {
    let mut found = false;
    for attribute in attributes.iter().filter(|a| a.path().is_ident("serde")) {
        let _ = attribute.parse_nested_meta(|meta| {
            found |= meta.path.is_ident(word);
            if meta.input.peek(syn::Token![=]) {
                let _: syn::Expr = meta.value()?.parse()?;
            }
            Ok(())
        });
    }
    found
}

fn renamed(wire: Option<String>) -> String {
    wire.map_or_else(String::new, |wire| format!(" = {wire:?}"))
}

fn signature(sig: &syn::Signature) -> String {
    let arguments: Vec<_> = sig
        .inputs
        .iter()
        .map(|argument| match argument {
            FnArg::Receiver(receiver) if matches!(receiver.kind, ReceiverKind::Reference(..)) => {
                "&self".to_owned()
            }
            FnArg::Receiver(_) => "self".to_owned(),
            FnArg::Typed(argument) => {
                format!(
                    "{}: {}",
                    compact(&argument.pat),
                    accepted(&argument.ty, sig)
                )
            }
        })
        .collect();
    let output = match &sig.output {
        ReturnType::Default => String::new(),
        ReturnType::Type(_, ty) => format!(" -> {}", compact(ty)),
    };
    let asyncness = if sig.asyncness.is_some() {
        "async "
    } else {
        ""
    };
    format!(
        "{asyncness}fn {}({}){output}",
        sig.ident,
        arguments.join(", ")
    )
}

/// A setter takes `V: TryInto<T>`; only `T` matters to a reader.
fn accepted(ty: &Type, sig: &syn::Signature) -> String {
    let bounds = sig
        .generics
        .where_clause
        .iter()
        .flat_map(|clause| &clause.predicates);
    for predicate in bounds {
        if let syn::WherePredicate::Type(predicate) = predicate
            && predicate.bounded_ty == *ty
            && let Some(bound) = predicate.bounds.first()
        {
            return format!("impl {}", compact(bound));
        }
    }
    compact(ty)
}

/// The tokens without spaces and without the module paths that only generated code has.
fn compact(tokens: &impl ToTokens) -> String {
    let mut text = tokens.to_token_stream().to_string();
    for path in [
        ":: std :: option :: ",
        ":: std :: vec :: ",
        ":: std :: string :: ",
        ":: std :: collections :: ",
        ":: std :: convert :: ",
        ":: std :: num :: ",
        ":: std :: result :: ",
        "std :: convert :: ",
        ":: serde_json :: ",
        "crate :: ",
    ] {
        text = text.replace(path, "");
    }
    for (spaced, tight) in [
        (" :: ", "::"),
        (" < ", "<"),
        (" > ", ">"),
        (" >", ">"),
        (" ,", ","),
        ("& ", "&"),
        ("( )", "()"),
        ("' ", "'"),
    ] {
        text = text.replace(spaced, tight);
    }
    text.replace(">>,", ">>, ")
        .replace(",  ", ", ")
        .trim()
        .to_owned()
}
