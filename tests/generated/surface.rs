//! *surface*: the public API of each generated module, one item per line.

use conversations_codegen::{ClientModule, OpenapiDir, generate, surface};

use crate::snapshots::{assert_no_leftovers, assert_snapshot};

#[test]
fn the_public_surface_of_each_client_module_matches_its_snapshot() {
    let dir = OpenapiDir::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../openapi"));
    for module in ClientModule::ALL {
        let code = generate(&dir.document(module).unwrap()).unwrap();
        assert_snapshot("surface", module.name(), &surface(&code).unwrap());
    }
    assert_no_leftovers("surface", ClientModule::ALL.map(ClientModule::name));
}
