//! Documents with features that the vendor has not published yet: each is generated and compiles, or is
//! rejected with location and workaround. None makes the generator panic.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use conversations_codegen::{Document, Error, generate, wire_cases};

const PACKAGE: &str = env!("CARGO_MANIFEST_DIR");

fn documents(folder: &str) -> Vec<(String, Document)> {
    let folder = Path::new(PACKAGE).join("tests/documents").join(folder);
    let mut documents: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| {
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            (name, Document::read(&path).unwrap())
        })
        .collect();
    documents.sort_by(|a, b| a.0.cmp(&b.0));
    documents
}

#[test]
fn unsupported_documents_are_rejected_with_location_and_workaround() {
    let reasons = [
        ("cookie", "GET /a, parameter session: a cookie"),
        (
            "default_out_of_range",
            "/paths/~1a/get/parameters/0/schema: the default 1000 is not",
        ),
        ("enum_and_schema", "would be named Kind"),
        (
            "field_collision",
            "`fooBar` and `foo_bar` are both `foo_bar`",
        ),
        (
            "list_component_with_commas",
            "parameter days: a comma-separated list",
        ),
        ("list_of_lists", "parameter ranges of /a"),
        ("list_with_commas", "parameter days: a comma-separated list"),
        ("multipart", "POST /a: a body of `multipart/form-data`"),
        (
            "not",
            "/components/schemas/A/properties/a: Rust types cannot express `not`",
        ),
        ("object_parameter", "parameter filter: `style: deepObject`"),
        (
            "operation_collision",
            "`GET /a` and `PUT /a` are both `get_a`",
        ),
        (
            "other_host",
            "GET /a: the operation has other servers than the rest",
        ),
        ("other_key", "GET /export: the operation needs Bearer or "),
        (
            "parameter_collision",
            "`sortBy` and `sort_by` are both `sort_by`",
        ),
        (
            "parameter_content",
            "parameter filter: a parameter with `content`",
        ),
        (
            "schema_collision",
            "`TurnItem` and `turn_item` are both `TurnItem`",
        ),
        (
            "several_shapes",
            "POST /a: the success responses 200 and 202",
        ),
        (
            "two_body_forms",
            "POST /a: the body has several media types",
        ),
        ("undeclared", "GET /a/{id}: the path has `{id}`, and no"),
        ("value_collision", "`created-at` and `created_at`"),
    ];
    let documents = documents("refused");
    assert_eq!(documents.len(), reasons.len());
    for ((name, document), (expected, reason)) in documents.iter().zip(reasons) {
        assert_eq!(name, expected);
        let error = match generate(document) {
            Ok(_) => wire_cases(document, "Client").unwrap_err(),
            Err(error) => error,
        };
        assert!(!matches!(error, Error::Generator { .. }), "{error}");
        let message = error.to_string();
        assert!(message.contains(reason), "{message}");
        assert!(message.contains("overlay"), "{message}");
    }
}

/// The clients are compiled in a crate with the scalar types of `conversations-api`, together with the
/// requests of the wire snapshots.
#[test]
fn generated_clients_compile() {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("documents");
    fs::create_dir_all(folder.join("src")).unwrap();
    let mut lib = String::from(
        "//! Clients of documents that are not the vendor's.\n\n\
         pub use conversations_api::{ApiKey, Nullable, Integer, Latency, Number, OneOrMany, Timestamp};\n",
    );
    for (name, document) in documents("generated") {
        let code = generate(&document).unwrap_or_else(|error| panic!("{name}: {error}"));
        let requests = wire_cases(&document, &format!("crate::{name}::Client"))
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        write_if_different(&folder.join(format!("src/{name}.rs")), &code);
        write_if_different(&folder.join(format!("src/{name}_requests.rs")), &requests);
        write!(
            lib,
            "\n#[allow(clippy::all)]\npub mod {name};\n#[allow(dead_code)]\nmod {name}_requests;\n\
             impl progenitor_client::ClientHooks<ApiKey> for {name}::Client {{}}\n"
        )
        .unwrap();
    }
    write_if_different(&folder.join("src/lib.rs"), &lib);
    write_if_different(&folder.join("Cargo.toml"), &manifest());
    let workspace = Path::new(PACKAGE).parent().unwrap();
    let lock = fs::read_to_string(workspace.join("Cargo.lock")).unwrap();
    write_if_different(&folder.join("Cargo.lock"), &lock);

    let output = Command::new(env!("CARGO"))
        .current_dir(&folder)
        .args(["check", "--quiet", "--offline"])
        // Shares the compiled dependencies of the workspace.
        .env(
            "CARGO_TARGET_DIR",
            concat!(env!("CARGO_TARGET_TMPDIR"), "/.."),
        )
        .env_remove("RUSTFLAGS")
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// The dependencies of generated code, in the versions of the workspace.
fn manifest() -> String {
    let workspace = Path::new(PACKAGE).parent().unwrap();
    let root = fs::read_to_string(workspace.join("Cargo.toml")).unwrap();
    let version = |name: &str| {
        let start = format!("{name} = ");
        root.lines()
            .find(|line| line.starts_with(&start))
            .unwrap_or_else(|| panic!("{name} is no dependency of the workspace"))
            .to_owned()
    };
    let names = [
        "bytes",
        "chrono",
        "progenitor-client",
        "reqwest",
        "schemars",
        "serde",
        "serde_json",
    ];
    let dependencies: Vec<String> = names.into_iter().map(version).collect();
    format!(
        "[package]\nname = \"documents\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[workspace]\n\n[dependencies]\n\
         conversations-api = {{ path = {:?}, default-features = false, features = [\"pregenerated\"] }}\n{}\n",
        workspace.join("conversations-api"),
        dependencies.join("\n"),
    )
}

fn write_if_different(path: &Path, text: &str) {
    if fs::read_to_string(path).is_ok_and(|there| there == text) {
        return;
    }
    fs::write(path, text).unwrap();
}
