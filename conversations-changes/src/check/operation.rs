//! Checks on one operation: parameters, bodies, statuses, media types.

use super::table;

table! {
    OPERATION_ID_CHANGED = "operation-id-changed", Surface, Document, "operationId: {before} -> {after}",
        "An operation's id is never sent; generated methods and builders are named after it.";
    DEPRECATED = "deprecated", Behaviour, Document, "marked deprecated",
        "Everything works as before, yet its withdrawal is announced: whoever uses it has to plan.";
    DEPRECATION_LIFTED = "deprecation-lifted", Additive, Document, "no longer marked deprecated",
        "Its withdrawal is off; nothing has to be done.";
    PARAMETER_REMOVED = "parameter-removed", Breaking, Request, "parameter removed",
        "Requests that send it are refused or, worse, answered as if it had not been sent.";
    PARAMETER_ADDED = "parameter-added", Additive, Request, "optional parameter added",
        "Requests without it are answered as before.";
    PARAMETER_ADDED_REQUIRED = "parameter-added-required", Breaking, Request, "required parameter added",
        "No request of today sends it, so every one is refused with 400.";
    PARAMETER_RENAMED = "parameter-renamed", Breaking, Request, "parameter renamed: {before} -> {after}",
        "The name is what is sent: the old one is refused or ignored.";
    PARAMETER_MOVED = "parameter-moved", Breaking, Request, "parameter moved: {before} -> {after}",
        "The server reads it elsewhere and does not see what callers send.";
    PARAMETER_REQUIRED = "parameter-made-required", Breaking, Request, "now required",
        "Requests that leave it out, as they could, are refused with 400.";
    PARAMETER_OPTIONAL = "parameter-made-optional", Additive, Request, "now optional",
        "Requests that send it are answered as before.";
    PARAMETER_STYLE_CHANGED = "parameter-style-changed", Breaking, Request, "{facet}: {before} -> {after}",
        "The same values are written in another way, for instance joined by commas instead of repeated.";
    BODY_ADDED = "request-body-added", Additive, Request, "optional body added",
        "Requests without a body are answered as before.";
    BODY_ADDED_REQUIRED = "request-body-added-required", Breaking, Request, "required body added",
        "No request of today has one, so every one is refused with 400.";
    BODY_REMOVED = "request-body-removed", Breaking, Request, "body removed",
        "What callers say in it is refused or ignored.";
    BODY_REQUIRED = "request-body-made-required", Breaking, Request, "body now required",
        "Requests without one, as they could be, are refused with 400.";
    BODY_OPTIONAL = "request-body-made-optional", Additive, Request, "body now optional",
        "Requests with one are answered as before.";
    REQUEST_MEDIA_TYPE_REMOVED = "request-media-type-removed", Breaking, Request, "{before} no longer accepted",
        "Bodies in this form are refused with 415.";
    REQUEST_MEDIA_TYPE_ADDED = "request-media-type-added", Additive, Request, "{after} accepted as well",
        "Bodies in the forms of today are accepted as before.";
    RESPONSE_MEDIA_TYPE_REMOVED = "response-media-type-removed", Breaking, Response, "no longer answered as {before}",
        "Readers of this form get another one or a 406.";
    RESPONSE_MEDIA_TYPE_ADDED = "response-media-type-added", Additive, Response, "can be answered as {after} as well",
        "Whoever asks for the form of today gets it.";
    REQUEST_MEDIA_TYPE_CHANGED = "request-media-type-changed", Breaking, Request, "accepted as {after} instead of {before}",
        "Bodies in the form of today are refused with 415.";
    RESPONSE_MEDIA_TYPE_CHANGED = "response-media-type-changed", Breaking, Response, "answered as {after} instead of {before}",
        "Readers of the old form get one they have no reader for.";
    SUCCESS_STATUS_REMOVED = "success-status-removed", Breaking, Response, "status {before} no longer answered",
        "Readers that wait for this status never see it, and have no reading for what comes instead.";
    SUCCESS_STATUS_ADDED = "success-status-added", Behaviour, Response, "status {after} can be answered as well",
        "A success that a reader of today does not expect; its body may have another form.";
    SUCCESS_STATUS_CHANGED = "success-status-changed", Breaking, Response, "success is {after} instead of {before}",
        "A reader that compares the status takes the answer for a failure.";
    ERROR_STATUS_REMOVED = "error-status-removed", Additive, Response, "status {before} no longer listed",
        "Handling a status that does not come costs nothing, and statuses that no document lists come as well.";
    ERROR_STATUS_ADDED = "error-status-added", Additive, Response, "status {after} listed",
        "Every client must be ready for statuses that are not listed; this one is known now.";
    RESPONSE_HEADER_REMOVED = "response-header-removed", Breaking, Response, "header removed",
        "Readers of the header find nothing.";
    RESPONSE_HEADER_ADDED = "response-header-added", Additive, Response, "header added",
        "Readers ignore headers they do not know.";
}
