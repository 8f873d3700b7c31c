"""DuckDB reads a folder by the statement of the document while `sync` rewrites every day of it, and after failed runs.

duckdb_loop.py PROGRAM
"""

import os
import pathlib
import sys
import tempfile

import duckdb
from changing_api import A_DAY, DAYS, read_during, state, sync
from document import statement

READS = 600
program = str(pathlib.Path(sys.argv[1]).resolve())
folder = tempfile.TemporaryDirectory()
os.chdir(folder.name)


def read():
    connection = duckdb.connect()
    for sql in statement("duckdb", "table"):
        connection.execute(sql)
    return connection.execute("SELECT count(*), count(DISTINCT id), count(DISTINCT date) FROM calls").fetchone()


expected = (DAYS * A_DAY, DAYS * A_DAY, DAYS)
found = sync(program, "calls")
assert found == (0, ""), found
results = {"right": 0, "wrong": 0, "failed": 0}


def one_read():
    try:
        found = read()
    except duckdb.Error as error:
        results["failed"] += 1
        print(f"read failed: {error}")
        return
    results["right" if found == expected else "wrong"] += 1
    if found != expected:
        print(f"read {found}, there are {expected}")


runs = read_during(lambda: sync(program, "calls"), one_read, READS)
for status, code in [(500, 6), (401, 4)]:
    state["round"] += 1
    state["fails"] = {"2026-04-07": status}
    found, words = sync(program, "calls")
    assert found == code, words
    for _ in range(20):
        one_read()
print(f"DuckDB during {runs} runs and after two that failed: {results}")
if results["wrong"] or results["failed"]:
    sys.exit("error: a reader saw what no run has committed")
