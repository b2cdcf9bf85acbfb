"""Kills a worker of a spool before each single change it makes on the disk, and lets others end it.

    python killing.py FOLDER INPUT...

For the first, second, third … change there is a spool in FOLDER of its own, called by the number,
into which INPUT is put. One that is called `whole` sees no kill. Prints how many were killed.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
from pathlib import Path

# All that a worker imports is imported before the first fork, for its children.
import captioner.api
import captioner.cli
import captioner.commands.settings_flags
import captioner.commands.worker
import captioner.endpoint.pixels
import captioner.endpoint.server
import captioner.jobs.job
import captioner.worker.choose
import captioner.worker.desk
import captioner.worker.front
import captioner.worker.logs
import captioner.worker.service
import captioner.worker.spool

CHANGES = ("os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.truncate")
FAST = ("--settle-s", 0, "--poll-s", 0.02, "--takeover-s", 0.15, "--heartbeat-s", 0.05)


def work(spool: Path, kill_at: int | None) -> int:
    """A worker in a process of its own, to its end; how it ended."""
    child = os.fork()
    if child == 0:
        status = 70
        try:
            os.dup2(os.open(spool.parent / "log", os.O_WRONLY | os.O_CREAT | os.O_APPEND), 2)
            if kill_at is not None:
                kill_before(kill_at, str(spool))
            words = ("worker", "--queue", f"spool:{spool}", "--burst", "--rehearse", *FAST)
            state = ("--env-file", os.devnull, "--concurrency", 1)
            os.chdir(spool.parent)
            status = captioner.cli.main([str(word) for word in (*words, *state)])
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def kill_before(number: int, below: str) -> None:
    """Kill this process when it is about to make so many changes below a folder."""
    left = number

    def hear(event: str, args: tuple[object, ...]) -> None:
        nonlocal left
        writes = (
            event == "open" and isinstance(args[2], int) and args[2] & (os.O_WRONLY | os.O_RDWR)
        )
        if (event in CHANGES or writes) and str(args[0]).startswith(below):
            left -= 1
            if left < 0:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hear)


def main(folder: Path, given: list[Path]) -> None:
    """Try all of them."""
    killed, number = 0, -1
    while True:
        name = "whole" if number < 0 else str(number)
        spool = folder / name / "spool"
        (spool / "in").mkdir(parents=True)
        for path in given:
            if path.is_dir():
                shutil.copytree(path, spool / "in" / path.name)
            else:
                shutil.copy2(path, spool / "in" / path.name)
        status = work(spool, None if number < 0 else number)
        if number >= 0 and status == 0:
            shutil.rmtree(folder / name)
            break
        if number >= 0:
            assert status == -signal.SIGKILL, f"{name}: {status}"
            killed += 1
            status = work(spool, None)
        assert status == 0, f"{name}: {status}"
        number += 1
    print(killed)


if __name__ == "__main__":
    main(Path(sys.argv[1]), [Path(word) for word in sys.argv[2:]])
