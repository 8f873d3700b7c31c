//! Adds each operation's stream call to the client with the typed calls.

use syn::{File, ImplItem, Item, Type};

use super::module::module;
use crate::Error;

/// Moves the methods and builders of `stream` into `file`; the types are the same in both.
pub(super) fn join(file: &mut File, mut stream: File) -> Result<(), Error> {
    let builders = module(&mut stream.items, "builder")?
        .extract_if(.., |item| !matches!(item, Item::Use(_)))
        .collect::<Vec<_>>();
    module(&mut file.items, "builder")?.extend(builders);

    let calls = std::mem::take(operations(&mut stream)?);
    operations(file)?.extend(calls);
    Ok(())
}

/// The methods of the `impl Client` with the operations: the last one, after the constructors'.
fn operations(file: &mut File) -> Result<&mut Vec<ImplItem>, Error> {
    file.items
        .iter_mut()
        .rev()
        .find_map(|item| match item {
            Item::Impl(block) if block.trait_.is_none() && is_client(&block.self_ty) => {
                Some(&mut block.items)
            }
            _ => None,
        })
        .ok_or_else(|| Error::Code("no `impl Client`".to_owned()))
}

fn is_client(ty: &Type) -> bool {
    matches!(ty, Type::Path(path) if path.path.is_ident("Client"))
}
