"""Programs that nobody here wrote read a Delta table of `conversations sync`, by the statements of the document.

delta_reads.py JSONL PROGRAM: the table is `calls` in the working directory, a folder that was converted.
"""

import json
import os
import pathlib
import subprocess
import sys

import pyarrow
from deltalake import DeltaTable
from document import statement
from expected import check, totals

jsonl, program = sys.argv[1:]
expected, intents, spoken = totals(jsonl)


def run(engine, scope=None):
    scope = {} if scope is None else scope
    exec(statement(engine, "table"), scope)
    return scope


found = run("deltalake")
table, history = found["table"], found["history"]
rows = table.to_pyarrow_table(columns=["id", "date", "total_duration", "turns", "metrics"])
pyarrow.Table.validate(rows, full=True)
records = rows.to_pylist()
sums = {
    "records": len(records),
    "turns": sum(len(row["turns"] or []) for row in records),
    "seconds": sum(row["total_duration"] or 0 for row in records),
    "days": len({row["date"] for row in records}),
}
check("deltalake", sums, expected)
turns = {str(day): 0 for day in {row["date"] for row in records}}
for row in records:
    turns[str(row["date"])] += sum(bool(turn["agent_response"]) for turn in row["turns"] or [])
check("deltalake, turns a day", turns, spoken)
check("pandas, one day", len(found["frame"]), sum(str(row["date"]) == "2026-04-01" for row in records))
check("deltalake, versions", [entry["version"] for entry in history], [0])
print("history():", json.dumps(history[0], default=str))
check("deltalake, properties", (table.protocol().min_reader_version, table.metadata().partition_columns), (3, ["date"]))

check("Polars", run("polars")["totals"].to_dicts()[0], expected)
check("DuckDB over deltalake, metric INTENT", dict(run("deltaduckdb")["intents"].fetchall()), intents)

# Another version, by another run: earlier ones stay as they were. One day is enough for it.
day = [program, "sync", "day", "--demo", "--start", "2026-04-01", "--end", "2026-04-02", "--client-env", "all", "--quiet"]
subprocess.run([*day, "--table", "delta"], check=True)
subprocess.run([*day, "--redact", "--rebuild"], check=True)


def numbers(version=None):
    rows = DeltaTable("day", version=version).to_pyarrow_table(columns=["id", "from_number"])
    return rows.num_rows, set(filter(None, rows["from_number"].to_pylist()))


(count, plain), (count_later, masked) = numbers(0), numbers()
check("deltalake, both versions", (count, count_later), (len(found["frame"]),) * 2)
if not plain or plain & masked:
    sys.exit("error: the next version has numbers that it was to mask")
print("history():", json.dumps(DeltaTable("day").history()[0], default=str))
subprocess.run([program, "vacuum", "day", "--older-than", "0s", "--quiet"], check=True)
check("deltalake after vacuum", numbers(), (count, masked))
check("files after vacuum", len(list(pathlib.Path("day").glob("date=*/*"))), 1)
# With the threads of these engines, the interpreter sometimes aborts while it ends, after everything was checked.
sys.stdout.flush()
os._exit(0)
