//! Generates the clients from the documents in `openapi/`, unless the checked-in ones are asked for.

use std::process::ExitCode;

fn main() -> ExitCode {
    println!("cargo::rerun-if-changed=build.rs");
    #[cfg(all(feature = "generate", not(feature = "pregenerated")))]
    if let Err(error) = generate() {
        eprintln!("error: {error}");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

#[cfg(all(feature = "generate", not(feature = "pregenerated")))]
fn generate() -> Result<(), Box<dyn std::error::Error>> {
    use std::env;
    use std::path::{Path, PathBuf};

    use conversations_codegen::{ClientModule, OpenapiDir};

    let package = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").ok_or("not run by cargo")?);
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or("not run by cargo")?);

    // `openapi` is a link to the workspace's folder, and a plain folder in the packaged crate. A checkout
    // without symbolic links has a text file in its place.
    let linked = package.join("openapi");
    let dir = OpenapiDir::new(if linked.is_dir() {
        linked
    } else {
        package.join(Path::new("../openapi"))
    });

    for module in ClientModule::ALL {
        for input in dir.inputs(module) {
            println!("cargo::rerun-if-changed={}", input.display());
        }
        let code = conversations_codegen::generate(&dir.document(module)?)?;
        std::fs::write(out.join(format!("{module}.rs")), code)?;
    }
    Ok(())
}
