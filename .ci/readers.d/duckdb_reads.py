"""DuckDB reads a folder of `conversations sync`, nested fields included, by the statements of the document."""

import sys

import duckdb
from document import marks, statement
from expected import check, totals

jsonl = sys.argv[1]
expected, intents, spoken = totals(jsonl)
left = marks("duckdb")


def run(name):
    left.remove(name)
    for sql in statement("duckdb", name):
        found = duckdb.execute(sql)
    return found


run("table")
found = run("totals")
row = dict(zip([column[0] for column in found.description], map(int, found.fetchone())))
check("DuckDB", row, expected)
check("DuckDB, metric INTENT", dict(run("metric").fetchall()), intents)
check("DuckDB, turns a day", {str(day): turns for day, turns, _ in run("turns").fetchall()}, spoken)
run("whole")
whole = duckdb.execute("SELECT count(*) FROM whole").fetchone()[0]
check("DuckDB, by the manifest", whole, expected["records"])
check("DuckDB, statements that were not run", left, set())
