//! Checks on schemas. Most exist twice: what narrows a request breaks callers, what widens a response
//! reaches readers.

use super::table;

table! {
    REQUEST_TYPE_CHANGED = "request-type-changed", Breaking, Request, "type: {before} -> {after}",
        "The values that callers send are of a type that is refused.";
    REQUEST_TYPE_WIDENED = "request-type-widened", Additive, Request, "type: {before} -> {after}, wider",
        "Every value of the old type is one of the new.";
    RESPONSE_TYPE_CHANGED = "response-type-changed", Breaking, Response, "type: {before} -> {after}",
        "Readers decode the old type and fail on the new one.";
    RESPONSE_TYPE_NARROWED = "response-type-narrowed", Additive, Response, "type: {before} -> {after}, narrower",
        "Every value that can come is one that readers of the old type take.";
    REQUEST_FORMAT_CHANGED = "request-format-changed", Breaking, Request, "format: {before} -> {after}",
        "Values in the old form, or in no particular form, are refused.";
    REQUEST_FORMAT_REMOVED = "request-format-removed", Additive, Request, "format {before} no longer asked for",
        "Values in the old form are still values.";
    RESPONSE_FORMAT_CHANGED = "response-format-changed", Breaking, Response, "format: {before} -> {after}",
        "Readers parse the old form and fail on values that do not have it.";
    RESPONSE_FORMAT_ADDED = "response-format-added", Additive, Response, "format {after} promised",
        "Readers who take any form take this one.";
    REQUEST_NULLABLE_GAINED = "request-nullable-gained", Additive, Request, "may be null",
        "Values other than null are accepted as before.";
    REQUEST_NULLABLE_LOST = "request-nullable-lost", Breaking, Request, "may no longer be null",
        "Requests with null, as they could be, are refused.";
    RESPONSE_NULLABLE_GAINED = "response-nullable-gained", Breaking, Response, "may be null",
        "Readers that expect a value fail on null.";
    RESPONSE_NULLABLE_LOST = "response-nullable-lost", Additive, Response, "is never null",
        "Readers that are ready for null are ready for values.";
    REQUEST_ENUM_VALUE_ADDED = "request-enum-value-added", Additive, Request, "value {after} added",
        "The values of today are accepted as before.";
    REQUEST_ENUM_VALUE_REMOVED = "request-enum-value-removed", Breaking, Request, "value {before} removed",
        "Requests with this value are refused with 400.";
    REQUEST_ENUM_VALUE_RENAMED = "request-enum-value-renamed", Breaking, Request, "value renamed: {before} -> {after}",
        "Requests with the old value are refused with 400.";
    RESPONSE_ENUM_VALUE_ADDED = "response-enum-value-added", Behaviour, Response, "value {after} added",
        "Readers meet a value they have no case for: a closed enum fails, an open one falls to its default.";
    RESPONSE_ENUM_VALUE_REMOVED = "response-enum-value-removed", Behaviour, Response, "value {before} removed",
        "Nothing fails to decode, but who waits for this value waits for ever.";
    RESPONSE_ENUM_VALUE_RENAMED = "response-enum-value-renamed", Breaking, Response, "value renamed: {before} -> {after}",
        "Comparisons with the old value are never true, and closed enums fail on the new one.";
    REQUEST_ENUM_INTRODUCED = "request-enum-introduced", Breaking, Request, "only {after} from now on",
        "Any other text, accepted so far, is refused.";
    REQUEST_ENUM_LIFTED = "request-enum-lifted", Additive, Request, "no longer only {before}",
        "The values of the old list are accepted as before.";
    RESPONSE_ENUM_INTRODUCED = "response-enum-introduced", Additive, Response, "only {after} from now on",
        "Readers who take any text take these.";
    RESPONSE_ENUM_LIFTED = "response-enum-lifted", Behaviour, Response, "no longer only {before}",
        "Readers with a case for each listed value meet others.";
    ENUM_REORDERED = "enum-reordered", Surface, Document, "values in another order: {after}",
        "The order is not sent; a generated enum compares by it.";
    REQUEST_BOUND_TIGHTENED = "request-bound-tightened", Breaking, Request, "{facet} {before} -> {after}",
        "Values between the old bound and the new, accepted so far, are refused with 400.";
    REQUEST_BOUND_LOOSENED = "request-bound-loosened", Additive, Request, "{facet} {before} -> {after}",
        "Every value within the old bound is within the new; clients that keep to the old one only ask for less than they could.";
    RESPONSE_BOUND_TIGHTENED = "response-bound-tightened", Additive, Response, "{facet} {before} -> {after}",
        "Every value that can come is one that readers are ready for.";
    RESPONSE_BOUND_LOOSENED = "response-bound-loosened", Behaviour, Response, "{facet} {before} -> {after}",
        "Values come that were out of range: columns, buffers and checks sized to the old bound are too small.";
    REQUEST_PATTERN_CHANGED = "request-pattern-changed", Breaking, Request, "pattern: {before} -> {after}",
        "Values that matched, or had nothing to match, may be refused.";
    REQUEST_PATTERN_REMOVED = "request-pattern-removed", Additive, Request, "pattern {before} lifted",
        "Values that matched are accepted as before.";
    RESPONSE_PATTERN_CHANGED = "response-pattern-changed", Behaviour, Response, "pattern: {before} -> {after}",
        "Values of another form come; they still decode, but who takes them apart has to look.";
    RESPONSE_PATTERN_ADDED = "response-pattern-added", Additive, Response, "pattern {after} promised",
        "Readers who take any form take this one.";
    REQUEST_DEFAULT_CHANGED = "request-default-changed", Behaviour, Request, "default: {before} -> {after}",
        "Nothing is refused and no type changes, but a request that leaves it out is answered differently.";
    RESPONSE_DEFAULT_CHANGED = "response-default-changed", Behaviour, Response, "default: {before} -> {after}",
        "What a missing value stands for is another one now.";
    REQUEST_PROPERTY_ADDED = "request-property-added", Additive, Request, "optional property added",
        "Bodies without it are accepted as before.";
    REQUEST_PROPERTY_ADDED_REQUIRED = "request-property-added-required", Breaking, Request, "required property added",
        "No body of today has it, so every one is refused.";
    REQUEST_PROPERTY_REMOVED = "request-property-removed", Breaking, Request, "property removed",
        "What callers say in it is refused or ignored.";
    REQUEST_PROPERTY_RENAMED = "request-property-renamed", Breaking, Request, "property renamed: {before} -> {after}",
        "The old name is refused or ignored.";
    REQUEST_PROPERTY_REQUIRED = "request-property-made-required", Breaking, Request, "now required",
        "Bodies that leave it out, as they could, are refused.";
    REQUEST_PROPERTY_OPTIONAL = "request-property-made-optional", Additive, Request, "now optional",
        "Bodies that have it are accepted as before.";
    RESPONSE_PROPERTY_ADDED = "response-property-added", Additive, Response, "field added",
        "Readers ignore or keep fields they do not know.";
    RESPONSE_PROPERTY_REMOVED = "response-property-removed", Breaking, Response, "field removed",
        "Readers of the field find nothing; if it was required, decoding fails.";
    RESPONSE_PROPERTY_RENAMED = "response-property-renamed", Breaking, Response, "field renamed: {before} -> {after}",
        "Readers of the old name find nothing, while the value is there under the new one.";
    RESPONSE_PROPERTY_OPTIONAL = "response-property-made-optional", Breaking, Response, "may be missing",
        "Readers that count on the field fail where it is left out.";
    RESPONSE_PROPERTY_REQUIRED = "response-property-made-required", Additive, Response, "is always there",
        "Readers that are ready for its absence are ready for its presence.";
    REQUEST_EXTRA_CLOSED = "request-extra-properties-closed", Breaking, Request, "further properties: {before} -> {after}",
        "Bodies with properties that are not listed are refused.";
    REQUEST_EXTRA_OPENED = "request-extra-properties-opened", Additive, Request, "further properties: {before} -> {after}",
        "Bodies with the listed properties are accepted as before.";
    RESPONSE_EXTRA_CLOSED = "response-extra-properties-closed", Additive, Response, "further fields: {before} -> {after}",
        "Readers that keep unknown fields find none.";
    RESPONSE_EXTRA_OPENED = "response-extra-properties-opened", Behaviour, Response, "further fields: {before} -> {after}",
        "Fields come that no schema lists; a strict reader fails on them.";
    REQUEST_VARIANT_ADDED = "request-variant-added", Additive, Request, "{facet}: {after} accepted as well",
        "The forms of today are accepted as before.";
    REQUEST_VARIANT_REMOVED = "request-variant-removed", Breaking, Request, "{facet}: {before} no longer accepted",
        "Values of this form are refused.";
    RESPONSE_VARIANT_ADDED = "response-variant-added", Breaking, Response, "{facet}: {after} can come as well",
        "A reader tries the forms it knows and fails when none fits; unlike an enum's value there is no text to keep.";
    RESPONSE_VARIANT_REMOVED = "response-variant-removed", Additive, Response, "{facet}: {before} no longer comes",
        "Readers that are ready for it never need to be.";
    COMPOSITION_CHANGED = "composition-changed", Behaviour, Both, "{facet}: {before} -> {after}",
        "Parts that must hold together were added or taken away; which values fit has to be judged by a person.";
    DISCRIMINATOR_CHANGED = "discriminator-changed", Breaking, Both, "discriminator: {before} -> {after}",
        "Readers look at another field, or at other values, to tell the forms apart.";
    ACCESS_CHANGED = "access-changed", Behaviour, Both, "{facet}: {before} -> {after}",
        "The property moves between what is sent and what is answered.";
}
