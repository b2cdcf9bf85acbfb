"""The worker's memory: it has two heaps, however many threads ask for some."""

from __future__ import annotations

import os
import platform
import subprocess
import sys

import pytest

_COUNT = """
import ctypes, sys, threading
from captioner.commands.worker import _have_few_heaps
_have_few_heaps()
libc = ctypes.CDLL(None)
libc.malloc.restype, libc.fopen.restype = ctypes.c_void_p, ctypes.c_void_p
together = threading.Barrier(12)
def ask():
    libc.malloc(5000)
    together.wait()
threads = [threading.Thread(target=ask) for _ in range(12)]
for thread in threads: thread.start()
for thread in threads: thread.join()
told = ctypes.c_void_p(libc.fopen(sys.argv[1].encode(), b"w"))
libc.malloc_info(0, told)
libc.fclose(told)
print(open(sys.argv[1]).read().count("<heap nr="))
"""


@pytest.mark.skipif(
    platform.libc_ver()[0] != "glibc", reason="only glibc has a heap for each thread"
)
@pytest.mark.parametrize(("set_by_user", "heaps"), [(None, 2), ("5", 5)])
def test_threads_share_two_heaps(
    tmp_path: os.PathLike[str], set_by_user: str | None, heaps: int
) -> None:
    """Or as many as a user set: by itself glibc makes one for each, up to eight a core."""
    environ = {k: v for k, v in os.environ.items() if k != "MALLOC_ARENA_MAX"}
    if set_by_user is not None:
        environ["MALLOC_ARENA_MAX"] = set_by_user
    words = [sys.executable, "-c", _COUNT, os.path.join(tmp_path, "told.xml")]  # noqa: PTH118
    ran = subprocess.run(words, env=environ, capture_output=True, text=True, check=True)
    assert int(ran.stdout) == heaps
