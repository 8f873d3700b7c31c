"""Spark reads the same folder, the date as a column from the names of its folders."""

import sys

from expected import check, totals
from pyspark.sql import SparkSession
from pyspark.sql.functions import count_distinct, col, count, explode, size, sum

jsonl, folder = sys.argv[1:]
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
calls = spark.read.parquet(folder)
expected, intents = totals(jsonl)

row = calls.select(
    count("*"), sum(size("turns")), sum("total_duration"), count_distinct("date")
).first()
check("Spark", dict(zip(["records", "turns", "seconds", "days"], row)), expected)

found = calls.select(explode(col("metrics")["INTENT"]).alias("intent")).groupBy("intent").count()
check("Spark, metric INTENT", {row["intent"]: row["count"] for row in found.collect()}, intents)
spark.stop()
