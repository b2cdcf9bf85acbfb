"""How long `captioner --help` takes against a bare `import pydantic_settings`, best of five each.

    python benchmarks/start_up.py

Promised: at most 1.5 times that import, and under half a second.
"""

from __future__ import annotations

import subprocess
import sys
import time

_RUNS = 5
_HELP = [sys.executable, "-m", "captioner", "--help"]
_FLOOR = [sys.executable, "-c", "import pydantic_settings"]


def seconds(command: list[str]) -> float:
    """Wall-clock seconds of one run of `command` as a process of its own."""
    started_s = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - started_s


def main() -> None:
    """Print the best of both, taken in turn, and their ratio."""
    pairs = [(seconds(_HELP), seconds(_FLOOR)) for _ in range(_RUNS)]
    shown, floor = (min(times) for times in zip(*pairs, strict=True))
    print(f"captioner --help          {shown:.3f} s")
    print(f"import pydantic_settings  {floor:.3f} s")
    print(f"ratio                     {shown / floor:.2f}")


if __name__ == "__main__":
    main()
