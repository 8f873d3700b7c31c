//! Checks on the document as a whole: paths, servers, security, components.

use super::table;

table! {
    PATH_REMOVED = "path-removed", Breaking, Request, "path removed, with {before}",
        "Every call to it is answered with 404. Its parameters and answers went with it and are not listed again.";
    PATH_ADDED = "path-added", Additive, Request, "path added, with {after}",
        "Nobody calls it yet.";
    PATH_MOVED = "path-moved", Breaking, Request, "path moved: {before} -> {after}",
        "Calls to the old path are answered with 404, though everything behind it is still there.";
    PATH_PARAMETER_RENAMED = "path-parameter-renamed", Surface, Request, "path parameter renamed: {before} -> {after}",
        "A path parameter is sent by position; its name is seen in generated code alone.";
    OPERATION_REMOVED = "operation-removed", Breaking, Request, "operation removed",
        "Every call of this method is answered with 404 or 405.";
    OPERATION_ADDED = "operation-added", Additive, Request, "operation added",
        "Nobody calls it yet.";
    SERVER_REMOVED = "server-removed", Breaking, Request, "server removed: {before}",
        "Callers of this region no longer have a documented host.";
    SERVER_ADDED = "server-added", Additive, Request, "server added: {after}",
        "The hosts in use stay; a region has to be added before callers can name this one.";
    SERVER_CHANGED = "server-changed", Breaking, Request, "server moved: {before} -> {after}",
        "Requests go to a host that may not answer any more.";
    SECURITY_ADDED = "security-added", Breaking, Request, "now asks for {after}",
        "A request without it is refused with 401.";
    SECURITY_REMOVED = "security-removed", Additive, Request, "no longer asks for {before}",
        "A request that still carries the key is accepted.";
    SECURITY_CHANGED = "security-changed", Breaking, Request, "security: {before} -> {after}",
        "The key that callers send is no longer the one that is read.";
    SECURITY_SCHEME_CHANGED = "security-scheme-changed", Breaking, Request, "{facet} of the key: {before} -> {after}",
        "The key travels in another place or form, so that every request of today is refused with 401.";
    SCHEMA_RENAMED = "schema-renamed", Surface, Document, "schema renamed: {before} -> {after}",
        "A schema's name is never sent, so the wire format is the same; the generated type has another name, which stops dependents from compiling.";
    SCHEMA_REPLACED = "schema-replaced", Surface, Document, "now refers to {after} instead of {before}",
        "A reference is never sent; what differs in form is listed on its own. The generated type has another name.";
    SCHEMA_EXTRACTED = "schema-extracted", Surface, Document, "inline schema is now {after}",
        "Where a schema is written down is never sent; the generated type may have another name.";
    SCHEMA_INLINED = "schema-inlined", Surface, Document, "{before} is now written inline",
        "Where a schema is written down is never sent; the generated type may have another name.";
    SCHEMA_WRAPPED = "schema-wrapped", Surface, Document, "{before} -> {after}, the same",
        "An `allOf` of one member says what the member says; the generated type may have another name.";
    COMPONENT_REMOVED = "component-removed", Surface, Document, "{facet} that nothing uses removed",
        "No operation used it, so nothing on the wire moves; a generated type may be gone.";
    COMPONENT_ADDED = "component-added", Surface, Document, "{facet} that nothing uses added",
        "No operation uses it, so nothing on the wire moves; a generated type may appear.";
    COMPONENT_RENAMED = "component-renamed", Surface, Document, "{facet} renamed: {before} -> {after}",
        "A component's name is never sent.";
    UNUSED_CHANGED = "unused-component-changed", Surface, Document, "{facet}: {before} -> {after}, used by no operation",
        "No operation reaches this place; only generated types can tell the difference.";
    OTHER_CHANGED = "other-changed", Behaviour, Document, "{facet}: {before} -> {after}",
        "No check knows this part of a document. It is listed so that nothing moves unseen; a person has to judge it.";
}
