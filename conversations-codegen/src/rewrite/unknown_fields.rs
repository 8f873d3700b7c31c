//! Makes the unknown fields of a builder optional.

use syn::visit_mut::{self, VisitMut};
use syn::{Expr, ExprCall, FieldValue, Item, Member, parse_quote};

/// The field that holds what the document does not describe.
pub(crate) const UNKNOWN_FIELDS: &str = "extra";

/// Gives `extra` an empty default in every builder: the generator requires the caller to set it, so that a value could
/// not be built without it.
pub(super) fn default_to_empty(items: &mut [Item]) {
    for item in items {
        Defaults.visit_item_mut(item);
    }
}

struct Defaults;

impl VisitMut for Defaults {
    fn visit_field_value_mut(&mut self, value: &mut FieldValue) {
        visit_mut::visit_field_value_mut(self, value);
        let is_extra = matches!(&value.member, Member::Named(name) if name == UNKNOWN_FIELDS);
        if is_extra && is_error(&value.expr) {
            value.expr = parse_quote!(Ok(Default::default()));
        }
    }
}

fn is_error(value: &Expr) -> bool {
    let Expr::Call(ExprCall { func, .. }) = value else {
        return false;
    };
    matches!(&**func, Expr::Path(path) if path.path.is_ident("Err"))
}
