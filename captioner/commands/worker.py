"""`captioner worker`: works through a queue until it is told to stop."""

from __future__ import annotations

import argparse
import asyncio
import gc
import os
import signal
import time
from collections.abc import Iterator, Mapping
from contextlib import AsyncExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from captioner.errors import ConfigError, RunStopped
from captioner.settings import EMBEDDED, Settings, WorkerOptions

if TYPE_CHECKING:
    from captioner.ledger import SqliteLedger

_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)
_STOPPED: Final = 3
_M_ARENA_MAX: Final = -8
"""Of glibc's malloc.h."""
_DAY_S: Final = 86_400
_MOST_WORKERS: Final = 64
"""Of one folder for state, that is of one machine."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add one flag an option of the worker; what is not given keeps its default."""
    group = parser.add_argument_group("This worker (also CAPTIONER_WORKER_QUEUE and so on)")
    for name, field in WorkerOptions.model_fields.items():
        flag = f"--{name.replace('_', '-')}"
        text = str(field.description).replace("%", "%%")
        if field.annotation is bool:
            group.add_argument(flag, action="store_true", default=None, help=text)
            continue
        default = field.default if not field.is_required() else None
        shown = f" (default: {default})" if default not in (None, "") else ""
        group.add_argument(flag, default=None, metavar=_metavar(name), help=text + shown)


def options_given(parsed: argparse.Namespace) -> dict[str, Any]:
    """What was given of the worker's options."""
    return {name: getattr(parsed, name, None) for name in WorkerOptions.model_fields}


def worker_command(options: WorkerOptions, profiles: Mapping[str, Settings]) -> int:
    """Work until a signal comes, or with `burst` until the queue is empty; the exit status.

    Raises ConfigError for what is wrong beforehand.
    """
    _check_extra()
    _have_few_heaps()
    gc.freeze()
    try:
        return asyncio.run(_work(options, profiles))
    except ExceptionGroup as errors:
        raise _to_say(errors) from None


async def _work(options: WorkerOptions, profiles: Mapping[str, Settings]) -> int:
    from captioner.flow.clock import SystemClock
    from captioner.worker.choose import confined, open_queue, open_treasury, printable_queue
    from captioner.worker.desk import Desk
    from captioner.worker.front import open_front
    from captioner.worker.hearing import Hearers
    from captioner.worker.live import Live
    from captioner.worker.logs import Libraries, Logs, open_log
    from captioner.worker.metrics import Metrics
    from captioner.worker.service import Service

    clock = SystemClock()
    log = open_log(options.log_format, options.log_level)
    queue = open_queue(options, clock)
    metrics = Metrics()
    live = Live(clock.now_s, time.time)
    hearers = Hearers([Logs(log), metrics, live])
    with _ledger(options, profiles[""]) as ledger:
        treasury = open_treasury(options, ledger.id, clock, log.warning)
        desk = Desk(confined(profiles, options), ledger, clock, hearers, log, treasury)
        service = Service(
            desk,
            queue,
            clock=clock,
            log=log,
            name=printable_queue(options.queue),
            burst=options.burst,
            drain_timeout_s=profiles[""].drain_timeout_s,
        )
        async with AsyncExitStack() as stack:
            if treasury is not None:
                await stack.enter_async_context(treasury)
            if options.http:
                opened = open_front(options, service, log=log, metrics=metrics, live=live)
                await stack.enter_async_context(opened)
            with Libraries(log), _signals(service.drain):
                await service.run()
        log.info("worker ended")
    if service.stopped is not None:
        raise service.stopped
    return 0


def _to_say(errors: ExceptionGroup[Exception]) -> Exception:
    """The error that tells a person what to do; all of them where one is a bug."""
    _, bugs = errors.split((ConfigError, RunStopped))
    said: Exception = errors
    while bugs is None and isinstance(said, ExceptionGroup):
        said = said.exceptions[0]
    return said


def _ledger(options: WorkerOptions, settings: Settings) -> SqliteLedger:
    """The worker's own ledger: the first in the folder that no other worker has."""
    from captioner.ledger import open_ledger

    folder = (options.state_dir or Path(".captioner")).absolute()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(
            f"{folder} cannot be made ({error.strerror}): name a folder with --state-dir"
        ) from None
    is_rehearsal = settings.base_url == EMBEDDED
    kind = "ledger.rehearsal" if is_rehearsal else "ledger"
    for number in range(_MOST_WORKERS):
        try:
            return open_ledger(
                folder / f"worker-{number}.{kind}.sqlite",
                durability=settings.durability,
                rehearsal=is_rehearsal,
                keep_s=options.ledger_days * _DAY_S or None,
                unix_s=time.time,
            )
        except RunStopped as error:
            if error.verdict != "ledger_locked":
                raise
    raise ConfigError(f"{folder} has {_MOST_WORKERS} workers already: use another --state-dir")


@contextmanager
def _signals(drain: Any) -> Iterator[None]:
    """The first signal drains, the second stops at once; handlers are put back at the end."""
    loop = asyncio.get_running_loop()
    work = asyncio.current_task()
    assert work is not None  # noqa: S101 - a coroutine always runs in a task
    met: list[int] = []

    def on_signal(number: int) -> None:
        met.append(number)
        if len(met) > 1:
            work.cancel()
        else:
            drain()

    for number in _SIGNALS:
        loop.add_signal_handler(number, on_signal, number)
    try:
        yield
    except asyncio.CancelledError:
        if not met:
            raise
        raise SystemExit(128 + met[0]) from None
    finally:
        for number in _SIGNALS:
            loop.remove_signal_handler(number)


def _have_few_heaps() -> None:
    """Have two heaps. glibc makes one for each thread that asks for memory, up to eight a core, and
    each keeps the most that it ever held: over weeks a tenth of a worker's memory and more."""
    if "MALLOC_ARENA_MAX" in os.environ:
        return
    import ctypes

    # Other C libraries have no such thing, or not by this name.
    with suppress(AttributeError, OSError, TypeError):
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 2)


def _check_extra() -> None:
    from importlib.util import find_spec

    missing = [name for name in ("prometheus_client", "structlog") if find_spec(name) is None]
    if missing:
        raise ConfigError(
            f"the worker needs {' and '.join(missing)}: pip install 'captioner[worker]'"
        )


def _metavar(name: str) -> str:
    if name.endswith(("_dir", "_file")):
        return "PATH"
    return {"queue": "URL", "http": "HOST:PORT"}.get(name, "N")
