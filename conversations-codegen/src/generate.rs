//! Runs progenitor twice (typed call, stream call) and merges the results.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};

use heck::ToPascalCase;
use progenitor::{
    GenerationSettings, Generator, HooksMode, InterfaceStyle, TagStyle, TypeImpl, TypePatch,
};
use quote::quote;
use schemars08::schema::{InstanceType, SchemaObject};

use crate::operation::{Call, has_optional_body, operations};
use crate::prepare::prepare;
use crate::replaced::REPLACED;
use crate::unsupported::rust_name;
use crate::{Document, Error, rewrite};

/// The names that progenitor derives from an operation id or a schema, and their replacements: the
/// vendor's names of schemas change, and those of public types must not.
const RENAMED: [(&str, &str); 6] = [
    ("ConversationDetailResponse", "ConversationDetail"),
    ("ConversationSummaryResponse", "Conversation"),
    ("GetConversationsResponse", "ConversationPage"),
    ("ListConversationsResponse", "ConversationPage"),
    ("ListConversationsResponseDescriptions", "Descriptions"),
    (
        "ListConversationsResponseDescriptionsConversations",
        "ConversationDescriptions",
    ),
];

/// Generates the Rust source of one client module: `BASE_URLS`, `Client`, `types`, `builder` and `prelude`.
///
/// Each operation has two calls: a typed one named after its operation id, and one named `…_stream` that
/// returns the success body as a byte stream. Both share one set of types. The code expects a crate with
/// `ApiKey` and the lenient types (`Nullable`, `Integer`, `Latency`, …) at its root.
///
/// # Errors
/// [`Error::Document`] for a document that is not valid OpenAPI; [`Error::Unsupported`], with location
/// and workaround, for what cannot be expressed in Rust; [`Error::Generator`] with progenitor's message
/// for anything else that it rejects.
pub fn generate(document: &Document) -> Result<String, Error> {
    let (typed, stream) = (
        prepare(document, Call::Typed)?,
        prepare(document, Call::Stream)?,
    );
    let mut optional_bodies = builders_with_optional_body(&typed);
    optional_bodies.extend(builders_with_optional_body(&stream));
    let mut file = rewrite::rewrite(run(&typed)?, run(&stream)?, &optional_bodies)?;
    file.items.insert(0, base_urls(document));
    Ok(prettyplease::unparse(&file))
}

/// The servers of the document, in its order. A URL with variables is no base URL.
fn base_urls(document: &Document) -> syn::Item {
    let servers = document.tree()["servers"].as_array().into_iter().flatten();
    let urls = servers
        .filter_map(|server| server["url"].as_str())
        .filter(|url| !url.contains('{'))
        .map(|url| url.trim_end_matches('/'));
    syn::parse_quote! {
        /// The base URLs that serve these operations, one per region.
        pub const BASE_URLS: &[&str] = &[#(#urls),*];
    }
}

/// The builders of operations with an optional body.
fn builders_with_optional_body(document: &Document) -> BTreeSet<String> {
    let mut paths = document.tree()["paths"].clone();
    let items = paths.as_object_mut().into_iter().flatten();
    let items = items.filter_map(|(_, item)| item.as_object_mut());
    items
        .flat_map(operations)
        .filter(|(_, operation)| has_optional_body(operation))
        .filter_map(|(_, operation)| operation.get("operationId")?.as_str())
        .map(|id| rust_name(id, ToPascalCase::to_pascal_case))
        .collect()
}

fn run(document: &Document) -> Result<syn::File, Error> {
    let openapi = document.openapi()?;
    let refuse = |message: String| Error::Generator {
        file: document.name().to_owned(),
        message,
    };
    // Parts of progenitor are `todo!()`; their panics must become errors that name the document.
    let tokens = catch_unwind(AssertUnwindSafe(|| {
        Generator::new(&settings()).generate_tokens(&openapi)
    }))
    .map_err(|panic| refuse(panic_message(panic.as_ref())))?
    .map_err(|e| refuse(e.to_string()))?;
    syn::parse2(tokens).map_err(|e| Error::Code(e.to_string()))
}

fn panic_message(panic: &(dyn std::any::Any + Send)) -> String {
    panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .map_or_else(
            || "it panicked without a message".to_owned(),
            |reason| format!("it panicked: {reason}"),
        )
}

fn settings() -> GenerationSettings {
    let mut settings = GenerationSettings::new();
    settings
        .with_interface(InterfaceStyle::Builder)
        .with_tag(TagStyle::Merged)
        .with_hooks(HooksMode::Expected)
        .with_inner_type(quote! { crate::ApiKey })
        .with_derive("PartialEq")
        .with_derive("::schemars::JsonSchema")
        .with_map_type("::std::collections::BTreeMap")
        .with_conversion(
            SchemaObject {
                instance_type: Some(InstanceType::String.into()),
                format: Some("date-time".to_owned()),
                ..SchemaObject::default()
            },
            "crate::Timestamp",
            [TypeImpl::Display, TypeImpl::FromStr].into_iter(),
        )
        .with_conversion(
            SchemaObject {
                instance_type: Some(InstanceType::Integer.into()),
                ..SchemaObject::default()
            },
            "crate::Integer",
            std::iter::empty(),
        )
        // An `f64` would write 3 back as 3.0.
        .with_conversion(
            SchemaObject {
                instance_type: Some(InstanceType::Number.into()),
                ..SchemaObject::default()
            },
            "crate::Number",
            std::iter::empty(),
        );
    for (schema, replacement) in REPLACED {
        settings.with_replacement(schema, replacement, std::iter::empty());
    }
    for (made, wanted) in RENAMED {
        settings.with_patch(made, TypePatch::default().with_rename(wanted));
    }
    settings
}
