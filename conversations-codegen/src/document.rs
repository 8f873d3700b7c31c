//! An OpenAPI 3.0 document as a JSON tree with a name for error messages.

use std::path::Path;

use serde_json::Value;

use crate::Error;

/// An API document that was checked to be OpenAPI 3.0.x.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    name: String,
    tree: Value,
}

impl Document {
    /// Parses YAML or JSON; `name` identifies the document in error messages.
    ///
    /// # Errors
    /// [`Error::Syntax`] with line, column and excerpt; [`Error::NotOpenapi30`] for OpenAPI 3.1, Swagger
    /// 2 or a document without an `openapi` field.
    pub fn parse(name: impl Into<String>, text: &str) -> Result<Self, Error> {
        let name = name.into();
        let tree = parse_tree(&name, text)?;
        let found = match tree.get("openapi") {
            Some(Value::String(version)) => version.clone(),
            Some(other) => other.to_string(),
            None => "nothing".to_owned(),
        };
        if !found.starts_with("3.0.") {
            return Err(Error::NotOpenapi30 { file: name, found });
        }
        Ok(Self { name, tree })
    }

    /// Wraps a tree that is known to be an OpenAPI 3.0.x document.
    #[cfg(feature = "import")]
    pub(crate) fn of_tree(name: impl Into<String>, tree: Value) -> Self {
        Self {
            name: name.into(),
            tree,
        }
    }

    /// Reads and parses the file at `path`.
    ///
    /// # Errors
    /// [`Error::Unreadable`], and those of [`Document::parse`].
    pub fn read(path: &Path) -> Result<Self, Error> {
        Self::parse(file_name(path), &read_text(path)?)
    }

    /// The name of this document in error messages.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The document as a JSON tree.
    #[must_use]
    pub fn tree(&self) -> &Value {
        &self.tree
    }

    pub(crate) fn tree_mut(&mut self) -> &mut Value {
        &mut self.tree
    }

    /// Converts the document to progenitor's input type.
    pub(crate) fn openapi(&self) -> Result<openapiv3::OpenAPI, Error> {
        serde_json::from_value(self.tree.clone()).map_err(|e| Error::Document {
            file: self.name.clone(),
            message: e.to_string(),
        })
    }
}

pub(crate) fn parse_tree(name: &str, text: &str) -> Result<Value, Error> {
    serde_saphyr::from_str(text).map_err(|e| Error::Syntax {
        file: name.to_owned(),
        message: e.to_string(),
    })
}

pub(crate) fn read_text(path: &Path) -> Result<String, Error> {
    std::fs::read_to_string(path).map_err(|source| Error::Unreadable {
        file: path.display().to_string(),
        source,
    })
}

pub(crate) fn file_name(path: &Path) -> String {
    path.file_name()
        .unwrap_or(path.as_os_str())
        .to_string_lossy()
        .into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(text: &str) -> String {
        Document::parse("api.yaml", text).unwrap_err().to_string()
    }

    #[test]
    fn an_openapi_3_1_document_is_rejected_with_version_and_workaround() {
        let message = refusal("openapi: 3.1.0\ninfo: {title: x, version: '1'}\npaths: {}\n");
        assert!(
            message.starts_with("api.yaml has `openapi: 3.1.0`"),
            "{message}"
        );
        assert!(message.contains("3.0.x only"), "{message}");
    }

    #[test]
    fn a_document_of_another_kind_is_rejected() {
        assert!(refusal("swagger: '2.0'\n").contains("openapi: nothing"));
        assert!(refusal("[]").contains("openapi: nothing"));
        assert!(refusal("<html><body>Not here</body></html>").contains("openapi: nothing"));
    }

    #[test]
    fn a_syntax_error_names_file_line_and_column() {
        let message = refusal("openapi: 3.0.1\npaths:\n  /a: {get: [}\n");
        assert!(message.contains("api.yaml is not valid"), "{message}");
        assert!(message.contains("line 3"), "{message}");
    }

    #[test]
    fn a_duplicate_key_is_rejected() {
        let message = refusal("openapi: 3.0.1\ninfo: {}\ninfo: {}\n");
        assert!(message.contains("duplicate"), "{message}");
    }

    #[test]
    fn a_missing_file_is_named() {
        let error = Document::read(Path::new("no/such/file.yaml")).unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with("cannot read no/such/file.yaml")
        );
    }
}
