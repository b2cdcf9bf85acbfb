"""The Python front door for code without async: one job, and it blocks."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from captioner.errors import RunStopped
from captioner.jobs.end import STOPPED, JobEnd
from captioner.jobs.job import Job
from captioner.settings import settings_from


def caption_file(
    input: str | Path,  # noqa: A002 - the name it has on the command line
    output: str | Path,
    *,
    limit: int | None = None,
    state_dir: str | Path | None = None,
    ledger: str | Path | None = None,
    restart: bool = False,
    **parameters: Any,
) -> JobEnd:
    """Caption a file or folder from code without async; what `captioner run` does, without a word.

    `parameters` are settings. Also works where an event loop runs already, such as in a notebook:
    the job has a loop and a thread of its own. Raises ConfigError for what is wrong before anything
    is sent, and RunStopped where the run cannot go on (its state is kept).
    """
    job = Job(
        input,
        output,
        settings_from(**parameters),
        limit=limit,
        state_dir=state_dir,
        ledger=ledger,
        restart=restart,
    )
    # A thread in any case: whether a loop runs here must not change what happens.
    with ThreadPoolExecutor(1, thread_name_prefix="captioner-job") as thread:
        end = thread.submit(lambda: asyncio.run(job.run())).result()
    if end.exit_status == STOPPED:
        raise RunStopped(end.summary["verdict"], end.summary["message"])
    return end
