"""What the zygote relies on: one thread after preloading, and a quick first query in a fork."""

import json
import subprocess
import sys

CODE = """
import os, sys, json, time
from mastic import engines
engines.preload()
threads = len(os.listdir("/proc/self/task"))
read, write = os.pipe()
if os.fork() == 0:
    from pathlib import Path
    before = set(sys.modules)
    engines.activate(engines.EngineConfig(work_dir=Path(sys.argv[1]), vcpus=2, memory_mb=4000))
    from pyspark.context import SparkContext
    from pyspark.sql import SparkSession
    started = time.monotonic()
    spark = SparkSession(SparkContext())
    rows = spark.createDataFrame([(1, "a")], "id int, name string").collect()
    seconds = time.monotonic() - started
    os.write(write, json.dumps([len(rows), seconds, os.environ.get("SAIL_RUNTIME__MEMORY_POOL__FAIR__MAX_SIZE"),
                                sorted(set(sys.modules) - before)]).encode())
    os._exit(0)
os.wait()
print(json.dumps([threads, json.loads(os.read(read, 1 << 16))]))
"""


def test_preload_starts_no_thread_and_a_fork_answers(tmp_path):
    import os

    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-c", CODE, str(tmp_path)], capture_output=True, text=True, env=environment, timeout=60
    )
    assert done.returncode == 0, done.stderr
    threads, (rows, seconds, pool, imported) = json.loads(done.stdout)
    assert threads == 1
    assert rows == 1
    assert seconds < 5
    assert int(pool) == (3200 - 512) * 1024 * 1024
    assert not [name for name in imported if name.startswith(("pandas", "pyarrow", "grpc.", "pysail"))]
