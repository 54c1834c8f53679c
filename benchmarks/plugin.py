"""How long the pytest plugin keeps a run waiting that does not use it: from its import to the end of its configuration.

`python -m benchmarks.plugin` prints it beside what pytest itself takes, each the least and the median of many runs.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path
from statistics import median

_PLUGIN = Path(__file__).parents[1] / "integrations" / "pytest" / "src"
_PROGRAM = """
import sys, time
begun = time.perf_counter()
from _pytest.config import get_config
config = get_config()
pytest_itself = time.perf_counter() - begun
sys.path.insert(0, sys.argv[1])
begun = time.perf_counter()
from pytest_business_suite import plugin
plugin.pytest_addoption(config._parser)
plugin.pytest_configure(config)
plugin.pytest_unconfigure(config)
print(pytest_itself, time.perf_counter() - begun)
"""


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.plugin", description=__doc__)
    parser.add_argument("--runs", type=int, default=20)
    runs = [_run() for _ in range(parser.parse_args().runs)]
    for name, taken in zip(("pytest itself", "the plugin, unused"), zip(*runs, strict=True), strict=True):
        print(f"{name:20} {min(taken) * 1000:6.1f} ms at least, {median(taken) * 1000:6.1f} ms in the median of {len(taken)}")


def _run() -> tuple[float, float]:
    done = subprocess.run([sys.executable, "-c", _PROGRAM, str(_PLUGIN)], capture_output=True, text=True, check=True, timeout=60)
    pytest_itself, plugin = map(float, done.stdout.split())
    return pytest_itself, plugin


if __name__ == "__main__":
    main()
