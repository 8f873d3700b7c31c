//! OpenAPI 3.0 as data: the fields of each kind of object and their types.
//!
//! Source: OpenAPI Specification 3.0.3, section 4.7. `Any` marks what the specification leaves open
//! (examples, defaults) or what this project does not use.

/// The type of a field.
#[derive(Debug, Clone, Copy)]
pub(in crate::import) enum Shape {
    Any,
    Text,
    Flag,
    Number,
    Count,
    /// One of these strings.
    OneOf(&'static [&'static str]),
    Texts,
    List,
    Object(&'static Object),
    Objects(&'static Object),
    /// A map from any name to such an object.
    Named(&'static Object),
    /// A boolean or such an object.
    FlagOr(&'static Object),
}

/// A kind of object.
#[derive(Debug)]
pub(in crate::import) struct Object {
    pub(in crate::import) name: &'static str,
    pub(in crate::import) required: &'static [&'static str],
    pub(in crate::import) fields: &'static [(&'static str, Shape)],
}

use Shape::{Any, Count, Flag, FlagOr, List, Named, Number, Objects, OneOf, Text, Texts};

pub(in crate::import) static OPENAPI: Object = Object {
    name: "an OpenAPI document",
    required: &["openapi", "info", "paths"],
    fields: &[
        ("openapi", Text),
        ("info", Shape::Object(&INFO)),
        ("servers", Objects(&SERVER)),
        ("paths", Named(&PATH_ITEM)),
        ("components", Shape::Object(&COMPONENTS)),
        ("security", List),
        ("tags", Objects(&TAG)),
        ("externalDocs", Any),
    ],
};

static INFO: Object = Object {
    name: "`info`",
    required: &["title", "version"],
    fields: &[
        ("title", Text),
        ("description", Text),
        ("termsOfService", Text),
        ("contact", Any),
        ("license", Any),
        ("version", Text),
    ],
};

static SERVER: Object = Object {
    name: "a server",
    required: &["url"],
    fields: &[("url", Text), ("description", Text), ("variables", Any)],
};

static TAG: Object = Object {
    name: "a tag",
    required: &["name"],
    fields: &[("name", Text), ("description", Text), ("externalDocs", Any)],
};

static PATH_ITEM: Object = Object {
    name: "a path",
    required: &[],
    fields: &[
        ("summary", Text),
        ("description", Text),
        ("get", Shape::Object(&OPERATION)),
        ("put", Shape::Object(&OPERATION)),
        ("post", Shape::Object(&OPERATION)),
        ("delete", Shape::Object(&OPERATION)),
        ("options", Shape::Object(&OPERATION)),
        ("head", Shape::Object(&OPERATION)),
        ("patch", Shape::Object(&OPERATION)),
        ("trace", Shape::Object(&OPERATION)),
        ("servers", Objects(&SERVER)),
        ("parameters", Objects(&PARAMETER)),
    ],
};

static OPERATION: Object = Object {
    name: "an operation",
    required: &["responses"],
    fields: &[
        ("tags", Texts),
        ("summary", Text),
        ("description", Text),
        ("externalDocs", Any),
        ("operationId", Text),
        ("parameters", Objects(&PARAMETER)),
        ("requestBody", Shape::Object(&REQUEST_BODY)),
        ("responses", Named(&RESPONSE)),
        ("callbacks", Any),
        ("deprecated", Flag),
        ("security", List),
        ("servers", Objects(&SERVER)),
    ],
};

static PARAMETER: Object = Object {
    name: "a parameter",
    required: &["name", "in"],
    fields: &[
        ("name", Text),
        ("in", OneOf(&["query", "header", "path", "cookie"])),
        ("description", Text),
        ("required", Flag),
        ("deprecated", Flag),
        ("allowEmptyValue", Flag),
        ("style", Text),
        ("explode", Flag),
        ("allowReserved", Flag),
        ("schema", Shape::Object(&SCHEMA)),
        ("example", Any),
        ("examples", Any),
        ("content", Named(&MEDIA_TYPE)),
    ],
};

static REQUEST_BODY: Object = Object {
    name: "a request body",
    required: &["content"],
    fields: &[
        ("description", Text),
        ("content", Named(&MEDIA_TYPE)),
        ("required", Flag),
    ],
};

static MEDIA_TYPE: Object = Object {
    name: "a media type",
    required: &[],
    fields: &[
        ("schema", Shape::Object(&SCHEMA)),
        ("example", Any),
        ("examples", Any),
        ("encoding", Any),
    ],
};

static RESPONSE: Object = Object {
    name: "a response",
    required: &["description"],
    fields: &[
        ("description", Text),
        ("headers", Named(&HEADER)),
        ("content", Named(&MEDIA_TYPE)),
        ("links", Any),
    ],
};

static HEADER: Object = Object {
    name: "a header",
    required: &[],
    fields: &[
        ("description", Text),
        ("required", Flag),
        ("deprecated", Flag),
        ("allowEmptyValue", Flag),
        ("style", Text),
        ("explode", Flag),
        ("allowReserved", Flag),
        ("schema", Shape::Object(&SCHEMA)),
        ("example", Any),
        ("examples", Any),
        ("content", Named(&MEDIA_TYPE)),
    ],
};

static COMPONENTS: Object = Object {
    name: "`components`",
    required: &[],
    fields: &[
        ("schemas", Named(&SCHEMA)),
        ("responses", Named(&RESPONSE)),
        ("parameters", Named(&PARAMETER)),
        ("examples", Any),
        ("requestBodies", Named(&REQUEST_BODY)),
        ("headers", Named(&HEADER)),
        ("securitySchemes", Named(&SECURITY_SCHEME)),
        ("links", Any),
        ("callbacks", Any),
    ],
};

static SECURITY_SCHEME: Object = Object {
    name: "a security scheme",
    required: &["type"],
    fields: &[
        (
            "type",
            OneOf(&["apiKey", "http", "oauth2", "openIdConnect"]),
        ),
        ("description", Text),
        ("name", Text),
        ("in", OneOf(&["query", "header", "cookie"])),
        ("scheme", Text),
        ("bearerFormat", Text),
        ("flows", Any),
        ("openIdConnectUrl", Text),
    ],
};

pub(in crate::import) static SCHEMA: Object = Object {
    name: "a schema",
    required: &[],
    fields: &[
        ("title", Text),
        ("multipleOf", Number),
        ("maximum", Number),
        ("exclusiveMaximum", Flag),
        ("minimum", Number),
        ("exclusiveMinimum", Flag),
        ("maxLength", Count),
        ("minLength", Count),
        ("pattern", Text),
        ("maxItems", Count),
        ("minItems", Count),
        ("uniqueItems", Flag),
        ("maxProperties", Count),
        ("minProperties", Count),
        ("required", Texts),
        ("enum", List),
        (
            "type",
            OneOf(&["string", "number", "integer", "boolean", "array", "object"]),
        ),
        ("allOf", Objects(&SCHEMA)),
        ("oneOf", Objects(&SCHEMA)),
        ("anyOf", Objects(&SCHEMA)),
        ("not", Shape::Object(&SCHEMA)),
        ("items", Shape::Object(&SCHEMA)),
        ("properties", Named(&SCHEMA)),
        ("additionalProperties", FlagOr(&SCHEMA)),
        ("description", Text),
        ("format", Text),
        ("default", Any),
        ("nullable", Flag),
        ("discriminator", Any),
        ("readOnly", Flag),
        ("writeOnly", Flag),
        ("xml", Any),
        ("externalDocs", Any),
        ("example", Any),
        ("deprecated", Flag),
    ],
};
