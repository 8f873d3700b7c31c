//! Checks on prose.

use super::definition::table;

table! {
    PROSE_VALUE_CHANGED = "prose-value-changed", Behavior, Document, "value in prose: {before} -> {after}",
        "The values of an open set are documented in prose alone: a filter or a comparison with the old value matches nothing, although no type changes.";
    PROSE_FIGURE_CHANGED = "prose-figure-changed", Behavior, Document, "number in prose: {before} -> {after}",
        "Limits and units without a keyword are documented in prose alone; code that relies on the old number becomes silently wrong.";
    DESCRIPTION_CHANGED = "description-changed", Prose, Document, "{facet} reworded: {before} -> {after}",
        "The values and numbers are the same; read it once, because it may contain a new rule.";
    EXAMPLE_CHANGED = "example-changed", Prose, Document, "{facet}: {before} -> {after}",
        "Examples are not binding.";
    INFO_CHANGED = "info-changed", Prose, Document, "{facet}: {before} -> {after}",
        "Document metadata is not sent; the generated client does not use the version either.";
    TAGS_CHANGED = "tags-changed", Prose, Document, "{facet}: {before} -> {after}",
        "Tags group the vendor's documentation; the generated client does not use them.";
    EXTENSION_CHANGED = "extension-changed", Prose, Document, "{facet}: {before} -> {after}",
        "A vendor extension (x-…) does not affect readers that do not know it.";
    ORDER_CHANGED = "order-changed", Prose, Document, "{facet} listed in another order",
        "The order of a list in the document is not sent.";
    SPELLING_CHANGED = "spelling-changed", Prose, Document, "{facet}: {before} -> {after}, the same",
        "The explicit value equals the default, such as `false` or an empty list.";
}
