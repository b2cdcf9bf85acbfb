"""A ledger in a folder of its own, and the user without privileges."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from captioner.ledger import SqliteLedger, open_ledger

_NOBODY = 65534

Opened = Callable[[], SqliteLedger]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the ledger is, or will be."""
    return tmp_path / "captions.ledger.sqlite"


@pytest.fixture
def opened(path: Path) -> Iterator[Opened]:
    """Opens the ledger; whatever is open in the end is closed."""
    ledgers: list[SqliteLedger] = []

    def opening() -> SqliteLedger:
        ledgers.append(open_ledger(path, durability="normal", unix_s=lambda: 1_700_000_000.0))
        return ledgers[-1]

    yield opening
    for ledger in ledgers:
        ledger.close()


@pytest.fixture
def plain_folder() -> Iterator[Path]:
    """A folder, and for the test's duration the rights of a user for whom access is denied."""
    folder = Path(tempfile.mkdtemp(prefix="captioner-test-"))
    privileged = os.geteuid() == 0
    if privileged:
        os.chown(folder, _NOBODY, _NOBODY)
        os.seteuid(_NOBODY)
    try:
        yield folder
    finally:
        if privileged:
            os.seteuid(0)
        folder.chmod(0o700)
        shutil.rmtree(folder)
