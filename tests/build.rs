//! Generates one request per query parameter and client module for the wire snapshots, so that a parameter of
//! a new document is covered automatically.

use std::path::{Path, PathBuf};
use std::{env, fs, process};

use conversations_codegen::{ClientModule, Document, Error, OpenapiDir, generate, wire_cases};

fn main() {
    let folder = |name| PathBuf::from(env::var_os(name).expect("cargo sets it for build scripts"));
    let dir = OpenapiDir::new(folder("CARGO_MANIFEST_DIR").join("../openapi"));
    let out = folder("OUT_DIR");
    println!("cargo::rerun-if-changed=build.rs");
    for module in ClientModule::ALL {
        for input in dir.inputs(module) {
            println!("cargo::rerun-if-changed={}", input.display());
        }
        write(&out, &format!("wire_{module}.rs"), requests(&dir, module));
    }
    for name in COMING {
        let file = format!("{FOLDER}/{name}.yaml");
        let path = folder("CARGO_MANIFEST_DIR").join(file);
        println!("cargo::rerun-if-changed={}", path.display());
        let client = Document::read(&path).and_then(|document| generate(&document));
        write(&out, &format!("{name}.rs"), client);
        let module = format!("crate::coming::{name}::client::Client");
        let requests = Document::read(&path).and_then(|document| wire_cases(&document, &module));
        write(&out, &format!("wire_{name}.rs"), requests);
    }
}

/// Our own test documents with features that the vendor has not published yet.
const COMING: [&str; 3] = ["lists", "optional_bodies", "responses"];
const FOLDER: &str = "../conversations-codegen/tests/documents/generated";

fn write(out: &Path, file: &str, code: Result<String, Error>) {
    match code {
        Ok(code) => fs::write(out.join(file), code).expect("OUT_DIR is writable"),
        Err(error) => {
            eprintln!("error: {error}");
            process::exit(1);
        }
    }
}

fn requests(dir: &OpenapiDir, module: ClientModule) -> Result<String, Error> {
    wire_cases(
        &dir.document(module)?,
        &format!("conversations_api::{module}::Client"),
    )
}
