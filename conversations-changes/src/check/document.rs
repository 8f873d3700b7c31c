//! Checks on the document as a whole: paths, servers, security, components.

use super::definition::table;

table! {
    PATH_REMOVED = "path-removed", Breaking, Request, "path removed, with {before}",
        "Every call to it gets a 404. Its parameters and responses are removed with it and not listed separately.";
    PATH_ADDED = "path-added", Additive, Request, "path added, with {after}",
        "No caller uses it yet.";
    PATH_MOVED = "path-moved", Breaking, Request, "path moved: {before} -> {after}",
        "Calls to the old path get a 404, although the operations still exist.";
    PATH_PARAMETER_RENAMED = "path-parameter-renamed", Surface, Request, "path parameter renamed: {before} -> {after}",
        "A path parameter is sent by position; only generated code uses its name.";
    OPERATION_REMOVED = "operation-removed", Breaking, Request, "operation removed",
        "Every call of this method gets a 404 or 405.";
    OPERATION_ADDED = "operation-added", Additive, Request, "operation added",
        "No caller uses it yet.";
    SERVER_REMOVED = "server-removed", Breaking, Request, "server removed: {before}",
        "Callers of this region no longer have a documented host.";
    SERVER_ADDED = "server-added", Additive, Request, "server added: {after}",
        "The existing hosts stay; a region has to be added before callers can select the new one.";
    SERVER_CHANGED = "server-changed", Breaking, Request, "server moved: {before} -> {after}",
        "Requests go to a host that may no longer respond.";
    SECURITY_ADDED = "security-added", Breaking, Request, "now requires {after}",
        "A request without it is rejected with 401.";
    SECURITY_REMOVED = "security-removed", Additive, Request, "no longer requires {before}",
        "A request that still sends the key is accepted.";
    SECURITY_CHANGED = "security-changed", Breaking, Request, "security: {before} -> {after}",
        "The server no longer reads the key that callers send.";
    SECURITY_SCHEME_CHANGED = "security-scheme-changed", Breaking, Request, "{facet} of the key: {before} -> {after}",
        "The key is sent in another location or form, so every existing request is rejected with 401.";
    SCHEMA_RENAMED = "schema-renamed", Surface, Document, "schema renamed: {before} -> {after}",
        "A schema's name is never sent, so the wire format is unchanged; the generated type is renamed, which breaks dependents at compile time.";
    SCHEMA_REPLACED = "schema-replaced", Surface, Document, "now refers to {after} instead of {before}",
        "A reference is never sent; structural differences are listed separately. The generated type is renamed.";
    SCHEMA_EXTRACTED = "schema-extracted", Surface, Document, "inline schema is now {after}",
        "The location of a schema is never sent; the generated type may be renamed.";
    SCHEMA_INLINED = "schema-inlined", Surface, Document, "{before} is now written inline",
        "The location of a schema is never sent; the generated type may be renamed.";
    SCHEMA_WRAPPED = "schema-wrapped", Surface, Document, "{before} -> {after}, the same",
        "An `allOf` with one member is equivalent to the member; the generated type may be renamed.";
    COMPONENT_REMOVED = "component-removed", Surface, Document, "{facet} that nothing uses removed",
        "No operation used it, so the wire format is unchanged; a generated type may be removed.";
    COMPONENT_ADDED = "component-added", Surface, Document, "{facet} that nothing uses added",
        "No operation uses it, so the wire format is unchanged; a generated type may be added.";
    COMPONENT_RENAMED = "component-renamed", Surface, Document, "{facet} renamed: {before} -> {after}",
        "A component's name is never sent.";
    UNUSED_CHANGED = "unused-component-changed", Surface, Document, "{facet}: {before} -> {after}, used by no operation",
        "No operation uses this location; only generated types can change.";
    OTHER_CHANGED = "other-changed", Behavior, Document, "{facet}: {before} -> {after}",
        "No check covers this part of a document. It is listed so that nothing changes unnoticed; a person has to review it.";
}
