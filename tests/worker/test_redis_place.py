"""The URL of a queue in Redis."""

from __future__ import annotations

import pytest

from captioner.errors import ConfigError
from captioner.worker.redis_place import RedisPlace


def test_a_url_names_server_stream_and_group() -> None:
    """The client gets its part of it; the keys follow from the stream."""
    place = RedisPlace.parse("rediss://me:pw@host:7000/3?stream=s&group=g&ssl_cert_reqs=none")
    assert (place.stream, place.group) == ("s", "g")
    assert place.url == "rediss://me:pw@host:7000/3?ssl_cert_reqs=none"
    assert (place.done, place.failed, place.batch("b")) == ("s:done", "s:failed", "s:batch:b")
    assert (place.spent("shop"), place.spent("")) == ("s:spent:shop", "s:spent")


def test_stream_and_group_have_names_by_default() -> None:
    """A host is enough."""
    place = RedisPlace.parse("redis://localhost")
    assert (place.stream, place.group) == ("captions", "captioners")
    assert place.url == "redis://localhost"


def test_a_password_is_in_nothing_that_is_shown() -> None:
    """Neither in the name for people nor in the object's own."""
    place = RedisPlace.parse("redis://me:pw@host:1/0")
    assert "pw" not in place.shown + repr(place)
    assert "pw" in place.url


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://host", "must be redis://"),
        ("redis://:pw@host/zero", "a number"),
        ("redis://:pw@host/0?strem=x", "strem is not known"),
        ("redis://:pw@host/0?stream=", "stream must be a name"),
        ("redis://:pw@host:99999/0", "no URL"),
    ],
)
def test_what_cannot_be_is_said(url: str, said: str) -> None:
    """Without the password."""
    with pytest.raises(ConfigError, match=said) as caught:
        RedisPlace.parse(url)
    assert "pw" not in str(caught.value)
