"""Which queue a URL names, and what its samples may reach."""

from __future__ import annotations

import os
import secrets
import socket
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

from captioner.errors import ConfigError
from captioner.flow.clock import Clock
from captioner.settings import Settings, WorkerOptions
from captioner.worker.queue import Queue
from captioner.worker.redis_place import RedisPlace

if TYPE_CHECKING:
    from captioner.worker.redis_treasury import RedisTreasury

_SPOOL: Final = "spool:"
_REDIS: Final = ("redis://", "rediss://", "unix://")


def worker_id() -> str:
    """A name that no other worker has: host, process, and a few random digits."""
    return f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}"


def open_queue(options: WorkerOptions, clock: Clock) -> Queue:
    """The queue that the options name. Raises ConfigError where there is no such kind."""
    if options.queue.startswith(_SPOOL):
        from captioner.worker.spool import SpoolQueue

        return SpoolQueue(spool_folder(options.queue), options, worker_id(), clock)
    if options.queue.startswith(_REDIS):
        from captioner.worker.redis_queue import RedisQueue

        return RedisQueue(options.queue, options, worker_id(), clock)
    raise ConfigError("--queue must be spool:DIR or redis://HOST:PORT/DB?stream=NAME&group=NAME")


def open_treasury(
    options: WorkerOptions, ledger: str, clock: Clock, tell: Callable[[str], None]
) -> RedisTreasury | None:
    """Where workers of this queue share caps; None where it has no such place.

    `ledger` is the id of the worker's own.
    """
    if not options.queue.startswith(_REDIS):
        return None
    from captioner.worker.redis_treasury import RedisTreasury

    return RedisTreasury(options.queue, ledger, clock, tell)


def spool_folder(queue: str) -> Path:
    """The folder of a spool. Raises ConfigError where none is named."""
    folder = queue.removeprefix(_SPOOL)
    if not folder:
        raise ConfigError("--queue spool: names no folder: write spool:DIR")
    return Path(folder).absolute()


def printable_queue(queue: str) -> str:
    """The URL of a queue that was opened, without what may be secret in it."""
    return queue if queue.startswith(_SPOOL) else RedisPlace.parse(queue).shown


def confined(profiles: Mapping[str, Settings], options: WorkerOptions) -> dict[str, Settings]:
    """The profiles, with local files kept to a folder: samples of a queue are not trusted.

    A spool's samples may name what was dropped with them; others no local file at all, unless
    `image_root` says which. Private addresses are refused unless a setting opens them.
    """
    root = None
    if options.queue.startswith(_SPOOL):
        root = str(spool_folder(options.queue) / "in")
    return {
        name: settings
        if settings.image_root
        else settings.model_copy(
            update={"image_root": root} if root else {"allow_local_files": False}
        )
        for name, settings in profiles.items()
    }
