//! Writes one request per query parameter and version, for the wire snapshots: a parameter that a new
//! document adds is seen without anyone writing a test for it.

use std::path::PathBuf;
use std::{env, fs, process};

use conversations_codegen::{ApiVersion, Error, OpenapiDir, wire_cases};

fn main() {
    let folder = |name| PathBuf::from(env::var_os(name).expect("cargo sets it for build scripts"));
    let dir = OpenapiDir::new(folder("CARGO_MANIFEST_DIR").join("../openapi"));
    let out = folder("OUT_DIR");
    println!("cargo::rerun-if-changed=build.rs");
    for version in ApiVersion::ALL {
        for input in dir.inputs(version) {
            println!("cargo::rerun-if-changed={}", input.display());
        }
        match requests(&dir, version) {
            Ok(code) => fs::write(out.join(format!("wire_{version}.rs")), code)
                .expect("OUT_DIR can be written"),
            Err(error) => {
                eprintln!("error: {error}");
                process::exit(1);
            }
        }
    }
}

fn requests(dir: &OpenapiDir, version: ApiVersion) -> Result<String, Error> {
    wire_cases(
        &dir.document(version)?,
        &format!("conversations_api::{version}::Client"),
    )
}
