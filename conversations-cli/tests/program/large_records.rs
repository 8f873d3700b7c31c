//! Records of half, one and two times the size of a buffer pass through every buffer.

use serde_json::json;

use crate::support::{Folder, Served};
use crate::synced::dataset;

const KIB: usize = 1024;

/// The sizes of the buffers: a batch of the writer, the prefetch of a window, and the prefetch of a stream or a part
/// of an upload.
const BUFFERS: [usize; 3] = [512 * KIB, 1024 * KIB, 8 * 1024 * KIB];

fn served() -> Served {
    let sizes = BUFFERS.iter().flat_map(|size| [size / 2, *size, size * 2]);
    // Two adjacent records of each size, because two may fill a buffer that one does not.
    let records: Vec<_> = sizes
        .flat_map(|size| [size, size])
        .enumerate()
        .map(|(number, size)| {
            let state = "x".repeat(size);
            json!({"id": format!("CA{number:04}"), "environment": "live", "in_progress": false,
                   "started_at": format!("2026-04-01T{number:02}:00:00Z"), "state": {"note": state}})
        })
        .collect();
    Served::new(dataset(&records))
}

#[cfg(unix)]
#[test]
fn records_of_any_size_pass_every_buffer() {
    let (served, folder) = (served(), Folder::new());
    let object = format!("file://{}", folder.path("object.jsonl").display());
    let range = [
        "--start",
        "2026-04-01",
        "--end",
        "2026-04-02",
        "--page-size",
        "4",
    ];
    let commands = [
        &["export", "-o", "windows.jsonl"][..],
        &["export", "-o", "pages.jsonl", "--parallel", "1"],
        &["export", "-o", &object],
        &["sync", "data"],
    ];
    for command in commands {
        let arguments = [command, &range[..]].concat();
        // The timeout ends a program that stalls, which would otherwise stall the test.
        let limited = "set -- 120 \"$0\" \"$@\"; exec timeout \"$@\"";
        served.run_after(&folder, limited, &arguments).succeeds();
    }
    let whole = folder.read("pages.jsonl");
    assert_eq!(whole.lines().count(), BUFFERS.len() * 6);
    assert!(folder.read("windows.jsonl") == whole);
    assert!(folder.read("object.jsonl") == whole);
}
