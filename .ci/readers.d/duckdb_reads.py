"""DuckDB reads a folder of `conversations sync`, nested fields included."""

import sys

import duckdb
from expected import check, totals

jsonl, folder = sys.argv[1:]
files = f"read_parquet('{folder}/date=*/*.parquet', hive_partitioning = true)"
expected, intents = totals(jsonl)

row = duckdb.sql(
    f"SELECT count(*), sum(len(turns)), sum(total_duration), count(DISTINCT date) FROM {files}"
).fetchall()[0]
check("DuckDB", dict(zip(["records", "turns", "seconds", "days"], map(int, row))), expected)

found = duckdb.sql(
    f"SELECT intent, count(*) FROM (SELECT unnest(metrics['INTENT']) AS intent FROM {files}) GROUP BY ALL"
).fetchall()
check("DuckDB, metric INTENT", dict(found), intents)

said = duckdb.sql(
    f"SELECT count(*) FROM (SELECT unnest(turns) AS turn FROM {files}) WHERE turn.agent_response <> ''"
).fetchall()[0][0]
print(f"DuckDB: the agent spoke in {said} turns")
