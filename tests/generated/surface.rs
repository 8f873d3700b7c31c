//! *surface*: the public API of each generated module, one item per line.

use conversations_codegen::{ApiVersion, OpenapiDir, generate, surface};

use crate::snapshots::{assert_no_leftovers, assert_snapshot};

#[test]
fn the_public_surface_of_each_version_matches_its_snapshot() {
    let dir = OpenapiDir::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../openapi"));
    for version in ApiVersion::ALL {
        let code = generate(&dir.document(version).unwrap()).unwrap();
        assert_snapshot("surface", version.name(), &surface(&code).unwrap());
    }
    assert_no_leftovers("surface", ApiVersion::ALL.map(ApiVersion::name));
}
