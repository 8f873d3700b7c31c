"""Spark reads the same folder by the statements of the document."""

import sys

from document import marks, statement
from expected import check, totals
from pyspark.sql import SparkSession

jsonl = sys.argv[1]
spark = (
    SparkSession.builder.master("local[2]")
    .config("spark.ui.enabled", "false")
    .config("spark.ui.showConsoleProgress", "false")
    .config("spark.driver.host", "127.0.0.1")
    .config("spark.driver.bindAddress", "127.0.0.1")
    .config("spark.sql.shuffle.partitions", "2")
    .getOrCreate()
)
spark.sparkContext.setLogLevel("ERROR")
expected, intents, spoken = totals(jsonl)
left = marks("spark")


def run(name):
    left.remove(name)
    for sql in statement("spark", name):
        found = spark.sql(sql)
    return found.collect()


run("table")
[row] = run("totals")
check("Spark", row.asDict(), expected)
check("Spark, metric INTENT", {row["intent"]: row["conversations"] for row in run("metric")}, intents)
check("Spark, turns a day", {str(row["date"]): row["turns"] for row in run("turns")}, spoken)
left.remove("whole")
exec(statement("spark", "whole"))
check("Spark, by the manifest", whole.count(), expected["records"])  # noqa: F821
check("Spark, statements that were not run", left, set())
spark.stop()
