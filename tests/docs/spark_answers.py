"""Run by an interpreter that has pyspark: SQL texts as JSON on stdin, their rows as JSON on stdout."""

from __future__ import annotations

import json
import sys

from pyspark.sql import SparkSession


def main() -> None:
    spark = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false")
    spark = spark.config("spark.sql.shuffle.partitions", "1").getOrCreate()
    answers = [[list(row) for row in spark.sql(text).collect()] for text in json.load(sys.stdin)]
    print("ANSWERS", json.dumps(answers, default=str))


if __name__ == "__main__":
    main()
