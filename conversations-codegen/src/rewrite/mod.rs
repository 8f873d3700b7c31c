//! Rewrites the code that progenitor generates.

mod client;
mod debug;
mod documentation;
mod extra_params;
mod fields;
mod module;
mod non_exhaustive;
mod optional_body;
mod stream_call;
mod unknown_fields;

use std::collections::BTreeSet;

use crate::Error;
use module::module;

pub(crate) use unknown_fields::UNKNOWN_FIELDS;

/// Merges the two generated files and applies every rewrite. `optional_bodies` are the builders of
/// operations with an optional body.
pub(crate) fn rewrite(
    typed: syn::File,
    stream: syn::File,
    optional_bodies: &BTreeSet<String>,
) -> Result<syn::File, Error> {
    let mut file = typed;
    stream_call::join(&mut file, stream)?;
    client::drop_default_constructor(&mut file)?;
    let types = module(&mut file.items, "types")?;
    fields::remember_null(types);
    unknown_fields::default_to_empty(types);
    non_exhaustive::mark(types);
    let builders = module(&mut file.items, "builder")?;
    optional_body::leave_out(builders, optional_bodies)?;
    extra_params::accept(builders)?;
    documentation::complete(&mut file.items)?;
    debug::hide_personal_data(&mut file.items);
    Ok(file)
}
