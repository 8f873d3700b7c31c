//! `--help` of every command.

use crate::support::Folder;

#[test]
fn every_command_explains_itself_with_examples() {
    let folder = Folder::new();
    for command in [
        "export",
        "list",
        "search",
        "sample",
        "show",
        "stats",
        "schema",
        "doctor",
        "emulator",
        "completions",
        "man",
    ] {
        for help in ["-h", "--help"] {
            assert!(
                folder
                    .run(&[command, help])
                    .succeeds()
                    .stdout
                    .contains("Examples:")
            );
        }
    }
    for command in ["check", "plan"] {
        let help = folder.run(&["migrate", command, "--help"]).succeeds();
        assert!(help.stdout.contains("Examples:") && help.stdout.contains("not ready"));
    }
    assert!(
        folder
            .run(&["--help"])
            .succeeds()
            .stdout
            .contains("Exit codes:")
    );
}
