"""`python -m benchmarks`: all of them, one after the other; a process each, so that none warms another."""

import subprocess
import sys

ALL = ("start", "data", "scripts", "layer", "server", "testing")

if __name__ == "__main__":
    for name in ALL:
        print(f"\n# benchmarks.{name}", flush=True)
        subprocess.run([sys.executable, "-m", f"benchmarks.{name}"], check=True)
