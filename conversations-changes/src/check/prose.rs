//! Checks on words: what a document says besides its structure.

use super::table;

table! {
    PROSE_VALUE_CHANGED = "prose-value-changed", Behaviour, Document, "value in prose: {before} -> {after}",
        "Where a text is an open set, its values are written down in prose alone: a filter or a comparison with the old value finds nothing, and no type changes.";
    PROSE_FIGURE_CHANGED = "prose-figure-changed", Behaviour, Document, "figure in prose: {before} -> {after}",
        "Limits and units that no keyword states are stated in prose alone; code that counts on the old figure is wrong without being told.";
    DESCRIPTION_CHANGED = "description-changed", Prose, Document, "{facet} reworded: {before} -> {after}",
        "The same values and figures in other words; read it once, for a rule may hide in them.";
    EXAMPLE_CHANGED = "example-changed", Prose, Document, "{facet}: {before} -> {after}",
        "An example binds nobody.";
    INFO_CHANGED = "info-changed", Prose, Document, "{facet}: {before} -> {after}",
        "What the document says of itself is not sent; the generated client leaves the version out as well.";
    TAGS_CHANGED = "tags-changed", Prose, Document, "{facet}: {before} -> {after}",
        "Tags order the vendor's pages; the generated client does not use them.";
    EXTENSION_CHANGED = "extension-changed", Prose, Document, "{facet}: {before} -> {after}",
        "A key of the vendor's own (x-…) binds no reader who does not know it.";
    ORDER_CHANGED = "order-changed", Prose, Document, "{facet} listed in another order",
        "The order of a list in the document is not sent.";
    SPELLING_CHANGED = "spelling-changed", Prose, Document, "{facet}: {before} -> {after}, the same",
        "What is written down says what its absence says, such as a `false` or an empty list.";
}
