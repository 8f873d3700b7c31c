//! Checks on schemas. Most exist twice: narrowing breaks requests, widening breaks readers of responses.

use super::definition::table;

table! {
    REQUEST_TYPE_CHANGED = "request-type-changed", Breaking, Request, "type: {before} -> {after}",
        "The server rejects the type of the values that callers send.";
    REQUEST_TYPE_WIDENED = "request-type-widened", Additive, Request, "type: {before} -> {after}, wider",
        "Every value of the old type is valid for the new type.";
    RESPONSE_TYPE_CHANGED = "response-type-changed", Breaking, Response, "type: {before} -> {after}",
        "Readers decode the old type and fail on the new one.";
    RESPONSE_TYPE_NARROWED = "response-type-narrowed", Additive, Response, "type: {before} -> {after}, narrower",
        "Readers of the old type accept every possible value.";
    REQUEST_FORMAT_CHANGED = "request-format-changed", Breaking, Request, "format: {before} -> {after}",
        "Values in the old format, or in no particular format, are rejected.";
    REQUEST_FORMAT_REMOVED = "request-format-removed", Additive, Request, "format {before} no longer required",
        "Values in the old format are still valid.";
    RESPONSE_FORMAT_CHANGED = "response-format-changed", Breaking, Response, "format: {before} -> {after}",
        "Readers parse the old format and fail on other values.";
    RESPONSE_FORMAT_ADDED = "response-format-added", Additive, Response, "format {after} promised",
        "Readers that accept any format accept this one.";
    REQUEST_NULLABLE_GAINED = "request-nullable-gained", Additive, Request, "may be null",
        "Values other than null are accepted as before.";
    REQUEST_NULLABLE_LOST = "request-nullable-lost", Breaking, Request, "may no longer be null",
        "Requests with null, which were allowed, are rejected.";
    RESPONSE_NULLABLE_GAINED = "response-nullable-gained", Breaking, Response, "may be null",
        "Readers that expect a value fail on null.";
    RESPONSE_NULLABLE_LOST = "response-nullable-lost", Additive, Response, "is never null",
        "Readers that handle null also handle values.";
    REQUEST_ENUM_VALUE_ADDED = "request-enum-value-added", Additive, Request, "value {after} added",
        "Existing values are accepted as before.";
    REQUEST_ENUM_VALUE_REMOVED = "request-enum-value-removed", Breaking, Request, "value {before} removed",
        "Requests with this value are rejected with 400.";
    REQUEST_ENUM_VALUE_RENAMED = "request-enum-value-renamed", Breaking, Request, "value renamed: {before} -> {after}",
        "Requests with the old value are rejected with 400.";
    RESPONSE_ENUM_VALUE_ADDED = "response-enum-value-added", Behavior, Response, "value {after} added",
        "Readers get a value without a case: a closed enum fails, an open one uses its default.";
    RESPONSE_ENUM_VALUE_REMOVED = "response-enum-value-removed", Behavior, Response, "value {before} removed",
        "Decoding still works, but code that waits for this value waits indefinitely.";
    RESPONSE_ENUM_VALUE_RENAMED = "response-enum-value-renamed", Breaking, Response, "value renamed: {before} -> {after}",
        "Comparisons with the old value are never true, and closed enums fail on the new one.";
    REQUEST_ENUM_INTRODUCED = "request-enum-introduced", Breaking, Request, "only {after} from now on",
        "Any other string, which was allowed, is rejected.";
    REQUEST_ENUM_LIFTED = "request-enum-lifted", Additive, Request, "no longer only {before}",
        "The values of the old list are accepted as before.";
    RESPONSE_ENUM_INTRODUCED = "response-enum-introduced", Additive, Response, "only {after} from now on",
        "Readers that accept any string accept these values.";
    RESPONSE_ENUM_LIFTED = "response-enum-lifted", Behavior, Response, "no longer only {before}",
        "Readers with a case for each listed value get others.";
    ENUM_REORDERED = "enum-reordered", Surface, Document, "values in another order: {after}",
        "The order is not sent; a generated enum compares by it.";
    REQUEST_BOUND_TIGHTENED = "request-bound-tightened", Breaking, Request, "{facet} {before} -> {after}",
        "Values between the old and the new bound, which were allowed, are rejected with 400.";
    REQUEST_BOUND_LOOSENED = "request-bound-loosened", Additive, Request, "{facet} {before} -> {after}",
        "Every value within the old bound is within the new one; clients that keep the old bound only request less than they could.";
    RESPONSE_BOUND_TIGHTENED = "response-bound-tightened", Additive, Response, "{facet} {before} -> {after}",
        "Readers already handle every possible value.";
    RESPONSE_BOUND_LOOSENED = "response-bound-loosened", Behavior, Response, "{facet} {before} -> {after}",
        "Values can exceed the old range: columns, buffers and checks sized to the old bound are too small.";
    REQUEST_PATTERN_CHANGED = "request-pattern-changed", Breaking, Request, "pattern: {before} -> {after}",
        "Values that matched, or needed no match, may be rejected.";
    REQUEST_PATTERN_REMOVED = "request-pattern-removed", Additive, Request, "pattern {before} lifted",
        "Values that matched are accepted as before.";
    RESPONSE_PATTERN_CHANGED = "response-pattern-changed", Behavior, Response, "pattern: {before} -> {after}",
        "Values have another form; they still decode, but code that parses them has to be checked.";
    RESPONSE_PATTERN_ADDED = "response-pattern-added", Additive, Response, "pattern {after} promised",
        "Readers that accept any format accept this one.";
    REQUEST_DEFAULT_CHANGED = "request-default-changed", Behavior, Request, "default: {before} -> {after}",
        "Nothing is rejected and no type changes, but a request that omits it gets a different response.";
    RESPONSE_DEFAULT_CHANGED = "response-default-changed", Behavior, Response, "default: {before} -> {after}",
        "A missing value has another meaning.";
    REQUEST_PROPERTY_ADDED = "request-property-added", Additive, Request, "optional property added",
        "Bodies without it are accepted as before.";
    REQUEST_PROPERTY_ADDED_REQUIRED = "request-property-added-required", Breaking, Request, "required property added",
        "No existing body has it, so every one is rejected.";
    REQUEST_PROPERTY_REMOVED = "request-property-removed", Breaking, Request, "property removed",
        "Its value is rejected or ignored.";
    REQUEST_PROPERTY_RENAMED = "request-property-renamed", Breaking, Request, "property renamed: {before} -> {after}",
        "The old name is rejected or ignored.";
    REQUEST_PROPERTY_REQUIRED = "request-property-made-required", Breaking, Request, "now required",
        "Bodies that omit it, which was allowed, are rejected.";
    REQUEST_PROPERTY_OPTIONAL = "request-property-made-optional", Additive, Request, "now optional",
        "Bodies that have it are accepted as before.";
    RESPONSE_PROPERTY_ADDED = "response-property-added", Additive, Response, "field added",
        "Readers ignore or keep unknown fields.";
    RESPONSE_PROPERTY_REMOVED = "response-property-removed", Breaking, Response, "field removed",
        "Readers no longer find the field; if it was required, decoding fails.";
    RESPONSE_PROPERTY_RENAMED = "response-property-renamed", Breaking, Response, "field renamed: {before} -> {after}",
        "Readers of the old name find nothing; the value has the new name.";
    RESPONSE_PROPERTY_OPTIONAL = "response-property-made-optional", Breaking, Response, "may be missing",
        "Readers that require the field fail where it is missing.";
    RESPONSE_PROPERTY_REQUIRED = "response-property-made-required", Additive, Response, "is always there",
        "Readers that handle its absence also handle its presence.";
    REQUEST_EXTRA_CLOSED = "request-extra-properties-closed", Breaking, Request, "additional properties: {before} -> {after}",
        "Bodies with undocumented properties are rejected.";
    REQUEST_EXTRA_OPENED = "request-extra-properties-opened", Additive, Request, "additional properties: {before} -> {after}",
        "Bodies with documented properties are accepted as before.";
    RESPONSE_EXTRA_CLOSED = "response-extra-properties-closed", Additive, Response, "additional fields: {before} -> {after}",
        "Readers that keep unknown fields no longer find any.";
    RESPONSE_EXTRA_OPENED = "response-extra-properties-opened", Behavior, Response, "additional fields: {before} -> {after}",
        "Responses have undocumented fields; a strict reader fails on them.";
    REQUEST_VARIANT_ADDED = "request-variant-added", Additive, Request, "{facet}: {after} accepted as well",
        "Existing variants are accepted as before.";
    REQUEST_VARIANT_REMOVED = "request-variant-removed", Breaking, Request, "{facet}: {before} no longer accepted",
        "Values of this variant are rejected.";
    RESPONSE_VARIANT_ADDED = "response-variant-added", Breaking, Response, "{facet}: {after} can come as well",
        "A reader tries the variants it knows and fails if none matches; unlike an enum value, there is no string to keep.";
    RESPONSE_VARIANT_REMOVED = "response-variant-removed", Additive, Response, "{facet}: {before} no longer comes",
        "Readers keep a case that is no longer used.";
    COMPOSITION_CHANGED = "composition-changed", Behavior, Both, "{facet}: {before} -> {after}",
        "Parts of a combined schema were added or removed; a person has to review which values are valid.";
    DISCRIMINATOR_CHANGED = "discriminator-changed", Breaking, Both, "discriminator: {before} -> {after}",
        "Readers use another field, or other values, to distinguish the variants.";
    ACCESS_CHANGED = "access-changed", Behavior, Both, "{facet}: {before} -> {after}",
        "The property moves between requests and responses.";
}
