//! Every example runs to completion. Each verifies its own result.

#[path = "../../examples/audit.rs"]
mod audit;
#[path = "../../examples/customized_client.rs"]
mod customized_client;
#[path = "../../examples/export.rs"]
mod export;
#[path = "../../examples/follow_changes.rs"]
mod follow_changes;
#[path = "../../examples/health.rs"]
mod health;
#[path = "../../examples/many_projects.rs"]
mod many_projects;
#[path = "../../examples/month_in_windows.rs"]
mod month_in_windows;
#[path = "../../examples/own_struct.rs"]
mod own_struct;

#[test]
fn audit_runs() {
    audit::main().unwrap();
}

#[test]
fn customized_client_runs() {
    customized_client::main().unwrap();
}

#[test]
fn follow_changes_runs() {
    follow_changes::main().unwrap();
}

#[test]
fn own_struct_runs() {
    own_struct::main().unwrap();
}

#[test]
fn export_runs() {
    export::main().unwrap();
}

#[test]
fn health_runs() {
    health::main().unwrap();
}

#[test]
fn many_projects_runs() {
    many_projects::main().unwrap();
}

#[test]
fn month_in_windows_runs() {
    month_in_windows::main().unwrap();
}

#[test]
fn no_example_is_left_out() {
    let examples = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/examples")).unwrap();
    let mut names: Vec<_> = examples
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort_unstable();
    let sources = [include_str!("examples.rs"), include_str!("leaving_v1.rs")];
    for name in names {
        let path = format!("#[path = \"../../examples/{name}\"]");
        let runs = sources.iter().any(|source| source.contains(&path));
        assert!(runs, "no test runs {name}");
    }
}
