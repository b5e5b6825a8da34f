"""`driver.py CONFIG SCRIPT`: what a worker's child does around a script, as far as the engines are concerned."""

import atexit
import json
import os
import sys
import traceback
from pathlib import Path

config = json.loads(sys.argv[1])
work_dir, buckets = Path(config.pop("work_dir")), config.pop("buckets")
sys.argv[:] = sys.argv[2:]

from mastic import engines  # noqa: E402

engines.activate(engines.EngineConfig(**config, work_dir=work_dir, buckets=Path(buckets) if buckets else None))
code = 0
try:
    source = Path(sys.argv[0]).read_text()
    exec(compile(source, sys.argv[0], "exec"), {"__name__": "__main__"})
except BaseException:
    traceback.print_exc()
    code = 1
atexit._run_exitfuncs()
(work_dir / "engine.json").write_text(json.dumps(engines.summary()))
sys.stdout.flush()
sys.stderr.flush()
os._exit(code)
