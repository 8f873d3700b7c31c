//! Sends no request body if it is optional and was not set.
//!
//! The generator treats every body as required: an object that was not set is sent as `{}`, and any
//! other body that was not set is an error.

use std::collections::BTreeSet;

use syn::visit_mut::{self, VisitMut};
use syn::{Expr, ExprMethodCall, Fields, ImplItem, Item, Pat, Stmt, Type, parse_quote};

use crate::Error;

/// Makes the body of each builder in `builders` optional.
pub(super) fn leave_out(items: &mut [Item], builders: &BTreeSet<String>) -> Result<(), Error> {
    for builder in builders {
        let mut done = OptionalBody::default();
        for item in items.iter_mut() {
            match item {
                Item::Struct(item) if item.ident == builder => done.field(&mut item.fields),
                Item::Impl(block) if is_named(&block.self_ty, builder) => {
                    for item in &mut block.items {
                        if let ImplItem::Fn(function) = item {
                            done.function = function.sig.ident.to_string();
                            done.visit_block_mut(&mut function.block);
                        }
                    }
                }
                _ => {}
            }
        }
        if !done.is_complete() {
            return Err(Error::Code(format!(
                "unexpected code for the optional body of `{builder}`: {done:?}"
            )));
        }
    }
    Ok(())
}

fn is_named(ty: &Type, name: &str) -> bool {
    let Type::Path(path) = ty else { return false };
    let last = path.path.segments.last();
    last.is_some_and(|segment| segment.ident == name)
}

/// The parts rewritten so far; a missing one means that the generator's output has changed.
#[derive(Debug, Default)]
struct OptionalBody {
    /// The current function.
    function: String,
    has_field: bool,
    is_absent_at_first: bool,
    is_set: bool,
    is_checked: bool,
    is_sent: bool,
}

impl OptionalBody {
    const fn is_complete(&self) -> bool {
        self.has_field && self.is_absent_at_first && self.is_set && self.is_checked && self.is_sent
    }

    fn field(&mut self, fields: &mut Fields) {
        for field in fields {
            if field.ident.as_ref().is_some_and(|name| name == "body") {
                let ty = &field.ty;
                field.ty = parse_quote!(::std::option::Option<#ty>);
                self.has_field = true;
            }
        }
    }
}

impl VisitMut for OptionalBody {
    fn visit_field_value_mut(&mut self, value: &mut syn::FieldValue) {
        let is_body = matches!(&value.member, syn::Member::Named(name) if name == "body");
        if self.function == "new" && is_body {
            value.expr = parse_quote!(None);
            self.is_absent_at_first = true;
        }
    }

    fn visit_expr_assign_mut(&mut self, assignment: &mut syn::ExprAssign) {
        if !is_field_body(&assignment.left) {
            return;
        }
        let value = &assignment.right;
        *assignment.right = match self.function.as_str() {
            // If no body was set, the function maps the default.
            "body_map" => parse_quote!(Some(
                self.body
                    .unwrap_or_else(|| Ok(::std::default::Default::default()))
                    .map(f)
            )),
            _ => parse_quote!(Some(#value)),
        };
        self.is_set = true;
    }

    fn visit_stmt_mut(&mut self, statement: &mut Stmt) {
        if self.function == "send"
            && let Stmt::Local(local) = statement
            && let Some(init) = &mut local.init
            && matches!(&local.pat, Pat::Ident(name) if name.ident == "body")
        {
            let checked = &init.expr;
            *init.expr = parse_quote!(match body {
                Some(body) => Some(#checked),
                None => None,
            });
            self.is_checked = true;
            return;
        }
        visit_mut::visit_stmt_mut(self, statement);
    }

    fn visit_expr_mut(&mut self, expression: &mut Expr) {
        visit_mut::visit_expr_mut(self, expression);
        if self.function != "send" || self.is_sent {
            return;
        }
        let without = match &*expression {
            Expr::Try(tried) => match &*tried.expr {
                Expr::MethodCall(call) if is_sending(call, &["form_urlencoded"]) => before(call),
                _ => return,
            },
            Expr::MethodCall(call) if is_sending(call, &["json", "body"]) => before(call),
            _ => return,
        };
        *expression = parse_quote!(match body {
            Some(body) => #expression,
            None => #without,
        });
        self.is_sent = true;
    }
}

fn is_field_body(expression: &Expr) -> bool {
    matches!(expression, Expr::Field(field)
        if matches!(&field.member, syn::Member::Named(name) if name == "body"))
}

fn is_sending(call: &ExprMethodCall, methods: &[&str]) -> bool {
    let argument = call.args.first().map(|argument| match argument {
        Expr::Reference(reference) => &*reference.expr,
        other => other,
    });
    methods.iter().any(|method| call.method == method)
        && matches!(argument, Some(Expr::Path(path)) if path.path.is_ident("body"))
}

/// The request before the body and its content type are set.
fn before(call: &ExprMethodCall) -> Expr {
    match &*call.receiver {
        Expr::MethodCall(header) if header.method == "header" && says_content_type(header) => {
            (*header.receiver).clone()
        }
        other => other.clone(),
    }
}

fn says_content_type(header: &ExprMethodCall) -> bool {
    matches!(header.args.first(), Some(Expr::Path(path))
        if path.path.segments.last().is_some_and(|segment| segment.ident == "CONTENT_TYPE"))
}
