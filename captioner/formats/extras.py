"""Libraries that not every installation has: what to install where one is missing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

from captioner.errors import ConfigError


@contextmanager
def needing(extra: Literal["parquet", "datasets"]) -> Iterator[None]:
    """Raise ConfigError, naming what to install, where an import fails inside."""
    try:
        yield
    except ImportError as error:
        raise ConfigError(
            f"this format needs {error.name}: pip install 'captioner[{extra}]'"
        ) from error
