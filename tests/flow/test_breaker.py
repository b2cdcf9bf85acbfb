"""When an endpoint counts as down, how it is probed, and when it is given up."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from captioner.flow.breaker import Breaker, Change


def _known() -> Breaker:
    """Of an endpoint that has answered."""
    breaker = Breaker(patience_s=1800.0)
    breaker.answered(0.0)
    return breaker


def _fail(breaker: Breaker, times_s: list[float], *, answered: bool = False) -> list[Change]:
    return [breaker.failed(at_s, admission=0, answered=answered) for at_s in times_s]


def _down() -> Breaker:
    """Of an endpoint that is down since 102 s and fails since 100 s."""
    breaker = _known()
    assert _fail(breaker, [100.0] * 9 + [102.0])[-1] == "down"
    return breaker


@pytest.mark.parametrize("answered", [False, True])
def test_ten_failures_in_two_seconds_open_it(answered: bool) -> None:
    """No connection, or nothing but 5xx."""
    breaker = _known()
    times_s = [100.0 + 0.25 * number for number in range(9)]
    assert set(_fail(breaker, times_s, answered=answered)) == {""}
    assert breaker.ready_at_s(102.0) == 102.0
    assert _fail(breaker, [102.25], answered=answered) == ["down"]
    assert breaker.is_down


def test_many_failures_at_once_are_not_enough() -> None:
    """All that was in flight may have been cut off by one restart."""
    breaker = _known()
    assert set(_fail(breaker, [100.0] * 60 + [101.9])) == {""}
    assert _fail(breaker, [102.0]) == ["down"]


def test_one_answer_starts_the_count_again() -> None:
    """Failures must be in a row; a 429 is an answer as well."""
    for refused in (False, True):
        breaker = _known()
        _fail(breaker, [100.0 + number for number in range(9)])
        assert breaker.answered(109.5, refused=refused) == ""
        assert set(_fail(breaker, [110.0 + number for number in range(9)])) == {""}
        assert not breaker.is_down


def test_one_probe_at_a_time_every_five_seconds() -> None:
    """Nothing starts while a probe is out; the next one five seconds after it failed."""
    breaker = _down()
    assert breaker.ready_at_s(102.0) == 107.0
    breaker.start(11)
    assert breaker.ready_at_s(107.0) == math.inf
    assert _fail(breaker, [108.0]) == [""]  # some other request of before
    assert breaker.ready_at_s(108.0) == math.inf
    assert breaker.failed(109.0, admission=11, answered=False) == ""
    assert breaker.ready_at_s(109.0) == 114.0


def test_a_probe_that_was_given_up_does_not_block_the_way() -> None:
    """Another may start at once; giving up any other request changes nothing."""
    breaker = _down()
    breaker.start(11)
    breaker.given_back(5)
    assert breaker.ready_at_s(108.0) == math.inf
    breaker.given_back(11)
    assert breaker.ready_at_s(108.0) <= 108.0


@pytest.mark.parametrize("refused", [False, True])
def test_any_answer_opens_the_way(refused: bool) -> None:
    """Told once."""
    breaker = _down()
    breaker.start(11)
    assert breaker.answered(108.0, refused=refused) == "up"
    assert breaker.ready_at_s(108.0) == 108.0
    assert breaker.answered(108.5, refused=refused) == ""


def test_patience_ends_it() -> None:
    """Half an hour after the first failure, not after the last answer."""
    breaker = _down()
    probes_s = [107.0 + 5 * number for number in range(400)]
    changes = _fail(breaker, probes_s)
    assert probes_s[changes.index("gone")] == 1902.0


def test_an_endpoint_that_never_answered_is_given_up_soon() -> None:
    """Three failures in a second or more: the address is probably wrong."""
    breaker = Breaker(patience_s=1800.0)
    assert _fail(breaker, [0.0, 0.5, 0.9, 1.0]) == ["", "", "", "gone"]
    breaker = Breaker(patience_s=1800.0)
    assert _fail(breaker, [0.0, 60.0, 61.0]) == ["", "", "gone"]


def test_a_5xx_shows_that_an_endpoint_is_there() -> None:
    """It may be starting: it is given time."""
    breaker = Breaker(patience_s=1800.0)
    assert set(_fail(breaker, [0.0, 1.0, 2.0, 3.0], answered=True)) == {""}
    assert breaker.has_answered


def test_nothing_but_429s_end_it_as_well() -> None:
    """Once they have lasted for as long as the patience; anything else between them counts anew."""
    breaker = _known()
    told = [breaker.answered(100.0 + second, refused=True) for second in range(1801)]
    assert set(told[:-1]) == {""}
    assert told[-1] == "gone"
    breaker = _known()
    breaker.answered(100.0, refused=True)
    breaker.answered(1000.0)
    assert breaker.answered(1900.0, refused=True) == ""
    assert breaker.answered(2000.0, refused=True) == ""


@given(
    st.lists(
        st.tuples(st.floats(0, 20), st.sampled_from(["start", "fail", "5xx", "ok", "429", "back"])),
        max_size=100,
    )
)
def test_there_is_always_a_way_on(steps: list[tuple[float, str]]) -> None:
    """Something may start, or a probe is out that will have an end."""
    breaker, now_s, out = _known(), 0.0, set[int]()
    for number, (after_s, what) in enumerate(steps):
        now_s += after_s
        if what == "start":
            if breaker.ready_at_s(now_s) <= now_s:
                breaker.start(number)
                out.add(number)
        elif out:
            admission = out.pop()
            match what:
                case "fail" | "5xx":
                    breaker.failed(now_s, admission=admission, answered=what == "5xx")
                case "back":
                    breaker.given_back(admission)
                case _:
                    breaker.answered(now_s, refused=what == "429")
        ready_s = breaker.ready_at_s(now_s)
        assert ready_s <= now_s + 5.0 or (ready_s == math.inf and out)
        assert repr(breaker).startswith("<Breaker ")
