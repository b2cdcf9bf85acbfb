"""What a lane learns about how it must ask: the dialect, and the room for hidden reasoning."""

from __future__ import annotations

import pytest

from captioner.events import DialectLearned, Event
from captioner.flow.adapting import Adaptation
from captioner.flow.habits import Habits
from captioner.vision.reply import Action, Problem, Reply
from captioner.vision.request import Dialect, Parameters

EATEN = Reply(None, None, "length")


class Bench:
    """Habits, and what they told."""

    def __init__(self, parameters: Parameters | None = None) -> None:
        self.events: list[Event] = []
        self.habits = Habits(parameters or Parameters("m", max_tokens=500), self.events.append)


def _rejected(parameter: str) -> Problem:
    return Problem(
        Action.CHANGE_DIALECT, "bad_request_settings", "HTTP 400: no", parameter=parameter
    )


def test_the_dialect_is_learned_once() -> None:
    """Whoever was told the same of the same dialect learns nothing new, and asks again."""
    bench = Bench()
    first = bench.habits.dialect
    for _ in range(3):
        problem = bench.habits.change_dialect(_rejected("max_tokens"), first)
        assert problem.action is Action.CHANGE_DIALECT
    assert bench.habits.dialect.cap_field == "max_completion_tokens"
    assert bench.events == [DialectLearned("output cap as max_completion_tokens")]


@pytest.mark.parametrize("parameter", ["seed", "", "max_completion_tokens"])
def test_what_no_dialect_can_mend_is_the_runs_trouble(parameter: str) -> None:
    """A parameter of the user's own, none at all, one that was not sent."""
    bench = Bench()
    problem = bench.habits.change_dialect(_rejected(parameter), Dialect())
    assert (problem.action, problem.detail) == (Action.STOP, "HTTP 400: no")
    assert bench.events == []


@pytest.mark.parametrize("content", [None, "", " \n", "<think>First, the dog", "<think>a</think> "])
def test_three_eaten_replies_double_the_cap_for_everybody(content: str | None) -> None:
    """Then the first try has twice the cap, and no further doubling; said once."""
    eaten = Reply(content, None, "length")
    bench = Bench()
    for _ in range(2):
        bench.habits.note(eaten, 500)
    assert bench.habits.first_try() == Adaptation(500)
    assert bench.events == []
    for _ in range(5):
        bench.habits.note(eaten, 500)
    assert bench.habits.first_try() == Adaptation(1000, may_double=False)
    (event,) = bench.events
    assert isinstance(event, DialectLearned)
    assert "1000" in event.lesson
    assert "--max-token" in event.lesson


@pytest.mark.parametrize(
    ("reply", "cap_tokens"),
    [
        (Reply("A dog and a", None, "length"), 500),
        (Reply(None, None, "stop"), 500),
        (Reply("", "I cannot", "stop"), 500),
        (EATEN, 1000),
    ],
)
def test_only_replies_without_a_word_at_the_users_cap_count(reply: Reply, cap_tokens: int) -> None:
    """A caption that is long, one that is empty, a refusal, and a try that had twice already."""
    bench = Bench()
    for _ in range(10):
        bench.habits.note(reply, cap_tokens)
    assert bench.habits.first_try() == Adaptation(500)
    assert bench.events == []


def test_a_cap_in_extra_body_is_left_alone() -> None:
    """It is sent as it stands."""
    bench = Bench(Parameters("m", extra_body={"max_tokens": 50}))
    for _ in range(10):
        bench.habits.note(EATEN, 50)
    assert bench.habits.first_try() == Adaptation(50, may_double=False)
    assert bench.events == []
