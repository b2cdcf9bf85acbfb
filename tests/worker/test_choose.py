"""Which queue a URL names, and what is shown of it."""

from __future__ import annotations

import pytest

from captioner.errors import ConfigError
from captioner.flow.clock import SystemClock
from captioner.settings import WorkerOptions
from captioner.worker.choose import open_queue, open_treasury, printable_queue


def test_no_password_of_a_queue_is_shown() -> None:
    """Neither the user's nor that of a client's certificate."""
    url = "rediss://me:secret@host:1/2?ssl_password=hidden&stream=s"
    assert printable_queue(url) == "rediss://host:1/2?stream=s&group=captioners"
    assert printable_queue("spool:folder") == "spool:folder"


def test_workers_share_caps_where_there_is_a_place_for_it() -> None:
    """In Redis; a folder is none."""
    for queue, has_one in (("redis://host", True), ("spool:folder", False)):
        treasury = open_treasury(WorkerOptions(queue=queue), "id", SystemClock(), print)
        assert (treasury is not None) is has_one


def test_another_kind_of_queue_is_refused() -> None:
    """With the kinds there are, and without the URL: it may hold a password."""
    with pytest.raises(ConfigError, match="spool:DIR or redis://") as refused:
        open_queue(WorkerOptions(queue="amqp://me:secret@host"), SystemClock())
    assert "secret" not in str(refused.value)
