"""The same matching on Spark: tasks over pieces of tables and shards of keys, each a pure function of what it is sent.

Only `session` and `flow` touch pyspark, and only when they are called.
"""
