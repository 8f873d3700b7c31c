//! Checks on one operation: parameters, bodies, statuses, media types.

use super::definition::table;

table! {
    OPERATION_ID_CHANGED = "operation-id-changed", Surface, Document, "operationId: {before} -> {after}",
        "An operation's id is never sent; generated methods and builders are named after it.";
    DEPRECATED = "deprecated", Behavior, Document, "marked deprecated",
        "Everything still works, but its removal is announced: its users have to plan a migration.";
    DEPRECATION_LIFTED = "deprecation-lifted", Additive, Document, "no longer marked deprecated",
        "It will not be removed; no action is needed.";
    PARAMETER_REMOVED = "parameter-removed", Breaking, Request, "parameter removed",
        "Requests that send it are rejected or, worse, handled as if it were absent.";
    PARAMETER_ADDED = "parameter-added", Additive, Request, "optional parameter added",
        "Requests without it are handled as before.";
    PARAMETER_ADDED_REQUIRED = "parameter-added-required", Breaking, Request, "required parameter added",
        "No existing request sends it, so every one is rejected with 400.";
    PARAMETER_RENAMED = "parameter-renamed", Breaking, Request, "parameter renamed: {before} -> {after}",
        "The name is sent: the old one is rejected or ignored.";
    PARAMETER_MOVED = "parameter-moved", Breaking, Request, "parameter moved: {before} -> {after}",
        "The server reads it elsewhere and ignores what callers send.";
    PARAMETER_REQUIRED = "parameter-made-required", Breaking, Request, "now required",
        "Requests that omit it, which was allowed, are rejected with 400.";
    PARAMETER_OPTIONAL = "parameter-made-optional", Additive, Request, "now optional",
        "Requests that send it are handled as before.";
    PARAMETER_STYLE_CHANGED = "parameter-style-changed", Breaking, Request, "{facet}: {before} -> {after}",
        "The same values are serialized differently, for example joined by commas instead of repeated.";
    BODY_ADDED = "request-body-added", Additive, Request, "optional body added",
        "Requests without a body are handled as before.";
    BODY_ADDED_REQUIRED = "request-body-added-required", Breaking, Request, "required body added",
        "No existing request has one, so every one is rejected with 400.";
    BODY_REMOVED = "request-body-removed", Breaking, Request, "body removed",
        "Its content is rejected or ignored.";
    BODY_REQUIRED = "request-body-made-required", Breaking, Request, "body now required",
        "Requests without one, which were allowed, are rejected with 400.";
    BODY_OPTIONAL = "request-body-made-optional", Additive, Request, "body now optional",
        "Requests with one are handled as before.";
    REQUEST_MEDIA_TYPE_REMOVED = "request-media-type-removed", Breaking, Request, "{before} no longer accepted",
        "Bodies of this media type are rejected with 415.";
    REQUEST_MEDIA_TYPE_ADDED = "request-media-type-added", Additive, Request, "{after} accepted as well",
        "Bodies of existing media types are accepted as before.";
    RESPONSE_MEDIA_TYPE_REMOVED = "response-media-type-removed", Breaking, Response, "response no longer available as {before}",
        "Readers of this media type get another one or a 406.";
    RESPONSE_MEDIA_TYPE_ADDED = "response-media-type-added", Additive, Response, "response also available as {after}",
        "Clients that request the existing media type get it.";
    REQUEST_MEDIA_TYPE_CHANGED = "request-media-type-changed", Breaking, Request, "accepted as {after} instead of {before}",
        "Bodies of the existing media type are rejected with 415.";
    RESPONSE_MEDIA_TYPE_CHANGED = "response-media-type-changed", Breaking, Response, "response is {after} instead of {before}",
        "Readers get a media type that they cannot decode.";
    SUCCESS_STATUS_REMOVED = "success-status-removed", Breaking, Response, "status {before} no longer returned",
        "Readers that expect this status never get it and cannot handle its replacement.";
    SUCCESS_STATUS_ADDED = "success-status-added", Behavior, Response, "status {after} may also be returned",
        "A success that existing readers do not expect; its body may have another shape.";
    SUCCESS_STATUS_CHANGED = "success-status-changed", Breaking, Response, "success is {after} instead of {before}",
        "A reader that compares the status treats the response as a failure.";
    ERROR_STATUS_REMOVED = "error-status-removed", Additive, Response, "status {before} no longer listed",
        "Handling a status that is never returned is harmless, and undocumented statuses occur as well.";
    ERROR_STATUS_ADDED = "error-status-added", Additive, Response, "status {after} listed",
        "Every client must handle undocumented statuses; this one is now documented.";
    RESPONSE_HEADER_REMOVED = "response-header-removed", Breaking, Response, "header removed",
        "Readers of the header no longer find it.";
    RESPONSE_HEADER_ADDED = "response-header-added", Additive, Response, "header added",
        "Readers ignore unknown headers.";
}
