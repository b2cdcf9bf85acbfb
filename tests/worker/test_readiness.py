"""When a worker says that it is ready, and what it says of the rest."""

from __future__ import annotations

from typing import Any

import pytest

from captioner.worker.readiness import Readiness, Way, readiness

CATS, DOGS, DEFAULT = Way("cats"), Way("dogs"), Way("")
CATS_DOWN, DOGS_DOWN = Way("cats", down="https://a"), Way("dogs", down="https://b")
CATS_PAUSED, DOGS_PAUSED = Way("cats", paused="no_quota: all"), Way("dogs", paused="bad_key: no")
NAMED = ("cats", "dogs")


@pytest.mark.parametrize(
    ("ways", "wanted", "more", "why", "degraded"),
    [
        # All is well, also before anything was opened.
        ([DEFAULT], ("",), {}, [], []),
        ([DEFAULT, CATS, DOGS], NAMED, {}, [], []),
        # What concerns all keeps it from working, each cause by itself and together.
        ([CATS], ("cats",), {"is_draining": True}, ["draining: it was told to stop"], []),
        ([CATS], ("cats",), {"is_held": True}, ["paused by an operator"], []),
        ([CATS], ("cats",), {"queue_trouble": "gone"}, ["queue unreachable: gone"], []),
        (
            [CATS_PAUSED, DOGS],
            NAMED,
            {"is_held": True, "queue_trouble": "gone"},
            ["paused by an operator", "queue unreachable: gone"],
            ["profile cats: no_quota: all"],
        ),
        # One of several is no reason to send callers of the others away.
        ([CATS_PAUSED, DOGS], NAMED, {}, [], ["profile cats: no_quota: all"]),
        ([CATS, DOGS_DOWN], NAMED, {}, [], ["endpoint down: https://b"]),
        # None can go on, whatever keeps each.
        (
            [CATS_PAUSED, DOGS_PAUSED],
            NAMED,
            {},
            ["profile cats: no_quota: all", "profile dogs: bad_key: no"],
            [],
        ),
        (
            [CATS_DOWN, DOGS_PAUSED],
            NAMED,
            {},
            ["endpoint down: https://a", "profile dogs: bad_key: no"],
            [],
        ),
        (
            [CATS_DOWN, DOGS_DOWN],
            NAMED,
            {},
            ["endpoint down: https://a", "endpoint down: https://b"],
            [],
        ),
        (
            [Way("cats", "https://a"), Way("dogs", "https://a")],
            NAMED,
            {},
            ["endpoint down: https://a"],
            [],
        ),
        # An endpoint is down that is shared by one that is paused as well.
        (
            [Way("cats", "https://a", "no_quota: all")],
            ("cats",),
            {},
            ["endpoint down: https://a", "profile cats: no_quota: all"],
            [],
        ),
        # The nameless profile is expected where there are no names; beside names it counts little.
        ([Way("", paused="bad_key: no")], ("",), {}, ["profile default: bad_key: no"], []),
        (
            [Way("", paused="bad_key: no"), CATS],
            ("cats",),
            {},
            [],
            ["profile default: bad_key: no"],
        ),
        (
            [DEFAULT, CATS_PAUSED],
            ("cats",),
            {},
            ["profile cats: no_quota: all"],
            [],
        ),
        (
            [Way("", paused="bad_key: no"), CATS_PAUSED],
            ("cats",),
            {},
            ["profile cats: no_quota: all"],
            ["profile default: bad_key: no"],
        ),
    ],
)
def test_ready_is_who_could_caption_for_a_profile_that_is_wanted(
    ways: list[Way],
    wanted: tuple[str, ...],
    more: dict[str, Any],
    why: list[str],
    degraded: list[str],
) -> None:
    """What keeps it from all work is told apart from what keeps it from a part, nothing twice."""
    assert readiness(ways, wanted, **more) == Readiness(tuple(why), tuple(degraded))
