"""deltalake reads a Delta table while `sync` rewrites every day of it; every read is one version.

delta_loop.py PROGRAM [READS]: reads at least this often, by default 50 times.
"""

import os
import pathlib
import sys
import tempfile

from changing_api import A_DAY, DAYS, read_during, sync
from deltalake import DeltaTable

program = str(pathlib.Path(sys.argv[1]).resolve())
reads = int(sys.argv[2]) if len(sys.argv) > 2 else 50
folder = tempfile.TemporaryDirectory()
os.chdir(folder.name)
found = sync(program, "calls", "--table", "delta")
assert found == (0, ""), found
results = {"right": 0, "double": 0, "mixed": 0, "failed": 0}


def one_read():
    try:
        table = DeltaTable("calls")
        rows = table.to_pyarrow_table(columns=["id", "total_duration"])
    except Exception as error:
        results["failed"] += 1
        print(f"read failed: {error}")
        return
    ids = rows["id"].to_pylist()
    # All rows of a version are of the same round, which is its number.
    if len(set(ids)) < len(ids):
        results["double"] += 1
    elif len(ids) != DAYS * A_DAY or set(rows["total_duration"].to_pylist()) != {table.version()}:
        results["mixed"] += 1
    else:
        results["right"] += 1


runs = read_during(lambda: sync(program, "calls"), one_read, reads)
print(f"deltalake during {runs} runs: {results}")
if sum(results.values()) != results["right"]:
    sys.exit("error: a reader saw what no run has committed")
